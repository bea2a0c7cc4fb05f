"""Every trainer's settings: one frozen dataclass each, one sentence and sensible limits per field.

Used by `--help`, the web form, the API and the trainers themselves. Without torch, for web
processes read it.
"""

from training.trainers.configs.evaluate import EvaluateConfig
from training.trainers.configs.export import EXPORT_FORMATS, ExportConfig
from training.trainers.configs.generate import GenerateConfig
from training.trainers.configs.grpo import GRPO_LOSSES, GroupConfig, GrpoConfig, RlooConfig
from training.trainers.configs.kto import KTO_LOSSES, KtoConfig
from training.trainers.configs.machine import DEFAULT_MODEL, TINY_MODEL, MachineConfig
from training.trainers.configs.optimisation import ComparisonConfig, OptimisationConfig
from training.trainers.configs.ppo import PpoConfig
from training.trainers.configs.preference import PREFERENCE_LOSSES, PreferenceConfig
from training.trainers.configs.reward_model import REWARD_LOSSES, RewardModelConfig
from training.trainers.configs.rewards import RewardedConfig
from training.trainers.configs.rounds import (
    DpoRoundsConfig,
    FilteredDpoConfig,
    IteratedDpoConfig,
    RaftConfig,
    RoundsConfig,
)
from training.trainers.configs.score import ScoreConfig
from training.trainers.configs.sft import SftConfig
from training.trainers.configs.solve import SolveConfig
from training.trainers.configs.soup import SoupConfig

__all__ = [
    "DEFAULT_MODEL",
    "EXPORT_FORMATS",
    "GRPO_LOSSES",
    "KTO_LOSSES",
    "PREFERENCE_LOSSES",
    "REWARD_LOSSES",
    "TINY_MODEL",
    "ComparisonConfig",
    "DpoRoundsConfig",
    "EvaluateConfig",
    "ExportConfig",
    "FilteredDpoConfig",
    "GenerateConfig",
    "GroupConfig",
    "GrpoConfig",
    "IteratedDpoConfig",
    "KtoConfig",
    "MachineConfig",
    "OptimisationConfig",
    "PpoConfig",
    "PreferenceConfig",
    "RaftConfig",
    "RewardModelConfig",
    "RewardedConfig",
    "RlooConfig",
    "RoundsConfig",
    "ScoreConfig",
    "SftConfig",
    "SolveConfig",
    "SoupConfig",
]
