"""What a policy writes is measured against a reference: KL, length, diversity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from training.trainers.evaluation.policy_figures import Written, policy_figures, written_figures
from training.trainers.models.model_loading import load_policy
from training.trainers.shared_prompt import token_logps

PROMPTS = [[5, 6, 7], [8, 9], [4, 10, 11, 12]]


@pytest.fixture(scope="module")
def loaded(tiny: Path) -> Any:
    return load_policy(str(tiny))


def figures(loaded: Any, reference: Any, **changes: Any) -> dict[str, Any]:
    settings = {"n": 3, "max_new_tokens": 6, "seed": 1, "batch_size": 2} | changes
    return policy_figures(loaded.model, loaded.tokenizer, PROMPTS, reference, **settings)


def test_a_policy_is_no_distance_from_itself_and_some_from_another(loaded: Any, tiny: Path) -> None:
    own = figures(loaded, lambda laid: token_logps(loaded.model, laid))
    assert own["kl_k1"]["value"] == pytest.approx(0, abs=1e-6)
    assert own["kl_k3"]["high"] == pytest.approx(0, abs=1e-6)
    moved = load_policy(str(tiny)).model
    with torch.no_grad():
        moved.model.norm.weight.mul_(6.0)
    far = figures(loaded, lambda laid: token_logps(moved, laid))
    assert far["kl_k3"]["low"] > 0.01
    assert far["response_tokens"] <= 6
    assert far["kl_per_token"]["value"] == pytest.approx(
        far["kl_k3"]["value"] / far["response_tokens"]
    )


def test_the_estimate_is_the_mean_log_ratio_of_what_was_written(loaded: Any) -> None:
    shifted = figures(loaded, lambda laid: token_logps(loaded.model, laid) - 0.25)
    assert shifted["kl_k1"]["value"] == pytest.approx(0.25 * shifted["response_tokens"], rel=1e-5)


def test_the_same_seed_writes_the_same_whatever_the_batch(loaded: Any) -> None:
    assert figures(loaded, None) == figures(loaded, None, batch_size=3)
    assert figures(loaded, None) != figures(loaded, None, seed=2)
    assert "kl_k1" not in figures(loaded, None)


def test_figures_of_known_texts() -> None:
    written = [
        Written(prompt=[1], responses=[[2, 3], [4]], texts=["tea now", "tea now"], finished=1),
        Written(prompt=[1], responses=[[5], [6, 7, 8, 9]], texts=["rain", "song"], finished=2),
    ]
    found = written_figures(written, torch.tensor([1.0, 0, 0, 0, 0, 0, 0, 1.0]))
    assert (found["response_tokens"], found["finished"]) == (2.0, 0.75)
    assert found["distinct_1"] == 4 / 6
    assert found["distinct_2"] == 1 / 2
    assert found["distinct_3"] is None
    assert found["self_bleu"] == pytest.approx((1.0 + 0.1) / 2)
    assert found["kl_k1"]["value"] == 0.5
