"""Records as single responses: what to imitate, or what is good and bad by itself.

Demonstrations and judged responses are read as they are; comparisons give the responses that won
all of theirs (to imitate), or every response with the share of its comparisons it won (to judge).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from training.trainers.data.chat_text import ChatText, Message, TemplateError
from training.trainers.data.labelled_prompts import (
    LabelledPrompt,
    cluster_of,
    read_prompts,
    read_rows,
    text_length,
)
from training.trainers.data.record_datasets import Example
from training.trainers.data.split_reader import SplitReader


@dataclass(frozen=True, kw_only=True)
class JudgedExample(Example):
    """A prompt with one response that is good or bad; ``weight`` in (0.5, 1] says how surely.

    ``other`` is a response to another prompt, as tokens: KTO measures the policy's drift on it.
    """

    good: bool = True
    weight: float = 1.0
    other: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Single:
    """One response to one prompt, still as messages."""

    id: str
    prompt: list[Message]
    response: list[Message]
    language: str
    kind: str
    good: bool = True
    weight: float = 1.0


Singles = Callable[[Path, str, str, Counter[str]], tuple[int, Iterator[Single]]]
"""(directory, record kind, split, reasons counted) to the number of rows and what they hold."""


class SingleReader(SplitReader[Single, JudgedExample]):
    """Reads what ``singles`` makes of the records, one response per example: a `SplitReader`."""

    def __init__(
        self,
        path: str | Path,
        text: ChatText,
        *,
        max_length: int,
        kinds: tuple[str, ...],
        singles: Singles,
    ) -> None:
        super().__init__(path, text, max_length=max_length, kinds=kinds)
        self.singles = singles

    def _read(self, split: str, left_out: Counter[str]) -> tuple[int, Iterator[Single]]:
        return self.singles(self.path, self.config, split, left_out)

    def _encode(self, single: Single, left_out: Counter[str]) -> JudgedExample | None:
        if not text_length(single.response):
            left_out["empty responses"] += 1
            return None
        try:
            prompt, [response] = self.text.encode(single.prompt, [single.response])
        except TemplateError:
            left_out["refused by the chat template"] += 1
            return None
        if len(prompt) + len(response) > self.max_length:
            over = "prompts" if len(prompt) >= self.max_length else "responses"
            left_out[f"{over} over max_length"] += 1
            return None
        return JudgedExample(
            id=single.id,
            cluster=cluster_of(single.prompt),
            prompt=prompt,
            responses=[response],
            chars=[text_length(single.response)],
            comparisons=[],
            messages=single.prompt,
            language=single.language,
            kind=single.kind,
            good=single.good,
            weight=single.weight,
        )


def to_imitate(
    path: Path, kind: str, split: str, left_out: Counter[str]
) -> tuple[int, Iterator[Single]]:
    """Demonstrations, or of every compared prompt the responses that won and never lost."""
    if kind == "demonstration":
        rows = read_rows(path, kind, split)
        return len(rows), (_single(row) for row in rows)
    count, prompts = read_prompts(path, kind, split, left_out)
    return count, (best for prompt in prompts for best in _unbeaten(prompt, left_out))


def to_judge(
    path: Path, kind: str, split: str, left_out: Counter[str]
) -> tuple[int, Iterator[Single]]:
    """Judged responses, or every compared response with what its comparisons say of it."""
    if kind == "unpaired":
        rows = read_rows(path, kind, split)
        return len(rows), (_single(row, row["label"], row["weight"]) for row in rows)
    count, prompts = read_prompts(path, kind, split, left_out)
    return count, (one for prompt in prompts for one in _taken_apart(prompt, left_out))


def _single(row: dict[str, Any], good: bool = True, weight: float = 1.0) -> Single:
    return Single(
        id=row["id"],
        prompt=row["prompt"],
        response=row["completion"],
        language=row["language"],
        kind=row["kind"],
        good=good,
        weight=weight,
    )


def _unbeaten(found: LabelledPrompt, left_out: Counter[str]) -> Iterator[Single]:
    decided = [c for c in found.comparisons if c.decided]
    best = {c.better for c in decided} - {c.worse for c in decided}
    if not best:
        left_out["prompts without a best response"] += 1
    for number in sorted(best):
        yield _of(found, number)


def _taken_apart(found: LabelledPrompt, left_out: Counter[str]) -> Iterator[Single]:
    """A response counts as what most of its comparisons say, by the share that says so."""
    for number in range(len(found.responses)):
        won = sum(c.p_better for c in found.comparisons if c.better == number)
        won += sum(c.p_worse for c in found.comparisons if c.worse == number)
        lost = sum(c.p_worse for c in found.comparisons if c.better == number)
        lost += sum(c.p_better for c in found.comparisons if c.worse == number)
        if won == lost:
            left_out["responses neither better nor worse"] += 1
            continue
        yield replace(_of(found, number), good=won > lost, weight=max(won, lost) / (won + lost))


def _of(found: LabelledPrompt, number: int) -> Single:
    return Single(
        id=f"{found.id}/{number}",
        prompt=found.prompt,
        response=found.responses[number],
        language=found.language,
        kind=found.kind,
    )
