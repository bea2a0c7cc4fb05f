"""Rules that look at a response's text alone: format, length, regular expression, JSON. No torch.

Pure functions of the text: 1 for what is asked for, 0 for anything else, or what lies between.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import regex

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.answers import end_of_filled_box, last_box

MOST_PATTERN = 1000
"""Characters of a regular expression."""
PATTERN_SECONDS = 2.0
"""How long a regular expression may look at one response."""

_THINK = re.compile(
    r"\s*<think>(?P<thought>(?:(?!</?(?:think|answer)>).)+)</think>"
    r"\s*<answer>(?P<answer>(?:(?!</?(?:think|answer)>).)+)</answer>\s*",
    re.DOTALL,
)
_FENCE = re.compile(r"\s*```(?:json)?[ \t]*\n(?P<inner>.*?)\n?[ \t]*```\s*", re.DOTALL)


def has_format(text: str, reference: str | None, shape: str) -> float:
    r"""1 where the response has the shape: boxed or think.

    boxed is one filled ``\boxed{...}``, closed, with nothing of a second one. think is
    ``<think>...</think><answer>...</answer>`` with something in both and nothing around them, the
    format reward of DeepSeek-R1-Zero (2501.12948, section 2.2.2).
    """
    if shape == "boxed":
        filled = end_of_filled_box(text) is not None and bool((last_box(text) or "").strip())
        return float(filled and len(re.findall(r"\\f?box(?:ed)?(?![a-z])", text)) == 1)
    found = _THINK.fullmatch(text)
    return float(found is not None and bool(found["thought"].strip() and found["answer"].strip()))


def has_length(
    text: str, reference: str | None, target: int, minimum: int, maximum: int, unit: str
) -> float:
    """How near a response's length is to what is wanted, from 0 to 1.

    With ``target``: 1 - |length - target| / target and at least 0, linear in the distance as in L1
    (2503.04697, equation 1). Else 1 from ``minimum`` to ``maximum`` (0: no end) and 0 outside.
    ``unit`` is words or characters.
    """
    length = len(text.split()) if unit == "words" else len(text.strip())
    if target:
        return max(0.0, 1.0 - abs(length - target) / target)
    return float(length >= minimum and (not maximum or length <= maximum))


def matches(text: str, reference: str | None, pattern: str, whole: bool) -> float:
    """1 where the regular expression is found in the response, or with ``whole`` is all of it.

    Raises ConfigError for one that runs away on a text.
    """
    compiled = compiled_pattern(pattern)
    look = compiled.fullmatch if whole else compiled.search
    try:
        return float(look(text, timeout=PATTERN_SECONDS) is not None)
    except TimeoutError as error:
        raise ConfigError(
            f"rules: the regular expression {pattern!r} took longer than {PATTERN_SECONDS:g}"
            f" seconds on a response of {len(text)} characters: make it simpler, without one"
            " repetition inside another."
        ) from error


@lru_cache(maxsize=64)
def compiled_pattern(pattern: str) -> Any:
    """A regular expression ready to look. Raises ConfigError for one that is none."""
    if len(pattern) > MOST_PATTERN:
        raise ConfigError(
            f"rules: a regular expression has {len(pattern)} characters: give one of at most"
            f" {MOST_PATTERN}."
        )
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise ConfigError(
            f"rules: {pattern!r} is no regular expression ({error}): correct it."
        ) from error


def is_json(text: str, reference: str | None, required: str) -> float:
    """1 where the response is JSON, alone or in one fence, with the ``required`` keys at its top.

    Keys are written with commas; without any, JSON of every kind will do. NaN is no JSON.
    """
    fenced = _FENCE.fullmatch(text)
    try:
        value = json.loads(fenced["inner"] if fenced else text, parse_constant=_refused)
    except (ValueError, RecursionError):
        return 0.0
    keys = {key.strip() for key in required.split(",")} - {""}
    return float(not keys or (isinstance(value, dict) and keys <= value.keys()))


def _refused(name: str) -> None:
    raise ValueError(name)
