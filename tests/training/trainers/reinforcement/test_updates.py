"""How a step of PPO learns: repeated forward passes, global means, ptx, warm-up, and rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training.trainers.reinforcement.ppo_fixture import (
    Ready,
    answered,
    copied,
    read_with_advantages,
    ready,
    same,
    settings,
    updates_of,
)
from training.trainers.loop.processes import Processes
from training.trainers.reinforcement.experience import ReadPart, read_part
from training.trainers.reinforcement.ptx import PtxRow, PtxRows
from training.trainers.reinforcement.updates import NotFiniteError, Updates
from training.trainers.shared_prompt import hidden_states, inner_model, lay_out

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

ANSWERS = ([5, 6, 7, 2], [8, 2], [9, 10, 2], [11, 12, 13, 14, 2])
SCORES = [1.0, -1.0, 0.5, 2.0]


@pytest.fixture(scope="module")
def found(tiny: Path, pairs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    config = settings(
        pairs_dir, tiny, learning_rate=1e-2, update_epochs=1, minibatches=1, accumulation=2,
        max_grad_norm=0.0,
    )  # fmt: skip
    return ready(tmp_path_factory.mktemp("updates") / "run", config)


@pytest.fixture(autouse=True)
def restored(found: Ready) -> Any:
    """Every test begins with the same weights."""
    roles = found.cast.roles
    weights = {**roles.policy_weights, **roles.critic_weights}
    before = copied(weights)
    yield
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(before[name])


def experience(found: Ready, **changes: Any) -> list[ReadPart]:
    """Two parts of two responses each."""
    halves = [answered(found.prompts[0], *ANSWERS[:2]), answered(found.prompts[1], *ANSWERS[2:])]
    return read_with_advantages(found, halves, SCORES, **changes)


def learned(found: Ready, read: list[ReadPart | None], **changes: Any) -> dict[str, float]:
    return updates_of(found, replace(found.config, **changes)).learn(
        read, step=0, coefficient=0.1, warming_up=False
    )


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_line_1_the_first_pass_repeats_what_was_read(
    temperature: float, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    config = settings(pairs_dir, tiny, temperature=temperature, update_epochs=1, accumulation=2)
    found = ready(tmp_path / "run", config)
    figures = learned(found, [*experience(found)])
    assert figures["ratio_deviation"] < 1e-6
    assert figures["clip_fraction"] == 0
    assert figures["approx_kl"] == 0


def test_line_2_one_temperature_for_all_and_no_dropout(found: Ready) -> None:
    roles = replace(found.cast.roles, temperature=0.7)
    laid = found.start.rows(answered(found.prompts[0], *ANSWERS).rows)
    model = found.start.model
    with torch.no_grad():
        states = hidden_states(model, laid)[laid.sources]
        logits = inner_model(model).get_output_embeddings()(states) / 0.7
        expected = logits.log_softmax(-1).gather(1, laid.targets[:, None]).squeeze(1)
        assert torch.allclose(roles.logps(laid), expected, atol=1e-5)
        assert torch.equal(roles.logps(laid), roles.logps(laid))
        assert torch.equal(roles.logps(laid), roles.reference_logps(laid))
        assert torch.equal(roles.values(laid), roles.values(laid))


def test_line_3_padding_on_the_left_changes_no_log_probability(found: Ready) -> None:
    prompts = [found.prompts[0].prompt, found.prompts[1].prompt[-3:]]
    pad = found.start.tokenizer.pad_token_id
    roles = found.cast.roles
    groups = [[ANSWERS[0]], [ANSWERS[3]]]
    together = lay_out(prompts, groups, pad_id=pad, shared=False, padding_side="left")
    with torch.no_grad():
        read = roles.logps(together)
        alone = [
            roles.logps(lay_out([prompt], [group], pad_id=pad, shared=False))
            for prompt, group in zip(prompts, groups, strict=True)
        ]
    assert torch.allclose(read, torch.cat(alone), atol=1e-5)


def gradients(found: Ready, read: list[ReadPart | None], **changes: Any) -> dict[str, Tensor]:
    """What an optimiser step of all parts would go by."""
    config = replace(found.config, **changes)
    updates = updates_of(found, config)
    weights = {**found.cast.roles.policy_weights, **found.cast.roles.critic_weights}
    for weight in weights.values():
        weight.grad = None
    units = float(sum(len(part.logps) for part in read if part is not None))
    updates._ratios = []
    updates._gradients(read, units, 0.1, False)
    return {n: w.grad.clone() for n, w in weights.items() if w.grad is not None}


def test_line_14_the_loss_is_a_mean_over_tokens_whatever_the_forward_passes(
    found: Ready,
) -> None:
    short, long = [3], [4, 5, 6]
    prompt = found.prompts[0]

    def one_sided(part: ReadPart) -> Tensor:
        lengths = part.laid.lengths
        sides = torch.tensor([1.0 if n == 1 else -1.0 for n in lengths.tolist()])
        return sides[part.laid.owners]

    whole = read_with_advantages(
        found, [answered(prompt, short, long)], [0.0, 0.0], advantages=one_sided
    )
    parts = read_with_advantages(
        found, [answered(prompt, short), answered(prompt, long)], [0.0, 0.0], advantages=one_sided
    )
    assert learned(found, [*whole])["policy_loss"] == pytest.approx(0.5)
    for weight in found.cast.roles.policy_weights.values():
        weight.grad = None
    one, two = gradients(found, [*whole]), gradients(found, [*parts])
    assert one.keys() == two.keys()
    for name, gradient in one.items():
        assert torch.allclose(gradient, two[name], atol=1e-6), name


def ptx_rows(found: Ready) -> PtxRows:
    row = PtxRow(found.prompts[2].prompt, [[20, 21, 22, 2]])
    return PtxRows([row, row], found.start.rows, found.config)


def policy_gradient(found: Ready, coefficient: float, ptx: PtxRows | None) -> dict[str, Tensor]:
    config = replace(found.config, ptx_coefficient=coefficient)
    updates = Updates(found.cast.roles, config, Processes(), ptx)
    weights = found.cast.roles.policy_weights
    for weight in weights.values():
        weight.grad = None
    read = experience(found)
    updates._ratios = []
    updates._gradients(read, 14.0, 0.1, False)
    if ptx is not None:
        updates._ptx_gradient(ptx, 0, 0)
    return {n: w.grad.clone() for n, w in weights.items() if w.grad is not None}


def test_line_15_ptx_adds_its_own_gradient(found: Ready) -> None:
    plain, mixed = policy_gradient(found, 0.0, None), policy_gradient(found, 0.3, ptx_rows(found))
    weights = found.cast.roles.policy_weights
    for weight in weights.values():
        weight.grad = None
    laid = ptx_rows(found).lay_out(ptx_rows(found).rows(0, 0))
    (-found.cast.roles.logps(laid).mean()).backward()  # type: ignore[no-untyped-call]
    for name, gradient in mixed.items():
        own = weights[name].grad
        assert own is not None
        assert torch.allclose(gradient, plain[name] + 0.3 * own, atol=1e-6), name


def test_line_15_a_coefficient_of_0_changes_no_bit(found: Ready) -> None:
    plain, mixed = policy_gradient(found, 0.0, None), policy_gradient(found, 0.0, ptx_rows(found))
    assert same(plain, mixed)


def test_line_18_warming_up_leaves_the_policy_as_it_is(found: Ready) -> None:
    roles = found.cast.roles
    policy, critic = copied(roles.policy_weights), copied(roles.critic_weights)
    updates_of(found).learn(experience(found), step=0, coefficient=0.1, warming_up=True)
    assert same(policy, copied(roles.policy_weights))
    assert not same(critic, copied(roles.critic_weights))


def test_line_18_the_policy_rests_once_it_has_moved_far_enough(found: Ready) -> None:
    roles = found.cast.roles
    once, read = replace(found.config, update_epochs=1), experience(found)
    before = copied(roles.policy_weights)
    updates_of(found, once).learn(read, step=0, coefficient=0.1, warming_up=False)
    after_one = copied(roles.policy_weights)
    with torch.no_grad():
        for name, weight in roles.policy_weights.items():
            weight.copy_(before[name])
    several = replace(found.config, update_epochs=5, target_kl=1e-9)
    figures = updates_of(found, several).learn(read, step=0, coefficient=0.1, warming_up=False)
    assert same(after_one, copied(roles.policy_weights))
    assert figures["approx_kl"] > 1e-9


@pytest.mark.parametrize("divergence", ["reverse_kl", "js"])
def test_whole_distributions_pull_at_once(
    divergence: str, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    config = settings(pairs_dir, tiny, divergence=divergence, max_grad_norm=0.0)
    found = ready(tmp_path / "run", config)
    roles = found.cast.roles
    with torch.no_grad():
        for name, weight in roles.policy_weights.items():
            weight.add_(
                0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1))
            )
            assert "lora" in name
    part = answered(found.prompts[0], *ANSWERS)
    before = read_part(part, roles, config)
    assert float(before.divergence.mean()) > 0
    read = read_with_advantages(
        found, [part], SCORES, advantages=lambda one: torch.zeros_like(one.logps)
    )
    updates = updates_of(found, replace(config, learning_rate=1e-3, update_epochs=10))
    updates.learn([*read], step=0, coefficient=1.0, warming_up=False)
    assert float(read_part(part, roles, config).divergence.mean()) < float(before.divergence.mean())


def test_what_is_no_number_changes_nothing(found: Ready) -> None:
    read = experience(found, advantages=lambda part: torch.full_like(part.logps, float("nan")))
    roles = found.cast.roles
    policy, critic = copied(roles.policy_weights), copied(roles.critic_weights)
    with pytest.raises(NotFiniteError, match="policy_loss became nan"):
        learned(found, [*read])
    assert same(policy, copied(roles.policy_weights))
    assert same(critic, copied(roles.critic_weights))
