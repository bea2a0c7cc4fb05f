"""Weights of a reward model's heads as people write them: ``helpful=1,harmless=0.5``. No torch."""

from __future__ import annotations

import math

from training.trainers.config_fields import ConfigError


def parse_head_weights(text: str) -> dict[str, float]:
    """The weight of each head that is named; nothing where the text is empty.

    Raises ConfigError for what is no ``name=number`` and for a name that comes twice.
    """
    weights: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, sign, number = (piece.strip() for piece in part.rpartition("="))
        weight = _number(number)
        if not (sign and name and math.isfinite(weight)):
            raise ConfigError(
                f"head_weights has {part!r}: write names with numbers, for example"
                " helpful=1,harmless=0.5."
            )
        if name in weights:
            raise ConfigError(f"head_weights names {name} twice: keep one of the two.")
        weights[name] = weight
    if weights and not any(weights.values()):
        raise ConfigError("head_weights are all 0, which leaves no score: give one that is not.")
    return weights


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
