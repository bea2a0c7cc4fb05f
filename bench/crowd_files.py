"""Public sets of judgments by real crowds, read from a folder as rows and arrays.

The folder is given by ACCORD_DATA or by name; nothing of it is part of Accord.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAID = {"a1": "first", "a2": "second", "equal": "tie"}
TIME = "%Y-%m-%d %H:%M:%S.%f UTC"


@dataclass(frozen=True)
class Crowd:
    """Answers in long format: ``items``, ``labelers``, ``values`` (n,); ``gold`` by item."""

    items: NDArray[Any]
    labelers: NDArray[Any]
    values: NDArray[Any]
    gold: dict[str, str]


@dataclass(frozen=True)
class Rankings:
    """``items``, ``labelers`` (n,), ``ranks`` (n, K) of one language pair. ``repeated`` are second
    rankings by the same judge and ``partial`` those that leave a rank blank: both are left out."""

    items: NDArray[Any]
    labelers: NDArray[Any]
    ranks: NDArray[np.float64]
    repeated: int
    partial: int


def data_folder() -> Path:
    """The folder that holds the sets: the first argument, or ACCORD_DATA."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ACCORD_DATA", "")
    return Path(given).expanduser() if given else Path("no folder given")


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a gzipped CSV file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def arguments(folder: Path) -> tuple[Crowd, dict[str, float]]:
    """The judgments of UKPConvArg1 and the published competence of each worker."""
    gold = {
        f"{row['topic']}/{row['pair_id']}": SAID[row["gold"]]
        for row in rows_of(folder / "pairs.csv.gz")
        if row["gold"]
    }
    found = [
        (f"{row['topic']}/{row['pair_id']}", row["worker"], SAID[row["value"]], row["competence"])
        for row in rows_of(folder / "judgments.csv.gz")
    ]
    items, labelers, values, competence = zip(*found, strict=True)
    known = {name: float(value) for name, value in zip(labelers, competence, strict=True) if value}
    return Crowd(np.array(items), np.array(labelers), np.array(values), gold), known


def argument_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """The same as flat rows of judgments, each with its reason, its time and the order shown.

    A worker accepted and submitted several pairs at once, so each took an even share of the time.
    """
    pairs = {(row["topic"], row["pair_id"]): row for row in rows_of(folder / "pairs.csv.gz")}
    judgments = list(rows_of(folder / "judgments.csv.gz"))
    together = Counter((row["worker"], row["accept"], row["submit"]) for row in judgments)
    for row in judgments:
        pair = pairs[row["topic"], row["pair_id"]]
        began, ended = (_moment(row[name]) for name in ("accept", "submit"))
        share = together[row["worker"], row["accept"], row["submit"]]
        topic, _underscore, side = row["topic"].partition("_")
        yield {
            "prompt": f"Which argument is more convincing? {topic.replace('-', ' ')}: "
            f"{side.replace('-', ' ')}",
            **{"first": pair["a1"], "first_source": pair["a1_id"].split("_")[0][:120]},
            **{"second": pair["a2"], "second_source": pair["a2_id"].split("_")[0][:120]},
            **{"labeler": row["worker"], "said": SAID[row["value"]], "reason": row["reason"]},
            "seconds": max((ended - began).total_seconds(), 0) / share,
            **{"at": ended.isoformat(), "shown": [0, 1], "language": "en", "tags": [topic[:60]]},
        }


def _moment(text: str) -> datetime:
    return datetime.strptime(text, TIME).replace(tzinfo=UTC)


def write_rows(rows: Iterator[dict[str, Any]], path: Path) -> int:
    """Write `rows` as gzipped JSON lines; returns how many."""
    count = 0
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def translations(folder: Path) -> dict[str, Rankings]:
    """The rankings of WMT 2012 by language pair, in the order of the systems' names.

    Of a judge who ranked the same five twice the first ranking is taken; the others are counted.
    """
    found: dict[str, dict[tuple[str, str], list[float]]] = {}
    repeated: Counter[str] = Counter()
    partial: Counter[str] = Counter()
    for row in rows_of(folder / "wmt12.csv.gz"):
        pair = f"{row['srclang']}-{row['trglang']}"
        placed = sorted((row[f"system{n}Id"], row[f"system{n}rank"]) for n in range(1, 6))
        item = f"{row['srcIndex']}:{','.join(name for name, _rank in placed)}"
        key = (item, row["judgeId"])
        if any(rank == "-1" for _name, rank in placed):
            partial[pair] += 1
        elif key in found.setdefault(pair, {}):
            repeated[pair] += 1
        else:
            found[pair][key] = [float(rank) for _name, rank in placed]
    return {
        pair: Rankings(
            np.array([item for item, _judge in rows]),
            np.array([judge for _item, judge in rows]),
            np.array(list(rows.values())),
            repeated[pair],
            partial[pair],
        )
        for pair, rows in found.items()
    }


def crowd(folder: Path, name: str, gold_file: str) -> Crowd:
    """One crowd of Get-Another-Label with the gold of a file, if one is named.

    A labeler's second answer about an item is left out, as an import leaves it out.
    """
    answers: dict[tuple[str, str], str] = {}
    for row in rows_of(folder / f"{name}.labels.csv.gz"):
        answers.setdefault((row["item"], row["worker"]), row["label"].strip())
    gold = {}
    text = (folder / gold_file).read_text(encoding="utf-8") if gold_file else ""
    for line in text.splitlines():
        item, _tab, label = line.strip().partition("\t")
        if label.strip():
            gold[item.strip()] = label.strip()
    items, labelers = zip(*answers, strict=True)
    return Crowd(np.array(items), np.array(labelers), np.array(list(answers.values())), gold)
