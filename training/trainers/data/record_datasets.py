"""A dataset directory as tokenized examples: one per prompt, with its responses and comparisons.

Reads the columns of `exports.records`; `split_reader` is how.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from training.trainers.data.chat_text import ChatText, Message, TemplateError
from training.trainers.data.labelled_prompts import (
    Labelled,
    LabelledPrompt,
    cluster_of,
    read_prompts,
    text_length,
)
from training.trainers.data.split_reader import SplitReader


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


class RecordReader(SplitReader[LabelledPrompt, Example]):
    """Reads preference or ranking records, one example per prompt: a `SplitReader`."""

    def __init__(self, path: str | Path, text: ChatText, *, max_length: int, data: str) -> None:
        kinds = ("ranking", "preference") if data == "auto" else (data,)
        super().__init__(path, text, max_length=max_length, kinds=kinds)

    def _read(self, split: str, left_out: Counter[str]) -> tuple[int, Iterator[LabelledPrompt]]:
        return read_prompts(self.path, self.config, split, left_out)

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
