"""Every trainer's settings: one frozen dataclass each, one sentence and sensible limits per field.

Used by `--help`, the web form, the API and the trainers themselves. Without torch, for web
processes read it.
"""

from training.trainers.configs.evaluate import EvaluateConfig
from training.trainers.configs.generate import GenerateConfig
from training.trainers.configs.machine import DEFAULT_MODEL, TINY_MODEL, MachineConfig
from training.trainers.configs.optimisation import OptimisationConfig
from training.trainers.configs.preference import PREFERENCE_LOSSES, PreferenceConfig
from training.trainers.configs.reward_model import REWARD_LOSSES, RewardModelConfig
from training.trainers.configs.score import ScoreConfig

__all__ = [
    "DEFAULT_MODEL",
    "PREFERENCE_LOSSES",
    "REWARD_LOSSES",
    "TINY_MODEL",
    "EvaluateConfig",
    "GenerateConfig",
    "MachineConfig",
    "OptimisationConfig",
    "PreferenceConfig",
    "RewardModelConfig",
    "ScoreConfig",
]
