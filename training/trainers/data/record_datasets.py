"""A dataset directory as tokenized examples: one per prompt, with its responses and comparisons.

Reads the columns of `exports.records`. Nothing is ever cut: what does not fit is left out and
counted, and the report says why. What would train on nonsense is refused before compute is spent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from training.trainers.data.chat_text import ChatText, Message, TemplateError
from training.trainers.data.dataset_checks import check_manifest
from training.trainers.data.labelled_prompts import (
    SPLITS,
    DataError,
    Labelled,
    LabelledPrompt,
    cluster_of,
    read_prompts,
    text_length,
)
from training.trainers.data.split_report import SplitReport, summarise

HELD_OUT = ("validation", "test")


@dataclass(frozen=True, kw_only=True)
class Example:
    """One prompt as tokens with K responses as tokens. ``chars`` are the responses' text lengths.

    ``cluster`` names the prompt, for intervals over prompts.
    """

    id: str
    cluster: str
    prompt: list[int]
    responses: list[list[int]]
    chars: list[int]
    comparisons: list[Labelled]
    messages: list[Message]
    language: str = ""
    kind: str = ""
    criterion: str = ""
    sources: list[str] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Tokens of the shared row."""
        return len(self.prompt) + sum(map(len, self.responses))

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest response."""
        return len(self.prompt) + max(map(len, self.responses))


class RecordReader:
    """Reads splits of a dataset directory with one tokenizer; `report` is what it saw."""

    def __init__(self, path: str | Path, text: ChatText, *, max_length: int, data: str) -> None:
        self.path = Path(path).expanduser()
        if not self.path.is_dir():
            raise DataError(f"dataset {path} is no folder: name an exported dataset directory.")
        self.text = text
        self.max_length = max_length
        self.config = self._choose(data)
        check_manifest(self.path, self.config)
        self.splits: dict[str, SplitReport] = {}

    def has(self, split: str) -> bool:
        """Whether the directory has that split."""
        return (self.path / self.config / f"{split}.parquet").is_file()

    def examples(self, split: str, *, limit: int = 0) -> list[Example]:
        """The split's examples in the file's order, ``limit`` prompts at most (0: all).

        Raises DataError where there is no such split or nothing is left of it.
        """
        left_out: Counter[str] = Counter()
        rows, prompts = read_prompts(self.path, self.config, split, left_out)
        report = self.splits[split] = SplitReport(rows=rows)
        examples: list[Example] = []
        for gathered in prompts:
            example = self._encode(gathered, left_out)
            if example is not None:
                examples.append(example)
            if limit and len(examples) == limit:
                break
        summarise(report, examples, left_out)
        if not examples:
            reasons = ", ".join(f"{n} {why}" for why, n in report.left_out.items())
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

    def _choose(self, data: str) -> str:
        wanted = ("ranking", "preference") if data == "auto" else (data,)
        for config in wanted:
            if any((self.path / config / f"{split}.parquet").is_file() for split in SPLITS):
                return config
        raise DataError(
            f"dataset {self.path} has no {' or '.join(wanted)} records: export them, or name"
            " another directory."
        )

    def _encode(self, found: LabelledPrompt, left_out: Counter[str]) -> Example | None:
        try:
            prompt, responses = self.text.encode(found.prompt, found.responses)
        except TemplateError:
            left_out["refused by the chat template"] += 1
            return None
        if len(prompt) >= self.max_length:
            left_out["prompts over max_length"] += 1
            return None
        kept = [i for i, r in enumerate(responses) if len(prompt) + len(r) <= self.max_length]
        left_out["responses over max_length"] += len(responses) - len(kept)
        number = {old: new for new, old in enumerate(kept)}
        comparisons = []
        for one in found.comparisons:
            if one.better in number and one.worse in number:
                better, worse = number[one.better], number[one.worse]
                if responses[one.better] == responses[one.worse]:
                    left_out["comparisons of identical responses"] += 1
                else:
                    comparisons.append(replace(one, better=better, worse=worse))
        if not comparisons:
            left_out["prompts without a comparison left"] += 1
            return None
        return Example(
            id=found.id,
            cluster=cluster_of(found.prompt),
            prompt=prompt,
            responses=[responses[i] for i in kept],
            chars=[text_length(found.responses[i]) for i in kept],
            comparisons=comparisons,
            messages=found.prompt,
            language=found.language,
            kind=found.kind,
            criterion=found.criterion,
            sources=[found.sources[i] for i in kept],
        )
