"""CSV that spreadsheets show as it is: no cell is taken for a formula, and Excel knows the UTF-8.

Every table that can be downloaded is written by this module; it knows cells, not what they mean.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a text may not begin with; spreadsheets set to Japanese read the wide ones as well."""

ROWS_PER_PIECE = 500
BOM = "\ufeff"
"""By which Excel knows UTF-8."""

CONTENT_TYPE = "text/csv; charset=utf-8"


def rows_as_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file in pieces of some hundred lines: a streaming response takes it as it is.

    A cell may be text, a number, a time (written in UTC), true or false, or None (left empty).
    """
    lines = chain([header], rows)
    before = BOM
    while piece := list(islice(lines, ROWS_PER_PIECE)):
        text = io.StringIO()
        csv.writer(text).writerows([_cell(value) for value in row] for row in piece)
        yield before + text.getvalue()
        before = ""


def safe_cell(text: str) -> str:
    """`text` as a spreadsheet shows it: an apostrophe keeps it from being taken for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _cell(value: object) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # A number may begin with its sign.
    return value if isinstance(value, int | float | Decimal) else safe_cell(str(value))
