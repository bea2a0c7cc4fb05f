"""The heads of a reward model: one linear score per criterion, on one backbone.

A sequence classifier of transformers with as many labels as criteria, named in ``id2label``. A
weighted sum of linear heads is a linear head again, so whoever wants one score weighs them once,
when the model is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.head_weights import parse_head_weights

ONE_HEAD = "reward"
"""What a head is called that serves every criterion, or records that name none."""


def wanted_heads(setting: str, found: Iterable[str]) -> tuple[str, ...]:
    """The heads of a model for the setting ``criteria`` and the criteria of its training records.

    Raises ConfigError for a criterion that no record has.
    """
    if setting == "one":
        return (ONE_HEAD,)
    there = sorted({name or ONE_HEAD for name in found})
    if setting == "auto":
        return tuple(there)
    wanted = tuple(dict.fromkeys(filter(None, (name.strip() for name in setting.split(",")))))
    missing = [name for name in wanted if name not in there]
    if missing or not wanted:
        raise ConfigError(
            f"criteria names {', '.join(missing) or 'nothing'}, and the training records have"
            f" {', '.join(there)}: correct it, or take auto."
        )
    return wanted


def criteria_of_model(model: Any) -> tuple[str, ...]:
    """What each head scores, in order; a model that names nothing has LABEL_0 and so on."""
    names: dict[int, str] = model.config.id2label
    return tuple(names[number] for number in sorted(names))


def name_heads(model: Any, criteria: Sequence[str]) -> None:
    """Call the heads that a classifier has by ``criteria``."""
    model.config.id2label = dict(enumerate(criteria))
    model.config.label2id = {name: number for number, name in enumerate(criteria)}
    model.num_labels = len(criteria)


@torch.no_grad()
def fit_heads(model: Any, criteria: Sequence[str]) -> bool:
    """Give a classifier one head per criterion; whether its weights became others.

    A head of that name stays as it is. For a new criterion the mean of the heads that are there is
    the best beginning: it is zero where all are new. A single head is good for a single criterion,
    whatever it was called.
    """
    there = criteria_of_model(model)
    if len(there) == len(criteria) == 1 or there == tuple(criteria):
        name_heads(model, criteria)
        return False
    old: Tensor = model.score.weight
    rows = [old[there.index(name)] if name in there else old.mean(dim=0) for name in criteria]
    _replace_heads(model, torch.stack(rows), criteria)
    return True


@torch.no_grad()
def weigh_heads(model: Any, head_weights: str) -> None:
    """Put the weighted sum of the heads in their place; an empty text weighs all of them alike.

    Heads that are not named count nothing. Raises ConfigError for a head that is not there.
    """
    there, old = criteria_of_model(model), model.score.weight
    one = weighed_head(old, there, head_weights)
    if len(there) > 1 or not torch.equal(one, old[0]):
        named = parse_head_weights(head_weights) or there
        _replace_heads(model, one[None, :], ["+".join(named)])


def weighed_head(heads: Tensor, names: Sequence[str], head_weights: str) -> Tensor:
    """One head [H] for the heads [K, H] called ``names``; see `weigh_heads`."""
    weights = parse_head_weights(head_weights) or dict.fromkeys(names, 1 / len(names))
    missing = [name for name in weights if name not in names]
    if missing:
        raise ConfigError(
            f"head_weights names {', '.join(missing)}, and the model has {', '.join(names)}:"
            " correct it."
        )
    share = torch.tensor([weights.get(name, 0.0) for name in names]).to(heads)
    return share @ heads


def scores_by_criterion(
    scores: Tensor, criteria_of_responses: Sequence[str], heads: Sequence[str]
) -> Tensor:
    """Each response's score by the head of its criterion: [R, H], or [R] of one head, to [R].

    The mean of the heads judges a criterion that has none.
    """
    if scores.ndim == 1:
        return scores
    place = {name: number for number, name in enumerate(heads)}
    choice = torch.zeros(scores.shape)
    for row, name in enumerate(criteria_of_responses):
        choice[row, place.get(name or ONE_HEAD, slice(None))] = 1.0
    choice = choice / choice.sum(dim=1, keepdim=True)
    return (scores * choice.to(scores)).sum(dim=1)


def draw_heads(model: Any, seed: int) -> None:
    """Begin the heads that learn at random, with deviation 1 / sqrt(H + 1) for hidden size H.

    As in 2009.01325 appendix B.1. Members of an ensemble would else begin with the same zeros; a
    head that was trained before is not zero, and stays.
    """
    drawn = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if "score" in name.split(".") and weight.requires_grad:
            values = torch.randn(weight.shape, generator=drawn) / (weight.shape[1] + 1) ** 0.5
            new = (weight == 0).all(dim=1, keepdim=True)
            with torch.no_grad():
                weight.copy_(torch.where(new, values.to(weight), weight))


def _replace_heads(model: Any, weight: Tensor, criteria: Sequence[str]) -> None:
    heads = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    heads.weight = torch.nn.Parameter(
        weight.clone(), requires_grad=model.score.weight.requires_grad
    )
    model.score = heads
    name_heads(model, criteria)
