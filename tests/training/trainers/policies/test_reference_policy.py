"""The reference is the run's own start, or the policy that its settings name, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import PreferenceConfig
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start, start_run
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_loading import load_policy
from training.trainers.models.tiny_model import make_tiny_model
from training.trainers.policies.reference_policy import ReferencePolicy
from training.trainers.shared_prompt import response_logps, token_logps

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def other(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with other weights."""
    folder = tmp_path_factory.mktemp("models") / "other"
    loaded = load_policy(str(tiny))
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    loaded.model.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
    return folder


def started(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any, Start]:
    values = {"dataset": str(dataset), "model": str(model), "threads": 1, "max_steps": 1}
    config = PreferenceConfig.from_dict(values | changes)
    run = RunDir(path)
    run.create(config.as_dict())
    return run, config, start_run(run, config, reward=False)


def move(model: Any) -> None:
    """Change everything that learns, as steps would."""
    torch.manual_seed(6)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))


def test_kept_values_are_those_with_the_adapters_off(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config, start = started(tmp_path / "run", pairs_dir, tiny)
    off_settings = PreferenceConfig.from_dict(config.as_dict() | {"reference": "adapters_off"})
    batch = start.train[:5]
    kept = ReferencePolicy(run, start, config)
    kept.compute([batch], StopWatch(run))
    move(start.model)
    laid = start.rows(batch)
    off = ReferencePolicy(run, start, off_settings).logps(batch, laid)
    assert torch.equal(kept.logps(batch, laid), off)
    with torch.no_grad():
        on = response_logps(start.model, laid)
    assert (on - off).abs().max() > 1e-3
    assert all(p.requires_grad for n, p in start.model.named_parameters() if "lora" in n)
    with kept.scorer(is_start=False) as scorer:
        by_token = scorer(token_logps, laid)
    summed = torch.zeros(len(off)).index_add(0, laid.owners, by_token)
    torch.testing.assert_close(summed, off)


def test_weights_that_have_moved_are_loaded_again_to_be_the_reference(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config, start = started(tmp_path / "run", pairs_dir, tiny, tuning="full")
    reference = ReferencePolicy(run, start, config)
    laid = start.rows(start.train[:5])
    with reference.scorer(is_start=True) as scorer:
        assert scorer.model is start.model
        before = scorer(response_logps, laid)
    move(start.model)
    with reference.scorer(is_start=False) as scorer:
        assert scorer.model is not start.model
        torch.testing.assert_close(scorer(response_logps, laid), before)


def test_another_policy_may_be_the_reference(
    tiny: Path, other: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config, start = started(tmp_path / "run", pairs_dir, tiny, reference_model=str(other))
    batch = start.train[:5]
    reference = ReferencePolicy(run, start, config)
    reference.stand_in(start.train[5:8])
    reference.compute([batch], StopWatch(run))
    reference.check_start(batch)  # another one on purpose
    laid = start.rows(batch)
    with torch.no_grad():
        expected = response_logps(load_policy(str(other)).model, laid)
    torch.testing.assert_close(reference.logps(batch, laid), expected)
    again = ReferencePolicy(run, start, config)
    again.compute([batch], StopWatch(run))
    assert torch.equal(again.logps(batch, laid), reference.logps(batch, laid))
    with pytest.raises(ConfigError, match="lacks examples"):
        again.kept.read(start.train[5:8])


def test_a_reference_with_another_tokenizer_is_refused(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    strange = make_tiny_model(
        tmp_path / "strange", ["Quite other words."] * 9, hidden_size=32, layers=1, vocab_size=280
    )
    run, config, start = started(tmp_path / "run", pairs_dir, tiny, reference_model=str(strange))
    with pytest.raises(ModelError, match="different tokenizers"):
        ReferencePolicy(run, start, config)


@pytest.mark.parametrize("reference", ["kept", "adapters_off"])
def test_a_policy_that_does_not_start_from_its_reference_is_refused(
    reference: str, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config, start = started(tmp_path / "run", pairs_dir, tiny, reference=reference)
    batch = start.train[:5]
    policy = ReferencePolicy(run, start, config)
    policy.compute([batch], StopWatch(run))
    policy.check_start(batch)
    move(start.model)
    with pytest.raises(ConfigError, match="does not start from its reference"):
        policy.check_start(batch)
