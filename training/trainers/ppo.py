"""Trains a policy on rewards for what it writes: PPO with a critic, near the policy it starts from.

One step samples, scores, reads, and learns; `PpoLoop.step` has it in numbered steps, the formulas
are in `reinforcement.ppo_math`. Run it with `python -m training.trainers.ppo RUN [--field value
...]`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import PpoConfig
from training.trainers.data.prompt_rows import PromptRow, read_prompt_rows
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.loop.optimiser import learning_rate_share
from training.trainers.loop.starting import start_run
from training.trainers.loop.step_loop import StepLoop
from training.trainers.loop.training_loop import plan_of
from training.trainers.reinforcement.casting import cast_roles
from training.trainers.reinforcement.experience import (
    Part,
    ReadPart,
    read_part,
    sample_parts,
    set_advantages,
    shares_of,
    split_prompts,
)
from training.trainers.reinforcement.first_step import look_at_first_step
from training.trainers.reinforcement.learner import PpoLearner
from training.trainers.reinforcement.limits import Steady, check_kl, check_written
from training.trainers.reinforcement.ppo_math import with_missing_end_penalty
from training.trainers.reinforcement.ptx import PtxRows, read_ptx
from training.trainers.reinforcement.running import (
    RunningMoments,
    adapted_coefficient,
    normalised,
)
from training.trainers.reinforcement.step_figures import Clock, sampled_figures
from training.trainers.reinforcement.updates import NotFiniteError, Updates
from training.trainers.rewards.reward_sources import completions_of


@dataclass(frozen=True)
class Carried:
    """What goes from step to step besides weights and optimisers."""

    coefficient: float
    moments: RunningMoments
    steady: Steady


class PpoLoop(StepLoop):
    """PPO within a run directory; a step is a batch of prompts, answered and learned from."""

    learner: PpoLearner

    def __init__(
        self,
        run: RunDir,
        config: PpoConfig,
        learner: PpoLearner,
        prompts: Sequence[PromptRow],
        ptx: PtxRows | None,
        stop: StopWatch,
    ) -> None:
        roles = learner.roles
        weights = [*roles.policy_weights.values(), *roles.critic_weights.values()]
        plan = plan_of(replace(config, accumulation=1), prompts)
        super().__init__(run, config, learner, plan, weights, stop)
        self.settings, self.roles, self.prompts = config, roles, prompts
        self.updates = Updates(roles, config, self.processes, ptx)
        self.carried = Carried(config.kl_coefficient, RunningMoments(), Steady())

    def step(self) -> None:
        """One step of PPO; what is left off before it learns has changed nothing."""
        step, clock = self.state.step, Clock()
        with self.unchanged():
            # 1. Sample responses to this step's prompts from the policy.
            parts = self._sample(step)
            clock.lap("generate")
            # 2. Score them.
            raw, by_name = self._score(parts)
            clock.lap("score")
            # 3. Read log-probabilities and values by the forward passes that learning repeats.
            read = self._read(parts)
        figures = sampled_figures(parts, raw, by_name, read, self.processes)
        check_written(figures, step)
        check_kl(figures["kl"], self.settings.kl_limit, step)
        # 4. Rewards per token, advantages, and what the critic should have said.
        carried, found = self._advantages(parts, raw, read)
        # 5. Learn from all of it, several times.
        learned = self._learn(read, step)
        clock.lap("learn")
        # 6. Count, carry over to the next step, and log.
        self.state.step += 1
        self.state.tokens += int(figures["tokens"])
        self.carried = self._next(carried, figures)
        self._log(figures | found | learned, clock)

    def rehearse(self) -> dict[str, float]:
        """Do everything that the first step does, with weights that do not move; its seconds."""
        clock, config = Clock(), self.settings
        parts = self._sample(0)
        clock.lap("generate")
        raw, _ = self._score(parts)
        clock.lap("score")
        read = self._read(parts)
        self._advantages(parts, raw, read)
        still = replace(config, learning_rate=0.0, critic_learning_rate=0.0, weight_decay=0.0)
        idle = Updates(self.roles, still, self.processes, self.updates.ptx)
        idle.learn(read, step=0, coefficient=config.kl_coefficient, warming_up=False)
        clock.lap("learn")
        return clock.laps

    def _sample(self, step: int) -> list[Part]:
        """This process' share of every part, with responses."""
        config = self.settings
        (numbers,) = self.plan.batches(step)
        parts = split_prompts(
            [self.prompts[i] for i in numbers],
            config.minibatches * config.accumulation,
            seed=config.seed,
            step=step,
        )
        return sample_parts(
            shares_of(parts, self.processes),
            model=self.learner.start.model,
            tokenizer=self.learner.start.tokenizer,
            sampling=self.learner.sampling,
            seed=config.seed,
            step=step,
            at_a_time=config.sampling_batch_size,
            most=-(-len(numbers) // self.processes.count),
            check=self.stop.check,
        )

    def _score(self, parts: Sequence[Part]) -> tuple[Tensor, dict[str, Tensor]]:
        """Rewards [R] of all responses in order, and each reward by name."""
        self.stop.check()
        rows = [row for part in parts for row in part.prompts]
        answers = [group for part in parts for group in part.answers]
        if not rows:
            return torch.zeros(0), {}
        scores = self.learner.sources.score(completions_of(rows, answers))
        return scores.total, scores.by_name

    def _read(self, parts: Sequence[Part]) -> list[ReadPart | None]:
        """Every part as the models read it; None where this process has no share."""
        read: list[ReadPart | None] = []
        for part in parts:
            self.stop.check()
            read.append(read_part(part, self.roles, self.settings) if part.prompts else None)
        return read

    def _advantages(
        self, parts: Sequence[Part], raw: Tensor, read: Sequence[ReadPart | None]
    ) -> tuple[Carried, dict[str, float]]:
        """Give every token its advantage; what is carried over, and figures."""
        config = self.settings
        ended = [answer.finished for part in parts for group in part.answers for answer in group]
        scores = with_missing_end_penalty(
            raw, torch.tensor(ended, dtype=torch.bool), config.missing_eos_penalty
        )
        every = self.processes.gather(scores)
        moments = self.carried.moments.including(every)
        steady = self.carried.steady.after(every, config.constant_limit)
        figures = set_advantages(
            [part for part in read if part is not None],
            normalised(scores, moments, how=config.reward_normalisation, clip=config.reward_clip),
            config,
            coefficient=self.carried.coefficient,
            processes=self.processes,
        )
        return replace(self.carried, moments=moments, steady=steady), figures

    def _learn(self, read: Sequence[ReadPart | None], step: int) -> dict[str, float]:
        share = learning_rate_share(step, self.plan.total_steps, self.settings.warmup_fraction)
        self.updates.set_rates(share)
        try:
            return self.updates.learn(
                read,
                step=step,
                coefficient=self.carried.coefficient,
                warming_up=step < self.settings.critic_warmup_steps,
            )
        except NotFiniteError as error:
            raise self.diverged(f"At step {step + 1} the {error}") from error

    def _next(self, carried: Carried, figures: dict[str, float]) -> Carried:
        """The KL coefficient of the next step beside the rest."""
        config = self.settings
        if config.kl_control == "fixed":
            return carried
        coefficient = adapted_coefficient(
            carried.coefficient,
            figures["kl"],
            target=config.kl_target,
            horizon=config.kl_horizon,
            responses=int(figures["responses"]),
        )
        return replace(carried, coefficient=coefficient)

    def _log(self, figures: dict[str, float], clock: Clock) -> None:
        rates = {
            "learning_rate": self.updates.policy.param_groups[0]["lr"],
            "critic_learning_rate": self.updates.critic.param_groups[0]["lr"],
            "kl_coefficient": self.carried.coefficient,
        }
        speed = {"tokens_per_second": figures["tokens"] / clock.total()}
        left_out = ("tokens",)  # `record` tells those of all steps
        shown = {name: value for name, value in figures.items() if name not in left_out}
        self.record("training", shown | rates | speed | clock.laps)

    def own_state(self) -> dict[str, Any]:
        """Both optimisers and what is carried from step to step."""
        return {
            "policy_optimiser": self.updates.policy.state_dict(),
            "critic_optimiser": self.updates.critic.state_dict(),
            "carried": asdict(self.carried),
        }

    def take_state(self, saved: dict[str, Any]) -> None:
        """Go on as a checkpoint left off."""
        self.updates.policy.load_state_dict(saved["policy_optimiser"])
        self.updates.critic.load_state_dict(saved["critic_optimiser"])
        carried = saved["carried"]
        self.carried = Carried(
            coefficient=carried["coefficient"],
            moments=RunningMoments(**carried["moments"]),
            steady=Steady(**carried["steady"]),
        )


def train_ppo(run: RunDir, config: PpoConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's policy."""
    start = start_run(run, config, reward=False, read=read_prompt_rows)
    learner = PpoLearner(run, start, config, cast_roles(run, start, config), stop)
    ptx = None
    if config.ptx_coefficient:
        rows = read_ptx(config, start.tokenizer, run.path)
        ptx = PtxRows(rows, start.rows, config)
    prompts = cast(Sequence[PromptRow], start.train)  # what `read_prompt_rows` made
    loop = PpoLoop(run, config, learner, prompts, ptx, stop)
    look_at_first_step(run, config, loop, len(start.held_out), stop)
    return loop.train()


if __name__ == "__main__":
    sys.exit(main(PpoConfig, train_ppo))
