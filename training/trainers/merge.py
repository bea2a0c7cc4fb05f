"""Merge a checkpoint's adapters into its base model:

`python -m training.trainers.merge RUN_OR_CHECKPOINT --out FOLDER [--format gguf]`

The result loads in plain transformers (or llama.cpp) without PEFT and gives the same numbers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from training.run_dir import EXIT_DONE, EXIT_FAILED, RunDirError
from training.trainers.config_fields import ConfigError
from training.trainers.configs import EXPORT_FORMATS
from training.trainers.loop.command_line import explain
from training.trainers.models.exporting import export_model


def main(argv: Sequence[str] | None = None) -> int:
    """Merge and write; the return value is the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training.trainers.merge",
        description="Write a checkpoint as one plain model: adapters merged, fp32.",
    )
    parser.add_argument(
        "model", metavar="RUN_OR_CHECKPOINT", help="A run's folder (its best checkpoint counts)."
    )
    parser.add_argument("--out", required=True, metavar="PATH", help="A new folder, or .gguf file.")
    parser.add_argument("--format", choices=EXPORT_FORMATS, default=EXPORT_FORMATS[0])
    given = parser.parse_args(argv)
    target = Path(given.out)
    try:
        size = export_model(given.model, target, format=given.format)
    except (ConfigError, RunDirError, OSError) as error:
        print(f"merge: {explain(error)}", file=sys.stderr)
        return EXIT_FAILED
    print(f"{target}: {size:,} bytes")
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
