"""Reading real rows: which tasks and judgments come, in what order, at one moment."""

import pytest
from django.utils import timezone

from annotation.models import Judgment, Task
from exports.collecting import Reading
from exports.filters import Filters
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks
from tests.exports.making import assistant, user

pytestmark = pytest.mark.django_db(transaction=True)


def read(project, **filters):
    with Reading(project, Filters.from_mapping(filters)) as reading:
        tasks = list(reading.tasks())
        assert reading.count() == len(tasks)
    return tasks


def test_tasks_come_in_order_with_what_was_said(project, label):
    made = label(project, [A_IS_BETTER, TIE], [B_IS_BETTER, A_IS_BETTER], language="en")
    first, second = read(project)
    assert [first.pk, second.pk] == [task.pk for task in made]
    assert first.prompt == [{"role": "user", "content": "Question 1?"}]
    assert first.language == "en"
    assert first.responses == [
        ([{"role": "assistant", "content": "Answer 0 to 1."}], "model-0"),
        ([{"role": "assistant", "content": "Answer 1 to 1."}], "model-1"),
    ]
    assert [said["answer"]["choice"] for said in first.judgments] == ["a", "b"]
    assert [said["answer"]["choice"] for said in second.judgments] == ["tie", "a"]
    people = Judgment.objects.order_by("id").values_list("person__pseudonym", flat=True)
    assert [said["labeler"] for said in first.judgments] == [people[0], people[2]]
    assert first.labeled_at.endswith("+00:00")


def test_gold_and_unlabeled_tasks_stay_out(project, label):
    made = label(project, [A_IS_BETTER, A_IS_BETTER])
    made[0].is_gold = True
    made[0].save()
    label_less = Judgment.objects.filter(task=made[1])
    assert [task.pk for task in read(project)] == [made[1].pk]
    label_less.delete()
    assert read(project) == []


def test_retired_tasks_stay_out(project, label):
    made = label(project, [A_IS_BETTER, A_IS_BETTER])
    Task.objects.filter(pk=made[0].pk).update(state="retired")
    assert [task.pk for task in read(project)] == [made[1].pk]


def test_tasks_without_responses_come_too(project_factory, label):
    project = project_factory("prompts", kind="prompt_writing", gold_rate=0)
    label(project, [{"text": "Why?"}], k=0)
    (task,) = read(project)
    assert task.responses == []
    assert task.earlier == []
    assert task.judgments[0]["answer"] == {"text": "Why?"}


def test_the_reason_and_the_options_come_along(project_factory, person_factory):
    project = project_factory("thumbs", kind="thumbs", gold_rate=0, kind_options={"criteria": []})
    make_tasks(project, 1, 1)
    person = person_factory("rio", project, "labeler")
    answer_next(person, project, {"good": False}, reason="too long")
    (task,) = read(project)
    assert task.judgments[0]["reason"] == "too long"
    assert task.judgments[0]["followed"] is False
    assert task.options == {"criteria": []}


def test_options_are_over_the_defaults(project_factory, label):
    project = project_factory("scores", kind="rating", gold_rate=0, kind_options={"high": 10})
    label(project, [{"scores": [9], "flags": [[]]}], k=1)
    (task,) = read(project)
    assert (task.options["low"], task.options["high"]) == (1, 10)


def test_the_turns_of_two_people_are_chained(project_factory, person_factory):
    options = {"people": "two", "least": 3, "most": 4}
    project = project_factory("talks", kind="conversation", gold_rate=0, kind_options=options)
    make_tasks(project, 1, 0)
    ann, bob = (person_factory(name, project, "labeler") for name in ("ann", "bob"))
    turns = [user("a"), assistant("b"), user("c"), assistant("d")]
    for person, turn in zip([ann, bob, ann, bob], turns, strict=True):
        answer_next(person, project, {"turns": [turn], "ended": False})
    tasks = read(project)
    assert [task.judgments[0]["followed"] for task in tasks] == [True, True, True, False]
    assert [len(task.earlier) for task in tasks] == [0, 1, 2, 3]
    last = tasks[-1]
    assert last.prompt[1:] == turns[:3]
    assert [said["answer"]["turns"][0] for said in last.earlier] == turns[:3]
    assert [said["labeler"] for said in last.earlier] == [
        ann.pseudonym,
        bob.pseudonym,
        ann.pseudonym,
    ]


@pytest.mark.parametrize("standing", ["surplus", "gold", "practice"])
def test_other_standings_stay_out(project, label, standing):
    label(project, [A_IS_BETTER])
    Judgment.objects.update(standing=standing, slot=None)
    assert read(project) == []


def test_revised_and_voided_judgments_stay_out(project, label):
    label(project, [A_IS_BETTER], [B_IS_BETTER])
    first, second = Judgment.objects.order_by("id")
    Judgment.objects.filter(pk=first.pk).update(is_current=False)
    (task,) = read(project)
    assert [said["id"] for said in task.judgments] == [second.pk]
    Judgment.objects.filter(pk=second.pk).update(is_current=False, standing="voided", slot=None)
    assert read(project) == []


def test_another_project_stays_out(project, project_factory, label):
    other = project_factory("other", gold_rate=0)
    label(other, [A_IS_BETTER])
    assert read(project) == []
    assert len(read(other)) == 1


def test_filters_on_language_and_tags(project, label):
    label(project, [A_IS_BETTER], language="ja", tags=["safety", "law"])
    assert len(read(project, languages=["ja", "en"])) == 1
    assert read(project, languages=["en"]) == []
    assert len(read(project, tags=["law", "tax"])) == 1
    assert read(project, tags=["tax"]) == []


def test_filters_on_time_choose_judgments(project, label):
    label(project, [A_IS_BETTER], [B_IS_BETTER])
    early, late = Judgment.objects.order_by("id")
    Judgment.objects.filter(pk=early.pk).update(created_at="2026-01-01T12:00Z")
    Judgment.objects.filter(pk=late.pk).update(created_at="2026-01-02T12:00Z")
    (task,) = read(project, since="2026-01-02")
    assert [said["id"] for said in task.judgments] == [late.pk]
    (task,) = read(project, until="2026-01-02T12:00")
    assert [said["id"] for said in task.judgments] == [early.pk]
    assert task.labeled_at == "2026-01-01T12:00:00+00:00"
    assert read(project, since=timezone.now().isoformat()) == []


def test_imported_judgments_can_be_left_out(project, imported_pairs):
    imported_pairs(project, 1)
    (task,) = read(project)
    assert task.judgments[0]["standing"] == "imported"
    assert read(project, include_imported=False) == []


def test_one_moment_is_read_whatever_happens_meanwhile(project, label, person_factory):
    label(project, [A_IS_BETTER, B_IS_BETTER])
    with Reading(project, Filters()) as reading:
        assert reading.count() == 2
        Judgment.objects.all().delete()
        assert len(list(reading.tasks())) == 2
    assert read(project) == []


def test_a_lock_is_held_by_one_reading_at_a_time(project):
    with Reading(project, Filters()) as first, Reading(project, Filters()) as second:
        assert first.try_lock("snapshot x")
        assert not second.try_lock("snapshot x")
        assert second.try_lock("snapshot y")
    with Reading(project, Filters()) as third:
        assert third.try_lock("snapshot x")
