"""Trains a policy on rewards for what it writes, each response compared with others: GRPO.

The losses are those of TRL's GRPOTrainer; `reinforcement.group_loop` has the step. Run it with
`python -m training.trainers.grpo RUN [--field value ...]`.
"""

from __future__ import annotations

import sys

from training.run_dir import RunDir
from training.trainers.configs import GrpoConfig
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.policies.trl_policy_losses import GrpoLoss
from training.trainers.reinforcement.group_loop import train_group


def train_grpo(run: RunDir, config: GrpoConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's policy."""
    return train_group(run, config, stop, GrpoLoss)


if __name__ == "__main__":
    sys.exit(main(GrpoConfig, train_grpo))
