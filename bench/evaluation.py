"""Whether evaluation's intervals hold what they promise, and what a report costs in time.

Planted truth: prompts differ in how easy they are, so the pairs of one prompt hang together. An
interval is right as often as it contains the true share. Beside it stands the usual bootstrap over
pairs, which takes them for independent. No model, no data: it measures the statistics alone.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from numpy.typing import NDArray

from bench.contract import progress, report
from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.record_datasets import Example
from training.trainers.data.votes import Vote
from training.trainers.evaluation.held_out import HeldOutReport
from training.trainers.evaluation.kl_estimates import kl_figures
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

PROMPTS = (10, 30, 200)
PAIRS = 6
SHARE, EASINESS = 0.7, 4.0
"""Mean accuracy, and the sum of the parameters of the Beta by which prompts differ."""

REPORT_PAIRS = 2000


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="evaluation")
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    for prompts in PROMPTS:
        progress(f"coverage with {prompts} prompts, {trials} trials")
        ours, naive = coverage_of_accuracy(prompts, trials)
        report(
            f"accuracy_coverage_{prompts}_prompts",
            ours=ours,
            unit="share",
            goal=">= 0.92",
            peer=naive,
            peer_name="bootstrap over pairs",
            detail=f"of 95% intervals, {PAIRS} pairs to a prompt, {trials} trials",
        )
    progress("coverage of the KL")
    for name, share in coverage_of_kl(trials).items():
        report(
            f"{name}_coverage",
            ours=share,
            unit="share",
            goal=">= 0.9",
            detail=f"of 95% intervals, 32 prompts, 2 responses of 24 tokens, {trials} trials",
        )
    progress("the time of a report")
    report(
        "report_seconds",
        ours=seconds_of_report(),
        unit="s",
        goal="< 5",
        higher_is_better=False,
        detail=f"{REPORT_PAIRS} prompts with a pair each, three labelers, median of 5",
    )


def coverage_of_accuracy(prompts: int, trials: int) -> tuple[float, float]:
    """How often the interval over prompts, and the one over pairs, contains the true share."""
    rng = np.random.default_rng(prompts)
    whole = [str(n // PAIRS) for n in range(prompts * PAIRS)]
    single = [str(n) for n in range(prompts * PAIRS)]
    right = naive = 0
    for trial in range(trials):
        easy = rng.beta(SHARE * EASINESS, (1 - SHARE) * EASINESS, size=prompts)
        correct = (rng.random((prompts, PAIRS)) < easy[:, None]).astype(float).ravel()
        right += _contains(whole, correct, trial)
        naive += _contains(single, correct, trial)
    return right / trials, naive / trials


def _contains(clusters: list[str], correct: NDArray[np.float64], seed: int) -> bool:
    draws = PromptBootstrap(clusters, resamples=1000, seed=seed)
    _, low, high = draws.ratio(correct, np.ones_like(correct))
    return low <= SHARE <= high


def coverage_of_kl(trials: int) -> dict[str, float]:
    """The same of the KL between two known distributions of tokens."""
    rng = np.random.default_rng(0)
    policy, reference = (rng.dirichlet(np.full(50, 2.0)) for _ in range(2))
    log_ratio = np.log(policy / reference)
    exact = 24 * float(policy @ log_ratio)
    owners = np.arange(64 * 24) // 24
    clusters = [str(n // 2) for n in range(64)]
    found = {"kl_k1": 0, "kl_k3": 0}
    for _ in range(trials):
        drawn = log_ratio[rng.choice(50, size=64 * 24, p=policy)]
        figures = kl_figures(drawn, owners, clusters, resamples=1000)
        for name in found:
            found[name] += figures[name]["low"] <= exact <= figures[name]["high"]
    return {name: count / trials for name, count in found.items()}


def seconds_of_report() -> float:
    """What making a report costs when the scores are there."""
    rng = np.random.default_rng(0)
    examples = [_example(n, rng) for n in range(REPORT_PAIRS)]
    scores = rng.normal(size=2 * REPORT_PAIRS).tolist()
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        held_out = HeldOutReport()
        held_out.add(examples, scores)
        held_out.report(labelers={"labeler 0"})
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _example(number: int, rng: np.random.Generator) -> Example:
    votes = tuple(
        Vote(labeler=f"labeler {labeler}", preference=float(rng.random() < 0.8))
        for labeler in rng.choice(20, size=3, replace=False)
    )
    label = Labelled(
        better=0, worse=1, p_better=0.8, p_worse=0.2, p_tie=0.0, margin=0.0,
        strength=str(rng.choice(["better", "slightly"])), votes=votes,
    )  # fmt: skip
    return Example(
        id=str(number), cluster=str(number), prompt=[1], responses=[[2], [3]],
        chars=rng.integers(10, 900, size=2).tolist(), comparisons=[label], messages=[],
        language=str(rng.choice(["en", "ja"])), kind="pairwise", criterion="overall",
    )  # fmt: skip


if __name__ == "__main__":
    main()
