"""Items on a topic go to those who say that they judge it well, in one query."""

from __future__ import annotations

import pytest

from annotation import assigning, openings
from annotation.entry import screening
from labelers import qualifying
from tests.annotation.making import candidate
from tests.annotation.screening_making import screen


@pytest.fixture
def routed(project, labeler):
    """Items on law, on law and poetry, on chess (no topic here), and on nothing."""
    from annotation import tasking

    tags = [["law"], ["law", "poetry"], ["chess"], []]
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[candidate(number, tags=some) for number, some in enumerate(tags)],
    )
    screen(project, topics=["law", "poetry"], routes_by_topic=True)
    qualifying.record_stage(project=project, person=labeler, stage="qualified", recorded_by=None)
    return project


def takeable(project, person):
    return sorted(tuple(task.prompt.tags) for task in openings.takeable(project, person))


def test_who_said_nothing_gets_what_is_on_no_topic(routed, labeler):
    assert takeable(routed, labeler) == [(), ("chess",)]


@pytest.mark.parametrize(
    ("law", "poetry", "found"),
    [
        (1, 3, [(), ("chess",)]),
        (2, 1, [(), ("chess",), ("law",)]),
        (3, 2, [(), ("chess",), ("law",), ("law", "poetry")]),
    ],
)
def test_all_topics_of_an_item_have_to_be_judged_well(routed, labeler, law, poetry, found):
    screening.assess_topics(project=routed, person=labeler, levels={"law": law, "poetry": poetry})
    assert takeable(routed, labeler) == found
    given = []
    while (item := assigning.next_assignment(project=routed, person=labeler, holding=given)) and (
        item.pk not in given
    ):
        given.append(item.pk)
    assert len(given) == len(found)


def test_another_project_does_not_matter(routed, labeler, project_factory):
    other = project_factory("other", gold_rate=0)
    screen(other, topics=["law"], routes_by_topic=True)
    screening.assess_topics(project=other, person=labeler, levels={"law": 3})
    assert takeable(routed, labeler) == [(), ("chess",)]


def test_a_policy_that_does_not_route_keeps_nothing_back(routed, labeler):
    screen(routed, routes_by_topic=False)
    assert len(takeable(routed, labeler)) == 4


def test_it_takes_one_query(routed, labeler, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert openings.takeable(routed, labeler).count() == 2
