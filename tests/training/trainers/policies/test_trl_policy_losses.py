"""GRPO and RLOO through our rows are TRL's own numbers, and those of the papers' equations."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.rloo_config import RLOOConfig
from trl.trainer.rloo_trainer import RLOOTrainer

from training.trainers.configs import GrpoConfig, RlooConfig
from training.trainers.policies.trl_policy_losses import (
    GrpoLoss,
    RlooLoss,
    Rollouts,
    TokenReader,
)
from training.trainers.reinforcement.roles import Role
from training.trainers.shared_prompt import Rows, lay_out, token_logps

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*pin_memory:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning"),
]

PROMPTS = [[10, 11, 12], [13]]
RESPONSES = [[[20, 21, 2], [22, 2], [30, 31, 32, 33, 2]], [[23, 24], [25, 26, 27, 2], [2]]]
REWARDS = [[1.0, 0.0, 0.5], [0.0, 2.0, 0.25]]
N = 3


@pytest.fixture
def start(tiny: Path) -> Any:
    model = AutoModelForCausalLM.from_pretrained(tiny).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2).add_(torch.randn_like(parameter), alpha=0.05)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    rows = Rows(model, pad_id=tokenizer.pad_token_id, shared=True)
    device = torch.device("cpu")
    return SimpleNamespace(model=model, tokenizer=tokenizer, device=device, rows=rows)


@pytest.fixture
def reference(tiny: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny).eval()


def grpo(**changes: Any) -> GrpoConfig:
    given = {"dataset": "d", "rules": "format=1", "n": N, "max_new_tokens": 8}
    return GrpoConfig.from_dict(given | changes)


def rloo(**changes: Any) -> RlooConfig:
    given = {"dataset": "d", "rules": "format=1", "n": N, "max_new_tokens": 8}
    return RlooConfig.from_dict(given | changes)


def rollouts(
    read: TokenReader,
    advantages: torch.Tensor,
    *,
    groups: slice = slice(0, 2),
    shift: float = 0.0,
    reference: Any = None,
    counts: list[bool] | None = None,
) -> Rollouts:
    """Both prompts' responses; ``shift`` moves the old log-probabilities by turns up and down."""
    laid = lay_out(PROMPTS[groups], RESPONSES[groups], pad_id=0)
    old = read.logps(laid)
    size = len(laid.lengths)
    other = TokenReader(Role(reference), read.temperature) if reference is not None else None
    return Rollouts(
        laid,
        advantages=advantages[groups].flatten(),
        counts=torch.tensor(counts or [True] * size),
        old=old + shift * (-1.0) ** torch.arange(len(old)) if shift else None,
        reference=other.logps(laid) if other else None,
    )


class Written:
    """Mixed into a TRL trainer: it has written our responses."""

    def _generate(self, prompts: list[Any]) -> Any:
        flat = [response for group in RESPONSES for response in group]
        asked = [prompt for prompt in PROMPTS for _ in range(N)]
        everything: Any = (asked, flat, None, [""] * len(flat), None, {}, None, None)
        return everything if isinstance(self, GRPOTrainer) else (asked, flat, [""] * len(flat))


class WrittenGrpo(Written, GRPOTrainer):
    """TRL's own GRPO on our responses."""


class WrittenRloo(Written, RLOOTrainer):
    """TRL's own RLOO on our responses."""


def theirs(kind: Any, config: Any, start: Any, folder: Path, **settings: Any) -> tuple[Any, Any]:
    """TRL's trainer and what it makes of our responses and rewards."""
    arguments = config(
        output_dir=str(folder), use_cpu=True, report_to="none", bf16=False, disable_tqdm=True,
        per_device_train_batch_size=6, per_device_eval_batch_size=6, num_generations=N,
        gradient_checkpointing=False, max_completion_length=8, **settings,
    )  # fmt: skip
    flat = [reward for group in REWARDS for reward in group]
    trainer = kind(
        model=start.model, args=arguments, train_dataset=Dataset.from_list([{"prompt": "a"}]),
        processing_class=start.tokenizer, reward_funcs=lambda **_: flat,
    )  # fmt: skip
    start.model.eval()
    with torch.no_grad():
        inputs = trainer._generate_and_score_completions([{"prompt": "a"}] * 6)
    return trainer, inputs


def test_what_is_read_is_log_softmax_at_the_temperature(start: Any) -> None:
    laid = start.rows(
        [SimpleNamespace(prompt=p, responses=r) for p, r in zip(PROMPTS, RESPONSES, strict=True)]
    )
    logps, entropies = TokenReader(Role(start.model), 0.7)(laid)
    torch.testing.assert_close(logps, token_logps(start.model, laid, 0.7), atol=1e-5, rtol=1e-5)
    ids = torch.tensor([PROMPTS[0] + RESPONSES[0][0]])
    with torch.no_grad():
        whole = (start.model(ids).logits[0, 2:5] / 0.7).log_softmax(-1)
    torch.testing.assert_close(
        entropies[:3].detach(), -(whole.exp() * whole).sum(-1), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("loss", "ratio", "scale"),
    [
        ("dapo", "token", "group"),
        ("grpo", "token", "batch"),
        ("dr_grpo", "token", "none"),
        ("grpo", "sequence", "group"),
        ("luspo", "sequence", "group"),
        ("cispo", "token", "group"),
        ("sapo", "token", "group"),
        ("vespo", "token", "group"),
    ],
)
def test_grpo_is_what_trls_trainer_says_of_the_same_responses(
    loss: str, ratio: str, scale: str, start: Any, reference: Any, tmp_path: Path
) -> None:
    """From rewards to the loss, with a KL and with responses of an older policy."""
    high = 5.0 if loss == "cispo" else 0.28
    trainer, inputs = theirs(
        WrittenGrpo, GRPOConfig, start, tmp_path, loss_type=loss, importance_sampling_level=ratio,
        scale_rewards=scale, beta=0.3, epsilon=0.2, epsilon_high=high, temperature=0.8,
    )  # fmt: skip
    settings = grpo(
        loss=loss, ratio=ratio, advantage_scale=scale, beta=0.3, epsilon_high=high, temperature=0.8
    )
    read = TokenReader(Role(start.model), 0.8)
    ours = GrpoLoss(start, tmp_path, settings, read)
    advantages = ours.advantages(torch.tensor(REWARDS), None)
    torch.testing.assert_close(advantages.flatten(), inputs["advantages"])
    for shift in (0.0, 0.4):
        ready = rollouts(read, advantages, shift=shift, reference=reference)
        if ready.old is not None:
            places = inputs["completion_mask"].bool()
            padded = torch.zeros(places.shape).masked_scatter(places, ready.old)
            inputs["old_per_token_logps"] = padded
        seen = ours(ready)
        expected = trainer.compute_loss(start.model, inputs)
        assert float(seen.loss.detach()) / ours.units(ready) == pytest.approx(
            float(expected.detach()), rel=1e-4, abs=1e-6
        )
        assert seen.by_token["entropy"] / ready.tokens == pytest.approx(
            trainer._metrics["eval"]["entropy"][-1], rel=1e-4
        )


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_rloo_is_what_trls_trainer_says_of_the_same_responses(
    shift: float, start: Any, reference: Any, tmp_path: Path
) -> None:
    trainer, inputs = theirs(
        WrittenRloo, RLOOConfig, start, tmp_path, beta=0.1, normalize_advantages=bool(shift),
    )  # fmt: skip
    settings = rloo(beta=0.1, whiten_advantages=bool(shift))
    read = TokenReader(Role(start.model), 1.0)
    ours = RlooLoss(start, tmp_path, settings, read)
    ready = rollouts(read, torch.zeros(2, N), reference=reference)
    ready.old = read.logps(ready.laid)
    drift = ready.drift(ready.old)
    assert drift is not None
    advantages = ours.advantages(torch.tensor(REWARDS), drift.view(2, N))
    torch.testing.assert_close(advantages.flatten(), inputs["advantages"], rtol=1e-4, atol=1e-4)
    ready.advantages = advantages.flatten()
    ready.old = ready.old + shift
    lengths = inputs["completion_mask"].sum(1)
    inputs["old_logps"] = inputs["old_logps"] + shift * lengths
    seen, expected = ours(ready), trainer.compute_loss(start.model, inputs)
    assert float(seen.loss.detach()) / 6 == pytest.approx(
        float(expected.detach()), rel=1e-4, abs=1e-5
    )
    clipped = trainer._metrics["eval"]["clip_ratio/region_mean"][-1]
    assert seen.by_response["clip_fraction"] / 6 == pytest.approx(clipped)


def test_the_clipped_loss_by_hand(start: Any, tmp_path: Path) -> None:
    """Two tokens of ratio e^0.5 and e^-0.5: of an advantage above 0 the first is clipped."""
    read = TokenReader(Role(start.model), 1.0)
    laid = lay_out([[10, 11]], [[[20, 21]]], pad_id=0)
    old = read.logps(laid) - torch.tensor([0.5, -0.5])
    for advantage, expected in ((2.0, -2 * (1.2 + 0.60653)), (-2.0, 2 * (1.64872 + 0.8))):
        ready = Rollouts(laid, torch.tensor([advantage]), torch.tensor([True]), old=old)
        seen = GrpoLoss(start, tmp_path, grpo(update_epochs=2), read)(ready)
        assert float(seen.loss.detach()) == pytest.approx(expected, abs=1e-4)
        assert seen.by_token["clip_fraction"] == 1


def test_before_the_first_step_the_gradient_is_the_policy_gradient(
    start: Any, tmp_path: Path
) -> None:
    """With a ratio of 1 the loss is - sum of advantages, its gradient - A x grad log p."""
    read = TokenReader(Role(start.model), 1.0)
    advantages = torch.tensor([[1.0, -2.0, 0.5], [0.3, 0.2, -1.0]])
    ready = rollouts(read, advantages)
    seen = GrpoLoss(start, tmp_path, grpo(), read)(ready)
    lengths = ready.laid.lengths.float()
    assert float(seen.loss.detach()) == pytest.approx(
        -float((advantages.flatten() * lengths).sum())
    )
    assert seen.by_token["clip_fraction"] == 0
    weight = start.model.model.layers[0].mlp.up_proj.weight
    (found,) = torch.autograd.grad(seen.loss, weight)
    worth = advantages.flatten()[ready.laid.owners]
    (expected,) = torch.autograd.grad(-(worth * read(ready.laid)[0]).sum(), weight)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["dapo", "grpo", "dr_grpo"])
def test_a_step_is_the_same_in_one_forward_pass_and_in_two(
    loss: str, start: Any, reference: Any, tmp_path: Path
) -> None:
    read = TokenReader(Role(start.model), 1.0)
    ours = GrpoLoss(start, tmp_path, grpo(loss=loss, beta=0.1), read)
    advantages = ours.advantages(torch.tensor(REWARDS), None)
    whole = rollouts(read, advantages, reference=reference)
    halves = [
        rollouts(read, advantages, groups=slice(i, i + 1), reference=reference) for i in (0, 1)
    ]
    assert sum(map(ours.units, halves)) == ours.units(whole)
    seen, parts = ours(whole), [ours(half) for half in halves]
    torch.testing.assert_close(seen.loss, parts[0].loss + parts[1].loss, rtol=1e-4, atol=1e-5)
    for name, value in seen.by_response.items():
        assert value == pytest.approx(sum(part.by_response[name] for part in parts), rel=1e-3)


@pytest.mark.parametrize("kind", ["grpo", "rloo"])
def test_responses_that_do_not_count_teach_nothing(kind: str, start: Any, tmp_path: Path) -> None:
    read = TokenReader(Role(start.model), 1.0)
    config = grpo(loss="grpo", finished_only=True) if kind == "grpo" else rloo()
    ours = (GrpoLoss if kind == "grpo" else RlooLoss)(start, tmp_path, config, read)  # type: ignore[arg-type]
    kept = [True, True, True, False, True, True]
    gradients = []
    for worth in (1.0, 50.0):
        advantages = torch.tensor([[1.0, -1.0, 0.5], [worth, 0.2, -1.0]])
        ready = rollouts(read, advantages, counts=kept)
        ready.old = read.logps(ready.laid)
        weight = start.model.model.layers[0].mlp.up_proj.weight
        gradients.append(torch.autograd.grad(ours(ready).loss, weight)[0])
    assert ready.tokens == int(ready.laid.lengths.sum()) - 2
    torch.testing.assert_close(gradients[0], gradients[1])
