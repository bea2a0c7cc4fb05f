"""The README.md of a dataset directory: what `datasets.load_dataset` reads, and what people read.

The same labels and filters give the same text, so neither names nor times stand here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from exports.splitting import SPLITS

Counts = Mapping[str, Mapping[str, int]]
"""Records by configuration and split: ``{"preference": {"train": 80, "test": 9}}``."""

_MEANINGS = {
    "preference": (
        "One row is a prompt with two responses, one of which people prefer. `prompt`, `chosen` "
        "and `rejected` are lists of messages, as TRL reads them. `weight` is the posterior that "
        "`chosen` is the better one, `strength_margin` a number from 0 to 1 for how much better. "
        "Pairs that come from one ranking share a `rank_group`; there are no ties."
    ),
    "ranking": (
        "One row is a prompt with all of its responses. `comparisons` says of every two of them "
        "how likely each is the better one and how likely neither is; `ranks` (1 is best, equal "
        "numbers are ties) is null where no order fits the comparisons."
    ),
    "unpaired": (
        "One row is a prompt with one response (`completion`) that is good (`label` is true) or "
        "bad by itself, as TRL's KTO trainer reads it. `weight` is the posterior that `label` is "
        "right."
    ),
    "demonstration": (
        "One row is a prompt with a completion that a person wrote: an ideal answer, an edited "
        "response, or the rest of a conversation that people wrote about `topic`."
    ),
    "prompt_only": (
        "One row is a prompt that a person wrote; `topic` is what it was to be about. There is no "
        "response."
    ),
    "rating": (
        "One row is a prompt with all of its responses. `scores` are the mean scores from `low` to "
        "`high`, `flags` what labelers said yes to and the share of those who did, both in the "
        "order of `responses`. The `choice` of each judgment is its whole answer as JSON."
    ),
}
_WITH_TOPICS = ("demonstration", "prompt_only")


def card(
    *,
    project: str,
    counts: Counts,
    filters: Mapping[str, Any],
    fractions: Mapping[str, float],
    method: str = "majority",
) -> str:
    """The whole text of README.md; `method` is how the answers of several people became one."""
    return "\n".join(
        [
            _front_matter(counts),
            f"# Human judgments of the project `{project}`",
            "",
            "Made with Accord. Names, times and the hash of every file are in `manifest.json`; "
            "`lineage.parquet` leads from each record to the judgments it was made of.",
            "",
            *_table(counts),
            *(line for config in counts for line in _section(config)),
            *_weighing(method),
            "## Splits",
            "",
            "The SHA-256 of the first user message decides, so conversations that extend one "
            f"another stay together. {_by_topic(counts)}"
            f"Shares: `{json.dumps(dict(fractions), sort_keys=True)}`.",
            "",
            "## Filters",
            "",
            "```json",
            json.dumps(dict(filters), ensure_ascii=False, indent=1, sort_keys=True),
            "```",
            "",
        ]
    )


def _front_matter(counts: Counts) -> str:
    lines = ["---", "configs:"]
    for place, (config, splits) in enumerate(counts.items()):
        lines += [f"- config_name: {config}"]
        lines += ["  default: true"] if place == 0 else []
        lines += ["  data_files:"]
        for split in SPLITS:
            if splits.get(split):
                lines += [f"  - split: {split}", f"    path: {config}/{split}.parquet"]
    return "\n".join([*lines, "tags:", "- preference", "- human-feedback", "---"])


def _table(counts: Counts) -> list[str]:
    rows = [
        f"| {config} | " + " | ".join(f"{splits.get(split, 0):,}" for split in SPLITS) + " |"
        for config, splits in counts.items()
    ]
    return ["| | train | validation | test |", "| --- | ---: | ---: | ---: |", *rows, ""]


def _weighing(method: str) -> list[str]:
    # A majority is what every card meant before there were other methods: it stays unsaid.
    if method == "majority":
        return []
    return [
        "## How answers were weighed",
        "",
        f"Answers of several people were put together by the method `{method}`, which learns whom "
        "to trust from all of them; `consensus` in `manifest.json` says how reliable each labeler "
        "is. Posteriors and weights are those of this method.",
        "",
    ]


def _by_topic(counts: Counts) -> str:
    # Said only where it matters: the card of pairs alone stays what it was, byte by byte.
    if not set(counts) & set(_WITH_TOPICS):
        return ""
    return "Where there is a `topic`, its SHA-256 does. "


def _section(config: str) -> list[str]:
    load = f'datasets.load_dataset(DIR, "{config}")'
    return [f"## {config}", "", _MEANINGS[config], "", "```python", load, "```", ""]
