"""The stages of a round, each a whole run of `generate`, `score` or a learner in its own folder.

A stage resumes as such a run does, so nothing that was sampled, judged or learned is done twice.
What it reports is told to the run it belongs to as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from training.durable_files import (
    read_lines,
    read_object,
    synced_size,
    truncate,
    write_json,
    write_lines,
)
from training.run_dir import Checkpoint, RunDir
from training.trainers.config_fields import ConfigError, TrainerConfig
from training.trainers.configs import GenerateConfig, ScoreConfig
from training.trainers.data.chat_text import Message
from training.trainers.generate import generate
from training.trainers.loop.command_line import Result, StopTraining, StopWatch
from training.trainers.rounds.round_records import Judged, has_words
from training.trainers.rounds.ruled_rewards import Asked, ruled_rewards
from training.trainers.score import score

Prompts = Mapping[str, Sequence[Message]]
"""Prompts as messages by name."""

Stage = TypeVar("Stage", bound=TrainerConfig)
LEARNING_PHASES = ("training", "evaluating")
PLACE = "outer.json"
"""Where the outer run's files end, beside a stage's settings and in its checkpoints."""


class StageRun(RunDir):
    """The folder of one stage. ``before`` counts the steps that earlier rounds have learned.

    A stage that goes on from a checkpoint cuts the outer run's files back with its own.
    """

    def __init__(self, path: Path, outer: RunDir, *, before: int, rounds_left: int) -> None:
        super().__init__(path)
        self.outer, self.before, self.rounds_left = outer, before, rounds_left
        self._samples: list[dict[str, Any]] = []

    def begin(self, config: dict[str, Any]) -> None:
        """Write the settings, and at the first time where the outer run's files end."""
        self.create(config)
        if not (self.path / PLACE).exists():
            write_json(self.path / PLACE, self._place())

    def append_progress(self, record: dict[str, Any]) -> None:
        """Append a line here, and tell the outer run: steps of learning count on over rounds."""
        super().append_progress(record)
        told = {"step": self.before, "phase": record["phase"], "metrics": {}}
        if record["phase"] in LEARNING_PHASES:
            total = self.before + self.rounds_left * record["total_steps"]
            step = self.before + record["step"]
            told |= {"step": step, "total_steps": total, "metrics": record["metrics"]}
            for sample in self._samples:
                self.outer.append_samples(sample | {"step": self.before + sample["step"]})
        self.outer.append_progress(told)
        self._samples.clear()

    def append_samples(self, record: dict[str, Any]) -> None:
        """Append a line here; of learning, the outer run gets it with the evaluation's figures."""
        super().append_samples(record)
        self._samples.append(record)

    def truncate_to(self, checkpoint: Checkpoint | None) -> None:
        """Cut the files here and the outer run's back to where they were."""
        super().truncate_to(checkpoint)
        place = read_object((checkpoint.path if checkpoint else self.path) / PLACE)
        if place is not None:
            truncate(self.outer.progress_path, place["progress"])
            truncate(self.outer.samples_path, place["samples"])

    def write_checkpoint(
        self,
        *,
        step: int,
        metrics: dict[str, Any],
        score: float | None,
        write: Callable[[Path], None],
    ) -> Checkpoint:
        """Publish a checkpoint here that remembers where the outer run's files end."""

        def write_with_place(folder: Path) -> None:
            write(folder)
            write_json(folder / PLACE, self._place())

        return super().write_checkpoint(
            step=step, metrics=metrics, score=score, write=write_with_place
        )

    def _place(self) -> dict[str, int]:
        return {
            "progress": synced_size(self.outer.progress_path),
            "samples": synced_size(self.outer.samples_path),
        }


def run_stage(
    stage: StageRun,
    config: Stage,
    work: Callable[[RunDir, Stage, StopWatch], Result],
    stop: StopWatch,
) -> Result:
    """Do a stage, go on with it, or take what it came to. Raises StopTraining where it stopped."""
    done = stage.result()
    if done is not None and done["state"] == "done":
        return done
    stage.begin(config.as_dict())
    result = work(stage, config, stop)
    if result["state"] != "done":
        raise StopTraining
    stage.write_result(result)
    return result


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round of a run: its number from 1, the policy it starts from, the steps before it."""

    run: RunDir
    config: Any
    stop: StopWatch
    number: int
    policy: str
    before: int

    @property
    def folder(self) -> Path:
        """Where its stages lie."""
        return self.run.path / "rounds" / f"round-{self.number:02d}"

    @property
    def seed(self) -> int:
        """A seed that each round has for itself."""
        own: int = (self.config.seed + self.number) % 2**32
        return own

    @property
    def output(self) -> Path:
        """What of it is for people and for other trainers."""
        return self.run.outputs_path / f"round-{self.number:02d}"

    def stage(self, name: str) -> StageRun:
        """The folder of a stage."""
        left = self.config.rounds - self.number + 1
        return StageRun(self.folder / name, self.run, before=self.before, rounds_left=left)

    def sample(
        self, name: str, prompts: Prompts, *, policy: str, n: int, seed: int, reference: str = ""
    ) -> list[dict[str, Any]]:
        """``n`` responses to every prompt, as the lines of `generate`."""
        file = self.folder / f"{name}_prompts.jsonl"
        write_lines(file, [{"id": key, "prompt": list(p)} for key, p in prompts.items()])
        settings = {
            "model": policy,
            "dataset": "",
            "prompts_file": str(file),
            "n": n,
            "seed": seed,
            "reference": reference,
            "batch_size": self.config.sampling_batch_size,
        }
        run_stage(
            self.stage(name),
            stage_config(GenerateConfig, self.config, settings),
            generate,
            self.stop,
        )
        return read_lines(self.stage(name).outputs_path / "responses.jsonl", 0)[0]

    def judge(
        self, name: str, asked: Sequence[Asked], cut: Collection[int] = ()
    ) -> dict[int, float]:
        """Rewards by number, the sum of all that judge; some may be too long for a model.

        ``cut`` numbers the responses that did not end by themselves.
        """
        ruled: dict[int, float] = {}
        if self.config.rules or self.config.reward_function:
            ruled = ruled_rewards(self.config, asked, cut)
        if not self.config.reward_model:
            return ruled
        scored = self._scored(name, asked)
        return {number: score + ruled.get(number, 0.0) for number, score in scored.items()}

    def _scored(self, name: str, asked: Sequence[Asked]) -> dict[int, float]:
        """The reward model's scores, as the stage `score` gives them."""
        file = self.folder / f"{name}_responses.jsonl"
        lines = [
            {
                "prompt": list(prompt),
                "responses": [{"id": n, "messages": list(r)} for n, r in responses.items()],
            }
            for prompt, responses in asked
        ]
        write_lines(file, lines)
        settings = {"model": self.config.reward_model, "responses_file": str(file)}
        config = stage_config(ScoreConfig, self.config, settings)
        run_stage(self.stage(name), config, score, self.stop)
        found, _ = read_lines(self.stage(name).outputs_path / "scores.jsonl", 0)
        return {line["response"]: line["mean"] for line in found}

    def judged(self, name: str, sampled: Sequence[Mapping[str, Any]]) -> list[Judged]:
        """The sampled lines with their rewards, without those that cannot be learned from."""
        usable = {
            number: line
            for number, line in enumerate(sampled)
            if (line["finished"] or not self.config.finished_only)
        }
        if not usable:
            raise ConfigError(
                f"No response of round {self.number} ended within max_new_tokens"
                f" ({self.config.max_new_tokens}): raise it, or set finished_only to false."
            )
        grouped: dict[str, tuple[Sequence[Message], dict[int, Sequence[Message]]]] = {}
        for number, line in usable.items():
            responses = grouped.setdefault(line["prompt_id"], (line["prompt"], {}))[1]
            responses[number] = line["response"]
        cut = {number for number, line in usable.items() if not line["finished"]}
        rewards = self.judge(name, list(grouped.values()), cut)
        found = [
            Judged(
                number=number,
                prompt_id=line["prompt_id"],
                prompt=line["prompt"],
                response=line["response"],
                reward=rewards[number],
            )
            for number, line in usable.items()
            if number in rewards
        ]
        return [one for one in found if has_words(one)]


def stage_config(kind: type[Stage], config: TrainerConfig, settings: Mapping[str, Any]) -> Stage:
    """A stage's settings: those it shares with the run by name, and ``settings`` before them."""
    given = config.as_dict()
    shared = {o.name: given[o.name] for o in kind.options() if o.name in given}
    return kind.from_dict(shared | dict(settings))


def means(lines: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """What sampled lines are like: tokens, the share that ended, and drift where it is known."""
    found = {
        "mean_tokens": sum(line["tokens"] for line in lines) / len(lines),
        "finished": sum(line["finished"] for line in lines) / len(lines),
    }
    drifts = [line["kl"] for line in lines if "kl" in line]
    return found | ({"kl": sum(drifts) / len(drifts)} if drifts else {})
