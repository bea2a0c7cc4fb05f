"""What the jobs of the bench of methods do: make the ground, train a point of a sweep, measure."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.methods_ground import (
    Ground,
    Size,
    make_base,
    prepare,
    untouched_read,
    write_demonstrations,
)
from bench.methods_jobs import Job
from bench.methods_measures import best_of_pool, measured
from bench.methods_runs import COMMON, run_of
from bench.methods_sweep import REWARD_MODEL, SFT, Method, Settings

Point = dict[str, float]


@dataclass(frozen=True)
class Place:
    """Where a bench works, how large, and where its plain text comes from."""

    folder: Path
    size: Size
    texts: Path | None

    def seed(self, seed: int) -> Path:
        """The folder of a seed."""
        return self.folder / f"seed-{seed}"


def ground_jobs(place: Place, seeds: Sequence[int]) -> dict[str, Job]:
    """The base once, and of every seed labels, SFT, the reward model, and what both starts are."""
    jobs = {"base": Job(make_base, (place.folder, place.size, place.texts, 2))}
    for seed in seeds:
        own = place.seed(seed)
        jobs |= {
            f"{seed} labels": Job(label, (place, seed), ("base",)),
            f"{seed} sft": Job(
                stage, ("sft", own / "sft", SFT, seed), ("base", f"{seed} labels")
            ),
            f"{seed} reward model": Job(
                stage, ("reward_model", own / "reward_model", REWARD_MODEL, seed),
                ("base", f"{seed} labels"),
            ),
            f"{seed} ground": Job(
                Ground, (seed,),
                (f"{seed} labels", "base", f"{seed} sft", f"{seed} reward model"),
            ),
        }  # fmt: skip
        for start in ("base", "sft"):
            jobs[f"{seed} start {start}"] = Job(
                measure_start, (place, start), (f"{seed} ground",)
            )  # fmt: skip
    return jobs


def method_jobs(
    place: Place, name: str, method: Method, seed: int, *, after: str = "", keep: int = -1
) -> dict[str, Job]:
    """The points of a method's sweep by name; ``keep`` is the number of one that others start from.

    ``after`` names a job to wait for: the one whose policy it begins with, or whose data it reads.
    """
    needs = (f"{seed} ground", *filter(None, [after]))
    if not method.trainer:
        return {f"{seed} {name}": Job(pool, (place, name, method), needs)}
    return {
        f"{seed} {name} {number}": Job(
            learn, (place, name, method, number, number == keep), needs
        )
        for number in range(len(method.sweep))
    }  # fmt: skip


def label(place: Place, seed: int, base: Path) -> Path:
    """The labels of a seed."""
    return prepare(place.seed(seed), base, place.size, seed)


def stage(
    trainer: str, path: Path, settings: Settings, seed: int, base: Path, labels: Path
) -> Path:
    """A stage that the methods share, from the base."""
    given = {"model": str(base), "dataset": str(labels), "seed": seed}
    return run_of(trainer, path, COMMON | dict(settings) | given)


def measure_start(place: Place, start: str, ground: Ground) -> Point:
    """What a policy is like that methods start from."""
    folder = place.seed(ground.seed) / f"start-{start}"
    policy = {"base": ground.base, "sft": ground.sft}[start]
    point = measured(folder, policy, ground, place.size, place.texts)
    shutil.rmtree(folder)
    return point


def learn(
    place: Place, name: str, method: Method, number: int, keep: bool, ground: Ground,
    waited: tuple[Path, Point] | Path | None = None,
) -> tuple[Path, Point]:  # fmt: skip
    """One point of a sweep: the policy trained and measured. Its folder stays if it is to ``keep``.

    The random seed is the same for all methods and points of a seed.
    """
    folder = place.seed(ground.seed) / f"{name}-{number}"
    starts = {"base": ground.base, "sft": ground.sft}
    start = waited[0] if isinstance(waited, tuple) else starts[method.starts_from]
    settings = COMMON | dict(method.settings) | dict(method.sweep[number])
    settings |= {"model": str(start), "dataset": str(ground.labels), "seed": ground.seed}
    if method.judges:
        settings["reward_model"] = str(ground.reward_model)
    policy = run_of(method.trainer, folder / "run", settings)
    point = measured(folder / "measured", policy, ground, place.size, place.texts)
    if not keep:
        shutil.rmtree(folder)
    return policy, point


def pool(place: Place, name: str, method: Method, ground: Ground) -> list[Point]:
    """The points of best-of-n, the first of them the policy itself."""
    folder = place.seed(ground.seed) / name
    policy = {"base": ground.base, "sft": ground.sft}[method.starts_from]
    sizes = [1, *(settings["n"] for settings in method.sweep)]
    points = best_of_pool(folder, policy, ground, place.size, sizes)
    shutil.rmtree(folder)
    return points


def write_kept(target: Path, size: Size, texts: Path | None) -> Path:
    """What ptx imitates: text and sortings of those that the base has read."""
    return write_demonstrations(target, untouched_read(size, texts))
