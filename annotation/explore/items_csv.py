"""The items that a list shows as a CSV file: one line per item."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.explore import exploring
from annotation.explore.exploring import Item
from annotation.explore.item_filters import Filters
from labelers import csv_file
from labelers.models import Project

COLUMNS = (
    *("item", "kind", "criterion", "language", "tags", "sources", "prompt", "gold", "state"),
    *("answers", "split", "agreement"),
)


def items_file(*, project: Project, filters: Filters) -> Iterator[str]:
    """The file in pieces, in the order of the list."""
    items = exploring.all_items(project=project, filters=filters)
    return csv_file.rows_as_csv(COLUMNS, map(_row, items))


def _row(item: Item) -> tuple[object, ...]:
    task = item.task
    return (
        *(task.pk, task.kind, task.criterion, task.prompt.language, " ".join(task.prompt.tags)),
        *(" ".join(item.sources), item.excerpt, task.is_gold, task.state, item.answers),
        " ".join(f"{part.name}:{part.count}" for part in item.split),
        item.agreement,
    )
