"""What a closed period gives: exact sums, rounded once, and corrections in the next one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation import assigning, judging
from annotation.models import Gold, Judgment, Payroll, PayrollRow, ProjectSettings, Task
from annotation.pay import closing, rating_work
from annotation.watch import restoring, voiding
from labelers.models import AuditEvent, Notice
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks, submit

LONG_AGO = timezone.now() - timedelta(days=30)


def pay(project, admin, **fields):
    fields = {"currency": "USD", "per_item": Decimal("0.125"), "holds_from": LONG_AGO, **fields}
    return rating_work.set_rate(project=project, set_by=admin, **fields)


def work(labeler, project, count=3, seconds=30.0):
    make_tasks(project, count)
    return [answer_next(labeler, project, A_IS_BETTER, seconds=seconds) for _ in range(count)]


def rows_of(payroll) -> list[tuple[int, int, int, int]]:
    return list(payroll.rows.values_list("items", "earned", "adjustment", "total"))


def close(project, admin, **fields) -> Payroll:
    return closing.close_period(project=project, closed_by=admin, **fields)


def test_items_are_paid_and_rounded_once(project, admin, labeler):
    pay(project, admin)
    work(labeler, project)
    # 3 x 12.5 cents, half a cent up.
    payroll = close(project, admin)
    assert rows_of(payroll) == [(3, 38, 0, 38)]
    # The next one brings the sum to 6 x 12.5, not to 2 x 38.
    make_tasks(project, 6)
    for _ in range(3):
        answer_next(labeler, project, A_IS_BETTER)
    assert rows_of(close(project, admin)) == [(3, 37, 0, 37)]


def test_hours_are_capped_per_item(project, admin, labeler):
    pay(project, admin, per_item=0, per_hour=Decimal(12), cap_seconds=60)
    work(labeler, project, count=1, seconds=30.0)
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER, seconds=4000.0)
    # 30 s and 60 of 4000 s at 12 an hour.
    assert rows_of(close(project, admin)) == [(2, 30, 0, 30)]


def test_what_was_done_keeps_its_rate(project, admin, labeler):
    pay(project, admin)
    [first] = work(labeler, project, count=1)
    Judgment.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=1))
    pay(project, admin, per_item=Decimal(1), holds_from=None)
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    assert rows_of(close(project, admin)) == [(2, 113, 0, 113)]


def test_nothing_is_paid_before_the_first_rate(project, admin, labeler):
    [early] = work(labeler, project, count=1)
    Judgment.objects.filter(pk=early.pk).update(created_at=timezone.now() - timedelta(days=1))
    pay(project, admin, holds_from=None)
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    assert rows_of(close(project, admin)) == [(1, 13, 0, 13)]


def test_voided_work_is_taken_off_later_pay_and_comes_back(project, admin, labeler):
    pay(project, admin, per_item=Decimal("0.50"))
    work(labeler, project)
    close(project, admin)
    made = voiding.void(
        project=project, person=labeler, since=LONG_AGO, reason="Why", voided_by=admin
    )
    make_tasks(project, 4)
    answer_next(labeler, project, A_IS_BETTER)
    # One item was earned, three are to be taken back: never below nothing.
    assert rows_of(close(project, admin)) == [(1, 50, -50, 0)]
    restoring.restore(voiding=made, restored_by=admin)
    assert rows_of(close(project, admin)) == [(0, 0, 50, 50)]
    assert sum(PayrollRow.objects.values_list("total", flat=True)) == 4 * 50


def test_surplus_is_paid_and_an_undone_answer_is_not(project, admin, labeler):
    pay(project, admin, per_item=Decimal(1))
    work(labeler, project, count=2)
    judging.undo_last(person=labeler, project=project)
    Judgment.objects.filter(is_current=True).update(standing="surplus", slot=None)
    assert rows_of(close(project, admin)) == [(1, 100, 0, 100)]


def test_an_answer_on_its_way_comes_in_the_next_period(project, admin, labeler):
    pay(project, admin)
    answers = work(labeler, project, count=2)
    late = Judgment.objects.filter(pk=answers[1].pk)
    late.update(is_current=False)
    close(project, admin)
    late.update(is_current=True)
    assert rows_of(close(project, admin)) == [(0, 0, 12, 12)]


def test_the_bonus_is_for_agreeing_with_gold(project, admin, labeler):
    pay(project, admin, per_item=Decimal(1), bonus_percent=10, bonus_score=0.8)
    tasks = make_tasks(project, 5)
    Task.objects.filter(project=project).update(is_gold=True)
    for task in tasks:
        Gold.objects.create(task=task, answer=A_IS_BETTER)
    ProjectSettings.objects.filter(project=project).update(gold_rate=0.5)
    project.refresh_from_db()
    while Judgment.objects.count() < 5:
        # With nothing else to do, gold comes half of the times that somebody asks.
        lease = assigning.next_assignment(project=project, person=labeler)
        if lease is not None:
            assert submit(labeler, project, lease, A_IS_BETTER).standing == "gold"
    row = close(project, admin).rows.get()
    assert (row.earned, row.bonus, row.total) == (500, 50, 550)


def test_figures_of_a_payroll_never_change(project, admin, labeler):
    pay(project, admin)
    work(labeler, project)
    payroll = close(project, admin)
    with pytest.raises(IntegrityError, match="closed payroll"), transaction.atomic():
        payroll.rows.update(bonus=5, total=43)
    with pytest.raises(IntegrityError, match="closed payroll"), transaction.atomic():
        Payroll.objects.update(until=timezone.now())


@pytest.mark.parametrize(
    ("until", "said"),
    [(timedelta(hours=1), "still to come"), (timedelta(days=-40), "closed period|no rate")],
)
def test_a_period_ends_within_its_time(project, admin, labeler, until, said):
    pay(project, admin)
    work(labeler, project)
    close(project, admin)
    with pytest.raises(ValidationError, match=said):
        close(project, admin, until=timezone.now() + until)


def test_without_rate_or_work_nothing_is_closed(project, admin, labeler):
    with pytest.raises(ValidationError, match="no rate"):
        close(project, admin)
    pay(project, admin)
    with pytest.raises(ValidationError, match="Nobody"):
        close(project, admin)


def test_people_are_told_and_it_is_written_down(project, admin, labeler):
    pay(project, admin)
    work(labeler, project)
    close(project, admin)
    [notice] = Notice.objects.filter(kind="pay_approved")
    assert (notice.person, notice.detail) == (labeler, {"amount": "0.38 USD", "count": 3})
    assert AuditEvent.objects.filter(action="payroll.closed").count() == 1
