"""The tables of kept figures as rows, for CSV: one function per table, in a literal dict.

Numbers are written in full and names as they are stored; nothing is translated, so that a program
reads the same columns in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Iterator[Sequence[object]]
Figures = Mapping[str, Any]

_INTERVAL = ("value", "low", "high")


@dataclass(frozen=True)
class Table:
    """One table: which kept figures it reads, its columns, and its rows."""

    figures: str
    header: tuple[str, ...]
    rows: Callable[[Figures], Rows]


def _coefficients(figures: Figures) -> Rows:
    for row in (*figures["coefficients"], figures["gold"], figures["researchers"]):
        yield [row[name] for name in ("name", *_INTERVAL, "n_items", "n_judgments", "reason")]


def _parts(figures: Figures) -> Rows:
    for dimension, rows in figures["by"].items():
        for row in rows:
            alpha = row.get("alpha") or dict.fromkeys(_INTERVAL)
            yield [
                *(dimension, row["part"].replace("\n", " / "), row["answers"], row["items"]),
                *(row["percent"][name] for name in _INTERVAL),
                *(alpha[name] for name in _INTERVAL),
            ]


def _labelers(figures: Figures) -> Rows:
    for row in figures["labelers"]:
        accuracy = row["accuracy"] or dict.fromkeys(_INTERVAL)
        yield [
            *(row[name] for name in ("key", "name", "pseudonym", "judgments", "median_seconds")),
            *(
                row[against][name]
                for against in ("gold", "others", "researchers")
                for name in (*_INTERVAL, "n")
            ),
            *(accuracy[name] for name in _INTERVAL),
        ]


def _win_rates(figures: Figures) -> Rows:
    for row in figures["win_rates"]:
        yield [row[name] for name in _WIN_RATES]


def _strengths(figures: Figures) -> Rows:
    for row in figures["strengths"]:
        yield [row[name] for name in ("source", "strength", "low", "high")]


def _weeks(figures: Figures) -> Rows:
    for row in figures["weeks"]:
        yield [
            *(row["part"], row["answers"], row["items"]),
            *(row[of][name] for of in ("percent", "alpha") for name in _INTERVAL),
            row["gold_answers"],
            *(row["gold"][name] for name in (*_INTERVAL, "n")),
        ]


def _items(figures: Figures) -> Rows:
    for row in figures["items"]:
        lists = (" ".join(row["tags"]), " ".join(row["sources"]))
        named = [row[name] for name in ("task", "agreement", "answers", "language", "criterion")]
        yield [*named, *lists]


def _biases(figures: Figures) -> Rows:
    position, length = figures["position"], figures["length"]
    named = [("first_is_preferred", "", position["share"])]
    named += [("first_is_preferred", row["strength"], row) for row in position["strengths"]]
    named += [("won_at_place", row["place"], row) for row in position["places"]]
    named += [("longer_is_preferred", "", length["share"])]
    named += [("longer_is_preferred", "decided", length["decided"])]
    named += [("log_odds_per_doubling", "", length["slope"])]
    named += [("longer_by_ratio", row["from"], row) for row in length["curve"]]
    for what in ("language", "source"):
        for row in length[f"{what}s"]:
            named += [(f"longer_by_{what}", row[what], row["share"])]
            named += [(f"log_odds_by_{what}", row[what], row["slope"])]
    for figure, part, row in named:
        yield [figure, part, *(row[name] for name in _INTERVAL), row["n"]]


def _with_interval(name: str) -> tuple[str, ...]:
    return (name, f"{name}_low", f"{name}_high")


_WIN_RATES = ("source_a", "source_b", "wins_a", "wins_b", "ties", "rate", "low", "high")

TABLES = {
    "coefficients": Table(
        "agreement", ("name", *_INTERVAL, "items", "judgments", "reason"), _coefficients
    ),
    "parts": Table(
        "agreement",
        (
            *("dimension", "part", "judgments", "items"),
            *_with_interval("percent"),
            *_with_interval("alpha"),
        ),
        _parts,
    ),
    "labelers": Table(
        "quality",
        (
            *("key", "name", "pseudonym", "judgments", "median_seconds"),
            *_with_interval("gold"),
            *("gold_comparisons", *_with_interval("others"), "others_comparisons"),
            *(*_with_interval("researchers"), "researchers_comparisons"),
            *_with_interval("accuracy"),
        ),
        _labelers,
    ),
    "win-rates": Table("quality", _WIN_RATES, _win_rates),
    "strengths": Table("quality", ("source", "strength", "low", "high"), _strengths),
    "pairs": Table(
        "pairs",
        ("labeler", "other", "comparisons", "agreement", "kappa"),
        lambda figures: iter(figures["pairs"]),
    ),
    "weeks": Table(
        "weeks",
        (
            *("week", "judgments", "items", *_with_interval("percent"), *_with_interval("alpha")),
            *("gold_answers", *_with_interval("gold"), "gold_comparisons"),
        ),
        _weeks,
    ),
    "items": Table(
        "disagreement",
        ("task", "agreement", "judgments", "language", "criterion", "tags", "sources"),
        _items,
    ),
    "biases": Table("biases", ("figure", "part", *_INTERVAL, "comparisons"), _biases),
}
