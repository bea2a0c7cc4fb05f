"""Rows of tokens in which a prompt stands once, followed by its responses.

Position ids restart after the prompt for every response, so each response stands where it would
stand alone. Several prompts may share a row; what may see what is told by numbers of prompts and
segments, and is `training.trainers.shared_prompt.attention`'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from training.trainers.shared_prompt.blocks import Blocks

Tokens = Sequence[int]


@dataclass(frozen=True)
class SharedBatch:
    """R responses to P prompts in B rows of T tokens.

    ``input_ids`` and ``position_ids`` are [B, T]. ``prompts`` [B, T] numbers the prompt that each
    token belongs to and ``segments`` [B, T] its part: 0 the prompt, 1.. the responses, numbered
    through; both are -1 for padding. ``origins`` [B, T] numbers the tokens of the examples, prompt
    before responses, one example after the other (padding has 0).

    The N response tokens are listed in order of responses: ``targets`` [N] are their ids,
    ``sources`` [N] the flat (row x T + column) places whose hidden state predicts them, ``owners``
    [N] their response, and ``ends`` [R] the flat place of each response's last token.

    ``blocks`` is None where every row holds one response. ``lower`` [B, T, H] are hidden states
    after ``lower_layers`` layers that are known already.
    """

    input_ids: Tensor
    position_ids: Tensor
    prompts: Tensor
    segments: Tensor
    origins: Tensor
    targets: Tensor
    sources: Tensor
    owners: Tensor
    ends: Tensor
    lengths: Tensor
    blocks: Blocks | None = None
    lower: Tensor | None = None
    lower_layers: int = 0

    def to(self, device: torch.device) -> SharedBatch:
        """The same batch on a device."""
        kinds = (Tensor, Blocks)
        moved: dict[str, Any] = {
            name: value.to(device) for name, value in vars(self).items() if isinstance(value, kinds)
        }
        return replace(self, **moved)


def lay_out(
    prompts: Sequence[Tokens],
    responses: Sequence[Sequence[Tokens]],
    *,
    pad_id: int,
    shared: bool = True,
    padding_side: str = "right",
    row_tokens: int = 0,
) -> SharedBatch:
    """Rows of prompts and their responses, or with ``shared=False`` one row per response.

    ``prompts`` has P token lists, none empty; ``responses[p]`` the non-empty responses of prompt p.
    Responses keep their order: all of prompt 0, then of prompt 1, and so on. ``row_tokens`` lets
    several prompts share a row of up to that many tokens; with 0 each has a row of its own.
    """
    pieces = _pieces(prompts, responses, shared)
    fill = row_tokens if shared else 0
    rows = [_Row(pieces, members) for members in _first_fit([p.size for p in pieces], fill)]
    width = max(row.size for row in rows)
    laid = _Filling(len(rows), width, pad_id)
    for number, row in enumerate(rows):
        start = number * width + (width - row.size if padding_side == "left" else 0)
        row.write(laid, start)
    flat = [torch.tensor(response) for group in responses for response in group]
    lengths = torch.tensor([len(response) for response in flat])
    numbered = [part for piece in pieces for part in piece.responses]
    columns: dict[str, Any] = {n: v.view(len(rows), width) for n, v in laid.columns.items()}
    return SharedBatch(
        **columns,
        targets=torch.cat(flat),
        sources=torch.cat([_sources(piece, part) for piece in pieces for part in piece.responses]),
        owners=torch.repeat_interleave(torch.arange(len(flat)), lengths),
        ends=torch.tensor([part.place + part.size - 1 for part in numbered]),
        lengths=lengths,
        blocks=_blocks(pieces, len(rows) * width) if shared else None,
    )


@dataclass
class _Part:
    """A prompt or a response: its tokens, the number of its first token, and its flat place."""

    tokens: Tensor
    origin: int
    place: int = 0

    @property
    def size(self) -> int:
        return len(self.tokens)


@dataclass
class _Piece:
    """One prompt with the responses that stand in its row."""

    number: int
    prompt: _Part
    first: int
    responses: list[_Part] = field(default_factory=list)

    @property
    def size(self) -> int:
        return self.prompt.size + sum(part.size for part in self.responses)


def _pieces(
    prompts: Sequence[Tokens], responses: Sequence[Sequence[Tokens]], shared: bool
) -> list[_Piece]:
    pieces: list[_Piece] = []
    origin = count = 0
    for prompt, group in zip(prompts, responses, strict=True):
        tokens, begins = torch.tensor(prompt), origin
        origin += len(prompt)
        for number, response in enumerate(group):
            if number == 0 or not shared:
                pieces.append(_Piece(len(pieces), _Part(tokens, begins), count))
            pieces[-1].responses.append(_Part(torch.tensor(response), origin))
            origin += len(response)
            count += 1
    return pieces


def _first_fit(sizes: Sequence[int], limit: int) -> list[list[int]]:
    """Pieces by row: each, the longest first, goes into the first row that has room for it."""
    if limit <= 0:
        return [[number] for number in range(len(sizes))]
    rows: list[list[int]] = []
    left: list[int] = []
    for number in sorted(range(len(sizes)), key=lambda n: -sizes[n]):
        row = next((r for r, room in enumerate(left) if room >= sizes[number]), len(rows))
        if row == len(rows):
            rows.append([])
            left.append(max(limit, sizes[number]))
        rows[row].append(number)
        left[row] -= sizes[number]
    return [sorted(row) for row in rows]


class _Filling:
    """The columns of a batch while rows are written into them, flat."""

    def __init__(self, rows: int, width: int, pad_id: int) -> None:
        zeros = dict.fromkeys(("position_ids", "origins"), 0)
        none = dict.fromkeys(("prompts", "segments"), -1)
        fill = {"input_ids": pad_id} | zeros | none
        self.columns = {name: torch.full((rows * width,), value) for name, value in fill.items()}

    def write(self, part: _Part, *, position: int, prompt: int, segment: int) -> None:
        here = slice(part.place, part.place + part.size)
        self.columns["input_ids"][here] = part.tokens
        self.columns["position_ids"][here] = torch.arange(position, position + part.size)
        self.columns["origins"][here] = torch.arange(part.origin, part.origin + part.size)
        self.columns["prompts"][here] = prompt
        self.columns["segments"][here] = segment


class _Row:
    """Pieces that share a row: all their prompts, then all their responses.

    In this order blocks of equal lengths need no rearranging before attention.
    """

    def __init__(self, pieces: Sequence[_Piece], members: Sequence[int]) -> None:
        self.pieces = [pieces[number] for number in members]
        self.size = sum(piece.size for piece in self.pieces)

    def write(self, laid: _Filling, place: int) -> None:
        for piece in self.pieces:
            piece.prompt.place = place
            laid.write(piece.prompt, position=0, prompt=piece.number, segment=0)
            place += piece.prompt.size
        for piece in self.pieces:
            for number, part in enumerate(piece.responses, start=piece.first + 1):
                part.place = place
                begins = piece.prompt.size
                laid.write(part, position=begins, prompt=piece.number, segment=number)
                place += part.size


def _sources(piece: _Piece, part: _Part) -> Tensor:
    """Where each token of a response is predicted: at the prompt's end, then at its own tokens."""
    last = piece.prompt.place + piece.prompt.size - 1
    return torch.cat([torch.tensor([last]), torch.arange(part.place, part.place + part.size - 1)])


def _blocks(pieces: Sequence[_Piece], places: int) -> Blocks:
    owners = [number for number, piece in enumerate(pieces) for _ in piece.responses]
    return Blocks.of(
        [(piece.prompt.place, piece.prompt.size) for piece in pieces],
        [(part.place, part.size) for piece in pieces for part in piece.responses],
        owners,
        places,
    )
