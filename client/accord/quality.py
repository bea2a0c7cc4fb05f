"""Figures: how far labelers agree, how the answers fare, and who works how."""

from __future__ import annotations

from typing import Any

from accord.calls import Calls, part
from accord.errors import Json


class Quality:
    """The figures of projects."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, slug: str) -> Json:
        """All figures of a project that is measured."""
        return dict(self._calls.get(f"projects/{part(slug)}/quality/"))

    def agreement(self, slug: str) -> Any:
        """The coefficients of agreement, with their intervals."""
        return self._calls.get(f"projects/{part(slug)}/agreement/")

    def table(self, slug: str, name: str) -> str:
        """A table of the quality pages as CSV."""
        path = f"projects/{part(slug)}/quality/{part(name)}.csv"
        with self._calls.open("GET", path) as answer:
            return answer.read().decode("utf-8-sig")

    def labelers(self, slug: str) -> Json:
        """Labelers at work with their scores, signals and evidence."""
        return dict(self._calls.get(f"projects/{part(slug)}/labelers/"))
