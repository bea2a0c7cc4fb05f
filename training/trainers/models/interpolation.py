"""Weights between models: sums of whole models' weights, tensor by tensor (2203.05482, 2306.04488).

The models are plain safetensors folders with adapters merged: of low-rank adapters it is their
product that is mixed, which no mixture of the two factors apart would give. One tensor of each
model is in memory at a time, and one file of the sum.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from training.trainers.models.default_model import ModelError
from training.trainers.models.model_card import CARD
from training.trainers.models.model_loading import ABOUT

FARTHEST = 0.5
"""How far apart two models of one base may be, as a share of the weights' size. Training moves
weights by a few hundredths of it; two models that began apart differ by more than all of it."""

WEIGHTS = "*.safetensors"


def mix(folders: Sequence[Path], weights: Sequence[float], target: Path) -> None:
    """Fill an existing empty folder with sum_i w_i theta_i over the models in ``folders``.

    Sums are in double precision and stored in the first model's number format; a model of weight 0
    is not read, and one of weight 1 gives its own bits. What is no weight comes from the first
    folder, except its lineage and card.
    """
    for path in folders[0].iterdir():
        if not path.match(WEIGHTS) and path.name not in (ABOUT, CARD):
            shutil.copyfile(path, target / path.name)
    used = [(folder, weight) for folder, weight in zip(folders, weights, strict=True) if weight]
    with ExitStack() as stack:
        models = [(_Weights(folder, stack), weight) for folder, weight in used]
        for file, names in _Weights(folders[0], stack).by_file().items():
            tensors = {
                name: _sum([(model.tensor(name), weight) for model, weight in models])
                for name in names
            }
            save_file(tensors, target / file, metadata={"format": "pt"})


def check_one_base(folders: Sequence[Path], names: Sequence[str]) -> None:
    """Raise ModelError where models cannot be mixed: they must have the same tensors and be near.

    ``names`` are what the models are called. Nearness is || a - b || / || a || over all weights.
    """
    with ExitStack() as stack:
        first = _Weights(folders[0], stack)
        for folder, name in zip(folders[1:], names[1:], strict=True):
            other = _Weights(folder, stack)
            _check_same_tensors(first, other, names[0], name)
            apart = _distance(first, other)
            if not apart <= FARTHEST:
                raise ModelError(
                    f"{names[0]} and {name} were not trained from the same model: their weights"
                    f" differ by {apart:.0%} of their size. Mix policies of one base."
                )


class _Weights:
    """The weights in a folder by name; the files are closed with ``stack``."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.places: dict[str, tuple[str, Any]] = {}
        for path in sorted(folder.glob(WEIGHTS)):
            opened: Any = safe_open(path, framework="pt")
            handle = stack.enter_context(opened)
            self.places |= dict.fromkeys(handle.keys(), (path.name, handle))

    def tensor(self, name: str) -> Tensor:
        """One tensor, read now."""
        found: Tensor = self.places[name][1].get_tensor(name)
        return found

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's shape, without reading it."""
        return tuple(self.places[name][1].get_slice(name).get_shape())

    def by_file(self) -> dict[str, list[str]]:
        """The names in each file."""
        found: dict[str, list[str]] = {}
        for name, (file, _) in self.places.items():
            found.setdefault(file, []).append(name)
        return found


def _check_same_tensors(first: _Weights, other: _Weights, name: str, other_name: str) -> None:
    for lacking, having, who, whose in (
        (other, first, other_name, name),
        (first, other, name, other_name),
    ):
        missing = sorted(set(having.places) - set(lacking.places))
        if missing:
            raise ModelError(
                f"{who} lacks {len(missing)} of the weights of {whose} (such as {missing[0]}): mix"
                " policies of one base."
            )
    for tensor in first.places:
        ours, theirs = first.shape(tensor), other.shape(tensor)
        if ours != theirs:
            raise ModelError(
                f"{name} and {other_name} are not built alike ({tensor} is {_by(ours)} and"
                f" {_by(theirs)}): mix policies of one base."
            )


def _distance(first: _Weights, other: _Weights) -> float:
    apart, size = 0.0, 0.0
    for ours, theirs in _together(first, other):
        apart += float((ours - theirs).square().sum())
        size += float(ours.square().sum())
    return (apart / size) ** 0.5 if size else 0.0


def _together(first: _Weights, other: _Weights) -> Iterator[tuple[Tensor, Tensor]]:
    for name in first.places:
        ours, theirs = first.tensor(name), other.tensor(name)
        if ours.is_floating_point():
            yield ours.double(), theirs.double()


def _sum(parts: Sequence[tuple[Tensor, float]]) -> Tensor:
    """sum_i w_i t_i; what is no floating-point number is the first one's."""
    kind = parts[0][0].dtype
    if not kind.is_floating_point:
        return parts[0][0].contiguous()
    total = torch.zeros_like(parts[0][0], dtype=torch.double)
    for tensor, weight in parts:
        total.add_(tensor.double(), alpha=weight)
    return total.to(kind).contiguous()


def _by(shape: tuple[int, ...]) -> str:
    return " by ".join(map(str, shape))
