"""What answers say about gold items: how often each is met, and who contradicts it.

One reading of all gold answers makes the figures of every item; they are kept, because a large
project has a hundred thousand of them. Whether an item should go is `gold_review`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from django.utils import timezone

from annotation.figures import gold_grades
from annotation.figures.keeping_figures import basis_of
from annotation.grading import Grade
from annotation.models import Gold, KeptFigures
from annotation.stats.bootstrap import wilson_interval
from labelers.models import Project

KEPT = "gold"
FRESH = timedelta(seconds=60)
GOOD_SCORE = 0.8
LEAST_OTHERS = 5
"""A labeler's score over the other items says something from so many comparisons on."""

LEAST_GOOD = 3
LEAST_EASY = 20


@dataclass(frozen=True)
class Evidence:
    """The answers to one gold item. ``right`` of ``judged`` comparisons say the same as the gold;
    of ``good`` good labelers ``against`` contradict it; ``answers`` decided something at all."""

    answers: int = 0
    right: int = 0
    judged: int = 0
    good: int = 0
    against: int = 0

    @property
    def share(self) -> float | None:
        """The share of comparisons that meet the gold."""
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """Its 95% Wilson interval."""
        return wilson_interval(self.right, self.judged)

    @property
    def is_contradicted(self) -> bool:
        """Whether most good labelers contradict the gold beyond chance.

        The lower end of the one-sided 95% Wilson interval of the share who do lies above one half:
        three of three are enough, three of four are not.
        """
        low = wilson_interval(self.against, self.good, confidence=0.9)[0]
        return self.good >= LEAST_GOOD and low is not None and low > 0.5

    @property
    def is_too_easy(self) -> bool:
        """Whether so many have met it, and nobody missed it, that it tells nobody apart."""
        return self.answers >= LEAST_EASY and self.right == self.judged


def evidence_of(project: Project) -> dict[int, Evidence]:
    """By task: the evidence of every gold item in force, at most a minute old."""
    kept = KeptFigures.objects.filter(project=project, name=KEPT).first()
    basis, now = basis_of(project), timezone.now()
    is_fresh = kept and (kept.basis == basis.mark or _may_wait(kept, now, basis.is_small))
    if not is_fresh:
        began = time.perf_counter()
        measured = measure(project)
        kept, _created = KeptFigures.objects.update_or_create(
            project=project,
            name=KEPT,
            defaults={
                "figures": {str(task): vars(found) for task, found in measured.items()},
                "basis": basis.mark,
                "seconds": time.perf_counter() - began,
                "computed_at": now,
            },
        )
    return {int(task): Evidence(**found) for task, found in kept.figures.items()}


def _may_wait(kept: KeptFigures, now: Any, is_small: bool) -> bool:
    return not is_small and now - kept.computed_at < FRESH


def measure(project: Project) -> dict[int, Evidence]:
    """By task: the evidence of every gold item in force that somebody has answered."""
    held = set(in_force(project).values_list("task_id", flat=True))
    grades = gold_grades.read(project)
    columns = (grades.task, grades.labeler, grades.right, grades.judged)
    return weigh(
        (task, labeler, Grade(right, judged))
        for task, labeler, right, judged in zip(*(c.tolist() for c in columns), strict=True)
        if task in held
    )


def in_force(project: Project) -> Any:
    """The gold of `project` that has an answer and is not retired."""
    return Gold.objects.filter(
        task__project=project, task__is_gold=True, retired_at=None, answer__isnull=False
    )


def weigh(graded: Iterable[tuple[int, int, Grade]]) -> dict[int, Evidence]:
    """The evidence that graded answers (task, labeler, grade) are, by task.

    A labeler is good where their score over all other items is at least 0.8 or no worse than the
    median of all such scores, from five comparisons on.
    """
    by_task: dict[int, list[tuple[int, Grade]]] = defaultdict(list)
    totals: dict[int, Grade] = defaultdict(Grade)
    for task, labeler, found in graded:
        if found.judged:
            by_task[task].append((labeler, found))
            totals[labeler] += found
    usual = _median_score(totals)
    return {
        task: Evidence(
            answers=len(answers),
            right=sum(found.right for _labeler, found in answers),
            judged=sum(found.judged for _labeler, found in answers),
            **_good_and_against(answers, totals, usual),
        )
        for task, answers in by_task.items()
    }


def _median_score(totals: Mapping[int, Grade]) -> float:
    shares = [total.right / total.judged for total in totals.values()]
    return median(shares) if shares else 1.0


def _good_and_against(
    answers: list[tuple[int, Grade]], totals: Mapping[int, Grade], usual: float
) -> dict[str, int]:
    good = against = 0
    for labeler, found in answers:
        judged = totals[labeler].judged - found.judged
        right = totals[labeler].right - found.right
        if judged < LEAST_OTHERS or right / judged < min(GOOD_SCORE, usual):
            continue
        good += 1
        against += 2 * found.right < found.judged
    return {"good": good, "against": against}
