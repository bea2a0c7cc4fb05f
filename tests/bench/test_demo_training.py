"""The demo's second half: what it asks of the API and how honestly it words the answers."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, cast

import pytest

from bench import demo_training
from bench.demo_data import DemoData
from bench.demo_display import NO_BETTER, Display, Stage
from bench.demo_labeling import Work
from bench.demo_plans import FAST, FULL, Plan
from bench.planted_truth import quality
from bench.visitor import Visitor
from training.trainers.catalog import TRAINERS

ACCURACY = {
    "held_out_accuracy": 0.6,
    "held_out_accuracy_low": 0.45,
    "held_out_accuracy_high": 0.75,
    "held_out_accuracy_longer": 0.4,
    "held_out_accuracy_shorter": 0.6,
    "held_out_accuracy_first": 0.5,
    "held_out_pairs": 120,
    "held_out_prompts": 20,
}


class Admin:
    """The run addresses of the API; every run is done when it is first looked at."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        return {"uid": f"run{len(self.asked)}", "name": body["name"]}

    def get(self, path: str) -> dict[str, Any]:
        if path.endswith("progress/"):
            rows = [(-50.0, -60.0), (-40.0, -70.0)]
            metrics = [{"held_out_logp_chosen": a, "held_out_logp_rejected": b} for a, b in rows]
            return {"records": [{"phase": "loading"}, *({"metrics": m} for m in metrics)]}
        uid = path.split("/")[1]
        asked = self.asked[int(uid.removeprefix("run")) - 1]
        result = {"metrics": {"responses": 4, "prompts": 2, "mean_tokens": 8.0, "finished": 1.0}}
        times = {"started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:01:30Z"}
        at = {"state": "done", "step": 1, "total_steps": 1, "phase": "", "metrics": ACCURACY}
        return {**at, **times, "uid": uid, "name": asked["name"], "result": result}

    def get_all(self, path: str) -> list[dict[str, Any]]:
        run = path.split("/")[1]
        return [
            {"uid": f"{run}-last", "available": True, "is_best": False},
            {"uid": f"{run}-best", "available": True, "is_best": True},
        ]


def work_with(plan: Plan, folder: Path) -> tuple[Work, Admin]:
    admin = Admin()
    data = DemoData("none", [], 0, "")
    visitor = cast(Visitor, admin)
    return Work(visitor, plan, data, Display(io.StringIO()), folder, seed=7), admin


@pytest.mark.parametrize("plan", [FAST, FULL])
def test_every_setting_is_one_that_its_trainer_takes(plan: Plan) -> None:
    given = {"reward_model": [plan.reward_model], "dpo": [plan.dpo], "generate": [plan.generate]}
    if plan.imitation:
        given["dpo"].append(plan.imitation)
    for trainer, several in given.items():
        for settings in several:
            TRAINERS[trainer].config.from_dict({**settings, "model": "m/m", "dataset": "d"})


def test_a_tiny_model_learns_to_write_before_dpo(tmp_path: Path) -> None:
    work, admin = work_with(FAST, tmp_path)
    imitation = demo_training.ask_imitation(work, "snap")
    assert imitation is not None
    demo_training.show_imitation(work, imitation)
    trained = demo_training.train_policy(work, "snap", imitation)
    first, second = admin.asked
    assert first["config"]["model"] == "tiny"
    assert "parent" not in first
    assert second["parent"] == "run1-best"
    assert "model" not in second["config"]
    assert trained["parent_run"] == "Imitation"
    logps = {each.name: each.value for each in work.display.stages[-1].figures}
    assert logps["log p of chosen, held out"] == "-50.0 to -40.0"
    assert logps["log p of rejected, held out"] == "-60.0 to -70.0"


def test_the_default_model_is_the_old_one_itself(tmp_path: Path) -> None:
    work, admin = work_with(FULL, tmp_path)
    imitation = demo_training.ask_imitation(work, "snap")
    assert imitation is None
    trained = demo_training.train_policy(work, "snap", imitation)
    demo_training.generate(work, "snap", "old model", imitation)
    demo_training.generate(work, "snap", "new model", trained)
    _dpo, old, new = admin.asked
    assert old["config"]["model"] == FULL.model
    assert new["parent"] == "run1-best"
    assert {old["config"]["split"], new["config"]["split"]} == {"test"}


def test_an_interval_with_half_in_it_is_called_chance(tmp_path: Path) -> None:
    work, _admin = work_with(FAST, tmp_path)
    demo_training.show_reward_model(work, demo_training.ask_reward_model(work, "snap"))
    right, baselines, took = work.display.stages[-1].figures
    assert right.value == "60.0% (45.0 to 75.0)"
    assert right.beside == f"{NO_BETTER}; 120 pairs of 20 prompts"
    assert baselines.value == "longer 40.0%"
    assert took.value == "90 s"


@pytest.mark.parametrize("new_is_a", [True, False])
def test_the_win_rate_is_the_new_models(new_is_a: bool) -> None:
    stage = Stage("Win rate")
    names = ("DPO @ step-9", "base") if new_is_a else ("base", "DPO @ step-9")
    figures = (0.75, 0.55, 0.9, 15, 5) if new_is_a else (0.25, 0.1, 0.45, 5, 15)
    rate = dict(zip(("rate", "low", "high", "wins_a", "wins_b"), figures, strict=True))
    demo_training._add_win_rate(
        stage, {"source_a": names[0], "source_b": names[1], "ties": 0, **rate}, "DPO"
    )
    (told,) = stage.figures
    assert told.value == "75.0% (55.0 to 90.0)"
    assert told.beside == "better than chance; 15 won, 5 lost, 0 tied"


def test_generated_texts_are_held_against_the_planted_truth(tmp_path: Path) -> None:
    work, _admin = work_with(FAST, tmp_path)
    texts = {"new": "Boil the egg for 7 minutes, then cool it.", "old": "Maybe. I guess."}
    for run, text in texts.items():
        outputs = tmp_path / "home" / "runs" / run / "outputs"
        outputs.mkdir(parents=True)
        lines = [
            {
                "prompt_id": f"p{i}",
                "prompt": [{"role": "user", "content": "How do I boil an egg?"}],
                "response": [{"role": "assistant", "content": text}],
            }
            for i in range(6)
        ]
        (outputs / "responses.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    stage = Stage("Win rate")
    demo_training._add_planted(work, stage, {"uid": "new"}, {"uid": "old"})
    (told,) = stage.figures
    new, old = (quality("How do I boil an egg?", text) for text in texts.values())
    assert told.value == f"{new:.2f} and {old:.2f}"
    assert told.beside.endswith("new is better")
