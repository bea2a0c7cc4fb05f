"""What the page says of an exam's length."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation.entry import exam_length, hiring
from annotation.models import Gold
from annotation.task_kinds.catalog import TASK_KINDS
from tests.annotation.making_exams import make_gold


def test_the_usual_exam(project):
    found = exam_length.length_of(hiring.policy_of(project), project)
    rows = {each.name: each for each in found.labelers}
    assert [each.accuracy for each in found.labelers] == [0.85, 0.75, 0.65, 0.5]
    assert rows["good"].hired > 0.95
    assert rows["poor"].passed < 0.05 < rows["poor"].hired < 0.1
    assert rows["random"].hired < 0.01
    assert rows["good"].items < 0.6 * found.fixed["items"]
    assert found.worst_items <= found.most
    shares = [share for _accuracy, share in found.curve]
    assert shares == sorted(shares)
    assert found.curve[-1] == (1.0, pytest.approx(1.0))


def test_numbers_too_close_have_no_fixed_exam(project):
    policy = hiring.policy_of(project)
    policy.poor_accuracy = 0.849
    assert exam_length.length_of(policy).fixed is None
    policy.poor_accuracy = 0.9
    with pytest.raises(ValidationError) as refused:
        exam_length.length_of(policy)
    assert list(refused.value.message_dict) == ["poor_accuracy"]


def test_the_pool_counts_what_can_still_be_given(project):
    policy = hiring.policy_of(project)
    policy.training_items, policy.exam_most, policy.attempts = 1, 3, 2
    tasks = make_gold(project, 5)
    pool = exam_length.pool_of(project, policy)
    assert (pool.gold, pool.once, pool.most) == (5, 4, 7)
    assert pool.is_enough
    assert not pool.is_enough_for_all
    Gold.objects.filter(task__in=tasks[:1]).update(retired_at="2026-01-01T00:00Z")
    Gold.objects.filter(task__in=tasks[1:2]).update(answer=None)
    assert exam_length.pool_of(project, policy).gold == 3
    policy.has_exam = False
    assert exam_length.pool_of(project, policy).most == 1


def test_kinds_that_judge():
    judging = {name for name in TASK_KINDS if exam_length.judges(name)}
    assert judging == {"pairwise", "ranking", "best_of", "rating", "thumbs"}
