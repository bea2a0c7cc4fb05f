"""Mixes policies that learned for different criteria into one: reward soups (2306.04488).

Every mixture of their weights answers the same held-out prompts and is judged by each criterion's
reward model. RUN/outputs/front.json has what each mixture reaches; one of them is kept as a
checkpoint. Run it with `python -m training.trainers.soup RUN --model POLICY --other_policies
POLICY,... --reward_models MODEL,... --dataset DIR`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.durable_files import write_json, write_lines
from training.run_dir import Checkpoint, RunDir
from training.trainers.configs import SoupConfig
from training.trainers.data.labelled_prompts import DataError
from training.trainers.evaluation.reward_front import (
    deviations,
    together,
    undominated,
    with_interval,
)
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.models.interpolation import mix
from training.trainers.models.model_card import write_card
from training.trainers.models.model_loading import ABOUT
from training.trainers.rewards.criteria import Criterion
from training.trainers.soups.stages import RESPONSES, Point, SoupStages

FRONT = "front.json"


def cook(run: RunDir, config: SoupConfig, stop: StopWatch) -> Result:
    """Sample and judge every mixture, from where an earlier attempt left off; keep one."""
    kept = run.latest_checkpoint()
    if kept is not None:
        return _result(kept)
    run.truncate_to(None)
    run.append_progress({"step": 0, "phase": "loading", "metrics": {}})
    stages = SoupStages(run, config, stop)
    stages.prepare()
    lines: list[dict[str, Any]] = []
    for number, point in enumerate(stages.points):
        stop.check()
        lines += [_of_mixture(line, point.name) for line in stages.sample(number)]
    found = []
    for number in range(len(stages.criteria)):
        stop.check()
        found.append(stages.judge(number, lines))
    judged = _with_rewards(lines, stages.criteria, found)
    front, best = _front(stages, judged)
    run.outputs_path.mkdir(parents=True, exist_ok=True)
    write_lines(run.outputs_path / RESPONSES, judged)
    write_json(run.outputs_path / FRONT, front)
    result = _result(_publish(stages, front, best))
    shutil.rmtree(run.path / "ends", ignore_errors=True)
    return result


def _of_mixture(line: dict[str, Any], name: str) -> dict[str, Any]:
    """A line of `generate` under the mixture's name, in place of a folder that is soon gone."""
    return {key: value for key, value in line.items() if key != "model"} | {"mixture": name}


def _with_rewards(
    lines: Sequence[dict[str, Any]],
    criteria: Sequence[Criterion],
    found: Sequence[dict[int, float]],
) -> list[dict[str, Any]]:
    """The lines that every criterion could judge, each with its rewards."""
    judged = [
        line | {"rewards": {one.name: by[number] for one, by in zip(criteria, found, strict=True)}}
        for number, line in enumerate(lines)
        if all(number in by for by in found)
    ]
    lacking = {line["mixture"] for line in lines} - {line["mixture"] for line in judged}
    if lacking:
        raise DataError(
            f"No response of the mixture {sorted(lacking)[0]} has a reward by every criterion:"
            " lower max_new_tokens, or take reward models with more positions."
        )
    return judged


def _front(
    stages: SoupStages, judged: Sequence[dict[str, Any]]
) -> tuple[dict[str, Any], tuple[Point, float]]:
    """What is written of the front; the point to keep, with its rewards together."""
    names = [one.name for one in stages.criteria]
    rows = [
        _row(stages, point, [line for line in judged if line["mixture"] == point.name])
        for point in stages.points
    ]
    values = np.array([[row["rewards"][name]["value"] for name in names] for row in rows])
    for row, free in zip(rows, undominated(values), strict=True):
        row["undominated"] = free
    scales = deviations({name: [line["rewards"][name] for line in judged] for name in names})
    sums = together(values, scales, stages.shares)
    mixtures = [pair for pair in zip(stages.points, sums, strict=True) if pair[0].shares]
    wanted = [pair for pair in mixtures if pair[0].name == stages.config.kept]
    best = max(wanted or mixtures, key=lambda pair: pair[1])
    front = {
        "criteria": names,
        "policies": stages.names,
        "chosen": best[0].name,
        "points": rows,
    }
    return front, best


def _row(stages: SoupStages, point: Point, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    prompts = [line["prompt_id"] for line in lines]
    row: dict[str, Any] = {
        "name": point.name,
        "kind": point.kind,
        "weights": dict(zip(stages.names, point.shares, strict=False)),
        "responses": len(lines),
        "rewards": {
            one.name: with_interval(
                [line["rewards"][one.name] for line in lines], prompts, stages.config.seed
            )
            for one in stages.criteria
        },
    }
    if all("kl" in line for line in lines):
        row["kl"] = with_interval([line["kl"] for line in lines], prompts, stages.config.seed)
    return row


def _publish(stages: SoupStages, front: dict[str, Any], best: tuple[Point, float]) -> Checkpoint:
    """Keep the chosen mixture: plain weights with tokenizer, lineage and card."""
    config, (point, score_of_it) = stages.config, best
    row = next(row for row in front["points"] if row["name"] == point.name)
    metrics: dict[str, Any] = {}
    figures = {f"reward/{name}": value for name, value in row["rewards"].items()}
    for name, figure in (figures | ({"kl": row["kl"]} if "kl" in row else {})).items():
        metrics |= {name: figure["value"], f"{name}_low": figure["low"]}
        metrics[f"{name}_high"] = figure["high"]
    metrics |= {"mixtures": len(config.points), "mixture": point.name}
    about = {
        "kind": "policy",
        "base_model": config.model,
        "starting_model": stages.start or config.model,
        "tuning": "full",
        "dataset": config.dataset,
        "trainer": config.trainer,
        "mixture": row["weights"],
        "seed": config.seed,
    }

    def write(folder: Path) -> None:
        mix(stages.ends, point.shares, folder)
        write_json(folder / ABOUT, about)
        name = stages.run.path.name
        write_card(folder, run=name, config=config, step=stages.steps, metrics=metrics)

    stages.run.append_progress(
        {
            "step": stages.steps,
            "total_steps": stages.steps,
            "epoch": 1.0,
            "phase": "evaluating",
            "metrics": metrics,
        }
    )
    return stages.run.write_checkpoint(
        step=stages.steps, metrics=metrics, score=score_of_it, write=write
    )


def _result(kept: Checkpoint) -> Result:
    return {
        "state": "done",
        "metrics": kept.metrics,
        "checkpoint": kept.name,
        "outputs": {"front": f"outputs/{FRONT}", "responses": f"outputs/{RESPONSES}"},
    }


if __name__ == "__main__":
    sys.exit(main(SoupConfig, cook))
