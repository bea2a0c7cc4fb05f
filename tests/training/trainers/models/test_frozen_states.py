"""The frozen layers are computed once, kept in the run, and change no number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from tests.training.trainers.shared_prompt.small_models import CONFIGS, made, prepared
from training.durable_files import read_object, write_json
from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.loop.processes import FollowedRun
from training.trainers.models import frozen_states
from training.trainers.models.frozen_states import keep_frozen_part
from training.trainers.models.states_file import FILE, remove_states
from training.trainers.reward_model import train_reward_model
from training.trainers.shared_prompt import Rows, response_logps, why_not_shared
from training.trainers.shared_prompt.reading import layers_of


@dataclass
class Item:
    prompt: list[int]
    responses: list[list[int]]


ITEMS = [
    Item(list(range(10, 10 + n)), [list(range(40, 42 + n)), list(range(60, 66))])
    for n in (5, 9, 3, 7)
]


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path / "run")
    run.create({})
    write_json(run.path / "data_report.json", {"records": "preference"})
    return run


@pytest.fixture
def stop(run: RunDir) -> StopWatch:
    return StopWatch(run)


def frozen(name: str, tuning: str, fraction: float = 0.67) -> Any:
    model = prepared(made(name), tuning=tuning, freeze_fraction=fraction)
    why_not_shared(model, 20)
    return model


def keep(run: RunDir, rows: Rows, stop: StopWatch, *, items: Any = ITEMS) -> dict[str, Any]:
    keep_frozen_part(run, rows, items, freeze_fraction=0.67, stop=stop)
    report = read_object(run.path / "data_report.json")
    assert report is not None
    assert report["records"] == "preference"
    part: dict[str, Any] = report["frozen_part"]
    return part


def gradients(model: Any, rows: Rows) -> dict[str, Any]:
    model.zero_grad()
    response_logps(model, rows(ITEMS[:3])).sum().backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("tuning", ["lora", "full"])
@pytest.mark.parametrize("name", CONFIGS)
def test_numbers_and_gradients_stay_the_same(
    name: str, tuning: str, run: RunDir, stop: StopWatch
) -> None:
    model = frozen(name, tuning)
    rows = Rows(model, pad_id=3, shared=True)
    expected = gradients(model, rows)
    about = keep(run, rows, stop)
    assert about == {"frozen_layers": 2, "frozen_bytes": 80 * 32 * 4, "why_not_kept": None}
    called: list[int] = []
    for number, layer in enumerate(layers_of(model)):
        next(layer.children()).register_forward_hook(lambda *_, n=number: called.append(n))
    for key, gradient in gradients(model, rows).items():
        torch.testing.assert_close(gradient, expected[key], atol=1e-5, rtol=1e-5)
    assert called == [2]


def test_a_second_start_takes_what_is_there(run: RunDir, stop: StopWatch) -> None:
    rows = Rows(frozen("llama", "full"), pad_id=3, shared=True)
    keep(run, rows, stop)
    written = (run.path / FILE).stat().st_mtime_ns
    with safe_open(run.path / FILE, framework="pt") as kept:
        assert kept.get_tensor("states").shape == (80, 32)
    again = frozen("llama", "full")
    with torch.no_grad():
        again.model.layers[2].mlp.up_proj.weight.add_(1)  # what learns has moved on
    keep(run, Rows(again, pad_id=3, shared=True), stop, items=[*ITEMS, ITEMS[0]])
    assert (run.path / FILE).stat().st_mtime_ns == written


@pytest.mark.parametrize("change", ["tokens", "weights"])
def test_other_tokens_or_frozen_weights_are_computed_anew(
    change: str, run: RunDir, stop: StopWatch
) -> None:
    keep(run, Rows(frozen("llama", "full"), pad_id=3, shared=True), stop)
    before = (run.path / FILE).read_bytes()
    model = frozen("llama", "full")
    items = ITEMS
    if change == "tokens":
        items = [*ITEMS[:3], Item([20, 21, 22, 23, 24, 25, 26], ITEMS[3].responses)]
    else:
        with torch.no_grad():
            model.model.layers[0].mlp.up_proj.weight.add_(1)
    keep(run, Rows(model, pad_id=3, shared=True), stop, items=items)
    assert (run.path / FILE).read_bytes() != before


def test_examples_that_are_not_kept_are_computed(run: RunDir, stop: StopWatch) -> None:
    rows = Rows(frozen("llama", "lora"), pad_id=3, shared=True)
    keep(run, rows, stop, items=ITEMS[:2])
    assert rows(ITEMS[:2]).lower is not None
    assert rows(ITEMS[1:3]).lower is None


def test_without_sharing_it_is_the_same(run: RunDir, stop: StopWatch) -> None:
    model = frozen("gpt2", "lora")
    rows = Rows(model, pad_id=3, shared=False)
    expected = gradients(model, rows)
    assert keep(run, rows, stop)["why_not_kept"] is None
    for key, gradient in gradients(model, rows).items():
        torch.testing.assert_close(gradient, expected[key], atol=1e-5, rtol=1e-5)


def test_what_is_too_large_is_said_and_computed(
    run: RunDir, stop: StopWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows(frozen("llama", "lora"), pad_id=3, shared=True)
    monkeypatch.setattr(frozen_states, "LARGEST", 10)
    assert "more than 1e-08" in keep(run, rows, stop)["why_not_kept"]
    monkeypatch.undo()
    monkeypatch.setattr(frozen_states, "ROOM_LEFT", 2**60)
    assert "the disk has no room" in keep(run, rows, stop)["why_not_kept"]
    assert rows.lower is None
    assert not (run.path / FILE).exists()


def test_a_disk_that_fills_up_leaves_nothing_behind(
    run: RunDir, stop: StopWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_self: Any, file: Any, *_: Any) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(frozen_states._Kept, "_write", half)
    rows = Rows(frozen("llama", "lora"), pad_id=3, shared=True)
    assert "No space left" in keep(run, rows, stop)["why_not_kept"]
    assert rows.lower is None
    assert not list(run.path.glob("*frozen_states*"))


def test_a_stop_is_heeded_and_leaves_nothing_behind(run: RunDir, stop: StopWatch) -> None:
    rows = Rows(frozen("llama", "lora"), pad_id=3, shared=True)
    run.request_stop()
    with pytest.raises(StopTraining):
        keep(run, rows, stop)
    assert not list(run.path.glob("*frozen_states*"))


def test_what_a_kill_left_is_removed_at_the_next_start(run: RunDir, stop: StopWatch) -> None:
    left = run.path / f".writing-12345-{FILE}"
    left.write_bytes(b"half of it")
    rows = Rows(frozen("llama", "lora", 0.0), pad_id=3, shared=True)
    keep_frozen_part(FollowedRun(run.path), rows, ITEMS, freeze_fraction=0.0, stop=stop)
    assert left.exists()  # the leading process alone knows that nobody writes
    keep_frozen_part(run, rows, ITEMS, freeze_fraction=0.0, stop=stop)
    assert not left.exists()


def test_a_run_that_is_done_keeps_no_states(run: RunDir, stop: StopWatch) -> None:
    keep(run, Rows(frozen("llama", "full"), pad_id=3, shared=True), stop)
    member = run.path / "members" / "2"
    member.mkdir(parents=True)
    os.link(run.path / FILE, member / FILE)
    remove_states(run)
    assert not list(run.path.rglob("*frozen_states*"))
    assert (run.path / "data_report.json").is_file()


def test_layers_with_adapters_below_are_not_kept(run: RunDir, stop: StopWatch) -> None:
    rows = Rows(frozen("llama", "lora", 0.0), pad_id=3, shared=True)
    assert keep(run, rows, stop)["why_not_kept"] == "something below the frozen layers learns"


def test_a_check_says_how_large_they_would_be(run: RunDir) -> None:
    rows = Rows(frozen("llama", "lora"), pad_id=3, shared=True)
    about = keep(run, rows, StopWatch(run, check_only=True))
    assert about["frozen_bytes"] == 80 * 32 * 4
    assert rows.lower is None
    assert not (run.path / FILE).exists()


def test_nothing_frozen_is_nothing_kept(run: RunDir, stop: StopWatch) -> None:
    rows = Rows(frozen("llama", "lora", 0.0), pad_id=3, shared=True)
    keep_frozen_part(run, rows, ITEMS, freeze_fraction=0.0, stop=stop)
    assert "frozen_part" not in (read_object(run.path / "data_report.json") or {})


class AfterTwoSteps(StopWatch):
    """Somebody cancels the run after its second step."""

    def state(self) -> str | None:
        lines = self.run.read_progress()[0]
        done = any(line["phase"] == "training" and line["step"] == 2 for line in lines)
        return "cancelled" if done else None


def weights_after_four_steps(
    path: Path, dataset: Path, model: Path, *, stop: type[StopWatch] = StopWatch, **changes: Any
) -> dict[str, Tensor]:
    values = {
        "dataset": str(dataset), "model": str(model), "tuning": "full", "freeze_fraction": 0.5,
        "max_steps": 4, "batch_size": 4, "evaluate_every": 2, "threads": 1,
    }  # fmt: skip
    run, config = RunDir(path), RewardModelConfig.from_dict(values | changes)
    run.create(config.as_dict())
    if stop is not StopWatch:
        assert train_reward_model(run, config, stop(run))["state"] == "cancelled"
    assert train_reward_model(run, config, StopWatch(run))["state"] == "done"
    checkpoint = run.latest_checkpoint()
    assert checkpoint is not None
    assert checkpoint.step == 4
    return load_file(checkpoint.path / "model.safetensors")


def test_a_run_goes_on_to_the_same_bits(tmp_path: Path, rankings_dir: Path, tiny: Path) -> None:
    through = weights_after_four_steps(tmp_path / "through", rankings_dir, tiny)
    assert (tmp_path / "through" / FILE).is_file()
    resumed = weights_after_four_steps(tmp_path / "resumed", rankings_dir, tiny, stop=AfterTwoSteps)
    leaner = weights_after_four_steps(
        tmp_path / "leaner", rankings_dir, tiny, gradient_checkpointing=True
    )
    assert through.keys() == resumed.keys() == leaner.keys()
    for name, weight in through.items():
        assert torch.equal(weight, resumed[name]), name
        assert torch.equal(weight, leaner[name]), name


def test_a_run_without_the_file_learns_the_same(
    tmp_path: Path, rankings_dir: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = weights_after_four_steps(tmp_path / "kept", rankings_dir, tiny)
    monkeypatch.setattr(frozen_states, "LARGEST", 0)
    computed = weights_after_four_steps(tmp_path / "computed", rankings_dir, tiny)
    assert not (tmp_path / "computed" / FILE).exists()
    for name, weight in kept.items():
        torch.testing.assert_close(weight, computed[name], atol=1e-5, rtol=1e-4)
