"""How long an exam must be: what a policy's exam does with labelers of every accuracy.

Exact figures of `stats.sequential`, beside the shortest exam of fixed length with the same errors,
and whether a project has gold enough for it. Reads the policy; gives no exam.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from annotation.models import ScreeningPolicy, Task
from annotation.stats.sequential import SequentialTest, fixed_length_for
from annotation.task_kinds.base import TaskKind
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project

CURVE = [step / 50 for step in range(20, 51)]
"""The accuracies of the curve: 0.40, 0.42, ... 1.00."""


@dataclass(frozen=True)
class Kind:
    """What becomes of labelers of one accuracy; shares of them, and items on average.

    ``hired`` is who passed in any of the allowed attempts.
    """

    name: str
    accuracy: float
    passed: float
    failed: float
    borderline: float
    hired: float
    items: float


@dataclass(frozen=True)
class Pool:
    """The gold that can be given, and what one labeler may use up in training and all attempts."""

    gold: int
    once: int
    most: int

    @property
    def is_enough(self) -> bool:
        """Whether there is enough for one whole way in."""
        return self.gold >= self.once

    @property
    def is_enough_for_all(self) -> bool:
        """Whether it lasts for every attempt, however long it takes."""
        return self.gold >= self.most


@dataclass(frozen=True)
class ExamLength:
    """The figures of one exam. ``curve`` is (accuracy, share that passes one attempt).

    ``fixed`` is None where no exam of fixed length within 5,000 items would do.
    """

    labelers: list[Kind]
    curve: list[tuple[float, float]]
    worst_items: float
    least: int
    most: int
    fixed: dict[str, int] | None
    pool: Pool | None


def sequential_test(policy: ScreeningPolicy) -> SequentialTest:
    """The policy's exam.

    Raises:
        ValidationError: the numbers do not go together, by field.
    """
    check_numbers(policy)
    return SequentialTest(
        good=policy.good_accuracy,
        poor=policy.poor_accuracy,
        false_pass=policy.false_pass,
        false_fail=policy.false_fail,
        least=policy.exam_least,
        most=policy.exam_most,
    )


def check_numbers(policy: ScreeningPolicy) -> None:
    """Raise ValidationError, by field, where the numbers are right alone but not together."""
    problems = {}
    for name in ("good_accuracy", "poor_accuracy"):
        if not 0 < getattr(policy, name) < 1:
            problems[name] = _("Give a share between 0 and 1, neither of them.")
    if policy.poor_accuracy >= policy.good_accuracy:
        problems["poor_accuracy"] = _("It must be lower than the accuracy of a good labeler.")
    if policy.exam_most < policy.exam_least:
        problems["exam_most"] = _("It must be at least the least number of items.")
    if problems:
        raise ValidationError(problems)


def length_of(policy: ScreeningPolicy, project: Project | None = None) -> ExamLength:
    """The figures of the policy's exam; with a project, of its gold as well.

    Raises:
        ValidationError: by field.
    """
    test = sequential_test(policy)
    good, poor = policy.good_accuracy, policy.poor_accuracy
    named = {"good": good, "between": (good + poor) / 2, "poor": poor, "random": 0.5}
    found = test.operating_characteristic(list(named.values()))
    columns = (
        *(found.passed, found.failed, found.borderline),
        *(found.passed_within(policy.attempts), found.items),
    )
    rows = zip(named.items(), *(column.tolist() for column in columns), strict=True)
    curve = test.operating_characteristic(CURVE)
    try:
        fixed = asdict(fixed_length_for(good, poor, policy.false_pass, policy.false_fail))
    except ValueError:
        fixed = None
    return ExamLength(
        labelers=[Kind(name, accuracy, *figures) for (name, accuracy), *figures in rows],
        curve=list(zip(CURVE, curve.passed.tolist(), strict=True)),
        worst_items=max(curve.items.tolist()),
        least=test.least,
        most=test.most,
        fixed=fixed,
        pool=None if project is None else pool_of(project, policy),
    )


def judges(kind: str) -> bool:
    """Whether answers of this kind can be compared with an expected one; else people write."""
    return TASK_KINDS[kind].outcomes is not TaskKind.outcomes


def pool_of(project: Project, policy: ScreeningPolicy) -> Pool:
    """How much gold `project` has for the policy; nobody gets an item twice."""
    known = judges(project.settings.kind)
    gold = Task.objects.filter(project=project, is_gold=True, gold__retired_at=None)
    exam = policy.exam_most if known else policy.written_items
    each = exam if policy.has_exam else 0
    return Pool(
        gold=gold.exclude(state=Task.State.RETIRED).filter(gold__answer__isnull=not known).count(),
        once=policy.training_items + each,
        most=policy.training_items + each * policy.attempts,
    )


def as_json(length: ExamLength) -> dict[str, Any]:
    """The figures as the API gives them."""
    found = asdict(length)
    if length.pool is not None:
        found["pool"] |= {
            "is_enough": length.pool.is_enough,
            "is_enough_for_all": length.pool.is_enough_for_all,
        }
    return found
