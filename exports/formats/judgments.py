"""What each labeler said, one judgment per line, under their pseudonym.

``choice`` speaks of the record that the judgment stands in (`exports.record_parts`), whose sources
are named beside it. A judgment that went into several records is written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from exports.formats.base import EVERY, Format, Options, always_fits, line, never
from exports.records import Record

SHARED = ("task", "kind", "criterion", "language", "tags", "response_sources")


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One judgment per line; records of one task come together. See Format."""
    for _task, together in groupby(records, key=lambda record: record.task):
        written: set[str] = set()
        for record in together:
            for judgment in record.judgments:
                if judgment.id not in written:
                    written.add(judgment.id)
                    shared = {name: getattr(record, name) for name in SHARED}
                    yield line({"record": record.id, **shared, **vars(judgment)})


JUDGMENTS = Format(
    name="judgments",
    title="Judgments",
    description="JSON lines with what each labeler said, under their pseudonym.",
    suffix="jsonl",
    content_type="application/jsonl",
    config=EVERY,
    write=write,
    refuse=always_fits,
    may_refuse=never,
)
