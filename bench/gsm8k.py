"""GSM8K with verifiable rewards: what GRPO changes in a small model, judged on fixed test problems.

`./run bench gsm8k [FOLDER] [--smoke] [--model NAME]` (or ACCORD_DATA) trains by the settings of
`docs/examples/gsm8k_grpo.json` on train.jsonl and judges base and trained model by those of
`gsm8k_solve.json` on the first problems of test.jsonl, which nothing has read before. With --smoke
it takes two steps at 64 tokens, which shows that everything runs and claims nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.contract import progress, report
from training.run_dir import RunDir

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
FILES = ("train.jsonl", "test.jsonl")
SMOKE_TRAINING = {
    "n": 4, "max_new_tokens": 64, "batch_size": 2, "accumulation": 1, "max_steps": 2,
    "evaluate_every": 0, "evaluation_prompts": 4, "sampling_batch_size": 8,
}  # fmt: skip
SMOKE_JUDGING = {"limit": 8, "n": 2, "k": "1,2", "max_new_tokens": 64, "batch_size": 8}
SHOWN = ("accuracy", "pass_at", "format", "response_tokens", "finished", "reflective")


def main() -> None:
    """Train, judge both models on the same problems, and report."""
    words = argparse.ArgumentParser(prog="./run bench gsm8k")
    words.add_argument("folder", nargs="?", help="where train.jsonl and test.jsonl of GSM8K lie")
    words.add_argument("--smoke", action="store_true", help="two steps at 64 tokens")
    words.add_argument("--model", help="another model than the recipe's")
    given = words.parse_args()
    source = source_folder(given.folder)
    model = {"model": given.model} if given.model else {}
    with tempfile.TemporaryDirectory(prefix="gsm8k-") as temporary:
        training, judging = settings(source, smoke=given.smoke)
        began = time.monotonic()
        trained = _ran(Path(temporary) / "run", training | model)
        minutes = (time.monotonic() - began) / 60
        progress(f"trained in {minutes:.1f} minutes")
        base = {"model": str(trained.path), "baseline": (training | model)["model"]}
        judged = _ran(Path(temporary) / "judged", judging | base).result()
    assert judged is not None
    _report(judged["metrics"], minutes, smoke=given.smoke)


def source_folder(given: str | None) -> Path:
    """The folder with GSM8K's two files: the one named, or the data kept beside the checkout."""
    places = [given] if given else [os.environ.get("ACCORD_DATA", "")]
    roots = [*map(Path, filter(None, places)), ROOT.parent / "shared" / "data"]
    for folder in (each for root in roots for each in (root, root / "gsm8k")):
        if all((folder / name).is_file() for name in FILES):
            return folder
    raise SystemExit(f"There is no {' and '.join(FILES)}: name the folder that holds them.")


def settings(source: Path, *, smoke: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of training and of judging: the kept ones, with the files' places."""
    training, judging = (
        json.loads((EXAMPLES / f"gsm8k_{name}.json").read_text()) for name in ("grpo", "solve")
    )
    training |= {"prompts_file": str(source / FILES[0])} | (SMOKE_TRAINING if smoke else {})
    judging |= {"prompts_file": str(source / FILES[1])} | (SMOKE_JUDGING if smoke else {})
    return training, judging


def _ran(path: Path, given: dict[str, Any]) -> RunDir:
    run = RunDir(path)
    run.create(given)
    trainer = given["trainer"]
    command = [sys.executable, "-m", f"training.trainers.{trainer}", str(path)]
    if subprocess.run(command, cwd=ROOT, check=False, stdout=sys.stderr).returncode:
        raise SystemExit(f"{trainer} failed: {run.error()}")
    return run


def _report(figures: dict[str, Any], minutes: float, *, smoke: bool) -> None:
    """Every figure of the trained model beside the base's, with the paired difference."""
    claim = "a smoke run, which claims nothing" if smoke else figures["verdict"]
    for name, value in figures.items():
        if name.startswith(SHOWN) and not name.endswith(("_low", "_high")):
            gap = [figures[f"difference_{name}{end}"] for end in ("", "_low", "_high")]
            report(
                f"gsm8k_{name}",
                ours=value,
                unit="trained",
                goal=None,
                peer=figures[f"baseline_{name}"],
                peer_name="base",
                detail=f"difference {gap[0]:+.3f} ({gap[1]:+.3f} to {gap[2]:+.3f}, 95% over"
                f" {figures['prompts']} problems); {claim}",
            )
    report("gsm8k_minutes", ours=minutes, unit="minutes", goal=None, higher_is_better=False)


if __name__ == "__main__":
    main()
