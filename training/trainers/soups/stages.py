"""The stages of a run of `soup`: policies made ready, mixtures sampled, answers judged.

Sampling and judging are runs of `generate` and `score` in folders of their own, so a run goes on
within the stage it was in.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.durable_files import read_lines, sync_folder, sync_tree, write_lines
from training.run_dir import RunDir
from training.trainers.configs import GenerateConfig, ScoreConfig, SoupConfig
from training.trainers.configs.mixtures import Mixture, ends
from training.trainers.evaluation.reward_front import shares_of
from training.trainers.generate import generate
from training.trainers.loop.command_line import StopWatch
from training.trainers.models.default_model import ModelError
from training.trainers.models.exporting import export_model
from training.trainers.models.interpolation import check_one_base, mix
from training.trainers.models.model_checks import check_same_vocabulary
from training.trainers.models.model_loading import (
    checkpoint_about,
    load_tokenizer,
    resolve_model,
)
from training.trainers.rewards.criteria import criteria_of, different, short_name
from training.trainers.rewards.head_weights import parse_head_weights
from training.trainers.rounds.round_stages import StageRun, run_stage, stage_config
from training.trainers.score import score

RESPONSES = "responses.jsonl"
SHOWN = 2
"""Answers of each mixture that a page shows."""

LONGEST = 1 << 20
"""Tokens of a response that is judged: as many as the reward model has positions for."""


@dataclass(frozen=True)
class Point:
    """A policy that is sampled and judged: a mixture, or what all were trained from (no shares)."""

    name: str
    kind: str
    shares: Mixture


class SoupStages:
    """One run at work. ``criteria`` judge; ``start`` is what all policies began as, if known."""

    def __init__(self, run: RunDir, config: SoupConfig, stop: StopWatch) -> None:
        self.run, self.config, self.stop = run, config, stop
        self.criteria = criteria_of(config.judges)
        self.shares = shares_of(
            parse_head_weights(config.head_weights), [one.name for one in self.criteria]
        )
        self.names = different([short_name(policy) for policy in config.policies])
        self.start = config.reference or _named_start(config.model)
        self.ends = [run.path / "ends" / f"{n}" for n in range(len(config.policies))]
        alone = ends(len(config.policies))
        self.points = [
            Point(name, "end" if shares in alone else "soup", shares)
            for name, shares in config.points.items()
        ]
        if self.start:
            self.points.append(Point("start", "start", ()))
        self.steps = len(self.points) + len(self.criteria)

    def prepare(self) -> None:
        """Write each policy with its adapters merged; refuse those that cannot be mixed."""
        called = [f"model {policy}" for policy in self.config.policies]
        for policy, folder in zip(self.config.policies, self.ends, strict=True):
            self.stop.check()
            if not folder.is_dir():
                export_model(policy, folder, format="safetensors")
        first, *others = (load_tokenizer(str(folder)) for folder in self.ends)
        for tokenizer, name in zip(others, called[1:], strict=True):
            check_same_vocabulary(first, tokenizer, name=called[0], other_name=name)
        check_one_base(self.ends, called)

    def sample(self, number: int) -> list[dict[str, Any]]:
        """What a point answers to the prompts, as lines of `generate`."""
        point, place = self.points[number], self.run.path / "points" / f"{number:03d}"
        stage = StageRun(place / "sampled", self.run, before=number, rounds_left=1)
        settings = {
            "model": self._model_of(point, place / "model"),
            "reference": self.start if self._as_it_is and self.start else "",
        }
        run_stage(stage, stage_config(GenerateConfig, self.config, settings), generate, self.stop)
        shutil.rmtree(place / "model", ignore_errors=True)
        lines = read_lines(stage.outputs_path / RESPONSES, 0)[0]
        self._tell(number + 1, "generating", lines, point)
        return lines

    def judge(self, number: int, lines: Sequence[dict[str, Any]]) -> dict[int, float]:
        """One criterion's rewards of all points' answers, by their numbers in ``lines``."""
        one, place = self.criteria[number], self.run.path / "judged" / f"{number:03d}"
        asked = place / "responses.jsonl"
        if not asked.is_file():
            write_lines(asked, _by_prompt(lines))
        step = len(self.points) + number
        stage = StageRun(place / "scored", self.run, before=step, rounds_left=1)
        settings = {
            "model": one.reward_model,
            "head_weights": one.head_weights,
            "responses_file": str(asked.resolve()),
            "max_length": LONGEST,
        }
        run_stage(stage, stage_config(ScoreConfig, self.config, settings), score, self.stop)
        self._tell(step + 1, "scoring", (), None)
        scores = read_lines(stage.outputs_path / "scores.jsonl", 0)[0]
        return {line["response"]: line["mean"] for line in scores}

    @property
    def _as_it_is(self) -> bool:
        """Whether responses are drawn as a policy has them, without which there is no KL."""
        return self.config.temperature == 1 and self.config.top_p == 1

    def _model_of(self, point: Point, folder: Path) -> str:
        """Where the point's weights lie; those of a soup are made where they are not there."""
        if point.kind == "start":
            return self.start
        if point.kind == "end":
            return str(self.ends[point.shares.index(1.0)].resolve())
        if not folder.is_dir():
            writing = folder.with_name(".writing-model")
            shutil.rmtree(writing, ignore_errors=True)
            writing.mkdir(parents=True)
            mix(self.ends, point.shares, writing)
            sync_tree(writing)
            writing.rename(folder)
            sync_folder(folder.parent)
        return str(folder.resolve())

    def _tell(
        self, step: int, phase: str, lines: Sequence[dict[str, Any]], point: Point | None
    ) -> None:
        """How far the run is, and some of what a point wrote."""
        for line in lines[:SHOWN]:
            answer = line["response"][0]["content"]
            named = f"[{point.name}] {answer}" if point else answer
            self.run.append_samples({"step": step, "prompt": line["prompt"], "response": named})
        self.run.append_progress(
            {
                "step": step,
                "total_steps": self.steps,
                "epoch": step / self.steps,
                "phase": phase,
                "metrics": {},
            }
        )


def _named_start(model: str) -> str:
    """What a checkpoint says that its policy began as, where that is still there."""
    named = str(checkpoint_about(resolve_model(model)).get("starting_model", ""))
    try:
        return resolve_model(named) if named else ""
    except ModelError:
        return ""


def _by_prompt(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All answers to each prompt together, numbered through, as `score` reads them."""
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines):
        asked = found.setdefault(line["prompt_id"], {"prompt": line["prompt"], "responses": []})
        asked["responses"].append({"id": number, "messages": line["response"]})
    return list(found.values())
