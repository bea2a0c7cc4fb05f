"""Who passes the default screening, of a planted crowd, and how soon a copier at work is caught.

Forty labelers (30 right in 85% of comparisons, 6 in 65%, one at random, one always left, one always
the longest, one who copies) take the default policy's exam 200 times: the real draw of items, the
real sequential test, the real attempts. Borderline exams pass nobody here. Then a copier who
slipped through works beside the good ones until the ongoing checks find something.
"""

from __future__ import annotations

import os
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import django

from bench.contract import progress, report
from bench.simulated_crowd import Item, Labeler, crowd, gold_pool

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Every process has a core of its own.
os.environ.setdefault("OMP_NUM_THREADS", "1")
django.setup()

# What is measured lives beside Django models, and needs their settings but no database.
from annotation.entry import drawing  # noqa: E402
from annotation.entry.exam_length import sequential_test  # noqa: E402
from annotation.models import ScreeningPolicy  # noqa: E402
from annotation.stats.bootstrap import wilson_interval  # noqa: E402
from bench.copier_at_work import Caught, caught_after  # noqa: E402

SEEDS = 200
GOLD_POOL = 240
SPAMMERS = ("random", "always left", "always longest")

COPIERS = 200
VARIANTS = {
    "items by lot, 3 answers each": (False, 3),
    "always the items of the copied one, 3 answers each": (True, 3),
    "always the items of the copied one, 6 answers each": (True, 6),
}
"""Whether the copier always gets what the copied one has, and how many answer an item.

The first is the figure: there the copier guesses on whatever the copied one has not seen."""


@dataclass(frozen=True)
class Examined:
    """What became of one labeler: the last verdict and the exam items of all attempts."""

    group: str
    verdict: str
    items: int
    attempts: int


def main() -> None:
    """Measure and report."""
    policy = ScreeningPolicy()
    found: list[Examined] = []
    for seed in range(SEEDS):
        if seed % 20 == 0:
            progress(f"screening, seed {seed} of {SEEDS}")
        found += screened(policy, random.Random(seed))
    report_screening(found)
    caught = {}
    for name, variant in VARIANTS.items():
        progress(f"a copier at work: {name}")
        caught[name] = copiers(*variant)
    report_copier(caught)


# ------------------------------------------------------------------------------------- the exam


def screened(policy: ScreeningPolicy, rng: random.Random) -> list[Examined]:
    """The whole crowd takes the exam once each, with the attempts that the policy allows."""
    # One seed gives one result: the draw of the site takes its chance from the system.
    drawing._chance = rng  # type: ignore[assignment]
    pool = gold_pool(GOLD_POOL, rng)
    return [examined(policy, labeler, pool, rng) for labeler in crowd()]


def examined(
    policy: ScreeningPolicy, labeler: Labeler, pool: Sequence[Item], rng: random.Random
) -> Examined:
    """Training, then attempts until one does not fail; nobody gets an item twice."""
    left = list(pool)
    rng.shuffle(left)
    for item in left[: policy.training_items]:
        labeler.answer(item, rng.randrange(2), rng)
    left = left[policy.training_items :]
    verdict, items, attempt = "failed", 0, 0
    while verdict == "failed" and attempt < policy.attempts:
        attempt += 1
        verdict, answered = one_exam(policy, labeler, left, rng)
        items += answered
    return Examined(labeler.group, verdict, items, attempt)


def one_exam(
    policy: ScreeningPolicy, labeler: Labeler, left: list[Item], rng: random.Random
) -> tuple[str, int]:
    """One attempt with items out of `left`, which lose those that were asked."""
    test = sequential_test(policy)
    asked: list[drawing.Traits] = []
    sides: list[bool | None] = []
    log_odds, verdict = 0.0, "open"
    while verdict == "open":
        sample = [traits_of(item) for item in left[: drawing.SAMPLE]]
        place = drawing.choose(sample, asked, rng)
        item, traits = left.pop(place), sample[place]
        first = drawing.order_for(traits, 2, sides)[0]
        is_right = labeler.answer(item, first, rng) == item.right
        asked.append(traits)
        sides.append(first == item.right)
        log_odds += test.step(int(is_right), 1)
        verdict = test.verdict(log_odds, len(asked))
    return verdict, len(asked)


def traits_of(item: Item) -> drawing.Traits:
    """What the draw sees of an item."""
    return drawing.Traits(item.difficulty, item.longer == item.right, item.right)


def report_screening(found: Sequence[Examined]) -> None:
    """The figures of the exam."""
    groups: dict[str, list[Examined]] = defaultdict(list)
    for each in found:
        groups[each.group].append(each)
    spam = [each for name in SPAMMERS for each in groups[name]]
    apart = ", ".join(f"{name} {passed(groups[name]):.4f}" for name in (*SPAMMERS, "copier"))
    for name, which, goal, more in (
        ("good_passed", groups["good"], ">= 0.95", ""),
        ("spammers_passed", spam, "<= 0.01", f"; by kind: {apart}"),
        ("mediocre_passed", groups["mediocre"], "<= 0.10", ""),
    ):
        report(
            name,
            ours=passed(which),
            unit="share",
            goal=goal,
            higher_is_better=name == "good_passed",
            detail=f"{interval(which)}; {borderline(which)}{more}",
        )
    by_group = ", ".join(f"{name} {mean_items(which):.1f}" for name, which in groups.items())
    ordered = sorted(each.items for each in found)
    report(
        "exam_items",
        ours=mean_items(found),
        unit="items",
        goal="<= 55",
        higher_is_better=False,
        detail=(
            f"all attempts together, median {statistics.median(ordered):g},"
            f" 95th percentile {ordered[int(0.95 * len(ordered))]}; by group: {by_group}"
        ),
    )


def passed(found: Sequence[Examined]) -> float:
    """The share that passed in any attempt."""
    return sum(each.verdict == "passed" for each in found) / len(found)


def mean_items(found: Sequence[Examined]) -> float:
    """Exam items on average."""
    return statistics.fmean(each.items for each in found)


def interval(found: Sequence[Examined]) -> str:
    """The 95% interval of the share that passed, in words."""
    low, high = wilson_interval(sum(each.verdict == "passed" for each in found), len(found))
    return f"95% interval {low:.4f} to {high:.4f} of {len(found)} labelers, {SEEDS} seeds"


def borderline(found: Sequence[Examined]) -> str:
    """How many were left to an admin, who passes nobody here."""
    counts = Counter(each.verdict for each in found)
    return f"borderline {counts['borderline'] / len(found):.4f}"


# ------------------------------------------------------------------------------------- the copier


def copiers(shares_all: bool, overlap: int) -> list[Caught]:
    """The same from `COPIERS` seeds, on all cores."""
    seeds = range(COPIERS)
    with ProcessPoolExecutor() as pool:
        return list(
            pool.map(caught_after, seeds, [shares_all] * COPIERS, [overlap] * COPIERS, chunksize=5)
        )


def report_copier(caught: dict[str, list[Caught]]) -> None:
    """The figure of the copier: the median of the first variant; all of them in the detail."""
    first = next(iter(caught.values()))
    report(
        "copier_caught_items",
        ours=statistics.median(each.after for each in first),
        unit="items",
        goal="<= 50",
        higher_is_better=False,
        detail=f"{COPIERS} seeds each, median; "
        + "; ".join(f"{name}: {in_words(results)}" for name, results in caught.items()),
    )


def in_words(results: Sequence[Caught]) -> str:
    """How soon, why, and how many honest people were named by then."""
    after = sorted(each.after for each in results)
    why = Counter(each.why for each in results)
    within = sum(each.after <= 50 for each in results) / len(results)
    others = statistics.fmean(each.others for each in results)
    return (
        f"median {statistics.median(after):g}, 95th percentile {after[int(0.95 * len(after))]},"
        f" within 50 {within:.2f}"
        f" ({', '.join(f'{reason} {count}' for reason, count in why.most_common())}),"
        f" honest ones named by then {others:.2f} of 30"
    )


if __name__ == "__main__":
    main()
