"""Prompts as tokens, ready to be answered: of a dataset directory, whatever its records are.

Nothing is ever cut: a prompt that does not fit is left out and counted. What all trainers of
rewards read, and `generate`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from exports.records import RECORD_TYPES
from training.trainers.configs.rewards import RewardedConfig
from training.trainers.data.chat_text import ChatText, Message, TemplateError
from training.trainers.data.dataset_checks import check_manifest
from training.trainers.data.labelled_prompts import (
    HELD_OUT,
    SPLITS,
    DataError,
    Labelled,
    cluster_of,
    read_rows,
)
from training.trainers.data.prompt_files import Prompt
from training.trainers.data.reading import Data
from training.trainers.data.record_datasets import Example
from training.trainers.data.split_report import SplitReport, summarise
from training.trainers.rewards.rules import parse_rules

WITHOUT_ANSWER = "prompts without a known answer"


@dataclass(frozen=True, kw_only=True)
class PromptRow(Example):
    """One prompt as tokens, without responses; ``room`` is how many tokens one may have.

    ``messages`` are what the model reads, ``reference`` is the known answer, where there is one.
    """

    responses: list[list[int]] = field(default_factory=list)
    chars: list[int] = field(default_factory=list)
    comparisons: list[Labelled] = field(default_factory=list)
    reference: str | None = None
    tags: list[str] = field(default_factory=list)
    room: int

    @property
    def longest(self) -> int:
        """Tokens of the prompt with the longest response that it may get."""
        return len(self.prompt) + self.room


def dataset_prompts(path: Path, split: str) -> Iterator[Prompt]:
    """Every prompt of a split ("all": of each), in the files' order; the same may come again.

    Raises DataError where there is no such split.
    """
    splits = SPLITS if split == "all" else (split,)
    files = [(c, s) for c in RECORD_TYPES for s in splits]
    there = [(c, s) for c, s in files if (path / c / f"{s}.parquet").is_file()]
    if not there:
        raise DataError(f"dataset {path} has no split {split}: choose another split.")
    for kind, split in there:
        for row in read_rows(path, kind, split):
            yield Prompt(
                id=cluster_of(row["prompt"]),
                messages=row["prompt"],
                reference=row["reference"],
                tags=row["tags"] or [],
                language=row["language"] or "",
            )


def held_out_split(path: Path) -> str:
    """The first split of a dataset directory that is held out, empty where nothing is."""
    return next((s for s in HELD_OUT if any(path.glob(f"*/{s}.parquet"))), "")


def encode_prompts(
    prompts: Iterable[Prompt],
    text: ChatText,
    *,
    longest: int,
    whole: int,
    new_tokens: int,
    limit: int = 0,
    instruction: str = "",
    with_reference: bool = False,
) -> tuple[list[PromptRow], Counter[str]]:
    """Prompts as rows, each name once, ``limit`` at most (0: all), and why others were left out.

    ``longest`` counts the tokens of a prompt, ``whole`` those of a prompt with its response, which
    leaves room for one token at least and for ``new_tokens`` at most. ``with_reference`` leaves out
    prompts without a known answer. Raises DataError where none is left.
    """
    rows: list[PromptRow] = []
    left_out: Counter[str] = Counter()
    seen: set[str] = set()
    for prompt in prompts:
        if prompt.id in seen:
            continue
        seen.add(prompt.id)
        if limit and len(rows) == limit:
            break
        if with_reference and not (prompt.reference or "").strip():
            left_out[WITHOUT_ANSWER] += 1
            continue
        messages = with_instruction(prompt.messages, instruction)
        try:
            tokens = text.prompt_tokens(messages)
        except TemplateError:
            left_out["refused by the chat template"] += 1
            continue
        if len(tokens) > min(longest, whole - 1):
            left_out["prompts over max_prompt_tokens"] += 1
            continue
        room = min(new_tokens, whole - len(tokens))
        rows.append(_row(prompt, messages, tokens, room))
    if not rows:
        raise _nothing_left(left_out)
    return rows, left_out


def with_instruction(messages: list[Message], instruction: str) -> list[Message]:
    """The messages with the instruction in a paragraph of its own behind what the user said last.

    Where no user speaks, it stands behind the last message.
    """
    if not (instruction and messages):
        return messages
    users = [place for place, message in enumerate(messages) if message["role"] == "user"]
    place = users[-1] if users else len(messages) - 1
    asked = messages[place] | {"content": f"{messages[place]['content']}\n\n{instruction}"}
    return [*messages[:place], asked, *messages[place + 1 :]]


def read_prompt_rows(config: RewardedConfig, text: ChatText, limit: int) -> Data:
    """The prompts to learn on and those held out. Raises DataError where none is left."""
    path = Path(config.dataset)
    if not path.is_dir():
        raise DataError(f"dataset {path} is no folder: name an exported dataset directory.")
    for kind in RECORD_TYPES:
        check_manifest(path, kind)
    split = held_out_split(path)
    splits: dict[str, SplitReport] = {}
    found: dict[str, list[PromptRow]] = {}
    for name in filter(None, ("train", split)):
        prompts = list(dataset_prompts(path, name))
        found[name], left_out = encode_prompts(
            prompts,
            text,
            longest=config.max_prompt_tokens,
            whole=limit,
            new_tokens=config.max_new_tokens,
            limit=config.evaluation_prompts if name == split else 0,
            instruction=config.instruction,
            with_reference=any(rule.needs_reference for rule in parse_rules(config.rules)),
        )
        splits[name] = SplitReport(rows=len(prompts))
        summarise(splits[name], found[name], left_out)
    return Data(
        train=list(found["train"]),
        held_out=list(found.get(split, ())),
        held_out_split=split,
        report={
            "dataset": str(path),
            "records": "prompts",
            "max_length": limit,
            "splits": {name: asdict(report) for name, report in splits.items()},
            "text": asdict(text.findings),
        },
    )


def _row(prompt: Prompt, messages: list[Message], tokens: list[int], room: int) -> PromptRow:
    return PromptRow(
        id=prompt.id,
        cluster=cluster_of(prompt.messages),
        prompt=tokens,
        messages=messages,
        language=prompt.language,
        kind="prompt",
        reference=prompt.reference,
        tags=prompt.tags,
        room=room,
    )


def _nothing_left(left_out: Counter[str]) -> DataError:
    unknown = left_out[WITHOUT_ANSWER]
    if unknown and unknown == left_out.total():
        return DataError(
            "rules ask for exact_answer, but no prompt has a known answer: give the prompts a"
            " reference, or take another rule."
        )
    return DataError(
        f"There is no prompt to answer ({left_out.total()} too long or refused): raise"
        " max_prompt_tokens or choose another split."
    )
