"""TRL's trainers as functions of one batch: made around a model as it is, never run.

What they leave out when rows come tokenized and somebody else steps: their own tokenizing,
reference model, checkpoints (pickles) and telemetry.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from datasets import Dataset

from training.trainers.loop.starting import Start
from training.trainers.shared_prompt import inner_model


class OfOurBatches:
    """Mixed into a TRL trainer: rows come tokenized from us, and nothing leaves the machine."""

    def _prepare_dataset(self, dataset: Dataset, *args: Any, **kwargs: Any) -> Dataset:
        return dataset

    def _precompute_ref_logps(self, dataset: Dataset, *args: Any, **kwargs: Any) -> Dataset:
        return dataset

    def _send_telemetry(self) -> None:
        """Nothing: nobody is told that a run takes place."""

    def figures(self) -> dict[str, float]:
        """What TRL noted of the batches since the last call, averaged over them."""
        means: dict[str, float] = {}
        for noted in self._metrics.values():  # type: ignore[attr-defined]
            means |= {name: sum(values) / len(values) for name, values in noted.items() if values}
            noted.clear()
        return means


def options(start: Start, folder: Path) -> dict[str, Any]:
    """What every TRL configuration is told: compute where we do, and write nothing."""
    return {
        "output_dir": str(folder),
        "use_cpu": start.device.type == "cpu",
        "bf16": False,
        "activation_checkpointing": False,
        "average_tokens_across_devices": False,
        "per_device_train_batch_size": 2,
        "train_sampling_strategy": "sequential",
        "report_to": "none",
        "disable_tqdm": True,
        "save_strategy": "no",
    }


def made(kind: type[Any], start: Start, arguments: Any, row: dict[str, Any], **given: Any) -> Any:
    """A TRL trainer around the model as it is; its own adapters and reference are not wanted.

    TRL asks for a data set to look at: one row of the right shape serves, batches come from us.
    """
    arguments._n_gpu = 1  # we compute on one, however many the machine shows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(
            model=inner_model(start.model),
            args=arguments,
            train_dataset=Dataset.from_list([row]),
            processing_class=start.tokenizer,
            **given,
        )
