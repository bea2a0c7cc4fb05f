"""Mixtures of policies as people write them: ``0.5,0.5; 0.2,0.8``, and the even grid of them.

Without torch: web processes check what a form says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from training.trainers.config_fields import ConfigError

Mixture = tuple[float, ...]
"""One share per policy; all together are 1."""

MOST_MIXTURES = 200
_CLOSE = 1e-6


def parse_mixtures(name: str, text: str, count: int) -> list[Mixture]:
    """The mixtures of ``count`` policies that a text names, each once; none of an empty text.

    ``name`` is the setting that an error names. Raises ConfigError.
    """
    found = [_mixture(name, part, count) for part in filter(None, map(str.strip, text.split(";")))]
    return list(dict.fromkeys(found))


def grid(count: int, steps: int) -> list[Mixture]:
    """All mixtures of ``count`` policies whose shares are multiples of 1 / ``steps``."""
    return [tuple(part / steps for part in parts) for parts in _parts(count, steps)]


def ends(count: int) -> list[Mixture]:
    """Each policy by itself, the first one first."""
    return [tuple(float(i == j) for j in range(count)) for i in range(count)]


def grid_size(count: int, steps: int) -> int:
    """How many mixtures `grid` has."""
    return math.comb(steps + count - 1, count - 1)


def written(mixture: Mixture) -> str:
    """A mixture as `parse_mixtures` reads it."""
    return ",".join(f"{share:.6g}" for share in mixture)


def _parts(count: int, total: int) -> Iterator[tuple[int, ...]]:
    if count == 1:
        yield (total,)
        return
    for first in range(total, -1, -1):
        for rest in _parts(count - 1, total - first):
            yield (first, *rest)


def _mixture(name: str, text: str, count: int) -> Mixture:
    try:
        shares = tuple(float(share) for share in text.split(","))
    except ValueError:
        shares = ()
    if len(shares) != count or not all(0 <= share <= 1 for share in shares):
        raise ConfigError(
            f"{name} has {text!r}: write one share from 0 to 1 for each of the {count} policies,"
            f" for example {written(tuple(1 / count for _ in range(count)))}."
        )
    total = math.fsum(shares)
    if abs(total - 1) > _CLOSE * count:
        raise ConfigError(f"{name} has {text!r}, whose shares sum to {total:.6g}: make them 1.")
    return shares
