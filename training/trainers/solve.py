"""Measures how many problems with known answers a model solves, beside another model if asked.

Writes RUN/outputs/report.json (accuracy, pass@k, form, length, reflective words, with intervals
over problems, and paired differences) and RUN/outputs/problems.jsonl, a line per problem. Run it
with `python -m training.trainers.solve RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from training.durable_files import read_lines, write_json, write_lines
from training.run_dir import RunDir
from training.trainers.configs import GenerateConfig, SolveConfig
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.preference_files import dataset_folder
from training.trainers.data.prompt_files import Prompt, file_prompts
from training.trainers.data.prompt_rows import dataset_prompts, with_instruction
from training.trainers.evaluation.pass_at_k import (
    Attempt,
    Attempted,
    solve_differences,
    solve_figures,
)
from training.trainers.evaluation.solve_table import solve_table, verdict_of
from training.trainers.generate import generate
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.rewards.answers import (
    exact_answer,
    extract_answer,
    known_answer,
)
from training.trainers.rewards.rule_functions import has_format
from training.trainers.rounds.round_stages import StageRun, run_stage, stage_config

OURS, BASELINE = "solved", "baseline"
"""The model's stage and part of the report, and those of the one it is compared with."""


def solve(run: RunDir, config: SolveConfig, stop: StopWatch) -> Result:
    """Let the model, and the one to compare with, answer the problems, and report."""
    run.append_progress({"step": 0, "phase": "loading", "metrics": {}})
    problems = list(_problems(run, config))
    models = {OURS: config.model} | ({BASELINE: config.baseline} if config.baseline else {})
    written = {
        name: _written(run, config, problems, name, model, stop) for name, model in models.items()
    }
    # Two tokenizers may leave out different problems: what is compared is what both answered.
    common = [p for p in problems if all(p.id in lines for lines in written.values())]
    if not common:
        raise DataError("No problem was answered by both models: raise max_prompt_tokens.")
    attempted = {
        name: [_attempted(config, problem, lines[problem.id]) for problem in common]
        for name, lines in written.items()
    }
    report = _report(config, attempted)
    run.outputs_path.mkdir(exist_ok=True)
    write_json(run.outputs_path / "report.json", report)
    lines = [_line(problem, n, attempted) for n, problem in enumerate(common)]
    write_lines(run.outputs_path / "problems.jsonl", lines)
    print(solve_table(report))
    for line in lines[:SHOWN]:
        response = line[OURS][0]["text"]
        run.append_samples({"step": 0, "prompt": line["prompt"], "response": response})
    metrics = _leading(report) | {"prompts": len(common)}
    run.append_progress({"step": 1, "total_steps": 1, "phase": "evaluating", "metrics": metrics})
    return {
        "state": "done",
        "metrics": metrics | {"verdict": report["verdict"]},
        "checkpoint": None,
        "outputs": {"report": "outputs/report.json", "problems": "outputs/problems.jsonl"},
    }


SHOWN = 4
"""Attempts that the run's page shows."""


def _problems(run: RunDir, config: SolveConfig) -> Iterator[Prompt]:
    """The first problems that have a known answer, each once."""
    found = (
        file_prompts(Path(config.prompts_file))
        if config.prompts_file
        else dataset_prompts(dataset_folder(config.dataset, run.path), config.split)
    )
    known: dict[str, Prompt] = {}
    for prompt in found:
        if config.limit and len(known) == config.limit:
            break
        if (prompt.reference or "").strip():
            known.setdefault(prompt.id, prompt)
    if not known:
        raise DataError("No prompt has a known answer: give the prompts a reference.")
    yield from known.values()


def _written(
    run: RunDir,
    config: SolveConfig,
    problems: Sequence[Prompt],
    name: str,
    model: str,
    stop: StopWatch,
) -> dict[str, list[dict[str, Any]]]:
    """The lines that one model's `generate` stage wrote, by problem."""
    folder = run.path / "stages"
    file = folder / "problems.jsonl"
    rows = [
        {"id": p.id, "prompt": with_instruction(p.messages, config.instruction)} for p in problems
    ]
    write_lines(file, rows)
    settings = {
        "model": model,
        "dataset": "",
        "prompts_file": str(file),
        "limit": 0,
        "reference": "",
    }
    stage = StageRun(folder / name, run, before=0, rounds_left=0)
    run_stage(stage, stage_config(GenerateConfig, config, settings), generate, stop)
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in read_lines(stage.outputs_path / "responses.jsonl", 0)[0]:
        lines.setdefault(line["prompt_id"], []).append(line)
    return lines


def _attempted(
    config: SolveConfig, problem: Prompt, lines: Sequence[Mapping[str, Any]]
) -> Attempted:
    shape = "think" if config.extract == "tagged" else "boxed"
    attempts = []
    for line in lines:
        text = line["response"][0]["content"]
        attempts.append(
            Attempt(
                right=bool(exact_answer(text, problem.reference, config.extract)),
                formatted=bool(has_format(text, None, shape=shape)),
                finished=line["finished"],
                tokens=line["tokens"],
                text=text,
                answer=extract_answer(text, config.extract),
            )
        )
    return Attempted(problem.id, attempts)


def _report(config: SolveConfig, attempted: Mapping[str, Sequence[Attempted]]) -> dict[str, Any]:
    report: dict[str, Any] = {
        "kind": "solve",
        "model": config.model,
        "compared_with": config.baseline or None,
        "problems": len(attempted[OURS]),
        "attempts": config.n,
    }
    for name, problems in attempted.items():
        report[name] = solve_figures(problems, config.ks, resamples=config.resamples)
    if BASELINE in attempted:
        report["difference"] = solve_differences(
            attempted[OURS], attempted[BASELINE], config.ks, resamples=config.resamples
        )
    return {"verdict": verdict_of(report)} | report


def _line(
    problem: Prompt, number: int, attempted: Mapping[str, Sequence[Attempted]]
) -> dict[str, Any]:
    """One problem, its answer, and what each model made of it."""
    about = {"id": problem.id, "prompt": problem.messages}
    answers = {
        name: [vars(attempt) for attempt in problems[number].attempts]
        for name, problems in attempted.items()
    }
    return about | {"reference": known_answer(problem.reference or "")} | answers


def _leading(report: Mapping[str, Any]) -> dict[str, float]:
    """The report's figures by flat names: the model's own, the other's, and the differences."""
    flat: dict[str, float] = {}
    for part, prefix in ((OURS, ""), (BASELINE, "baseline_"), ("difference", "difference_")):
        for group, figures in report.get(part, {}).items():
            kind = {"overall": "", "pass_at_k": "pass_at_", "reflective": "reflective_"}[group]
            for name, figure in figures.items():
                flat |= {
                    f"{prefix}{kind}{name}": figure["value"],
                    f"{prefix}{kind}{name}_low": figure["low"],
                    f"{prefix}{kind}{name}_high": figure["high"],
                }
    return flat


if __name__ == "__main__":
    sys.exit(main(SolveConfig, solve))
