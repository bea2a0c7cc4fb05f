"""Measures a policy on held-out prompts while it learns from rewards, whoever teaches it.

The same prompts are answered every time with the same random numbers. Answers of every evaluation
lie in RUN/evaluations/step-N.jsonl, those of step 0 being the start's; RUN/alarms.json says what is
wrong. There is nothing to resume: what was measured before is read from the run's own files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch

from training.durable_files import read_lines, write_json, write_lines
from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.evaluation.alarms import Alarm, alarms
from training.trainers.evaluation.answers import Answer, answer_figures
from training.trainers.evaluation.kl_budget import budgeted_score
from training.trainers.evaluation.kl_estimates import k1, k3
from training.trainers.evaluation.policy_figures import Logps, Written, written_logps
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.step_loop import Evaluation
from training.trainers.policies.sampling import Sampled, Sampling, sample_responses
from training.trainers.rewards.reward_sources import RewardSources, Scores, completions_of

ALARMS = "alarms.json"
FOLDER = "evaluations"
EVALUATING = "evaluating"
"""The phase of the progress lines that the alarms are found in."""


class ProgressSettings(Protocol):
    """The settings of the same names."""

    @property
    def kl_budget(self) -> float:
        """KL per response that the best checkpoint may have; 0 sets no limit."""

    @property
    def on_alarm(self) -> str:
        """tell or stop."""

    @property
    def evaluation_prompts(self) -> int:
        """Prompts that are answered; 0 takes all."""

    @property
    def samples(self) -> int:
        """Answers that are kept to be read."""

    @property
    def sampling_batch_size(self) -> int:
        """Responses written at a time."""

    @property
    def seed(self) -> int:
        """The same seed, the same answers of the same weights."""


class PolicyProgress:
    """Evaluations of one run. ``sources`` give the reward that is learned from, ``unseen`` another.

    ``sampling`` is how the run samples; one response per prompt is drawn here.
    """

    def __init__(
        self,
        run: RunDir,
        config: ProgressSettings,
        tokenizer: Any,
        held_out: Sequence[PromptRow],
        sampling: Sampling,
        sources: RewardSources,
        unseen: RewardSources | None,
        stop: StopWatch,
    ) -> None:
        self.run, self.config, self.tokenizer, self.stop = run, config, tokenizer, stop
        self.prompts = list(held_out[: config.evaluation_prompts or None])
        self.sampling = replace(sampling, n=1)
        self.sources, self.unseen = sources, unseen
        self._forget_the_end()

    def evaluate(
        self, step: int, *, model: Any, logps: Logps, reference_logps: Logps
    ) -> Evaluation | None:
        """Answer, judge and measure; None where nothing is held out.

        ``logps`` and ``reference_logps`` give a laid-out batch's log-probabilities per response
        token [N] under the policy and under its start, both at the temperature of sampling. The
        score that chooses the best checkpoint keeps to the KL budget. Raises StopTraining.
        """
        if not self.prompts:
            return None
        answers = self._answers(model, logps, reference_logps)
        start = answers if step == 0 else self._start()
        figures = {f"held_out_{k}": v for k, v in answer_figures(answers, start).items()}
        self._write(step, answers)
        self._look_out(step, figures)
        kl, reward = figures["held_out_kl"], figures["held_out_reward"]
        return Evaluation(figures, budgeted_score(reward, kl, self.config.kl_budget))

    @torch.no_grad()
    def _answers(self, model: Any, logps: Logps, reference_logps: Logps) -> list[Answer]:
        found = []
        for first, rows in self._batches():
            self.stop.check()
            seeds = [self.config.seed + first + number for number in range(len(rows))]
            asked = [row.prompt for row in rows]
            sampled = sample_responses(model, self.tokenizer, asked, seeds, self.sampling)
            completions = completions_of(rows, sampled)
            written = [
                Written(row.prompt, [one.tokens], [one.text], int(one.finished))
                for row, (one,) in zip(rows, sampled, strict=True)
            ]
            pad = self.tokenizer.pad_token_id
            own, other = (
                written_logps(each, model, written, pad_id=pad, batch_size=len(rows)).double()
                for each in (logps, reference_logps)
            )
            unseen = self.unseen.score(completions) if self.unseen else None
            judged = self.sources.score(completions)
            lengths = [len(one.tokens) for (one,) in sampled]
            parts = zip(torch.split(own, lengths), torch.split(other, lengths), strict=True)
            found += [
                _answer(row, one, (judged, unseen), place, drawn.numpy(), below.numpy())
                for place, (row, (one,), (drawn, below)) in enumerate(
                    zip(rows, sampled, parts, strict=True)
                )
            ]
        return found

    def _batches(self) -> Iterator[tuple[int, list[PromptRow]]]:
        size = self.config.sampling_batch_size
        for first in range(0, len(self.prompts), size):
            yield first, self.prompts[first : first + size]

    def _start(self) -> list[Answer]:
        """What the start answered; refused where it is gone or answered other prompts."""
        path = self._path(0)
        start = [Answer(**line) for line in read_lines(path, 0)[0]]
        if [answer.prompt for answer in start] != [row.id for row in self.prompts]:
            raise ConfigError(
                f"{path} does not have the start's answers to the held-out prompts, which the"
                " policy is compared with: restore the run's files and settings, or start a new"
                " run."
            )
        return start

    def _path(self, step: int) -> Path:
        return self.run.path / FOLDER / f"step-{step:08d}.jsonl"

    def _write(self, step: int, answers: Sequence[Answer]) -> None:
        """Keep all answers of this evaluation, and tell some of them beside the curves."""
        if not self.run.leads:
            return
        write_lines(self._path(step), [answer.as_line() for answer in answers])
        for row, answer in list(zip(self.prompts, answers, strict=True))[: self.config.samples]:
            judged = {"reward": answer.reward, "finished": answer.finished}
            if answer.unseen_reward is not None:
                judged["unseen_reward"] = answer.unseen_reward
            self.run.append_samples(
                {"step": step, "prompt": row.messages, "response": answer.text, **judged}
            )

    def _look_out(self, step: int, figures: dict[str, float]) -> None:
        """Write down what is wrong; what is new may end the run, with a checkpoint.

        A run that somebody resumes in spite of an alarm is not ended by the same one again.
        """
        if not self.run.leads:
            return
        history = [*history_of(self.run, step), {"step": step, **figures}]
        before = {alarm.name for alarm in self._found(history[:-1])}
        found = self._found(history)
        new = [alarm for alarm in found if alarm.name not in before]
        ends = [alarm for alarm in new if self._is_the_end(alarm)]
        self._note(step, found, stopped=bool(ends))
        for alarm in new:
            print(f"alarm at step {step}: {alarm.sentence}", flush=True)
        if ends:
            self.run.request_stop()

    def _forget_the_end(self) -> None:
        """A run that goes on from a checkpoint tells what rang there, and that it goes on."""
        history = history_of(self.run)
        if self.run.leads and (self.run.path / ALARMS).exists():
            step = history[-1]["step"] if history else 0
            self._note(step, self._found(history), stopped=False)

    def _note(self, step: int, found: Sequence[Alarm], *, stopped: bool) -> None:
        report = {"step": step, "alarms": [alarm.as_dict() for alarm in found]}
        write_json(self.run.path / ALARMS, report | {"stopped": stopped})

    def _found(self, history: Sequence[dict[str, Any]]) -> list[Alarm]:
        return alarms(history, kl_budget=self.config.kl_budget)

    def _is_the_end(self, alarm: Alarm) -> bool:
        return alarm.name == "kl_exploded" or (alarm.stops and self.config.on_alarm == "stop")


def history_of(run: RunDir, before: float = math.inf) -> list[dict[str, Any]]:
    """The figures of the evaluations before a step, by step; a later line of one replaces it."""
    records, _offset = run.read_progress()
    found = {
        record["step"]: {"step": record["step"], **record["metrics"]}
        for record in records
        if record.get("phase") == EVALUATING and record["step"] < before
    }
    return [found[step] for step in sorted(found)]


def _answer(
    row: PromptRow,
    one: Sampled,
    judged: tuple[Scores, Scores | None],
    place: int,
    own: Any,
    other: Any,
) -> Answer:
    """One response with its rewards at a place of what was judged, and its tokens' logps [T]."""
    scores, unseen = judged
    return Answer(
        prompt=row.id,
        text=one.text,
        tokens=len(one.tokens),
        finished=one.finished,
        reward=float(scores.total[place]),
        rewards={name: float(values[place]) for name, values in scores.by_name.items()},
        unseen_reward=float(unseen.total[place]) if unseen else None,
        logp=float(own.sum()),
        kl_k1=float(k1(own - other).sum()),
        kl_k3=float(k3(own - other).sum()),
    )
