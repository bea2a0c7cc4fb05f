"""SFT, DPO and its relatives, KTO, CPO, RAFT, best-of-n and PPO by planted truth at equal KL.

`./run bench methods [TEXTS] [--quick]`: one model of five million parameters, three seeds, at most
an hour on two cores. Every method learns from the same labels with Accord's own trainers; the truth
that made the labels judges. KL is that of whole answers to the base, so that the KL of the SFT
stage counts like any other. A row's detail has what the method cost: loss on text that labels never
touch, a skill, calibration. TEXTS is a folder of text files to read in place of made-up text.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.contract import report
from bench.methods_ground import FULL, QUICK
from bench.methods_jobs import Job, done
from bench.methods_sweep import DPO_TO_START_FROM, METHODS
from bench.methods_table import LEVELS, Curve, Point, row_of
from bench.methods_work import Place, ground_jobs, method_jobs

SEEDS, WORKERS, MINUTES = 3, 2, 60


def main() -> None:
    """Do every job, and report a row per method."""
    parser = parser_of("methods")
    parser.add_argument("--only", type=methods_in, default="", help="Some methods, with commas.")
    options = parser.parse_args()
    chosen: list[str] = options.only
    seeds = range(options.seeds)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="methods-") as folder:
        results = done(jobs_of(place_of(options, folder), seeds, chosen), options.workers)
    before = [results[f"{seed} start base"] for seed in seeds]
    accuracy = sum(point["ordered_right"] for point in before) / len(before)
    report(
        "reward_model_accuracy", ours=accuracy, unit="share of the base's answers ordered right",
        goal=None, detail=f"by the planted truth; seeds: {len(before)}",
    )  # fmt: skip
    for name in chosen:
        curves = [curve_of(results, name, seed) for seed in seeds]
        row = row_of(name, METHODS[name].title, curves, before, LEVELS[len(LEVELS) // 2])
        report(name, ours=row.truth.mean, unit="planted truth", goal=None, detail=row.detail)
    report(
        "minutes", ours=(time.monotonic() - began) / 60, unit="minutes", goal=f"<= {MINUTES}",
        higher_is_better=False, detail=f"{options.workers} processes of one thread",
    )  # fmt: skip


def parser_of(name: str) -> argparse.ArgumentParser:
    """The options that `alignment_tax` has too."""
    parser = argparse.ArgumentParser(prog=f"./run bench {name}")
    parser.add_argument("texts", nargs="?", type=Path, help="A folder of text files to read.")
    parser.add_argument("--quick", action="store_true", help="A tiny model, to try the command.")
    parser.add_argument("--seeds", type=_positive, default=SEEDS)
    parser.add_argument("--workers", type=_positive, default=WORKERS, help="Processes at a time.")
    return parser


def methods_in(text: str) -> list[str]:
    """Names with commas, all of them where there are none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"there is no method {', '.join(unknown)}: choose among {', '.join(METHODS)}"
        )
    return names or list(METHODS)


def place_of(options: argparse.Namespace, folder: str) -> Place:
    """Where the jobs work."""
    return Place(Path(folder), QUICK if options.quick else FULL, options.texts)


def jobs_of(place: Place, seeds: Sequence[int], chosen: Sequence[str]) -> dict[str, Job]:
    """The jobs of the chosen methods; what PPO goes on from is trained first."""
    jobs = ground_jobs(place, seeds)
    # The DPO that PPO starts from runs early, and the long runs before the short ones.
    wanted = {*chosen, *(["dpo"] if any(METHODS[n].starts_from == "dpo" for n in chosen) else [])}
    for name in sorted(wanted, key=lambda name: (name != "dpo", METHODS[name].trainer != "ppo")):
        for seed in seeds:
            from_dpo = METHODS[name].starts_from == "dpo"
            jobs |= method_jobs(
                place, name, METHODS[name], seed,
                after=f"{seed} dpo {DPO_TO_START_FROM}" if from_dpo else "",
                keep=DPO_TO_START_FROM if name == "dpo" else -1,
            )  # fmt: skip
    return jobs


def curve_of(results: dict[str, Any], name: str, seed: int) -> Curve:
    """A method's points of one seed, with what it starts from."""
    method = METHODS[name]
    if not method.trainer:
        points: list[Point] = results[f"{seed} {name}"]
        return points
    start: Point = (
        results[f"{seed} dpo {DPO_TO_START_FROM}"][1]
        if method.starts_from == "dpo"
        else results[f"{seed} start {method.starts_from}"]
    )
    return [start, *(results[f"{seed} {name} {n}"][1] for n in range(len(method.sweep)))]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give 1 or more")
    return number


if __name__ == "__main__":
    main()
