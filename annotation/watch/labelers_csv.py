"""The table of labelers, and one labeler against the others, as CSV."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.watch.labeler_figures import Labeler, Table, pairs_of
from labelers.csv_file import rows_as_csv
from labelers.models import Project

_SCORES = ("gold", "consensus", "corrected")
COLUMNS = (
    *("labeler", "name", "stage", "answers", "last_answer"),
    *(f"{score}{end}" for score in _SCORES for end in ("", "_low", "_high", "_n")),
    *("evidence", "signals", "seems_to_copy"),
)
PAIR_COLUMNS = ("labeler", "other", "name", "shared", "same", "agreement", "low", "high")


def table_csv(found: Table) -> Iterator[str]:
    """One line per labeler."""
    return rows_as_csv(
        COLUMNS,
        (
            (
                *(row.key, row.name, row.stage, row.answers, row.last_at),
                *(
                    getattr(row, score).get(end)
                    for score in _SCORES
                    for end in ("value", "low", "high", "n")
                ),
                *(row.evidence, "; ".join(row.signals), "; ".join(row.copies)),
            )
            for row in found.labelers
        ),
    )


def pairs_csv(*, project: Project, labeler: Labeler) -> Iterator[str]:
    """One line per other labeler with something shared."""
    return rows_as_csv(
        PAIR_COLUMNS,
        (
            (
                *(labeler.key, pair["key"], pair["name"], pair["n"], pair["same"]),
                *(round(pair[name], 4) for name in ("value", "low", "high")),
            )
            for pair in pairs_of(project=project, labeler=labeler)
        ),
    )
