"""Policy, reference, critic and reward model as adapters and heads on one frozen backbone (LoRA).

A reward model joins where its adapters stand on the very weights that the policy's stand on, with
the same tokenizer and template; the critic then begins as it. Otherwise the critic begins with
fresh adapters and a head of zeros.
"""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from training.trainers.loop.starting import Start
from training.trainers.models.adapter_base import base_of
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_checks import check_adapter_folder, same_words
from training.trainers.models.model_loading import (
    checkpoint_about,
    load_tokenizer,
    resolve_model,
)
from training.trainers.reinforcement.roles import (
    BARE,
    CRITIC,
    POLICY,
    ActorCritic,
    AdapterSwitch,
    Role,
)
from training.trainers.rewards.learned_rewards import TokenScorer
from training.trainers.rewards.reward_heads import weighed_head
from training.trainers.shared_prompt import Rows, inner_model

_OF_THE_HEAD = (
    "architectures", "id2label", "label2id", "num_labels", "pad_token_id", "dtype", "torch_dtype",
    "transformers_version", "_name_or_path", "problem_type", "use_cache",
)  # fmt: skip
"""Settings in which two models may differ whose layers compute the same."""


class Backbone:
    """The policy's model, onto which other adapters are put."""

    def __init__(self, start: Start) -> None:
        self.start, self.model = start, start.model
        self.switch = AdapterSwitch(start.model)
        self._joined: dict[tuple[str, str], Role | None] = {}

    def reward_scorer(self, name: str, head_weights: str) -> TokenScorer | None:
        """What scores token rows by a reward model of that name, or None where it cannot join."""
        role = self.join(name, head_weights)
        return None if role is None else partial(_score, role, self.start.rows)

    def join(self, name: str, head_weights: str) -> Role | None:
        """The reward model as a role on this backbone, or None where it needs a model of its own.

        What joins stays, and is asked for again at no cost.
        """
        key = (resolve_model(name), head_weights)
        if key not in self._joined:
            self._joined[key] = self._join(*key)
        return self._joined[key]

    def _join(self, source: str, head_weights: str) -> Role | None:
        from peft import PeftConfig, TaskType

        about, folder = checkpoint_about(source), Path(source)
        if about.get("kind") != "reward_model" or not (folder / "adapter_config.json").is_file():
            return None
        check_adapter_folder(folder)
        base = self.start.base
        if base is None or not same_layers(base, base_of(folder, about)):
            return None
        if not same_words(self.start.tokenizer, load_tokenizer(source)):
            return None
        config = PeftConfig.from_pretrained(source)
        config.modules_to_save, config.task_type = None, TaskType.CAUSAL_LM
        config.inference_mode = False
        weights = load_file(folder / "adapter_model.safetensors")
        heads = weights.pop(next(key for key in weights if key.endswith("score.weight")))
        names = about.get("criteria") or [f"LABEL_{number}" for number in range(len(heads))]
        adapter = f"reward{len(self._joined)}"
        self.add(adapter, config, weights)
        return self.role(adapter, weighed_head(heads, names, head_weights)[None])

    def add(self, name: str, config: Any, weights: dict[str, Tensor] | None = None) -> None:
        """Put an adapter on the backbone, with these weights or fresh ones; what learns are those
        of policy and critic."""
        from peft import set_peft_model_state_dict

        from training.trainers.models.fused_lora import fuse_adapters

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            self.model.add_adapter(name, deepcopy(config))
            if weights is not None:
                found: Any = set_peft_model_state_dict(self.model, weights, adapter_name=name)
                if found.unexpected_keys:
                    raise ModelError(
                        "The reward model's adapters do not fit the policy"
                        f" ({found.unexpected_keys[0]} is not there): set tuning to full."
                    )
        fuse_adapters(self.model)
        self.switch.settle()
        for other, parameter in self.model.named_parameters():
            parameter.requires_grad_(_is_of(other, POLICY) or _is_of(other, CRITIC))
        self.model.eval()

    def role(self, adapter: str, head: Tensor | None = None) -> Role:
        """The role of an adapter with a head of these weights [1, H], which does not learn yet."""
        if head is None:
            return Role(self.model, self.switch, adapter)
        layer = torch.nn.Linear(head.shape[1], 1, bias=False)
        layer.weight = torch.nn.Parameter(head.float().clone(), requires_grad=False)
        return Role(self.model, self.switch, adapter, layer.to(self.start.device))

    def weights(self, adapter: str) -> dict[str, Tensor]:
        """The weights of one adapter by name."""
        return {n: p for n, p in self.model.named_parameters() if _is_of(n, adapter)}


def on_one_backbone(
    backbone: Backbone, *, temperature: float, critic_from: str, head_weights: str
) -> ActorCritic:
    """The roles on one backbone; the critic begins as the reward model ``critic_from``, where that
    can join, else (or where it is empty) with fresh adapters and a head of zeros."""
    from peft import get_peft_model_state_dict

    model = backbone.model
    judge = backbone.join(critic_from, head_weights) if critic_from else None
    if judge is None:
        size = inner_model(model).config.get_text_config().hidden_size
        backbone.add(CRITIC, model.peft_config[POLICY])
        critic = backbone.role(CRITIC, torch.zeros(1, size))
    else:
        begun = get_peft_model_state_dict(model, adapter_name=judge.adapter)
        backbone.add(CRITIC, model.peft_config[judge.adapter], begun)
        critic = backbone.role(CRITIC, judge.head.weight.detach())
    critic.head.requires_grad_(True)
    return ActorCritic(
        policy=backbone.role(POLICY),
        reference=backbone.role(BARE),
        critic=critic,
        rows=backbone.start.rows,
        temperature=temperature,
        policy_weights=backbone.weights(POLICY),
        critic_weights=backbone.weights(CRITIC) | {"score.weight": critic.head.weight},
        critic_is_judge=judge is not None,
    )


@dataclass(frozen=True)
class _Asked:
    """A prompt with the responses that are to be scored."""

    prompt: list[int]
    responses: list[list[int]]


@torch.no_grad()
def _score(role: Role, rows: Rows, prompts: list[list[int]], responses: list[list[int]]) -> Tensor:
    """Scores of responses, read at their last tokens: fp32 [R] on the CPU."""
    pairs = zip(prompts, responses, strict=True)
    alike = groupby(pairs, key=lambda pair: pair[0])
    laid = rows([_Asked(prompt, [answer for _, answer in group]) for prompt, group in alike])
    return role.readings(laid, laid.ends).cpu()


def same_layers(one: str, other: str) -> bool:
    """Whether two bases, hub ids or folders, have the same backbone to the last bit.

    Heads may differ. Folders are compared by what lies in them.
    """
    if one == other:
        return True
    folders = Path(one), Path(other)
    if not all(folder.is_dir() for folder in folders):
        return False
    if folders[0].resolve() == folders[1].resolve():
        return True
    return _alike(*folders)


def _alike(one: Path, other: Path) -> bool:
    if _settings(one) != _settings(other):
        return False
    first, second = _tensors(one), _tensors(other)
    if first.keys() != second.keys():
        return False
    for name, file in first.items():
        with safe_open(file, "pt") as ours, safe_open(second[name], "pt") as theirs:
            if not torch.equal(ours.get_tensor(name).float(), theirs.get_tensor(name).float()):
                return False
    return True


def _settings(folder: Path) -> dict[str, Any]:
    """What a model's layers compute by, whichever head they carry."""
    from transformers import AutoConfig

    found = AutoConfig.from_pretrained(folder, trust_remote_code=False).to_dict()
    return {name: value for name, value in found.items() if name not in _OF_THE_HEAD}


def _tensors(folder: Path) -> dict[str, Path]:
    """In which file each tensor of the backbone lies."""
    found: dict[str, Path] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as kept:
            found |= dict.fromkeys(kept.keys(), file)
    return {name: file for name, file in found.items() if not name.startswith(("score", "lm_head"))}


def _is_of(name: str, adapter: str) -> bool:
    return f".{adapter}." in name
