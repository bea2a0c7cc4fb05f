"""A process that follows one run, as a worker does, to be killed by tests."""

from __future__ import annotations

import dataclasses
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from training import running  # noqa: E402
from training.trainers import catalog  # noqa: E402

if __name__ == "__main__":
    entry = dataclasses.replace(
        catalog.TRAINERS["reward_model"], module="tests.training.contract_trainer"
    )
    catalog.TRAINERS["reward_model"] = entry
    running.follow(sys.argv[1], interval=0.1)
