"""A labeler's own work: what counts when, and that nothing tells which items are gold."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from annotation import assigning, judging, own_work, tasking
from annotation.candidates import KnownAnswer
from annotation.gold import keeping_gold
from annotation.models import Assignment, Judgment, Report
from annotation.own_work import Amount
from annotation.watch import voiding
from tests.annotation.making import (
    A_IS_BETTER,
    B_IS_BETTER,
    answer_next,
    candidate,
    make_tasks,
    submit,
)


def move(judgment, **ago):
    """Pretend that it was sent some time ago."""
    at = timezone.now() - timedelta(**ago)
    Judgment.objects.filter(pk=judgment.pk).update(created_at=at)


def correct(judgment, answer, **fields):
    assignment = Assignment.objects.get(task=judgment.task, person=judgment.person)
    return submit(judgment.person, judgment.task.project, assignment, answer, **fields)


def make_gold(project, count):
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[candidate(n, gold=KnownAnswer([1, 2])) for n in range(200, 200 + count)],
    )
    project.settings.gold_rate = 0.5
    project.settings.save()


def answer_gold(person, project, count=1, *, right=True):
    """Answer gold items, which are leased without chance."""
    settings = project.settings
    for task in project.tasks.filter(is_gold=True).exclude(assignments__person=person)[:count]:
        assignment = assigning.lease(task, person, settings)
        yield submit(person, project, assignment, gold_answer(task, right=right))


def gold_answer(task, *, right=True):
    return A_IS_BETTER if (task.gold.answer["choice"] == "a") is right else B_IS_BETTER


def score(person, project):
    return own_work.gold_score(person=person, project=project)


def test_nothing_done_is_nothing(project, labeler):
    figures = own_work.figures_of(person=labeler, project=project)
    assert figures.in_all == Amount(0, 0.0)
    assert (len(figures.days), figures.months) == (30, [])
    assert own_work.recent_items(person=labeler, project=project) == []


def test_work_counts_on_its_days_and_in_its_months(project, labeler, person_factory, monkeypatch):
    make_tasks(project, 6)
    # A Wednesday in the middle of a month.
    now = timezone.make_aware(datetime(2026, 7, 15, 12))
    monkeypatch.setattr(timezone, "now", lambda: now)
    for days, seconds in ((0, 60.0), (1, 30.0), (2, None), (3, 10.0), (40, 3600.0)):
        judgment = answer_next(labeler, project, A_IS_BETTER, seconds=seconds)
        move(judgment, days=days)
    other = person_factory("bo", project, "labeler")
    answer_next(other, project, A_IS_BETTER, seconds=99.0)
    figures = own_work.figures_of(person=labeler, project=project)
    assert figures.today == Amount(1, 60.0)
    assert figures.week == Amount(3, 90.0)
    assert figures.in_all == Amount(5, 3700.0)
    assert [amount.items for _day, amount in figures.days[-5:]] == [0, 1, 1, 1, 1]
    assert sum(amount.items for _day, amount in figures.days) == 4
    assert [(month.isoformat(), amount.items) for month, amount in figures.months] == [
        ("2026-07-01", 4),
        ("2026-06-01", 1),
    ]
    assert figures.months[1][1].hours == 1


def test_a_correction_leaves_the_item_on_its_day_and_adds_its_time(project, labeler):
    make_tasks(project, 1)
    judgment = answer_next(labeler, project, A_IS_BETTER, seconds=30.0)
    move(judgment, days=2)
    project.settings.correction_seconds = 7 * 86400
    project.settings.save()
    correct(judgment, B_IS_BETTER, seconds=5.0)
    figures = own_work.figures_of(person=labeler, project=project)
    assert figures.today == Amount(0, 5.0)
    assert figures.in_all == Amount(1, 35.0)
    assert figures.days[-3][1] == Amount(1, 30.0)


def test_what_was_taken_back_is_no_item_but_took_its_time(project, labeler):
    make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER, seconds=30.0)
    judging.undo_last(person=labeler, project=project)
    assert own_work.figures_of(person=labeler, project=project).today == Amount(0, 30.0)


def test_gold_agreement_needs_five_comparisons_and_whole_days(project, labeler):
    make_gold(project, 6)
    right = list(answer_gold(labeler, project, 4))
    wrong = list(answer_gold(labeler, project, right=False))
    # All of today.
    assert score(labeler, project) is None
    for judgment in right[1:] + wrong:
        move(judgment, days=1)
    assert score(labeler, project) is None
    move(right[0], days=1)
    found = score(labeler, project)
    assert (found.value, found.comparisons) == (0.8, 5)
    assert found.low < 0.8 < found.high


def test_correcting_or_undoing_never_moves_the_gold_agreement(project, labeler):
    make_gold(project, 8)
    project.settings.correction_seconds = 30 * 86400
    project.settings.save()
    answers = list(answer_gold(labeler, project, 6, right=False))
    for judgment in answers:
        move(judgment, days=2)
    before = score(labeler, project)
    assert before.value == 0
    second = correct(answers[0], gold_answer(answers[0].task))
    assert score(labeler, project) == before
    # Nor a day later.
    move(second, days=1)
    assert score(labeler, project) == before
    judging.undo_last(person=labeler, project=project)
    assert score(labeler, project) == before
    # Nor does another item answered today.
    list(answer_gold(labeler, project))
    assert score(labeler, project) == before


def test_a_slip_mended_on_the_same_day_counts_as_mended(project, labeler):
    make_gold(project, 5)
    answers = list(answer_gold(labeler, project, 4))
    slip = next(answer_gold(labeler, project, right=False))
    mended = correct(slip, gold_answer(slip.task))
    for judgment in (*answers, slip, mended):
        move(judgment, days=1)
    assert score(labeler, project).value == 1


def test_gold_and_ordinary_items_look_the_same(project, labeler):
    make_tasks(project, 1)
    make_gold(project, 1)
    list(answer_gold(labeler, project))
    answer_next(labeler, project, A_IS_BETTER)
    assert set(Judgment.objects.values_list("standing", flat=True)) == {"counted", "gold"}
    first, second = own_work.recent_items(person=labeler, project=project)
    differ = {"judgment", "assignment", "at", "prompt", "answer", "correctable_until"}
    shown = [{k: v for k, v in vars(item).items() if k not in differ} for item in (first, second)]
    assert shown[0] == shown[1]


def test_recent_items_say_what_was_answered_as_it_stood_on_screen(project, labeler):
    make_tasks(project, 2)
    judgment = answer_next(labeler, project, A_IS_BETTER, seconds=12.0)
    flipped = judgment.display_order == [1, 0]
    (item,) = own_work.recent_items(person=labeler, project=project)
    assert item.prompt == "Question 1?"
    assert item.answer == ("B: better" if flipped else "A: better")
    assert (item.seconds, item.correctable, item.is_covered) == (12.0, True, False)
    assert item.assignment == Assignment.objects.get(task=judgment.task).pk


def test_the_window_for_corrections_begins_with_the_first_answer(project, labeler):
    make_tasks(project, 1)
    judgment = answer_next(labeler, project, A_IS_BETTER)
    move(judgment, hours=23)
    second = correct(judgment, B_IS_BETTER)
    (item,) = own_work.recent_items(person=labeler, project=project)
    assert (item.judgment, item.correctable) == (second.pk, True)
    move(judgment, hours=25)
    (item,) = own_work.recent_items(person=labeler, project=project)
    assert not item.correctable


def test_nothing_is_correctable_while_the_project_is_paused(project, labeler):
    make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER)
    project.state = "paused"
    assert not own_work.recent_items(person=labeler, project=project)[0].correctable


@pytest.mark.parametrize("cover", ["task", "tag", "person", "report"])
def test_texts_that_start_covered_are_covered_here_too(project, labeler, admin, cover):
    make_tasks(project, 1, tags=["violence"])
    judgment = answer_next(labeler, project, A_IS_BETTER)
    if cover == "task":
        project.tasks.update(is_covered=True)
    elif cover == "tag":
        project.settings.covered_tags = ["violence"]
        project.settings.save()
    elif cover == "person":
        labeler.preferences = {"cover_first": True}
    else:
        Report.objects.create(task=judgment.task, person=admin, reason="disturbing")
    (item,) = own_work.recent_items(person=labeler, project=project)
    assert item.is_covered


def test_recent_items_are_paged_in_few_queries(
    project, labeler, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(own_work, "PAGE_SIZE", 3)
    make_tasks(project, 5)
    made = [answer_next(labeler, project, A_IS_BETTER).pk for _ in range(5)]
    with django_assert_max_num_queries(6):
        page = own_work.recent_items(person=labeler, project=project)
    assert [item.judgment for item in page] == made[:1:-1]
    rest = own_work.recent_items(person=labeler, project=project, before=page[-1].judgment)
    assert [item.judgment for item in rest] == made[1::-1]


def test_voided_answers_stay_in_the_list_with_the_reason(project, labeler):
    make_tasks(project, 2)
    first, second = (answer_next(labeler, project, A_IS_BETTER) for _ in range(2))
    void_all(project, labeler, since=second.created_at)
    items = own_work.recent_items(person=labeler, project=project)
    assert [(item.judgment, item.voided, item.correctable) for item in items] == [
        (second.pk, "Answered too fast", False),
        (first.pk, "", True),
    ]
    assert own_work.figures_of(person=labeler, project=project).in_all.items == 1


def test_only_answers_given_unseen_to_gold_in_force_are_measured(project, labeler):
    make_gold(project, 8)
    answers = list(answer_gold(labeler, project, 8))
    for judgment in answers:
        move(judgment, days=2)
    assert score(labeler, project).comparisons == 8
    keeping_gold.retire(gold=answers[0].task.gold, reason="x", retired_by=None)
    Judgment.objects.filter(pk=answers[1].pk).update(standing="surplus")
    Judgment.objects.filter(pk=answers[2].pk).update(standing="voided", is_current=False)
    assert score(labeler, project).comparisons == 5


def void_all(project, person, since):
    return voiding.void(
        project=project, person=person, since=since, reason="Answered too fast", voided_by=None
    )
