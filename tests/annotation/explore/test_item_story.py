"""Everything about one item, whoever answered it and however often."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from annotation import tasking
from annotation.candidates import KnownAnswer
from annotation.consensus import aggregating
from annotation.explore import item_story
from annotation.models import Judgment
from tests.annotation.making import A_IS_BETTER, answer_next, candidate, make_tasks


def test_answers_come_with_their_labelers_in_the_order_they_came(project, labeler):
    long_ago = timezone.now() - timedelta(days=900)
    known = [KnownAnswer([1, 2], None, "w1", "clear", seconds=4, at=long_ago, shown=[1, 0])]
    (task,) = make_tasks(project, 1, known=known)
    answer_next(labeler, project, A_IS_BETTER, reason="shorter")
    aggregating.refresh_consensus(project=project)
    story = item_story.story_of(project=project, pk=task.pk)
    first, second = story.answers
    assert (first.key, first.name, first.judgment.reason) == ("i:w1", "w1", "clear")
    assert sorted(first.shown) == ["A", "B"]
    assert (second.key, second.name) == (f"p:{labeler.pk}", "aiko")
    assert second.words == "A: better"
    assert [name for _letter, name in sorted(story.sources)] != []
    (compared,) = story.compared
    assert compared.n == 2
    assert (story.expected, story.reports) == ("", [])


def test_revisions_are_there_newest_first(project, labeler):
    project.settings.correction_seconds = 600
    project.settings.save()
    (task,) = make_tasks(project, 1)
    judgment = answer_next(labeler, project, A_IS_BETTER)
    Judgment.objects.filter(pk=judgment.pk).update(is_current=False)
    Judgment.objects.create(
        task=task,
        person=labeler,
        revision=2,
        standing="counted",
        slot=1,
        answer={"choice": "tie", "strength": None},
        display_order=[0, 1],
        client_id="00000000-0000-4000-8000-000000000001",
    )
    (said,) = item_story.story_of(project=project, pk=task.pk).answers
    assert said.words == "Equally good"
    assert [old.words for old in said.before] == ["A: better"]


def test_gold_says_who_was_right(project):
    tasks = make_tasks(
        project, 1, gold=KnownAnswer([1, 2]), known=[KnownAnswer([2, 1], labeler="w")]
    )
    story = item_story.story_of(project=project, pk=tasks[0].pk)
    assert story.answers[0].right is False
    assert "better" in story.expected


def test_an_item_of_another_project_is_not_there(project, project_factory):
    other = project_factory("other")
    tasking.add_candidates(project=other, added_by=None, candidates=[candidate(1)])
    assert item_story.story_of(project=project, pk=other.tasks.get().pk) is None
