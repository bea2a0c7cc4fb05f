"""A reward model at work on what a policy wrote: frozen, batched by length, in either tokenizer.

Where the policy and the reward model share words and template, the very tokens are scored that were
sampled; elsewhere, and where a text was cut at a stop string, the text in the reward model's own
template, as `score` reads it. An ensemble gives the mean of its members.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from training.trainers.data.chat_text import ChatText, TemplateError
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_checks import same_words
from training.trainers.models.model_loading import (
    load_reward_model,
    load_tokenizer,
    resolve_model,
    reward_members,
)
from training.trainers.models.positions import within_positions
from training.trainers.rewards.reward_heads import criteria_of_model, weigh_heads
from training.trainers.shared_prompt import Rows, response_scores, why_not_shared

TokenScorer = Callable[[list[list[int]], list[list[int]]], Tensor]
"""Prompts and responses as tokens, one of each for every row, to scores fp32 [R] on the CPU."""


@dataclass(frozen=True)
class Completion:
    """One response to one prompt: its tokens as sampled, its text, and whether it ended."""

    prompt: PromptRow
    tokens: list[int]
    text: str
    finished: bool


class Backbone(Protocol):
    """The policy's frozen base, on which adapters of a reward model can stand as well."""

    def reward_scorer(self, name: str, head_weights: str) -> TokenScorer | None:
        """A scorer by the reward model in the folder ``name``; None where it stands elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Placing:
    """Where a reward model is put. ``place`` moves one and gives it back, by default to ``device``;
    ``backbone`` is asked first. ``batch_size`` counts responses per forward pass."""

    device: torch.device
    dtype: torch.dtype
    batch_size: int
    backbone: Backbone | None = None
    place: Callable[[Any], Any] | None = None


class LearnedReward:
    """The scores of one reward model, or the means over an ensemble's members."""

    def __init__(
        self,
        setting: str,
        name: str,
        *,
        weight: float,
        head_weights: str,
        policy_tokenizer: Any,
        placing: Placing,
    ) -> None:
        self.name, self.weight = setting, weight
        self.members = [
            _Member(setting, member, head_weights, policy_tokenizer, placing)
            for member in reward_members(resolve_model(name))
        ]

    def score(self, completions: Sequence[Completion]) -> Tensor:
        """Raw scores fp32 [R] on the CPU."""
        return torch.stack([member.score(completions) for member in self.members]).mean(dim=0)


@dataclass(frozen=True)
class _Answered:
    """A prompt with its responses as tokens; ``places`` says which completions they are."""

    prompt: list[int]
    responses: list[list[int]]
    places: list[int]

    @property
    def size(self) -> int:
        return len(self.prompt) + sum(map(len, self.responses))


class _Member:
    """One model with its tokenizer; ``setting`` names it in errors."""

    def __init__(
        self, setting: str, name: str, head_weights: str, policy_tokenizer: Any, placing: Placing
    ) -> None:
        self.setting, self.name, self.batch_size = setting, name, placing.batch_size
        self.scorer = self._shared(name, head_weights, policy_tokenizer, placing)
        self.reads_tokens = True
        if self.scorer is not None:
            self.text = ChatText(policy_tokenizer)
            return
        loaded = load_reward_model(name, dtype=placing.dtype, new_head=False)
        check_heads(setting, name, loaded.model, loaded.about, head_weights)
        weigh_heads(loaded.model, head_weights)
        self.model = loaded.model.requires_grad_(False).eval()
        self.model = placing.place(self.model) if placing.place else self.model.to(placing.device)
        self.text, self.pad = ChatText(loaded.tokenizer), loaded.tokenizer.pad_token_id
        self.reads_tokens = same_text(policy_tokenizer, loaded.tokenizer)
        self.probed, self.shared = 0, False

    @staticmethod
    def _shared(
        name: str, head_weights: str, policy_tokenizer: Any, placing: Placing
    ) -> TokenScorer | None:
        """A scorer on the policy's backbone where the reward model stands on it and reads alike."""
        if placing.backbone is None or not same_text(policy_tokenizer, load_tokenizer(name)):
            return None
        return placing.backbone.reward_scorer(name, head_weights)

    @torch.no_grad()
    def score(self, completions: Sequence[Completion]) -> Tensor:
        """Scores fp32 [R] on the CPU, in the completions' order."""
        rows = [self._tokens(completion) for completion in completions]
        if self.scorer is None:
            self._check_lengths(completions, rows)
        scores = torch.zeros(len(rows))
        for batch in _batches(rows, self.batch_size):
            places = [place for one in batch for place in one.places]
            scores[places] = self._scores(batch)
        return scores

    def _scores(self, batch: list[_Answered]) -> Tensor:
        if self.scorer is not None:
            prompts = [one.prompt for one in batch for _ in one.responses]
            return self.scorer(prompts, [r for one in batch for r in one.responses]).float().cpu()
        longest = max(len(one.prompt) + max(map(len, one.responses)) for one in batch)
        if longest > self.probed:
            self.shared = why_not_shared(self.model, longest) is None
            self.probed = longest
        rows = Rows(self.model, pad_id=self.pad, shared=self.shared)
        return response_scores(self.model, rows(batch)).cpu()

    def _tokens(self, completion: Completion) -> tuple[list[int], list[int]]:
        end = self.text.tokenizer.eos_token_id
        whole = not completion.finished or completion.tokens[-1] == end
        if self.reads_tokens and whole and completion.tokens:
            return completion.prompt.prompt, completion.tokens
        answer = [{"role": "assistant", "content": completion.text}]
        try:
            prompt, [response] = self.text.encode(completion.prompt.messages, [answer])
        except TemplateError as error:
            raise DataError(
                f"{self.setting} {self.name} cannot read the prompt {completion.prompt.id}"
                f" ({error}): leave such prompts out, or take another reward model."
            ) from error
        return prompt, response

    def _check_lengths(
        self, completions: Sequence[Completion], rows: Sequence[tuple[list[int], list[int]]]
    ) -> None:
        for completion, (prompt, response) in zip(completions, rows, strict=True):
            size = len(prompt) + len(response)
            most = within_positions(self.model, size)
            if size > most:
                raise ModelError(
                    f"{self.setting} {self.name} reads {most} tokens, and a response to the prompt"
                    f" {completion.prompt.id} has {size} with it: lower max_prompt_tokens or"
                    " max_new_tokens."
                )


def same_text(tokenizer: Any, other: Any) -> bool:
    """Whether two tokenizers give the same conversation the same tokens, its end too."""
    ends = tokenizer.eos_token_id == other.eos_token_id
    return ends and same_words(tokenizer, other)


def check_heads(
    setting: str, name: str, model: Any, about: dict[str, Any], head_weights: str
) -> None:
    """Refuse a classifier of several labels that are no criteria, unless one says which count."""
    heads = criteria_of_model(model)
    if len(heads) > 1 and not about.get("criteria") and not head_weights:
        raise ModelError(
            f"{setting} {name} has {len(heads)} labels ({', '.join(heads[:4])}) and so no single"
            f" score: say in head_weights which count, for example {heads[-1]}=1."
        )


def _batches(rows: Sequence[tuple[list[int], list[int]]], size: int) -> Iterator[list[_Answered]]:
    """Responses of one prompt together, those of like lengths in a batch of ``size`` at most."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, (prompt, _) in enumerate(rows):
        groups.setdefault(tuple(prompt), []).append(place)
    answered = [
        _Answered(list(prompt), [rows[place][1] for place in part], part)
        for prompt, places in groups.items()
        for part in (places[start : start + size] for start in range(0, len(places), size))
    ]
    batch: list[_Answered] = []
    for one in sorted(answered, key=lambda one: -one.size):
        if batch and sum(len(b.places) for b in batch) + len(one.places) > size:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch
