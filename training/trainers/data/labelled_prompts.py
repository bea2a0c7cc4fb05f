"""Preference and ranking rows as prompts with labelled responses, still as messages.

Reads the Parquet files of a dataset directory and brings both kinds of record into one shape;
tokens are `training.trainers.data.record_datasets`' business.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from exports.records import RECORD_TYPES
from training.trainers.data.chat_text import Message
from training.trainers.data.dataset_checks import DataError, check_columns, check_rows
from training.trainers.data.votes import Vote, votes_of_pair, votes_of_ranking

__all__ = [
    "HELD_OUT",
    "SPLITS",
    "DataError",
    "Labelled",
    "LabelledPrompt",
    "cluster_of",
    "read_prompts",
    "read_rows",
    "read_texts",
    "text_length",
]

SPLITS = ("train", "validation", "test")
HELD_OUT = ("validation", "test")


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One comparison inside an example: ``better`` and ``worse`` number its responses.

    ``p_better + p_worse + p_tie = 1``. ``first_shown`` is the better one's share of being shown
    first, None where nobody knows; ``votes`` are the labelers' own, where the record has them.
    """

    better: int
    worse: int
    p_better: float
    p_worse: float
    p_tie: float
    margin: float
    strength: str | None = None
    first_shown: float | None = None
    votes: tuple[Vote, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether "better" is the likeliest verdict: only these can be judged right or wrong."""
        return self.p_better > self.p_worse and self.p_better >= self.p_tie


@dataclass
class LabelledPrompt:
    """One prompt with its responses and comparisons as messages."""

    id: str
    prompt: list[Message]
    language: str
    kind: str
    criterion: str = ""
    responses: list[list[Message]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    comparisons: list[Labelled] = field(default_factory=list)

    def add(self, response: list[Message], source: str = "") -> int:
        """The number of a response, the same one for the same text; its source is remembered."""
        if response not in self.responses:
            self.responses.append(response)
            self.sources.append(source)
        return self.responses.index(response)


def read_prompts(
    path: Path, config: str, split: str, left_out: Counter[str]
) -> tuple[int, Iterator[LabelledPrompt]]:
    """How many rows a split has, and its prompts in the file's order; reasons are counted."""
    rows = read_rows(path, config, split)
    read = _read_pairs if config == "preference" else _read_rankings
    return len(rows), read(rows, left_out)


def read_rows(path: Path, config: str, split: str) -> list[dict[str, Any]]:
    """The rows of one Parquet file. Raises DataError where it is missing or has other columns."""
    file = path / config / f"{split}.parquet"
    try:
        table = pq.read_table(file)
    except FileNotFoundError as error:
        there = [s for s in SPLITS if (path / config / f"{s}.parquet").is_file()]
        raise DataError(
            f"dataset {path} has no {config}/{split}.parquet: it has {', '.join(there) or 'none'}."
        ) from error
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{file} cannot be read ({error}): export the dataset again.") from error
    rows: list[dict[str, Any]] = check_columns(file, table, config).to_pylist()
    check_rows(file, rows, config)
    return rows


def cluster_of(prompt: Sequence[Message]) -> str:
    """A short name of a prompt's content, the same in every dataset."""
    text = json.dumps([[m["role"], m["content"]] for m in prompt], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def text_length(response: Sequence[Message]) -> int:
    """Characters of a response: what "the longer one" goes by."""
    return sum(len(message["content"]) for message in response)


def _read_pairs(rows: Iterable[dict[str, Any]], left_out: Counter[str]) -> Iterator[LabelledPrompt]:
    """Pairs of one rank group and prompt become one element; a pair judged alone is K = 2."""
    groups: dict[tuple[str, str], LabelledPrompt] = {}
    for row in rows:
        key = (row["rank_group"] or f"alone-{row['id']}", cluster_of(row["prompt"]))
        if key not in groups:
            groups[key] = _prompt_of(row)
        found = groups[key]
        if row["chosen"] == row["rejected"]:
            left_out["pairs of identical responses"] += 1
            continue
        chosen_source, rejected_source = _sources(row, 2)
        labelled = Labelled(
            better=found.add(row["chosen"], chosen_source),
            worse=found.add(row["rejected"], rejected_source),
            p_better=row["weight"],
            p_worse=1 - row["weight"],
            p_tie=0.0,
            margin=row["strength_margin"],
            strength=row["strength"],
            first_shown=_first_shown(row["judgments"], "chosen", "rejected"),
            votes=votes_of_pair(row["judgments"]),
        )
        found.comparisons.append(labelled)
    yield from (found for found in groups.values() if found.comparisons)


def _read_rankings(
    rows: Iterable[dict[str, Any]], left_out: Counter[str]
) -> Iterator[LabelledPrompt]:
    for row in rows:
        found = _prompt_of(row)
        found.responses = row["responses"]
        found.sources = _sources(row, len(found.responses))
        for c in row["comparisons"]:
            # Of a best of several, the others were never compared: that is no tie.
            if not c["n"]:
                continue
            i, j, p_i, p_j = c["i"], c["j"], c["p_i"], c["p_j"]
            if p_j > p_i:
                i, j, p_i, p_j = j, i, p_j, p_i
            found.comparisons.append(
                Labelled(
                    better=i,
                    worse=j,
                    p_better=p_i,
                    p_worse=p_j,
                    p_tie=c["p_tie"],
                    margin=c["margin"],
                    first_shown=_first_shown(row["judgments"], str(i), str(j)),
                    votes=votes_of_ranking(row["judgments"], i, j),
                )
            )
        if found.comparisons:
            yield found
        else:
            left_out["rankings without comparisons"] += 1


def _prompt_of(row: dict[str, Any]) -> LabelledPrompt:
    return LabelledPrompt(
        id=row["id"],
        prompt=row["prompt"],
        language=row["language"],
        kind=row["kind"],
        criterion=row["criterion"],
    )


def _sources(row: dict[str, Any], count: int) -> list[str]:
    """Where each of ``count`` responses comes from, empty where the record does not say."""
    known = [source or "" for source in row["response_sources"] or ()]
    return (known + [""] * count)[:count]


def _first_shown(
    judgments: Iterable[dict[str, Any]] | None, better: str, worse: str
) -> float | None:
    shown = [j["shown_first"] for j in judgments or () if j["shown_first"] in (better, worse)]
    return shown.count(better) / len(shown) if shown else None


def read_texts(path: Path) -> Iterator[str]:
    """Every text of a dataset directory's training split, for making a tokenizer from it."""
    for config, record_type in RECORD_TYPES.items():
        if (path / config / "train.parquet").is_file():
            for row in read_rows(path, config, "train"):
                for messages in [row["prompt"], *record_type.from_row(row).answers()]:
                    yield from (message["content"] for message in messages)
