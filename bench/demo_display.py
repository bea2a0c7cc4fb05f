"""What the demo shows: one line per stage while it runs, and the table of all figures at the end.

In a terminal the line of the stage under way is rewritten with a bar and the time; elsewhere a
plain line comes when a stage ends. Which stages there are and what they found is not known here.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

NO_BETTER = "no better than chance"

_BAR = 12
_TITLE = 30
_BETWEEN_DRAWS = 0.25


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, its value, and what to hold beside it."""

    name: str
    value: str
    beside: str = ""


@dataclass
class Stage:
    """One stage: how far it is, its figures, and how long it took in seconds."""

    title: str
    done: int = 0
    total: int = 0
    note: str = ""
    figures: list[Figure] = field(default_factory=list)
    seconds: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def advance(self) -> None:
        """One step further; may be called from any thread."""
        with self._lock:
            self.done += 1

    def at(self, done: int, total: int, note: str = "") -> None:
        """So far of so much, doing what."""
        self.done, self.total, self.note = done, total, note

    def add(self, name: str, value: str, beside: str = "") -> None:
        """A figure for the table."""
        self.figures.append(Figure(name, value, beside))


class Display:
    """The stages so far, drawn on ``out``."""

    def __init__(self, out: TextIO = sys.stdout, *, live: bool | None = None) -> None:
        self.out = out
        self.live = out.isatty() if live is None else live
        self.stages: list[Stage] = []
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        """A line of its own."""
        print(text, file=self.out, flush=True)

    @contextmanager
    def stage(self, title: str, total: int = 0) -> Iterator[Stage]:
        """A stage under way; its line stays when it ends, also by an error."""
        stage = Stage(title, total=total)
        self.stages.append(stage)
        began, over = time.monotonic(), threading.Event()
        drawing = threading.Thread(target=self._draw, args=(stage, began, over), daemon=True)
        if self.live:
            drawing.start()
        mark = "failed"
        try:
            yield stage
            mark = "done"
        finally:
            stage.seconds = time.monotonic() - began
            over.set()
            if self.live:
                drawing.join()
                self.out.write("\r\x1b[2K")
            first = stage.figures[0] if stage.figures else None
            told = f"  {first.name} {first.value}" if first else ""
            self.say(
                f"[{len(self.stages):2d}] {title:<{_TITLE}} {mark:<6} {stage.seconds:6.1f} s{told}"
            )

    def _draw(self, stage: Stage, began: float, over: threading.Event) -> None:
        while not over.wait(_BETWEEN_DRAWS):
            line = self._line(stage, time.monotonic() - began)
            width = shutil.get_terminal_size().columns - 1
            self.out.write("\r\x1b[2K" + line[:width])
            self.out.flush()

    def _line(self, stage: Stage, seconds: float) -> str:
        share = min(1.0, stage.done / stage.total) if stage.total else 0.0
        full = round(_BAR * share)
        bar = "█" * full + "░" * (_BAR - full)
        count = f"{stage.done}/{stage.total}" if stage.total else ""
        number = len(self.stages)
        return f"[{number:2d}] {stage.title:<{_TITLE}} {bar} {seconds:6.1f} s  {count} {stage.note}"

    def table(self) -> str:
        """Every stage's figures, and the time in all."""
        rows = [
            (stage.title if n == 0 else "", each.name, each.value, each.beside)
            for stage in self.stages
            for n, each in enumerate(stage.figures or [Figure("time", f"{stage.seconds:.1f} s")])
        ]
        heads = ("stage", "figure", "value", "beside it")
        widths = [max(_width(row[i]) for row in [heads, *rows]) for i in range(3)]
        lines = [_aligned(heads, widths), "  ".join("-" * w for w in [*widths, 9])]
        lines += [_aligned(row, widths) for row in rows]
        return "\n".join([*lines, f"In all {time.monotonic() - self.began:.0f} s."])


def percent(value: float | None) -> str:
    """A share in per cent."""
    return "not known" if value is None else f"{100 * value:.1f}%"


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """A share with its 95% interval."""
    if value is None or low is None or high is None:
        return percent(value)
    return f"{percent(value)} ({100 * low:.1f} to {100 * high:.1f})"


def number_interval(value: float | None, low: float | None, high: float | None) -> str:
    """A number with its 95% interval."""
    if value is None:
        return "not defined"
    return f"{value:.2f}" + ("" if low is None or high is None else f" ({low:.2f} to {high:.2f})")


def against_chance(low: float | None, high: float | None) -> str:
    """What a 95% interval says about 50%."""
    if low is None or high is None or low <= 0.5 <= high:
        return NO_BETTER
    return "better than chance" if low > 0.5 else "worse than chance"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [text + " " * (w - _width(text)) for text, w in zip(row, widths, strict=False)]
    return "  ".join([*cells, row[-1]]).rstrip()
