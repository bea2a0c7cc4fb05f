"""Writes a model for others to take: adapters merged, as safetensors or as one GGUF file.

Run it with `python -m training.trainers.export RUN --model CHECKPOINT [--format gguf]`; the result
lies in RUN/outputs. `merge` does the same to a place of your choice.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from training.run_dir import RunDir
from training.trainers.configs import ExportConfig
from training.trainers.loop.command_line import Result, StopWatch, main, prepare_machine
from training.trainers.models.exporting import export_model


def export(run: RunDir, config: ExportConfig, stop: StopWatch) -> Result:
    """Write RUN/outputs/model or RUN/outputs/model.gguf anew."""
    prepare_machine(config)
    run.append_progress({"step": 0, "total_steps": 1, "phase": "exporting", "metrics": {}})
    name = "model" if config.format == "safetensors" else "model.gguf"
    target = run.outputs_path / name
    _remove(target)
    size = export_model(config.model, target, format=config.format)
    run.append_progress(
        {"step": 1, "total_steps": 1, "phase": "exporting", "metrics": {"bytes": size}}
    )
    return {
        "state": "done",
        "metrics": {"bytes": size},
        "checkpoint": None,
        "outputs": {"model": f"outputs/{name}"},
    }


def _remove(target: Path) -> None:
    """Take away what an attempt left that was killed before its result was written."""
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(ExportConfig, export))
