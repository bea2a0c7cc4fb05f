"""A reward model on HH-RLHF harmless-base: held-out accuracy within an hour on two cores.

`./run bench hh_reward_model [FOLDER]` (or ACCORD_DATA) reads the public test split, divides it by
prompt, trains with the settings of `docs/examples/hh_reward_model.json` through the trainer's own
command, and judges once on the held-out part. Its best checkpoint is chosen on validation pairs.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotation.transcripts import TranscriptError, parse_transcript, split_pair
from bench.contract import progress, report
from bench.crowd_files import data_folder
from exports.dataset_dir import DatasetWriter
from exports.records import PreferencePair
from exports.splitting import Fractions
from training.run_dir import RunDir

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "docs" / "examples" / "hh_reward_model.json"
SET, FILE = "hh_rlhf_harmless_test", "test.jsonl.gz"
FRACTIONS = Fractions(train=0.52, validation=0.06, test=0.42)
LEAST_PAIRS = 900
MINUTES = 60


def main() -> None:
    """Prepare, train, judge and report."""
    source = source_file()
    with tempfile.TemporaryDirectory(prefix="hh-") as temporary:
        dataset = Path(temporary) / "data"
        counts = write_dataset(source, dataset)
        progress(f"{counts['train']} pairs to train on, {counts['test']} held out")
        began = time.monotonic()
        run = trained(Path(temporary) / "run", dataset)
        minutes = (time.monotonic() - began) / 60
        progress(f"trained in {minutes:.1f} minutes")
        figures = judged(Path(temporary) / "judged", dataset, run)
    _report(figures, counts, minutes)


def source_file() -> Path:
    """The pairs: in the folder given, in the set of that name in it, or beside the checkout."""
    given = [data_folder(), data_folder() / SET, ROOT.parent / "shared" / "data" / SET]
    found = next((folder / FILE for folder in given if (folder / FILE).is_file()), None)
    if found is None:
        raise SystemExit(
            f"There is no {SET}/{FILE}: name the folder that holds it, or ACCORD_DATA."
        )
    return found


def write_dataset(source: Path, target: Path) -> dict[str, int]:
    """A dataset directory of the file's pairs, split by the first user message; rows per split."""
    with DatasetWriter(target, project="hh", filters={}, fractions=FRACTIONS) as writer:
        for pair in pairs_of(source):
            writer.add([pair])
        return dict(writer.publish()["counts"]["preference"])


def pairs_of(source: Path) -> Iterator[PreferencePair]:
    """The file's pairs as records; those that part nowhere or are the same are left out."""
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            try:
                prompt, chosen, rejected = split_pair(
                    parse_transcript(row["chosen"]), parse_transcript(row["rejected"])
                )
            except TranscriptError:
                continue
            if chosen != rejected:
                yield _record(number, prompt, chosen, rejected)


def _record(number: int, prompt: Any, chosen: Any, rejected: Any) -> PreferencePair:
    return PreferencePair(
        id=f"hh-{number}", task=f"hh-{number}", project="hh", kind="pairwise", criterion="",
        language="en", tags=[], prompt=prompt, reference=None, response_sources=[], judgments=[],
        labeled_at=None, chosen=chosen, rejected=rejected, strength=None, strength_margin=0.0,
        weight=1.0, rank_group=None,
    )  # fmt: skip


def trained(path: Path, dataset: Path) -> RunDir:
    """The finished run of the recipe."""
    return _ran("reward_model", path, json.loads(RECIPE.read_text()) | {"dataset": str(dataset)})


def judged(path: Path, dataset: Path, trained: RunDir) -> dict[str, Any]:
    """What `evaluate` finds on the held-out split, which nothing has read before."""
    settings = {
        "trainer": "evaluate",
        "dataset": str(dataset),
        "model": str(trained.path),
        "split": "test",
        "max_length": 2048,
        "batch_size": 4,
    }
    result = _ran("evaluate", path, settings).result()
    assert result is not None
    figures: dict[str, Any] = result["metrics"]
    return figures


def _ran(trainer: str, path: Path, settings: dict[str, Any]) -> RunDir:
    run = RunDir(path)
    run.create(settings)
    command = [sys.executable, "-m", f"training.trainers.{trainer}", str(path)]
    if subprocess.run(command, cwd=ROOT, check=False, stdout=sys.stderr).returncode:
        raise SystemExit(f"{trainer} failed: {run.error()}")
    return run


def _report(figures: dict[str, Any], counts: dict[str, int], minutes: float) -> None:
    longer, shorter = figures["accuracy_longer"], figures["accuracy_shorter"]
    by_length = max(longer, shorter)
    report(
        "accuracy",
        ours=figures["accuracy"],
        unit="share of held-out pairs",
        goal=f"> {by_length}",
        peer=by_length,
        peer_name="longer" if longer >= shorter else "shorter",
        detail=f"{figures['pairs']} pairs of {figures['prompts']} prompts, at least {LEAST_PAIRS}:"
        f" {figures['pairs'] >= LEAST_PAIRS}; 95% over prompts {figures['accuracy_low']:.3f} to"
        f" {figures['accuracy_high']:.3f}; {counts['train']} pairs trained on; the file does not"
        " say which was shown first, and the first in it is always the chosen one",
    )
    report(
        "accuracy_longer",
        ours=longer,
        unit="share of held-out pairs",
        goal=None,
        detail=f"shorter {shorter:.3f}; correlation of score and length"
        f" {figures['length_correlation'] or 0.0:.2f}",
    )
    report("minutes", ours=minutes, unit="minutes", goal=f"< {MINUTES}", higher_is_better=False)


if __name__ == "__main__":
    main()
