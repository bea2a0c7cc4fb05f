"""What a reward model said of responses, as records and as a dataset directory to learn from.

Machine-made labels in the format of human ones, so that every trainer reads them; the directory's
README says who judged. Pure but for `write_dataset`, which writes whole or not.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from exports.records import Comparison, Demonstration, PreferencePair, Ranking
from training.durable_files import sync_folder, sync_tree
from training.trainers.data.chat_text import Message
from training.trainers.data.labelled_prompts import HELD_OUT, text_length

WEIGHT_DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One sampled response with its reward. ``number`` is its line in what was sampled."""

    number: int
    prompt_id: str
    prompt: list[Message]
    response: list[Message]
    reward: float


def by_prompt(responses: Sequence[Judged]) -> list[list[Judged]]:
    """The responses of each prompt, the best first; of like texts only the first."""
    groups: dict[str, dict[str, Judged]] = {}
    for one in responses:
        text = json.dumps(one.response, ensure_ascii=False)
        groups.setdefault(one.prompt_id, {}).setdefault(text, one)
    return [
        sorted(group.values(), key=lambda r: (-r.reward, r.number)) for group in groups.values()
    ]


def best_of_n(responses: Sequence[Judged]) -> list[Judged]:
    """Every prompt's best response: RAFT 2304.06767 algorithm 1."""
    return [group[0] for group in by_prompt(responses)]


def top_fraction(responses: Sequence[Judged], fraction: float) -> list[Judged]:
    """The best of all prompts' responses, at least one; like texts of one prompt count once."""
    different = [one for group in by_prompt(responses) for one in group]
    ordered = sorted(different, key=lambda r: (-r.reward, r.number))
    return ordered[: max(1, math.ceil(fraction * len(ordered)))]


def probability_better(difference: float) -> float:
    """That the first of two is better, by their rewards' difference: Bradley and Terry 1952."""
    return 1 / (1 + math.exp(-max(-700.0, min(700.0, difference))))


def demonstration(one: Judged) -> Demonstration:
    """A response to imitate."""
    return Demonstration(**_common(one, "demonstration", ""), completion=one.response, topic=None)


def pair(better: Judged, worse: Judged) -> PreferencePair:
    """Two responses of a prompt, weighed and set apart by how sure the reward model is.

    ``strength_margin`` is 2 p - 1 for p the probability that the better one is.
    """
    p = round(probability_better(better.reward - worse.reward), WEIGHT_DECIMALS)
    return PreferencePair(
        **_common(better, "pairwise", f"-{worse.number}"),
        chosen=better.response,
        rejected=worse.response,
        strength=None,
        strength_margin=2 * p - 1,
        weight=p,
        rank_group=None,
    )


def ranking(ordered: Sequence[Judged]) -> Ranking:
    """All responses of a prompt, the best first, every two of them compared."""
    comparisons = []
    for i, j in combinations(range(len(ordered)), 2):
        p = round(probability_better(ordered[i].reward - ordered[j].reward), WEIGHT_DECIMALS)
        comparisons.append(Comparison(i=i, j=j, p_i=p, p_j=1 - p, p_tie=0.0, margin=2 * p - 1, n=1))
    rewards = [one.reward for one in ordered]
    return Ranking(
        **_common(ordered[0], "ranking", ""),
        responses=[one.response for one in ordered],
        comparisons=comparisons,
        ranks=[1 + sum(other > reward for other in rewards) for reward in rewards],
    )


def has_words(one: Judged) -> bool:
    """Whether a response says anything: an empty one is no record."""
    return text_length(one.response) > 0


def write_dataset(
    folder: Path, kind: type[Any], rows: Sequence[Mapping[str, Any]], *, judge: str, held_out: Path
) -> None:
    """A dataset directory whose training split is ``rows``; what is there already stays.

    Held-out records of that kind are taken over from the dataset ``held_out``; ``judge`` says in
    words what made the labels.
    """
    if folder.is_dir():
        return
    writing = folder.with_name(f".writing-{folder.name}")
    shutil.rmtree(writing, ignore_errors=True)
    (writing / kind.config).mkdir(parents=True)
    table = pa.Table.from_pylist([dict(row) for row in rows], schema=kind.schema)
    pq.write_table(table, writing / kind.config / "train.parquet", compression="zstd")
    for split in HELD_OUT:
        file = held_out / kind.config / f"{split}.parquet"
        if file.is_file():
            shutil.copyfile(file, writing / kind.config / f"{split}.parquet")
    (writing / "README.md").write_text(
        f"The training split was labelled by {judge}, not by people; what is held out"
        " comes from the run's dataset.\n",
        encoding="utf-8",
    )
    sync_tree(writing)
    writing.rename(folder)
    sync_folder(folder.parent)


def _common(one: Judged, kind: str, suffix: str) -> dict[str, Any]:
    """The fields of every record."""
    return {
        "id": f"{one.prompt_id}-{one.number}{suffix}",
        "task": one.prompt_id,
        "project": "",
        "kind": kind,
        "criterion": "reward",
        "language": "",
        "tags": [],
        "prompt": one.prompt,
        "reference": None,
        "response_sources": [],
        "judgments": [],
        "labeled_at": None,
    }
