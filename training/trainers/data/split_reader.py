"""Reading splits of a dataset directory as tokenized examples, whatever an example is made of.

Nothing is ever cut: what does not fit is left out and counted, and the report says why. What would
train on nonsense is refused before compute is spent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

from training.trainers.data.chat_text import ChatText
from training.trainers.data.dataset_checks import DataError, check_manifest
from training.trainers.data.labelled_prompts import SPLITS
from training.trainers.data.split_report import Counted, SplitReport, summarise

Found = TypeVar("Found")
Made = TypeVar("Made", bound=Counted)


class SplitReader(ABC, Generic[Found, Made]):
    """Reads splits of a dataset directory with one tokenizer; `report` is what it saw.

    ``kinds`` are the kinds of records that will do; the first one there is taken. ``Found`` is what
    lies in the files, ``Made`` the example that becomes of it.
    """

    def __init__(
        self, path: str | Path, text: ChatText, *, max_length: int, kinds: tuple[str, ...]
    ) -> None:
        self.path = Path(path).expanduser()
        if not self.path.is_dir():
            raise DataError(f"dataset {path} is no folder: name an exported dataset directory.")
        self.text = text
        self.max_length = max_length
        self.config = self._choose(kinds)
        check_manifest(self.path, self.config)
        self.splits: dict[str, SplitReport] = {}

    @abstractmethod
    def _read(self, split: str, left_out: Counter[str]) -> tuple[int, Iterator[Found]]:
        """How many rows a split has, and what they hold; reasons to leave out are counted."""

    @abstractmethod
    def _encode(self, found: Found, left_out: Counter[str]) -> Made | None:
        """The example in tokens, or None where it is left out."""

    def has(self, split: str) -> bool:
        """Whether the directory has that split."""
        return (self.path / self.config / f"{split}.parquet").is_file()

    def examples(self, split: str, *, limit: int = 0) -> list[Made]:
        """The split's examples in the file's order, ``limit`` at most (0: all).

        Raises DataError where there is no such split or nothing is left of it.
        """
        left_out: Counter[str] = Counter()
        rows, all_found = self._read(split, left_out)
        report = self.splits[split] = SplitReport(rows=rows)
        examples: list[Made] = []
        for found in all_found:
            example = self._encode(found, left_out)
            if example is not None:
                examples.append(example)
            if limit and len(examples) == limit:
                break
        summarise(report, examples, left_out)
        if not examples:
            reasons = ", ".join(f"{n} {why}" for why, n in report.left_out.items()) or "no rows"
            raise DataError(
                f"Nothing is left of {self.config}/{split} in {self.path} ({reasons}): raise"
                " max_length, or export more labels of responses that differ."
            )
        return examples

    def report(self) -> dict[str, Any]:
        """Everything seen, as it goes into RUN/data_report.json."""
        return {
            "dataset": str(self.path),
            "records": self.config,
            "max_length": self.max_length,
            "splits": {name: asdict(split) for name, split in self.splits.items()},
            "text": asdict(self.text.findings),
        }

    def _choose(self, kinds: tuple[str, ...]) -> str:
        for kind in kinds:
            if any((self.path / kind / f"{split}.parquet").is_file() for split in SPLITS):
                return kind
        raise DataError(
            f"dataset {self.path} has no {' or '.join(kinds)} records: export them, or name"
            " another directory."
        )
