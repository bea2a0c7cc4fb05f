"""What the command prints: tables for people, JSON for programs, progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any


def show_one(found: Any, as_json: bool, names: Sequence[str] = ()) -> None:
    """One thing: as JSON, or the fields in `names` (all of them without), a line each."""
    if as_json or not isinstance(found, dict):
        print(json.dumps(found, ensure_ascii=False, indent=None if as_json else 2))
        return
    chosen = {name: found[name] for name in names or found if name in found}
    width = max((len(name) for name in chosen), default=0)
    for name, value in chosen.items():
        print(f"{name:<{width}}  {_text(value)}")


def show_many(found: Iterable[dict[str, Any]], as_json: bool, names: Sequence[str]) -> None:
    """A list: as one JSON object to a line, or as a table of the fields in `names`."""
    if as_json:
        for row in found:
            print(json.dumps(row, ensure_ascii=False), flush=True)
        return
    rows = [[_text(row.get(name)) for name in names] for row in found]
    widths = [max(map(len, column)) for column in zip(names, *rows)]
    for texts in [list(names), *rows]:
        print("  ".join(text.ljust(width) for text, width in zip(texts, widths)).rstrip())


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return " ".join(str(value).split())


class Progress:
    """A line on standard error that is written over; nothing where nobody watches."""

    def __init__(self, quiet: bool = False) -> None:
        self._watched = sys.stderr.isatty() and not quiet
        self._length = 0

    def say(self, text: str) -> None:
        """Put `text` in place of what was said before."""
        if self._watched:
            sys.stderr.write("\r" + text.ljust(self._length))
            sys.stderr.flush()
            self._length = len(text)

    def end(self) -> None:
        """Leave the line for what comes next."""
        if self._watched and self._length:
            sys.stderr.write("\r" + " " * self._length + "\r")
            sys.stderr.flush()
            self._length = 0


def in_bytes(count: int) -> str:
    """A size as people write it."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
