"""Trains a policy on rewards for what it writes, each above the mean of the others: RLOO.

The loss is that of TRL's RLOOTrainer; `reinforcement.group_loop` has the step. Run it with
`python -m training.trainers.rloo RUN [--field value ...]`.
"""

from __future__ import annotations

import sys

from training.run_dir import RunDir
from training.trainers.configs import RlooConfig
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.policies.trl_policy_losses import RlooLoss
from training.trainers.reinforcement.group_loop import train_group


def train_rloo(run: RunDir, config: RlooConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's policy."""
    return train_group(run, config, stop, RlooLoss)


if __name__ == "__main__":
    sys.exit(main(RlooConfig, train_rloo))
