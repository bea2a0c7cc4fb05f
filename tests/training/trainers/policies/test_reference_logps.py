"""Reference values are known by their tokens and come back from disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from training.trainers.config_fields import ConfigError
from training.trainers.data.record_datasets import Example
from training.trainers.policies.reference_logps import ReferenceLogps


def example(*responses: list[int]) -> Example:
    return Example(
        id="x", cluster="x", prompt=[1, 2], responses=list(responses), chars=[1] * len(responses),
        comparisons=[], messages=[],
    )  # fmt: skip


def test_values_come_back_in_any_batch(tmp_path: Path) -> None:
    one, two = example([3], [4, 5]), example([6], [7], [8])
    kept = ReferenceLogps(tmp_path / "r.safetensors")
    assert not kept.read([one])
    kept.add([one, two], torch.tensor([-1.0, -2.0, -3.0, -4.0, -5.0]))
    kept.write()
    again = ReferenceLogps(tmp_path / "r.safetensors")
    assert again.read([one, two])
    assert again.of([two, one]).tolist() == [-3.0, -4.0, -5.0, -1.0, -2.0]


def test_other_tokens_are_never_given_old_values(tmp_path: Path) -> None:
    kept = ReferenceLogps(tmp_path / "r.safetensors")
    kept.add([example([3, 4])], torch.tensor([-1.0]))
    kept.write()
    with pytest.raises(ConfigError, match="lacks examples of this dataset"):
        kept.read([example([3], [4])])


def test_values_of_another_policy_are_never_taken(tmp_path: Path) -> None:
    path, one = tmp_path / "r.safetensors", example([3, 4])
    kept = ReferenceLogps(path, reference="somewhere")
    kept.add([one], torch.tensor([-1.0]))
    kept.write()
    assert ReferenceLogps(path, reference="somewhere").read([one])
    with pytest.raises(ConfigError, match=r"reference_model is '', but .* under 'somewhere'"):
        ReferenceLogps(path).read([one])


def test_what_is_forgotten_is_not_kept(tmp_path: Path) -> None:
    kept = ReferenceLogps(tmp_path / "r.safetensors")
    kept.add([example([3, 4])], torch.tensor([-1.0]))
    kept.clear()
    kept.add([example([5])], torch.tensor([-2.0]))
    kept.write()
    with pytest.raises(ConfigError, match="lacks"):
        ReferenceLogps(kept.path).read([example([3, 4])])
