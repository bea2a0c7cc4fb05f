"""Rows of a file made ready to store, a block at a time, with what was found on the way.

Pure: the same work is done in the process of an import and in the processes that help it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from annotation import known_answers, personal_data, planning
from annotation.candidates import Candidate, Message
from annotation.intake.findings import Findings
from annotation.known_answers import Asked
from annotation.readers.base import Row, RowError
from annotation.readers.catalog import READERS
from annotation.readers.json_rows import json_row
from annotation.task_kinds.catalog import TASK_KINDS

TREATMENTS = ("keep", "tag", "cover", "drop")
"""What becomes of rows with personal data."""
TAG = "personal-data"
LONGEST_REFUSED = 1024 * 1024


@dataclass(frozen=True)
class Reading:
    """Everything that says how rows are read: plain values that another process can be told."""

    format: str
    source: str
    kind: str
    options: Mapping[str, Any]
    columns: Mapping[str, str] = field(default_factory=dict)
    personal: str = "keep"
    make_tasks: bool = True

    @property
    def asked(self) -> Asked:
        """What the project asks."""
        return Asked(TASK_KINDS[self.kind], self.options)

    def in_json(self) -> str:
        """The same in words that `Reading(**json.loads(...))` understands."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)


class Block(NamedTuple):
    """Some rows made ready: how many there were, what was found, and what is to be stored.

    ``laid`` is the JSON of a list of `planning.Laid`; ``refused`` are rows that were not taken:
    line, field, problem, and the row as it stood in the file.
    """

    rows: int
    findings: Findings
    laid: bytes
    refused: Sequence[tuple[int, str, str, str]]


class Maker:
    """Makes blocks of rows, as one reading says."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._asked = reading.asked
        self._parse = READERS[reading.format].parse

    def block_of_lines(self, number: int, data: bytes) -> Block:
        """The block that lines of a JSONL file are; the first of them has that number."""
        lines = data.split(b"\n")
        found = (
            (json_row(number + place, 0, line), line)
            for place, line in enumerate(lines)
            if line and not line.isspace()
        )
        return self._block(found)

    def block_of_rows(self, rows: Iterable[Row]) -> Block:
        """The block that rows are."""
        return self._block((row, None) for row in rows)

    def _block(self, rows: Iterable[tuple[Row, bytes | None]]) -> Block:
        findings = Findings()
        laid: list[planning.Laid] = []
        refused = []
        count = 0
        for row, line in rows:
            count += 1
            try:
                laid += self._laid(row, findings)
            except RowError as problem:
                findings.refuse(row.number, problem.field, problem.problem)
                as_it_stood = _as_it_stood(row, line)
                refused.append((row.number, problem.field, problem.problem, as_it_stood))
        return Block(count, findings, json.dumps(laid).encode(), refused)

    def _laid(self, row: Row, findings: Findings) -> Iterator[planning.Laid]:
        """What a row becomes; all of it is checked before any of it is given."""
        if row.fields is None:
            raise row.error or RowError("", "cannot be read.")
        findings.count_columns(row.fields)
        fields = renamed(row.fields, self._reading.columns)
        parsed = self._parse(fields, self._reading.source)
        candidates = [parsed] if isinstance(parsed, Candidate) else parsed
        for candidate in candidates:
            known_answers.check(self._asked, candidate)
        return self._treated(row.number, candidates, findings)

    def _treated(
        self, number: int, candidates: Sequence[Candidate], findings: Findings
    ) -> Iterator[planning.Laid]:
        for candidate in candidates:
            kept = self._without_personal(number, candidate, findings)
            if kept is None:
                continue
            laid = planning.lay_out(self._asked, kept, make_tasks=self._reading.make_tasks)
            findings.count(kept, laid, number)
            yield laid

    def _without_personal(
        self, number: int, candidate: Candidate, findings: Findings
    ) -> Candidate | None:
        """The candidate with its personal data treated as asked; None where it is dropped."""
        found = False
        for text in texts_of(candidate):
            for kind, start, end in personal_data.find(text):
                found = True
                findings.count_personal(kind, number, personal_data.masked(kind, text[start:end]))
        if not found:
            return candidate
        treatment = self._reading.personal
        findings.personal_rows += 1
        if treatment == "drop":
            findings.drop_personal(number)
            return None
        if treatment == "tag":
            return replace(candidate, tags=[*candidate.tags, TAG])
        return covered(candidate) if treatment == "cover" else candidate


def renamed(fields: Mapping[str, Any], columns: Mapping[str, str]) -> Mapping[str, Any]:
    """`fields` under the names that a reader knows; ``columns`` maps those to the file's own."""
    if not columns:
        return fields
    taken = set(columns.values())
    kept = {name: value for name, value in fields.items() if name not in taken}
    return kept | {ours: fields.get(theirs) for ours, theirs in columns.items() if theirs}


def texts_of(candidate: Candidate) -> Iterator[str]:
    """Every text of a candidate that labelers or readers of the data will see."""
    for message in candidate.prompt:
        yield message["content"]
    for messages, _source in candidate.responses:
        for message in messages:
            yield message["content"]
    if candidate.reference:
        yield candidate.reference
    if candidate.explanation:
        yield candidate.explanation
    for known in candidate.known:
        if known.reason:
            yield known.reason


def covered(candidate: Candidate) -> Candidate:
    """The candidate with each piece of personal data replaced by its kind in brackets."""

    def messages(given: Sequence[Message]) -> list[Message]:
        return [m | {"content": personal_data.cover(m["content"])[0]} for m in given]

    return replace(
        candidate,
        prompt=messages(candidate.prompt),
        responses=[(messages(said), source) for said, source in candidate.responses],
        reference=candidate.reference and personal_data.cover(candidate.reference)[0],
        explanation=personal_data.cover(candidate.explanation)[0],
        known=[
            replace(known, reason=personal_data.cover(known.reason)[0]) for known in candidate.known
        ],
    )


def _as_it_stood(row: Row, line: bytes | None) -> str:
    if line is None:
        text = json.dumps(row.fields, ensure_ascii=False, default=str)
    else:
        text = line.decode("utf-8", "replace").strip()
    return text[:LONGEST_REFUSED]
