"""What became of one split's rows, in figures: lengths, ties, weights, margins, what appears twice.

Counts over tokenized examples; what was left out while they were read is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from training.trainers.data.labelled_prompts import Labelled

LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


class Counted(Protocol):
    """What is counted: see `record_datasets.Example`, which reads with this."""

    @property
    def cluster(self) -> str:
        """The prompt's name."""

    @property
    def prompt(self) -> Sequence[int]:
        """Its tokens."""

    @property
    def responses(self) -> Sequence[Sequence[int]]:
        """Their tokens."""

    @property
    def comparisons(self) -> Sequence[Labelled]:
        """What is said of them."""

    @property
    def length(self) -> int:
        """Tokens of the shared row."""

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest response."""


@dataclass
class SplitReport:
    """One split. Lengths are in tokens: ``lengths`` of a prompt with its longest response.

    ``weights`` and ``margins`` count the decided comparisons by their posterior and strength;
    ``repeated_prompts`` are examples whose prompt came before, ``duplicates`` those whose responses
    did as well.
    """

    rows: int = 0
    examples: int = 0
    comparisons: int = 0
    ties: int = 0
    responses: int = 0
    repeated_prompts: int = 0
    duplicates: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    longest: int = 0
    mean_tokens: float = 0.0
    lengths: dict[str, int] = field(default_factory=dict)
    prompt_lengths: dict[str, int] = field(default_factory=dict)
    response_lengths: dict[str, int] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    margins: dict[str, int] = field(default_factory=dict)


def summarise(
    report: SplitReport, examples: Sequence[Counted], left_out: Mapping[str, int]
) -> None:
    """Fill ``report`` (its rows stay) with what is left as ``examples`` and why the rest is not."""
    comparisons = [c for example in examples for c in example.comparisons]
    decided = [c for c in comparisons if c.decided]
    report.examples = len(examples)
    report.comparisons = len(comparisons)
    report.ties = len(comparisons) - len(decided)
    report.responses = sum(len(example.responses) for example in examples)
    report.repeated_prompts = _repeated(example.cluster for example in examples)
    report.duplicates = _repeated(
        (example.cluster, *sorted(map(tuple, example.responses))) for example in examples
    )
    report.left_out = {why: n for why, n in sorted(left_out.items()) if n}
    report.longest = max((example.longest for example in examples), default=0)
    report.mean_tokens = sum(e.length for e in examples) / max(1, len(examples))
    report.lengths = by_length(example.longest for example in examples)
    report.prompt_lengths = by_length(len(example.prompt) for example in examples)
    report.response_lengths = by_length(len(r) for example in examples for r in example.responses)
    report.weights = by_share(c.p_better for c in decided)
    report.margins = by_share(c.margin for c in decided)


def by_length(lengths: Iterable[int]) -> dict[str, int]:
    """How many of the lengths lie in each step of `LENGTHS`."""
    counts = Counter(next((f"to {edge}" for edge in LENGTHS if n <= edge), "more") for n in lengths)
    return {name: counts[name] for name in [*(f"to {edge}" for edge in LENGTHS), "more"]}


def by_share(values: Iterable[float]) -> dict[str, int]:
    """How many of the values lie in each fifth of 0 to 1; without values, nothing."""
    found = Counter(
        next((n for n, high in enumerate(SHARES[1:]) if v <= high), len(SHARES) - 2) for v in values
    )
    names = [f"{low:.0%} to {high:.0%}" for low, high in pairwise(SHARES)]
    return {name: found[n] for n, name in enumerate(names)} if found else {}


def _repeated(keys: Iterable[object]) -> int:
    """How many have a key that came before."""
    return sum(n - 1 for n in Counter(keys).values())
