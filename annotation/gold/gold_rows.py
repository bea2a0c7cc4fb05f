"""The gold of a project as rows: what pages, programs and files show of each item."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from annotation import kind_words
from annotation.gold import gold_review
from annotation.gold.gold_evidence import Evidence
from annotation.models import Gold
from labelers.models import Project

IN_FORCE, TO_RETIRE, RETIRED = "in_force", "to_retire", "retired"

COLUMNS = (
    *("item", "state", "proposed", "kind", "criterion", "language", "origin", "answer"),
    *("explanation", "answers", "right", "judged", "share", "low", "high", "good_labelers"),
    *("good_labelers_against", "difficulty", "made_at", "made_by", "affirmed_at"),
    *("last_shown", "retired_at", "retired_reason"),
)


@dataclass(frozen=True)
class GoldRow:
    """A gold item with its evidence; ``proposed`` says why it should be looked at."""

    gold: Gold
    evidence: Evidence
    proposed: list[str]
    last_shown: datetime | None

    @property
    def state(self) -> str:
        """In force or retired."""
        return IN_FORCE if self.gold.retired_at is None else RETIRED

    @property
    def answer_in_words(self) -> str:
        """What is expected, on one line; empty where people write."""
        return "" if self.gold.answer is None else kind_words.answer_in_words(self.gold.answer)

    @property
    def excerpt(self) -> str:
        """How its prompt begins."""
        return kind_words.excerpt(self.gold.task.prompt.messages[-1]["content"])

    @property
    def band(self) -> str:
        """easy, medium, hard or unknown."""
        return gold_review.band_of(self.gold.difficulty)

    @property
    def low(self) -> float | None:
        """Of the 95% interval of the share that is right."""
        return self.evidence.interval[0]

    @property
    def high(self) -> float | None:
        """Of the same interval."""
        return self.evidence.interval[1]


def gold_of(project: Project, show: str, to_retire: Mapping[int, Sequence[str]]) -> QuerySet[Gold]:
    """The gold of `project` that is in force, should be looked at, or is retired; newest first."""
    found = Gold.objects.filter(task__project=project, task__is_gold=True)
    if show == RETIRED:
        return found.filter(retired_at__isnull=False).order_by("-retired_at", "-id")
    found = found.filter(retired_at=None)
    if show == TO_RETIRE:
        found = found.filter(task__in=list(to_retire))
    return found.order_by("-id")


def rows_of(
    golds: QuerySet[Gold] | Sequence[Gold],
    evidence: Mapping[int, Evidence],
    to_retire: Mapping[int, Sequence[str]],
) -> list[GoldRow]:
    """Rows of some gold items, with few queries."""
    if isinstance(golds, QuerySet):
        golds = list(golds.select_related("task__prompt", "created_by", "retired_by"))
    shown = gold_review.last_shown([gold.task_id for gold in golds])
    return [
        GoldRow(
            gold=gold,
            evidence=evidence.get(gold.task_id, Evidence()),
            proposed=list(to_retire.get(gold.task_id, ())),
            last_shown=shown.get(gold.task_id),
        )
        for gold in golds
    ]


def as_table(rows: Sequence[GoldRow]) -> Iterator[tuple[Any, ...]]:
    """One line per row, under `COLUMNS`."""
    for row in rows:
        gold, task, evidence = row.gold, row.gold.task, row.evidence
        yield (
            *(task.pk, row.state, " ".join(row.proposed), task.kind, task.criterion),
            *(task.prompt.language, gold.origin),
            json.dumps(gold.answer, ensure_ascii=False),
            *(gold.explanation, evidence.answers, evidence.right, evidence.judged),
            *(evidence.share, row.low, row.high, evidence.good, evidence.against),
            *(gold.difficulty, gold.created_at, gold.created_by and gold.created_by.username),
            *(gold.affirmed_at, row.last_shown, gold.retired_at, gold.retired_reason),
        )
