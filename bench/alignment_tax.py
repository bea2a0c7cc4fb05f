"""What PPO-ptx buys back: loss on untouched text, a skill and calibration by the weight of ptx.

`./run bench alignment_tax [TEXTS] [--quick]`: the model, labels and reward model of the bench
`methods`, three seeds, about 20 minutes on two cores. PPO starts from SFT at a low KL coefficient,
once without ptx and with two weights of it; ptx imitates plain text and sortings that the base has
read, never what is measured. What the other methods lose stands in the rows of `methods`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.contract import report
from bench.equal_kl import Spread, spread_of
from bench.methods import parser_of, place_of
from bench.methods_jobs import Job, done
from bench.methods_sweep import METHODS, Method
from bench.methods_table import LOST, Point
from bench.methods_work import Place, ground_jobs, method_jobs, write_kept

COEFFICIENTS = (0.0, 0.1, 1.0)
STRONGEST = -1
"""The point of PPO's sweep that goes furthest: where there is most to lose."""


def main() -> None:
    """Train PPO with every weight of ptx, and report what it kept."""
    options = parser_of("alignment_tax").parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tax-") as folder:
        results = done(jobs_of(place_of(options, folder), options.seeds), options.workers)
    seeds = range(options.seeds)
    before = [results[f"{seed} start sft"] for seed in seeds]
    for coefficient in COEFFICIENTS:
        points = [results[f"{seed} {name_of(coefficient)} 0"][1] for seed in seeds]
        _report(coefficient, points, before)
    report(
        "minutes", ours=(time.monotonic() - began) / 60, unit="minutes", goal=None,
        detail=f"{options.workers} processes of one thread",
    )  # fmt: skip


def jobs_of(place: Place, seeds: int) -> dict[str, Job]:
    """The ground of every seed, what ptx imitates, and PPO with every weight of it."""
    jobs = ground_jobs(place, range(seeds))
    data = place.folder / "ptx"
    jobs["ptx"] = Job(write_kept, (data, place.size, place.texts))
    for seed in range(seeds):
        for coefficient in COEFFICIENTS:
            method = with_ptx(coefficient, data)
            jobs |= method_jobs(place, name_of(coefficient), method, seed, after="ptx")
    return jobs


def with_ptx(coefficient: float, data: Path) -> Method:
    """PPO from SFT at the strongest point of its sweep, with so much ptx."""
    ppo = METHODS["ppo"]
    settings: dict[str, Any] = dict(ppo.settings)
    if coefficient:
        settings |= {"ptx_coefficient": coefficient, "ptx_data": str(data), "ptx_batch_size": 32}
    return Method(f"PPO-ptx {coefficient:g}", "ppo", "sft", (ppo.sweep[STRONGEST],), settings)


def name_of(coefficient: float) -> str:
    """The name of a row."""
    return f"ptx_{coefficient:g}"


def gained(
    figure: str, points: Sequence[Point], before: Sequence[Point]
) -> tuple[Spread, float, float]:
    """By how much a figure moved from SFT, seed by seed, with its means before and after."""
    moved = spread_of(
        [point[figure] - start[figure] for point, start in zip(points, before, strict=True)]
    )
    means = [spread_of([each[figure] for each in some]).mean for some in (before, points)]
    return moved, means[0], means[1]


def _report(coefficient: float, points: Sequence[Point], before: Sequence[Point]) -> None:
    lost: Mapping[str, tuple[Spread, float, float]] = {
        figure: gained(figure, points, before) for figure in (*LOST, "truth", "kl")
    }
    told = [
        f"{words} {lost[figure][1]:.3f} to {lost[figure][2]:.3f}, moved by"
        f" {lost[figure][0].mean:+.3f} (95% {lost[figure][0].low:+.3f} to"
        f" {lost[figure][0].high:+.3f})"
        for figure, words in {**LOST, "truth": "planted_truth", "kl": "kl"}.items()
    ]
    report(
        name_of(coefficient), ours=lost["text_loss"][0].mean,
        unit="nats per token more on held-out text than SFT", goal=None, higher_is_better=False,
        detail="; ".join([*told, f"seeds: {len(points)}"]),
    )  # fmt: skip


if __name__ == "__main__":
    main()
