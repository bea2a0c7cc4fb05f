"""The demo's second half, over HTTP: reward model, policy, generation, new against old.

Every figure is from held-out prompts that no run has trained on and that nothing was chosen by.
The texts that runs generated are read from their run directories, to hold them against the truth.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.stats.bootstrap import clustered_bootstrap_mean
from bench.demo_display import Stage, against_chance, interval, percent
from bench.demo_labeling import COMPARISON, RANKINGS, Work, label, make_comparison, wait_for
from bench.planted_truth import quality, text_of
from training.run_dir import RunDir

Run = dict[str, Any]


def train_reward_model(work: Work, snapshot: str) -> None:
    """A reward model, and its accuracy on held-out pairs beside what ignores the text."""
    with work.display.stage("Reward model") as stage:
        settings = {"model": work.plan.model, **work.plan.reward_model, "seed": work.seed}
        run = _train(work, stage, "reward_model", "Reward model", snapshot, settings)
        _add_accuracy(stage, run["metrics"])


def train_policy(work: Work, snapshot: str) -> tuple[Run, Run | None]:
    """The DPO run, and before it the run that teaches a tiny model to write, where one is due."""
    imitation = None
    settings: dict[str, Any] = {"seed": work.seed}
    if work.plan.imitation is not None:
        with work.display.stage("Imitation") as stage:
            taught = {"model": work.plan.model, **work.plan.imitation, **settings}
            imitation = _train(work, stage, "dpo", "Imitation", snapshot, taught)
            before, after = _logps(work, imitation)
            stage.add(
                "log p of better answers, held out",
                f"{before[0]:.0f} to {after[0]:.0f}",
                "before and after: a tiny model learns to write; it is the old model below",
            )
    with work.display.stage("DPO") as stage:
        start = work.plan.model if imitation is None else ""
        if start:
            settings["model"] = start
        run = _train(
            work, stage, "dpo", "DPO", snapshot, {**work.plan.dpo, **settings}, parent=imitation
        )
        _add_accuracy(stage, run["metrics"])
        before, after = _logps(work, run)
        stage.add("log p of chosen, held out", f"{before[0]:.1f} to {after[0]:.1f}", "means")
        stage.add("log p of rejected, held out", f"{before[1]:.1f} to {after[1]:.1f}", "means")
    return run, imitation


def generate(work: Work, snapshot: str, title: str, parent: Run | None) -> Run:
    """Responses of a checkpoint, or of the plain model, to the held-out prompts."""
    with work.display.stage(f"Generation: {title}") as stage:
        settings = {**work.plan.generate, "split": "test", "seed": work.seed}
        if parent is None:
            settings["model"] = work.plan.model
        run = _train(work, stage, "generate", f"Responses of {title}", snapshot, settings, parent)
        metrics = run["result"]["metrics"]
        stage.add(
            "responses",
            f"{metrics['responses']} to {metrics['prompts']} prompts",
            f"{metrics['mean_tokens']:.0f} tokens on average,"
            f" {percent(metrics['finished'])} ended by themselves",
        )
    return run


def compare(work: Work, new: Run, old: Run) -> None:
    """New against old as blind tasks, judged by the same people; the win rate with its interval."""
    with work.display.stage("New tasks: new against old") as stage:
        make_comparison(work)
        counts = work.admin.post(
            f"runs/{new['uid']}/tasks/", {"against_run": old["uid"], "project": COMPARISON}
        )
        stage.add("tasks", str(counts["tasks"]), f"{counts['same']} pairs read the same, left out")
    label(work, COMPARISON, "Labeling new against old", tasks=counts["tasks"])
    with work.display.stage("Win rate") as stage:
        work.admin.submit(
            f"/projects/{COMPARISON}/quality/refresh/", {}, page=f"/projects/{COMPARISON}/quality/"
        )
        (rate,) = work.admin.get(f"projects/{COMPARISON}/quality/")["win_rates"]
        _add_win_rate(stage, rate, new["parent_run"])
        _add_planted(work, stage, new, old)


def _add_win_rate(stage: Stage, rate: dict[str, Any], new: str) -> None:
    value, low, high = rate["rate"], rate["low"], rate["high"]
    wins, losses = rate["wins_a"], rate["wins_b"]
    if not rate["source_a"].startswith(new):
        value, wins, losses = 1 - value, losses, wins
        low, high = (None if x is None else 1 - x for x in (high, low))
    stage.add(
        "new (DPO) wins against old",
        interval(value, low, high),
        f"{against_chance(low, high)}; {wins} won, {losses} lost, {rate['ties']} tied",
    )


def _add_planted(work: Work, stage: Stage, new: Run, old: Run) -> None:
    """The planted truth of both sides' texts, and of their difference prompt by prompt."""
    qualities = [_qualities(work, run) for run in (new, old)]
    means = [float(np.concatenate(list(each.values())).mean()) for each in qualities]
    shared = sorted(set(qualities[0]) & set(qualities[1]))
    values = np.concatenate([qualities[0][key] - qualities[1][key] for key in shared])
    prompts = np.repeat(np.arange(len(shared)), [len(qualities[0][key]) for key in shared])
    low, high = clustered_bootstrap_mean(values, prompts, replicates=2000)
    verdict = "new is better" if low and low > 0 else "new is worse" if high and high < 0 else ""
    stage.add(
        "planted quality, new and old",
        f"{means[0]:.2f} and {means[1]:.2f}",
        f"difference {values.mean():+.2f} ({low:+.2f} to {high:+.2f}):"
        f" {verdict or 'no difference that can be told'}",
    )


def _qualities(work: Work, run: Run) -> dict[str, NDArray[np.float64]]:
    """By prompt, the planted quality of each response of a generate run."""
    folder = RunDir(work.folder / "home" / "runs" / run["uid"])
    found: dict[str, list[float]] = {}
    with open(folder.outputs_path / "responses.jsonl", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            value = quality(text_of(line["prompt"]), text_of(line["response"]))
            found.setdefault(line["prompt_id"], []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def _train(
    work: Work,
    stage: Stage,
    trainer: str,
    name: str,
    snapshot: str,
    settings: dict[str, Any],
    parent: Run | None = None,
) -> Run:
    """Ask for a run and wait for its end; the run as the API shows it."""
    body = {"trainer": trainer, "snapshot": snapshot, "name": name, "config": settings}
    if parent is not None:
        body["parent"] = _checkpoint(work, parent)
    asked = work.admin.post(f"projects/{RANKINGS}/runs/", body)
    run = wait_for(
        lambda: work.admin.get(f"runs/{asked['uid']}/"),
        lambda at: stage.at(at["step"], at["total_steps"], at["phase"]),
    )
    return {**run, "parent_run": parent["name"] if parent else work.plan.model}


def _checkpoint(work: Work, run: Run) -> str:
    """The uid of a run's best checkpoint."""
    found = work.admin.get_all(f"runs/{run['uid']}/checkpoints/")
    best = [each for each in found if each["available"] and each["is_best"]] or found
    return str(best[0]["uid"])


def _logps(work: Work, run: Run) -> tuple[tuple[float, float], tuple[float, float]]:
    """Held-out log p of chosen and rejected at the first and at the last evaluation."""
    records = work.admin.get(f"runs/{run['uid']}/progress/")["records"]
    seen = [r["metrics"] for r in records if "held_out_logp_chosen" in r.get("metrics", {})]
    first, last = (
        (each["held_out_logp_chosen"], each["held_out_logp_rejected"])
        for each in (seen[0], seen[-1])
    )
    return first, last


def _add_accuracy(stage: Stage, metrics: dict[str, Any]) -> None:
    found = {
        key: metrics.get(f"held_out_{key}")
        for key in (
            *("accuracy", "accuracy_low", "accuracy_high", "accuracy_longer"),
            *("accuracy_shorter", "accuracy_first", "pairs", "prompts"),
        )
    }
    low, high = found["accuracy_low"], found["accuracy_high"]
    stage.add(
        "held-out pairs right",
        interval(found["accuracy"], low, high),
        f"{against_chance(low, high)}; {found['pairs']} pairs of {found['prompts']} prompts",
    )
    stage.add(
        "baselines on the same pairs",
        f"longer {percent(found['accuracy_longer'])}",
        f"shorter {percent(found['accuracy_shorter'])},"
        f" shown first {percent(found['accuracy_first'])}",
    )
