"""Settings of `training.trainers.export`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.machine import TINY_MODEL, MachineConfig

EXPORT_FORMATS = ("safetensors", "gguf")


@dataclass(frozen=True, kw_only=True)
class ExportConfig(MachineConfig):
    """Settings of `export`."""

    trainer: ClassVar[str] = "export"

    format: str = option(
        "safetensors",
        "safetensors is a folder that plain transformers loads; gguf is one file for llama.cpp"
        " (policies of the kinds LLaMA and Qwen2).",
        choices=EXPORT_FORMATS,
    )

    def check(self) -> None:
        super().check()
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )
