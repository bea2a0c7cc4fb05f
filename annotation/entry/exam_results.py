"""What an exam says in numbers: its accuracy with an interval, and the mean score of its texts.

Reads exams and what was answered in them; comes to no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Avg, Exists, OuterRef, QuerySet

from annotation.models import Assignment, Exam, Judgment
from annotation.stats.bootstrap import wilson_interval


def texts_of_exams(exams: Iterable[Exam] | QuerySet[Exam]) -> QuerySet[Judgment]:
    """What was written in `exams`: the current answers to their items without a known answer."""
    item = Assignment.objects.filter(
        exam__in=exams, task=OuterRef("task"), person=OuterRef("person")
    )
    written = Judgment.objects.filter(
        Exists(item), is_current=True, task__gold__isnull=False, task__gold__answer__isnull=True
    )
    return written.order_by("id")


def mean_score(exam: Exam) -> float | None:
    """The mean over the texts of an exam of their mean scores; None before every text has one."""
    rows = texts_of_exams([exam]).annotate(mean=Avg("written_scores__score"))
    means = [mean for _pk, mean in rows.values_list("pk", "mean")]
    if not means or None in means:
        return None
    return float(sum(means) / len(means))


def interval_of(exam: Exam, items: int) -> tuple[float | None, float | None, float | None]:
    """Accuracy with its 95% Wilson interval; (None, None, None) where nothing was compared.

    The interval goes by items, for the comparisons of one ranking stand or fall together.
    """
    if not exam.judged or not items:
        return None, None, None
    share = exam.right / exam.judged
    return share, *wilson_interval(share * items, items)


def scores_of(exam: Exam) -> dict[str, Any]:
    """The numbers that are kept with a qualification; ``written`` is the mean of its texts."""
    items = exam.items.filter(state=Assignment.State.ANSWERED).count()
    accuracy, low, high = interval_of(exam, items)
    return {
        "exam": exam.number,
        "items": items,
        "right": exam.right,
        "judged": exam.judged,
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "written": mean_score(exam),
    }
