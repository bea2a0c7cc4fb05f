"""Where candidates are on the way in."""

from __future__ import annotations

from django.utils import timezone

from annotation.entry import hiring
from annotation.entry.journeys import journey_of, journeys_of
from annotation.models import ScreeningProgress
from labelers import consenting
from labelers.models import Qualification
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from tests.annotation.making_exams import answer_gold, make_exam, make_gold


def where(project) -> dict[str, str]:
    return {journey.person.username: journey.where for journey in journeys_of(project)}


def test_everybody_is_where_they_have_come(project, admin, person_factory):
    tasks = make_gold(project, 5)
    form = consenting.publish_form(project=project, text="I agree.", created_by=admin)
    names = ("came", "agreed", "asked", "quizzed", "trained", "sits", "waits", "fails", "works")
    people = {name: person_factory(name, project, "labeler") for name in names}
    for name in names[1:]:
        consenting.give_consent(project=project, person=people[name], version=form.version)
    for name in names[2:]:
        ScreeningProgress.objects.create(
            project=project, person=people[name], survey_seen=True, quiz_passed=name != "asked"
        )
    for name in names[4:]:
        answer_gold(people[name], tasks[4], A_IS_BETTER, purpose="training")
    make_exam(people["sits"], tasks[:2], "rr", verdict="open")
    make_exam(people["waits"], tasks[:2], "rw")
    failed = make_exam(people["fails"], tasks[:2], "ww", verdict="failed")
    assert where(project)["fails"] == "again"
    hiring.decide_exam(
        exam=make_exam(people["works"], tasks[:2], "rr"), decided_by=admin, verdict="passed"
    )
    Qualification.objects.create(project=project, person=failed.person, stage="declined")
    found = where(project)
    assert found == {
        "came": "invited",
        "agreed": "consented",
        "asked": "surveyed",
        "quizzed": "quizzed",
        "trained": "training",
        "sits": "exam",
        "waits": "waiting",
        "fails": "failed",
        "works": "qualified",
    }
    assert next(iter(found)) == "waits"
    make_tasks(project, 6)
    answer_next(people["works"], project, A_IS_BETTER)
    assert where(project)["works"] == "working"


def test_the_number_of_queries_does_not_grow(
    project, person_factory, django_assert_max_num_queries
):
    tasks = make_gold(project, 2)
    for number in range(5):
        make_exam(person_factory(f"p{number}", project, "labeler"), tasks, "rw")
    with django_assert_max_num_queries(7):
        assert len(journeys_of(project)) == 5


def test_somebody_else_is_no_candidate(project, admin, labeler):
    assert journey_of(project, admin) is None
    found = journey_of(project, labeler)
    assert found is not None
    assert found.came_at <= timezone.now()
