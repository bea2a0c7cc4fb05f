"""Rules and functions judge a round's responses by the known answers of its dataset."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports.records import PromptOnly
from training.trainers.config_fields import ConfigError
from training.trainers.configs import RaftConfig
from training.trainers.rounds.ruled_rewards import judged_by, ruled_rewards


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def asked(n: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"What is {n} and {n}?"}]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    rows = [
        PromptOnly(
            id=f"p{n}", task=f"p{n}", project="sums", kind="prompt", criterion="", language="en",
            tags=[], prompt=asked(n), reference=str(2 * n), response_sources=[], judgments=[],
            labeled_at=None, topic=None,
        ).as_row()
        for n in range(3)
    ]  # fmt: skip
    folder = tmp_path / "data" / PromptOnly.config
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=PromptOnly.schema), folder / "train.parquet")
    return folder.parent


def test_rules_and_functions_are_added_with_their_weights(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("ends_well")
    module.ended = lambda finished: [float(one) for one in finished]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ends_well", module)
    config = SimpleNamespace(
        dataset=str(dataset),
        rules="exact_answer=1, format=0.1",
        reward_function="ends_well:ended=0.5",
    )
    responses = {0: said(r"\boxed{2}"), 4: said("It is 2."), 5: said(r"\boxed{3}")}
    found = ruled_rewards(config, [(asked(1), responses), (asked(2), {7: said("5")})], cut={4})
    assert found == pytest.approx({0: 1.6, 4: 1.0, 5: 0.6, 7: 0.5})


def test_who_judged_is_said_in_words() -> None:
    config = SimpleNamespace(reward_model="rm", rules="json=1", reward_function="")
    assert judged_by(config) == "the reward model rm and the rules json=1"


def test_somebody_must_judge() -> None:
    given = {"dataset": "d", "model": "m"}
    assert RaftConfig.from_dict(given | {"rules": "format=1"}).reward_model == ""
    with pytest.raises(ConfigError, match="name what judges"):
        RaftConfig.from_dict(given)
    with pytest.raises(ConfigError, match="others is not"):
        RaftConfig.from_dict(given | {"rules": "format=1", "others": "x"})
