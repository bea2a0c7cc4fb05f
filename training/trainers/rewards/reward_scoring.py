"""A reward model at work: scores of a batch's responses, each by the head of its criterion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from training.trainers.data.record_datasets import Example
from training.trainers.rewards.reward_heads import criteria_of_model, scores_by_criterion
from training.trainers.shared_prompt import Rows, inner_model, response_scores


class RewardScorer:
    """One model with its heads; ``rows`` lays its batches out."""

    def __init__(self, model: Any, rows: Rows) -> None:
        self.model, self.rows = model, rows
        self.heads = criteria_of_model(inner_model(model))

    def every_head(self, batch: Sequence[Example]) -> Tensor:
        """Scores of all responses of a batch, numbered through: fp32 [R], [R, H] of H heads."""
        return response_scores(self.model, self.rows(batch))

    def own_head(self, scores: Tensor, batch: Sequence[Example]) -> Tensor:
        """Of the scores by every head those by the head of each prompt's criterion: [R]."""
        asked = [example.criterion for example in batch for _ in example.responses]
        return scores_by_criterion(scores, asked, self.heads)

    def by_head(self, scores: Tensor) -> dict[str, list[float]]:
        """The scores by each head of several; nothing where there is one."""
        if scores.ndim == 1:
            return {}
        return {name: scores[:, n].tolist() for n, name in enumerate(self.heads)}
