"""The demo's second half, over HTTP: reward model, policy, generation, new against old.

Every figure is from held-out prompts that no run has trained on and that nothing was chosen by.
The texts that runs generated are read from their run directories, to hold them against the truth.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.stats.bootstrap import clustered_bootstrap_mean
from bench.demo_display import Stage, against_chance, interval, percent
from bench.demo_labeling import COMPARISON, RANKINGS, Work, label, make_comparison, wait_for
from bench.planted_truth import quality, text_of
from training.run_dir import RunDir

Run = dict[str, Any]


def ask_reward_model(work: Work, snapshot: str) -> Run:
    """Queue a reward model, which trains while people label on."""
    settings = {"model": work.plan.model, **work.plan.reward_model, "seed": work.seed}
    return _ask(work, "reward_model", "Reward model", snapshot, settings)


def ask_imitation(work: Work, snapshot: str) -> Run | None:
    """Queue the run that teaches a tiny model to write, where one is due."""
    if work.plan.imitation is None:
        return None
    settings = {"model": work.plan.model, **work.plan.imitation, "seed": work.seed}
    return _ask(work, "dpo", "Imitation", snapshot, settings)


def show_reward_model(work: Work, asked: Run) -> None:
    """The reward model's accuracy on held-out pairs beside what ignores the text."""
    with work.display.stage("Reward model") as stage:
        _add_accuracy(stage, _wait(work, stage, asked)["metrics"])
        _add_time(work, stage, asked)


def show_imitation(work: Work, asked: Run) -> None:
    """How much likelier the better answers have become to the tiny model."""
    with work.display.stage("Imitation") as stage:
        run = _wait(work, stage, asked)
        before, after = _logps(work, run)
        stage.add(
            "log p of better answers, held out",
            f"{before[0]:.0f} to {after[0]:.0f}",
            "before and after: a tiny model learns to write; it is the old model below",
        )
        _add_time(work, stage, asked)


def train_policy(work: Work, snapshot: str, imitation: Run | None) -> Run:
    """The DPO run, from the imitation's checkpoint or from the plain model."""
    settings = {**work.plan.dpo, "seed": work.seed}
    if imitation is None:
        settings["model"] = work.plan.model
    with work.display.stage("DPO") as stage:
        run = _wait(work, stage, _ask(work, "dpo", "DPO", snapshot, settings, imitation))
        _add_accuracy(stage, run["metrics"])
        before, after = _logps(work, run)
        stage.add("log p of chosen, held out", f"{before[0]:.1f} to {after[0]:.1f}", "means")
        stage.add("log p of rejected, held out", f"{before[1]:.1f} to {after[1]:.1f}", "means")
        _add_time(work, stage, run)
    return run


def generate(work: Work, snapshot: str, title: str, parent: Run | None) -> Run:
    """Responses of a checkpoint, or of the plain model, to the held-out prompts."""
    with work.display.stage(f"Generation: {title}") as stage:
        settings = {**work.plan.generate, "split": "test", "seed": work.seed}
        if parent is None:
            settings["model"] = work.plan.model
        asked = _ask(work, "generate", f"Responses of {title}", snapshot, settings, parent)
        run = _wait(work, stage, asked)
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


def _ask(
    work: Work,
    trainer: str,
    name: str,
    snapshot: str,
    settings: dict[str, Any],
    parent: Run | None = None,
) -> Run:
    """Queue a run, from a parent run's best checkpoint where there is one."""
    body = {"trainer": trainer, "snapshot": snapshot, "name": name, "config": settings}
    if parent is not None:
        body["parent"] = _checkpoint(work, parent)
    asked = work.admin.post(f"projects/{RANKINGS}/runs/", body)
    return {**asked, "parent_run": parent["name"] if parent else work.plan.model}


def _wait(work: Work, stage: Stage, asked: Run) -> Run:
    """The run at its end, as the API shows it."""
    run = wait_for(
        lambda: work.admin.get(f"runs/{asked['uid']}/"),
        lambda at: stage.at(at["step"], at["total_steps"], at["phase"]),
    )
    return {**run, "parent_run": asked["parent_run"]}


def _add_time(work: Work, stage: Stage, asked: Run) -> None:
    """How long the run itself took, which others may have waited for or not."""
    run = work.admin.get(f"runs/{asked['uid']}/")
    began, ended = (datetime.fromisoformat(run[k]) for k in ("started_at", "finished_at"))
    stage.add("time of the run", f"{(ended - began).total_seconds():.0f} s", "start of it included")


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
