"""What was found in the rows of a file: problems by reason, columns, lengths, personal data.

Plain counts that add up, so that blocks can be read anywhere and in any order of processes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from annotation.candidates import Candidate
from annotation.planning import Laid

MOST_PROBLEMS = 100
MOST_REASONS = 200
MOST_COLUMNS = 100
EXAMPLES = 3
_VARIABLE = re.compile(r"\d+|'[^']*'|\"[^\"]*\"|\([^)]*\)")
_SCRIPTS = (
    ("Jpan", re.compile("[\u3040-\u30ff]")),
    ("Kore", re.compile("[\uac00-\ud7af]")),
    ("Hani", re.compile("[\u4e00-\u9fff]")),
    ("Cyrl", re.compile("[\u0400-\u04ff]")),
    ("Arab", re.compile("[\u0600-\u06ff]")),
    ("Hebr", re.compile("[\u0590-\u05ff]")),
    ("Deva", re.compile("[\u0900-\u097f]")),
    ("Thai", re.compile("[\u0e00-\u0e7f]")),
    ("Grek", re.compile("[\u0370-\u03ff]")),
)
_LOOKED_AT = 300


class Findings:
    """What was found so far."""

    def __init__(self, said: Mapping[str, Any] | None = None) -> None:
        said = said or {}
        self.bad: int = said.get("bad", 0)
        self.candidates: int = said.get("candidates", 0)
        self.too_few: int = said.get("too_few", 0)
        self.personal_rows: int = said.get("personal_rows", 0)
        self.dropped_personal: int = said.get("dropped_personal", 0)
        self.problems: list[dict[str, Any]] = list(said.get("problems", ()))
        self.reasons: dict[str, dict[str, Any]] = dict(said.get("reasons", {}))
        self.personal: dict[str, dict[str, Any]] = dict(said.get("personal", {}))
        self.languages: Counter[str] = Counter(said.get("languages", {}))
        self.columns: Counter[str] = Counter(said.get("columns", {}))
        self.prompt_lengths: Counter[str] = Counter(said.get("prompt_lengths", {}))
        self.response_lengths: Counter[str] = Counter(said.get("response_lengths", {}))

    def said(self) -> dict[str, Any]:
        """The same as plain values."""
        return dict(vars(self))

    def refuse(self, line: int, field: str, problem: str) -> None:
        """Count a row that is not taken."""
        self.bad += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append({"line": line, "field": field, "problem": problem})
        self._reason(line, field, problem)

    def drop_personal(self, line: int) -> None:
        """Count a candidate that is left out for its personal data."""
        self.dropped_personal += 1
        self._reason(line, "", "holds personal data; such rows are dropped as asked.")

    def count_columns(self, fields: Mapping[str, Any]) -> None:
        """Count the columns that a row fills."""
        if len(self.columns) < MOST_COLUMNS:
            self.columns.update(fields.keys())

    def count(self, candidate: Candidate, laid: Laid, line: int) -> None:
        """Count a candidate that is taken."""
        self.candidates += 1
        if laid.too_few:
            self.too_few += 1
            self._reason(line, "responses", "fewer different ones than the kind compares: no task.")
        first = candidate.prompt[-1]["content"] if candidate.prompt else ""
        self.languages[candidate.language or script_of(first)] += 1
        self.prompt_lengths[_bucket(sum(len(m["content"]) for m in candidate.prompt))] += 1
        for messages, _source in candidate.responses:
            self.response_lengths[_bucket(sum(len(m["content"]) for m in messages))] += 1

    def count_personal(self, kind: str, line: int, example: str) -> None:
        """Count one piece of personal data; the example is masked."""
        found = self.personal.setdefault(kind, {"count": 0, "line": line, "examples": []})
        found["count"] += 1
        if len(found["examples"]) < EXAMPLES and example not in found["examples"]:
            found["examples"].append(example)

    def add(self, later: Findings) -> None:
        """Take in what was found in later rows."""
        for name in ("bad", "candidates", "too_few", "personal_rows", "dropped_personal"):
            setattr(self, name, getattr(self, name) + getattr(later, name))
        for name in ("languages", "columns", "prompt_lengths", "response_lengths"):
            getattr(self, name).update(getattr(later, name))
        self.problems += later.problems[: MOST_PROBLEMS - len(self.problems)]
        for key, reason in later.reasons.items():
            if key in self.reasons:
                self.reasons[key]["count"] += reason["count"]
            elif len(self.reasons) < MOST_REASONS:
                self.reasons[key] = reason
        for kind, found in later.personal.items():
            mine = self.personal.setdefault(kind, {"count": 0, "line": found["line"]})
            mine["count"] += found["count"]
            examples = [*mine.get("examples", ()), *found["examples"]]
            mine["examples"] = list(dict.fromkeys(examples))[:EXAMPLES]

    def _reason(self, line: int, field: str, problem: str) -> None:
        # Numbers and quoted words differ from row to row; the reason is the same.
        key = _VARIABLE.sub("#", f"{field}: {problem}")
        if key in self.reasons:
            self.reasons[key]["count"] += 1
        elif len(self.reasons) < MOST_REASONS:
            self.reasons[key] = {"count": 1, "line": line, "field": field, "problem": problem}


def script_of(text: str) -> str:
    """The script that a text is written in, as ISO 15924 calls it: a hint, not a language."""
    if text.isascii():
        return "Latn"
    beginning = text[:_LOOKED_AT]
    return next((name for name, form in _SCRIPTS if form.search(beginning)), "Latn")


def _bucket(length: int) -> str:
    """Lengths to two digits: exact enough for quantiles, and few enough to keep."""
    if length < 100:
        return str(length)
    size = 10 ** (len(str(length)) - 2)
    return str(length // size * size)


def quantile(lengths: Mapping[str, int], share: float) -> int | None:
    """The length below which that share of texts lies, to two digits."""
    left = share * sum(lengths.values())
    for length, count in sorted((int(length), count) for length, count in lengths.items()):
        left -= count
        if left <= 0:
            return length
    return None


def quantiles(lengths: Mapping[str, int]) -> Sequence[int | None]:
    """The middle, the longest tenth and the longest."""
    return [quantile(lengths, share) for share in (0.5, 0.9, 1.0)]
