"""Roles on one backbone: which adapter is in place, what never changes, and where critics begin."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.trainers.reinforcement.ppo_fixture import (
    Ready,
    answered,
    copied,
    read_with_advantages,
    ready,
    settings,
    trained_judge,
    updates_of,
)
from tests.training.trainers.short_model import make_short_model
from training.trainers.models.model_loading import load_reward_model, resolve_model
from training.trainers.reinforcement.experience import read_part
from training.trainers.reinforcement.one_backbone import same_layers
from training.trainers.shared_prompt import (
    Rows,
    SharedBatch,
    inner_model,
    response_scores,
    token_logps,
)

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def judge(tiny: Path, pairs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_judge(tmp_path_factory.mktemp("judges") / "judge", pairs_dir, tiny)


@pytest.fixture(scope="module")
def judged(
    judge: Path, tiny: Path, pairs_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Ready:
    """A policy whose reward model stands on its backbone."""
    config = settings(pairs_dir, tiny, reward_model=str(judge))
    return ready(tmp_path_factory.mktemp("judged") / "run", config)


def laid_of(found: Ready, *responses: list[int]) -> SharedBatch:
    return found.start.rows(answered(found.prompts[0], *responses).rows)


def test_line_8_the_kl_at_the_start_is_exactly_0(judged: Ready) -> None:
    some = answered(judged.prompts[0], [5, 6, 2], [7, 2])
    part = read_part(some, judged.cast.roles, judged.config)
    assert torch.equal(part.log_ratio, torch.zeros(5))


@pytest.mark.parametrize("frozen", ["device", "cpu"])
def test_line_8_the_kl_at_the_start_is_0_for_separate_models_too(
    frozen: str, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    config = settings(pairs_dir, tiny, tuning="full", frozen_models=frozen)
    found = ready(tmp_path / "run", config)
    part = read_part(answered(found.prompts[0], [5, 6, 2]), found.cast.roles, config)
    assert torch.equal(part.log_ratio, torch.zeros(3))


def test_line_18_the_critic_begins_as_the_reward_model(judged: Ready, judge: Path) -> None:
    laid = laid_of(judged, [5, 6, 2], [7, 2])
    roles = judged.cast.roles
    assert roles.critic_is_judge
    backbone = judged.cast.backbone
    assert backbone is not None
    scorer = backbone.reward_scorer(str(judge), "")
    assert scorer is not None
    prompt = judged.prompts[0].prompt
    scores = scorer([prompt, prompt], [[5, 6, 2], [7, 2]])
    loaded = load_reward_model(str(judge), new_head=False)
    rows = Rows(loaded.model, pad_id=loaded.tokenizer.pad_token_id, shared=False)
    with torch.no_grad():
        ends = roles.critic.readings(laid, laid.ends)
        alone = response_scores(
            loaded.model, rows(answered(judged.prompts[0], [5, 6, 2], [7, 2]).rows)
        )
    assert float(scores.abs().max()) > 1e-3
    assert torch.equal(ends, scores)
    assert torch.allclose(scores, alone, atol=1e-5)


def test_line_18_without_a_reward_model_the_critic_begins_at_0(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    found = ready(tmp_path / "run", settings(pairs_dir, tiny))
    with torch.no_grad():
        assert torch.equal(found.cast.roles.values(laid_of(found, [5, 2])), torch.zeros(2))


def test_a_critic_begun_as_asked_stays_apart_from_the_judge(judged: Ready) -> None:
    roles, model = judged.cast.roles, judged.start.model
    names = {name: p for name, p in model.named_parameters() if ".reward" in name}
    assert names
    assert not any(p.requires_grad for p in names.values())
    assert all(p.requires_grad for p in roles.critic_weights.values())


def test_line_19_learning_changes_policy_and_critic_and_nothing_else(judged: Ready) -> None:
    roles = judged.cast.roles
    model, laid = judged.start.model, laid_of(judged, [5, 6, 2])
    with torch.no_grad(), model.disable_adapter():
        # PEFT marks the critic's adapter as one that does not learn when this ends.
        bare = token_logps(model, laid)
    everything = dict(model.named_parameters())
    before, heads = copied(everything), copied(roles.critic_weights)
    parts = [answered(judged.prompts[0], [5, 6, 2], [7, 2])]
    read = read_with_advantages(judged, parts, [1.0, -1.0])
    for _ in range(2):
        updates_of(judged).learn(read, step=0, coefficient=0.1, warming_up=False)
    learning = {*roles.policy_weights, *roles.critic_weights}
    changed = {n for n, w in everything.items() if not torch.equal(w, before[n])}
    assert changed == learning - {"score.weight"}
    assert not torch.equal(heads["score.weight"], roles.critic.head.weight)
    assert torch.equal(roles.reference_logps(laid), bare)
    with torch.no_grad():
        assert not torch.equal(roles.logps(laid), bare)


def test_a_role_is_over_when_it_has_played(judged: Ready) -> None:
    laid = laid_of(judged, [5, 6, 2])
    with torch.no_grad():
        before = token_logps(judged.start.model, laid)
        with judged.cast.roles.critic.playing(), pytest.raises(RuntimeError, match="broken"):
            raise RuntimeError("broken")
        assert torch.equal(token_logps(judged.start.model, laid), before)


def test_adapters_of_a_judge_on_more_layers_do_not_speak_for_the_policy(
    judge: Path, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    config = settings(pairs_dir, tiny, reward_model=str(judge), lora_targets="q_proj")
    found = ready(tmp_path / "run", config)
    laid = laid_of(found, [5, 6, 2])
    with torch.no_grad():
        written = token_logps(found.start.model, laid)
    assert torch.equal(written, found.cast.roles.reference_logps(laid))


def test_a_judge_on_another_base_needs_a_model_of_its_own(
    judged: Ready, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    backbone = judged.cast.backbone
    assert backbone is not None
    other = make_short_model(tiny, tmp_path / "other", 256)
    elsewhere = trained_judge(tmp_path / "judge", pairs_dir, other, max_length=200)
    assert backbone.join(str(elsewhere), "") is None
    whole = trained_judge(tmp_path / "whole", pairs_dir, tiny, tuning="full")
    assert backbone.join(str(whole), "") is None


def test_bases_are_compared_by_their_weights(judge: Path, tiny: Path, tmp_path: Path) -> None:
    loaded = load_reward_model(str(tiny), new_head=True)
    loaded.model.save_pretrained(tmp_path / "same")
    assert same_layers(str(tiny), str(tmp_path / "same"))
    with torch.no_grad():
        inner_model(loaded.model).get_input_embeddings().weight[0, 0] += 1e-3
    loaded.model.save_pretrained(tmp_path / "other")
    assert not same_layers(str(tiny), str(tmp_path / "other"))
    assert not same_layers(str(tiny), "somebody/model")
    assert resolve_model(str(judge)) != str(judge)
