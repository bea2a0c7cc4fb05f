"""Sampling responses token by token: left padding, a key-value cache, one seed per response.

Every response has its own random generator, so that it does not depend on what else is in the
batch. Prompts are computed once and their cache repeated for the n responses of each; rows that
have ended leave the batch. A response ends with an end token, at a stop string, or unfinished
where it is as long as it may be or the model has no further position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from training.trainers.models.positions import within_positions
from training.trainers.policies.drawing import draw_tokens
from training.trainers.policies.lean_layers import lean_layers
from training.trainers.policies.stopping import Stops, text_of
from training.trainers.policies.token_cache import TokenCache
from training.trainers.shared_prompt import inner_model

PACKED_FROM = 16
"""New tokens from which it pays to lay the weights out anew."""


@dataclass(frozen=True)
class Sampling:
    """How to draw: temperature 0 takes the likeliest token; ``n`` responses per prompt.

    ``stop_strings`` end a response before themselves, ``stop_at_box`` behind a filled
    ``\\boxed{}``.
    """

    temperature: float
    top_p: float
    max_new_tokens: int
    n: int
    stop_strings: tuple[str, ...] = ()
    stop_at_box: bool = False


@dataclass(frozen=True)
class Sampled:
    """One response: text, tokens (the end token included), and whether it ended by itself.

    At a stop string the text is cut, the tokens are all that were drawn. ``logp`` is their
    log-probability under the model itself (temperature 1, no top_p), in nats.
    """

    text: str
    tokens: list[int]
    finished: bool
    logp: float = field(compare=False)


@torch.no_grad()
def sample_responses(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    sampling: Sampling,
) -> list[list[Sampled]]:
    """``n`` responses for each of B prompts; ``seeds`` has one number per prompt.

    Every prompt must be shorter than the model has positions.
    """
    inner = inner_model(model)
    ends = Ends(inner, tokenizer, sampling)
    rows = [
        Row(
            prompt=number,
            generator=torch.Generator().manual_seed(response_seed(seed, i)),
            longest=within_positions(model, len(prompt) + sampling.max_new_tokens) - len(prompt),
        )
        for number, (prompt, seed) in enumerate(zip(prompts, seeds, strict=True))
        for i in range(sampling.n)
    ]
    rows.sort(key=lambda row: -len(prompts[row.prompt]))
    ordered = [prompts[row.prompt] for row in rows[:: sampling.n]]
    with lean_layers(model, packed=sampling.max_new_tokens >= PACKED_FROM):
        _draw(TokenCache(inner, ordered, sampling.n, tokenizer.pad_token_id), rows, ends, sampling)
    sampled: list[list[Sampled]] = [[] for _ in prompts]
    for row in rows:
        sampled[row.prompt].append(ends.finish(row))
    return sampled


def response_seed(seed: int, number: int) -> int:
    """The seed of one of a prompt's responses."""
    return (seed * 1_000_003 + number) % 2**63


@dataclass
class Row:
    """One response in the making, of at most ``longest`` tokens, to the prompt of a number."""

    prompt: int
    longest: int
    generator: torch.Generator = field(default_factory=torch.Generator)
    tokens: list[int] = field(default_factory=list)
    logp: float = 0.0
    stopped: bool = False


class Ends:
    """What ends a response."""

    def __init__(self, inner: Any, tokenizer: Any, sampling: Sampling) -> None:
        self.tokenizer = tokenizer
        self.stops = Stops(sampling.stop_strings, sampling.stop_at_box)
        # The tokenizer's end token and every one that the model's generation settings name.
        named = getattr(inner.generation_config, "eos_token_id", None)
        others = named if isinstance(named, list) else [] if named is None else [named]
        self.tokens = {tokenizer.eos_token_id, *others}

    def reached(self, row: Row) -> bool:
        """Whether the row's last token is its last one."""
        if row.tokens[-1] in self.tokens:
            return True
        row.stopped = self.stops.reached(row.tokens, self.tokenizer)
        return row.stopped or len(row.tokens) == row.longest

    def finish(self, row: Row) -> Sampled:
        """The row as a response."""
        ended = row.tokens[-1] in self.tokens
        text = text_of(row.tokens[:-1] if ended else row.tokens, self.tokenizer)
        if row.stopped:
            text = text[: self.stops.end(text)]
        finished = ended or row.stopped
        return Sampled(text=text.strip(), tokens=row.tokens, finished=finished, logp=row.logp)


def _draw(cache: TokenCache, rows: list[Row], ends: Ends, sampling: Sampling) -> None:
    """Fill the rows until each has ended or is as long as it may be."""
    while True:
        generators = [row.generator for row in rows]
        chosen, gained = draw_tokens(cache.logits, generators, sampling.temperature, sampling.top_p)
        for row, token, logp in zip(rows, chosen.tolist(), gained.tolist(), strict=True):
            row.tokens.append(token)
            row.logp += logp
        going = [number for number, row in enumerate(rows) if not ends.reached(row)]
        if not going:
            return
        if len(going) < len(rows):
            order = _moved_up(going)
            rows, chosen = [rows[number] for number in order], chosen[order]
            cache.keep(order)
        cache.add(chosen)


def _moved_up(going: list[int]) -> list[int]:
    """The rows that go on, in order of the places they get: the last ones fill what is free."""
    count, staying = len(going), set(going)
    last = [row for row in going if row >= count]
    return [place if place in staying else last.pop() for place in range(count)]
