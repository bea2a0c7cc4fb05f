"""Where a response ends by what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from training.trainers.policies.stopping import Stops, text_of


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny)


def test_the_earliest_end_counts() -> None:
    stops = Stops(("song", "rain"), at_box=True)
    assert stops.end("tea rain song") == 4
    assert stops.end(r"so \boxed{5} rain") == len(r"so \boxed{5}")
    assert stops.end(r"\boxed{} tea") is None
    assert Stops().end("anything") is None


@pytest.mark.parametrize("stop", ["kind", " song", "\u65e5\u672c", "g t"])
def test_it_is_reached_with_the_token_that_completes_it(tokenizer: Any, stop: str) -> None:
    tokens = tokenizer("tea rain song tea kind \u65e5\u672c song rain").input_ids
    stops = Stops((stop,))
    reached = [stops.reached(tokens[: n + 1], tokenizer) for n in range(len(tokens))]
    there = [stop in text_of(tokens[: n + 1], tokenizer) for n in range(len(tokens))]
    first = there.index(True)
    assert reached[: first + 1] == there[: first + 1]


def test_a_box_is_reached_when_it_is_closed_and_filled(tokenizer: Any) -> None:
    tokens = tokenizer(r"so \boxed{} or \boxed{\frac{1}{2}} it is").input_ids
    stops = Stops(at_box=True)
    reached = [n for n in range(len(tokens)) if stops.reached(tokens[: n + 1], tokenizer)]
    text = text_of(tokens[: reached[0] + 1], tokenizer)
    assert text[: stops.end(text)] == r"so \boxed{} or \boxed{\frac{1}{2}}"
    assert not stops.reached(tokens[: reached[0]], tokenizer)
    assert not Stops().reached(tokens, tokenizer)
