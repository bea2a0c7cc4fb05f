"""Learning without a critic: a prompt's responses are compared with one another (GRPO, RLOO).

A step samples n responses to each of its prompts, scores them, and learns from all of them, in
several passes if asked to. The losses are TRL's; sampling, rewards and stepping are shared with
PPO.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import GroupConfig
from training.trainers.data.prompt_rows import PromptRow, read_prompt_rows
from training.trainers.loop.command_line import Result, StopWatch
from training.trainers.loop.optimiser import (
    learning_rate_share,
    make_optimiser,
    set_learning_rate,
)
from training.trainers.loop.starting import Start, start_run
from training.trainers.loop.step_loop import StepLoop
from training.trainers.loop.training_loop import plan_of
from training.trainers.policies.group_advantages import without_spread
from training.trainers.policies.sampling import Sampled
from training.trainers.policies.trl_policy_losses import Rollouts, Seen, TokenReader
from training.trainers.reinforcement.experience import Part, sample_parts, split_prompts
from training.trainers.reinforcement.first_step import look_at_first_step
from training.trainers.reinforcement.group_policy import GroupPolicy
from training.trainers.reinforcement.limits import Steady, check_written
from training.trainers.reinforcement.ppo_math import with_missing_end_penalty
from training.trainers.reinforcement.step_figures import Clock
from training.trainers.rewards.reward_sources import Scores, completions_of

Figures = dict[str, float]


class GroupLoss(Protocol):
    """A loss of some prompts with all their responses; see `policies.trl_policy_losses`."""

    asks_old: bool

    def advantages(self, rewards: Tensor, drift: Tensor | None) -> Tensor:
        """What rewards [P, n] are worth: [P, n]; ``drift`` [P, n] is each response's log-ratio."""

    def units(self, rollouts: Rollouts) -> float:
        """What the loss is a sum over."""

    def __call__(self, rollouts: Rollouts) -> Seen:
        """The summed loss and figures."""


MakeLoss = Callable[[Start, Path, Any, TokenReader], GroupLoss]


class GroupLoop(StepLoop):
    """A step is a batch of prompts, answered n times each and learned from."""

    learner: GroupPolicy

    def __init__(
        self,
        run: RunDir,
        config: GroupConfig,
        learner: GroupPolicy,
        loss: GroupLoss,
        prompts: Sequence[PromptRow],
        stop: StopWatch,
    ) -> None:
        self.optimiser = make_optimiser(learner.start.model, config)
        learning = [p for group in self.optimiser.param_groups for p in group["params"]]
        plan = plan_of(replace(config, accumulation=1), prompts)
        super().__init__(run, config, learner, plan, learning, stop)
        self.settings, self.loss, self.prompts = config, loss, prompts
        self.steady = Steady()

    def step(self) -> None:
        """Sample, score, compare, learn."""
        step, clock = self.state.step, Clock()
        with self.unchanged():
            # 1. Sample n responses to each of this step's prompts.
            parts = self._sample(step)
            clock.lap("generate")
            # 2. Score them. A response that was cut loses the penalty for that.
            scores = self._score(parts)
            clock.lap("score")
            # 3. Compare each with the others of its prompt.
            rewards = self._rewards(parts, scores)
            figures = sampled_figures(parts, scores) | {
                "without_spread": float(without_spread(rewards).double().mean())
            }
            check_written(figures, step)
            rollouts, steady = self._compare(parts, rewards)
        # 4. Learn.
        share = learning_rate_share(step, self.plan.total_steps, self.settings.warmup_fraction)
        set_learning_rate(self.optimiser, share)
        figures |= self._learn(rollouts, step)
        clock.lap("learn")
        # 5. Count, carry over, and log.
        self.steady = steady
        self.state.step += 1
        self.state.tokens += int(figures["tokens"])
        self._log(figures, clock)

    def rehearse(self) -> Figures:
        """Do everything that the first step does, with weights that do not move; its seconds."""
        clock = Clock()
        parts = self._sample(0)
        clock.lap("generate")
        rewards = self._rewards(parts, self._score(parts))
        clock.lap("score")
        rollouts, _ = self._compare(parts, rewards)
        kept = self.optimiser
        self.optimiser = torch.optim.AdamW(self.parameters, lr=0.0, weight_decay=0.0)
        try:
            self._learn(rollouts, 0)
        finally:
            self.optimiser = kept
        clock.lap("learn")
        return clock.laps

    def own_state(self) -> dict[str, Any]:
        """The optimiser, and what is carried from step to step."""
        return {"optimiser": self.optimiser.state_dict(), "steady": asdict(self.steady)}

    def take_state(self, saved: dict[str, Any]) -> None:
        """Go on as a checkpoint left off."""
        self.optimiser.load_state_dict(saved["optimiser"])
        self.steady = Steady(**saved["steady"])

    def _sample(self, step: int) -> list[Part]:
        """This step's prompts in parts, one per forward pass, with responses."""
        config, start = self.settings, self.learner.start
        (numbers,) = self.plan.batches(step)
        return sample_parts(
            split_prompts(
                [self.prompts[i] for i in numbers],
                config.minibatches * config.accumulation,
                seed=config.seed,
                step=step,
            ),
            model=start.model,
            tokenizer=start.tokenizer,
            sampling=self.learner.sampling,
            seed=config.seed,
            step=step,
            at_a_time=config.sampling_batch_size,
            most=len(numbers),
            check=self.stop.check,
        )

    def _score(self, parts: Sequence[Part]) -> Scores:
        """The rewards [R] of all responses in order."""
        self.stop.check()
        rows = [row for part in parts for row in part.prompts]
        answers = [group for part in parts for group in part.answers]
        return self.learner.sources.score(completions_of(rows, answers))

    def _rewards(self, parts: Sequence[Part], scores: Scores) -> Tensor:
        """What the responses to each prompt are compared by: [P, n]."""
        ended = torch.tensor([one.finished for one in answers_of(parts)], dtype=torch.bool)
        penalty = self.settings.missing_eos_penalty
        return with_missing_end_penalty(scores.total, ended, penalty).view(-1, self.settings.n)

    def _compare(self, parts: Sequence[Part], rewards: Tensor) -> tuple[list[Rollouts], Steady]:
        """The parts with advantages, and for how long all rewards have been the same."""
        device = self.learner.start.device
        steady = self.steady.after(rewards.flatten(), self.settings.constant_limit)
        read = [self._read(part) for part in parts]
        drifts = [one.drift(one.old) for one in read if one.old is not None]
        known = [drift.cpu() for drift in drifts if drift is not None]
        worth = self.loss.advantages(rewards, torch.cat(known).view_as(rewards) if known else None)
        sizes = [one.responses for one in read]
        for one, advantages in zip(read, torch.split(worth.flatten(), sizes), strict=True):
            one.advantages = advantages.to(device)
        return read, steady

    def _read(self, part: Part) -> Rollouts:
        """A part by the very forward pass that is learned by, without advantages yet."""
        self.stop.check()
        start, config = self.learner.start, self.settings
        laid = start.rows(part.rows)
        answers = [answer for group in part.answers for answer in group]
        counts = [answer.finished or not config.finished_only for answer in answers]
        return Rollouts(
            laid,
            advantages=torch.zeros(len(answers), device=start.device),
            counts=torch.tensor(counts, device=start.device),
            old=self.learner.read.logps(laid) if self.loss.asks_old else None,
            reference=self.learner.read_reference.logps(laid) if config.beta else None,
        )

    def _learn(self, rollouts: Sequence[Rollouts], step: int) -> Figures:
        """All passes over the rollouts; figures are means over the steps of the optimiser."""
        seen = []
        for number, update in enumerate(self._updates(len(rollouts), step)):
            chosen = [rollouts[place] for place in update]
            seen.append(self._update(chosen, step, may_stop=number == 0))
        return {name: float(np.mean([one[name] for one in seen])) for name in seen[0]}

    def _updates(self, parts: int, step: int) -> list[list[int]]:
        """The parts of each step of the optimiser; every pass has another order."""
        size, updates = self.settings.accumulation, []
        for epoch in range(self.settings.update_epochs):
            drawn = np.random.default_rng([self.settings.seed, step, epoch])
            order = drawn.permutation(parts).tolist() if epoch else list(range(parts))
            updates += [sorted(order[i : i + size]) for i in range(0, parts, size)]
        return updates

    def _update(self, chosen: Sequence[Rollouts], step: int, *, may_stop: bool) -> Figures:
        """One step of the optimiser. Nothing has moved before the first: it may be left off."""
        units = max(1.0, sum(map(self.loss.units, chosen)))
        tokens = max(1, sum(one.tokens for one in chosen))
        responses = sum(one.responses for one in chosen)
        figures: Figures = {}
        self.optimiser.zero_grad(set_to_none=True)
        for one in chosen:
            if may_stop:
                self.stop.check()
            seen = self.loss(one)
            (seen.loss / units).backward()  # type: ignore[no-untyped-call]
            _add(figures, {"loss": float(seen.loss.detach())}, units)
            _add(figures, seen.by_token, tokens)
            _add(figures, seen.by_response, responses)
        limit = self.config.max_grad_norm or float("inf")
        norm = float(torch.nn.utils.clip_grad_norm_(self.parameters, limit))
        if not (np.isfinite(figures["loss"]) and np.isfinite(norm)):
            at = f"at step {step + 1} (gradient norm {norm:g})"
            raise self.diverged(f"The loss became {figures['loss']:g} {at}")
        self.optimiser.step()
        return figures | {"grad_norm": norm}

    def _log(self, figures: Figures, clock: Clock) -> None:
        rate = {"learning_rate": self.optimiser.param_groups[0]["lr"]}
        speed = {"tokens_per_second": figures["tokens"] / clock.total()}
        shown = {name: value for name, value in figures.items() if name != "tokens"}
        self.record("training", shown | rate | speed | clock.laps)


def answers_of(parts: Sequence[Part]) -> list[Sampled]:
    """All responses in order."""
    return [answer for part in parts for group in part.answers for answer in group]


def sampled_figures(parts: Sequence[Part], scores: Scores) -> Figures:
    """Means over responses, and the spread of each reward."""
    answers = answers_of(parts)
    rewards = {"": scores.total} | {f"/{name}": one for name, one in scores.by_name.items()}
    figures: Figures = {}
    for name, values in rewards.items():
        figures[f"reward{name}"] = float(values.double().mean())
        figures[f"reward_deviation{name}"] = float(values.double().std(correction=0))
    lengths = [len(answer.tokens) for answer in answers]
    return figures | {
        "length": float(np.mean(lengths)),
        "finished": float(np.mean([answer.finished for answer in answers])),
        "empty": float(np.mean([not answer.text for answer in answers])),
        "tokens": float(sum(lengths)),
    }


def train_group(run: RunDir, config: GroupConfig, stop: StopWatch, loss: MakeLoss) -> Result:
    """Train, or go on training, the run's policy by one of TRL's losses."""
    start = start_run(run, config, reward=False, read=read_prompt_rows)
    learner = GroupPolicy(run, start, config, stop)
    made = loss(start, run.path, config, learner.read)
    prompts = cast(Sequence[PromptRow], start.train)  # what `read_prompt_rows` made
    loop = GroupLoop(run, config, learner, made, prompts, stop)
    look_at_first_step(run, config, loop, len(start.held_out), stop)
    return loop.train()


def _add(figures: Figures, sums: Mapping[str, float], count: float) -> None:
    for name, value in sums.items():
        figures[name] = figures.get(name, 0.0) + value / count
