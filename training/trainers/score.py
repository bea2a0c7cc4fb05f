"""Scores given responses with one reward model or with several, such as an ensemble's members.

Reads lines of prompts with numbered responses and writes RUN/outputs/scores.jsonl: the mean over
the models and their standard deviation. One model after the other goes over the file, some hundred
lines at a time; an interrupted run goes on after the last of those. Run it with
`python -m training.trainers.score RUN [--field value ...]`.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from training.durable_files import append_line, append_lines, read_lines, truncate
from training.run_dir import RunDir
from training.trainers.configs import ScoreConfig
from training.trainers.data.chat_text import ChatText, TemplateError
from training.trainers.data.labelled_prompts import DataError
from training.trainers.loop.command_line import Result, StopWatch, main, prepare_machine
from training.trainers.models.model_loading import (
    LoadedModel,
    load_reward_model,
    resolve_model,
    reward_members,
    working_dtype,
)
from training.trainers.models.positions import within_positions
from training.trainers.shared_prompt import Rows, response_scores, why_not_shared

WINDOW = 512
"""Lines that are read, put in order of length and scored before they are written down."""


@dataclass(frozen=True)
class Row:
    """A prompt as tokens, with the numbers of its responses and these as tokens."""

    prompt: list[int]
    ids: list[int]
    responses: list[list[int]]

    @property
    def length(self) -> int:
        """Tokens of the shared row."""
        return len(self.prompt) + sum(map(len, self.responses))

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest response."""
        return len(self.prompt) + max(map(len, self.responses))


def score(run: RunDir, config: ScoreConfig, stop: StopWatch) -> Result:
    """Score every response with every model, from where an earlier attempt left off."""
    device = prepare_machine(config)
    path = run.path / config.responses_file
    windows = -(-_lines_in(path) // WINDOW)
    run.outputs_path.mkdir(parents=True, exist_ok=True)
    models = [member for name in config.models for member in reward_members(resolve_model(name))]
    parts = [run.outputs_path / f"scores-{n}.jsonl" for n in range(len(models))]
    for number, name in enumerate(models):
        run.append_progress({"step": number * windows, "phase": "loading", "metrics": {}})
        # Of a file without lines, too, something is written that can be merged.
        parts[number].touch()
        loaded = load_reward_model(
            name,
            dtype=working_dtype(config, device),
            new_head=False,
            head_weights=config.head_weights,
        )
        scorer = _Scorer(loaded, device, config)
        done, end = read_lines(parts[number], 0)
        truncate(parts[number], end)
        for window, lines in enumerate(_windows(path)):
            if window < len(done):
                continue
            stop.check()
            append_line(parts[number], scorer.score(lines, stop))
            _note(run, number * windows + window + 1, windows * len(parts))
        del loaded, scorer
    left_out = sum(line["left_out"] for line in read_lines(parts[0], 0)[0])
    responses, spread = _merge(parts, run.outputs_path / "scores.jsonl")
    if not responses:
        raise DataError(
            f"There is no response to score ({left_out} too long or refused): raise max_length, or"
            " import items first."
        )
    return {
        "state": "done",
        "metrics": {
            "responses": responses,
            "left_out": left_out,
            "models": len(parts),
            "mean_spread": spread / responses,
        },
        "checkpoint": None,
        "outputs": {"scores": "outputs/scores.jsonl"},
    }


class _Scorer:
    """One model at work on lines of the file."""

    def __init__(self, loaded: LoadedModel, device: torch.device, config: ScoreConfig) -> None:
        self.model, self.config = loaded.model.to(device), config
        self.text = ChatText(loaded.tokenizer)
        self.pad = loaded.tokenizer.pad_token_id
        self.max_length = within_positions(loaded.model, config.max_length)

    @torch.no_grad()
    def score(self, lines: Sequence[dict[str, Any]], stop: StopWatch) -> dict[str, Any]:
        """Scores by the responses' numbers, and how many responses were left out."""
        rows = [row for row in map(self._row, lines) if row.ids]
        rows.sort(key=lambda row: -row.length)
        shared = bool(rows) and why_not_shared(self.model, max(r.longest for r in rows)) is None
        rows_of = Rows(self.model, pad_id=self.pad, shared=shared)
        scores: dict[int, float] = {}
        size = self.config.batch_size
        for start in range(0, len(rows), size):
            stop.check()
            batch = rows[start : start + size]
            values = response_scores(self.model, rows_of(batch)).tolist()
            numbers = (pk for row in batch for pk in row.ids)
            found = zip(numbers, values, strict=True)
            scores.update((pk, value) for pk, value in found if math.isfinite(value))
        left_out = sum(len(line["responses"]) for line in lines) - len(scores)
        return {"scores": list(scores.items()), "left_out": left_out}

    def _row(self, line: dict[str, Any]) -> Row:
        """What of a line can be scored: a response that is too long is left out, never cut."""
        prompt: list[int] = []
        kept: dict[int, list[int]] = {}
        for response in line["responses"]:
            try:
                prompt, [tokens] = self.text.encode(line["prompt"], [response["messages"]])
            except TemplateError:
                continue
            if len(prompt) + len(tokens) <= self.max_length:
                kept[response["id"]] = tokens
        return Row(prompt, list(kept), list(kept.values()))


def _windows(path: Path) -> Iterator[list[dict[str, Any]]]:
    """The lines of the file, some hundred at a time.

    Raises DataError where a line is no prompt with numbered responses.
    """
    with open(path, encoding="utf-8") as file:
        numbered = enumerate(file, start=1)
        while some := list(islice(numbered, WINDOW)):
            yield [_line(path, number, text) for number, text in some]


def _line(path: Path, number: int, text: str) -> dict[str, Any]:
    try:
        line: dict[str, Any] = json.loads(text)
        prompt = [{"role": m["role"], "content": m["content"]} for m in line["prompt"]]
        responses = [{"id": int(r["id"]), "messages": r["messages"]} for r in line["responses"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} line {number} is not {{'prompt': [messages], 'responses': [{{'id',"
            f" 'messages'}}]}} ({error!r}): correct it."
        ) from error
    return {"prompt": prompt, "responses": responses}


def _lines_in(path: Path) -> int:
    try:
        with open(path, "rb") as file:
            return sum(1 for _line in file)
    except OSError as error:
        raise DataError(f"responses_file {path} cannot be read ({error}).") from error


def _merge(parts: Sequence[Path], output: Path) -> tuple[int, float]:
    """Write mean and spread of what every model scored; how many, and the sum of the spreads."""
    output.unlink(missing_ok=True)
    count, total = 0, 0.0
    files = [open(part, encoding="utf-8") for part in parts]  # noqa: SIM115 - closed below
    try:
        for windows in zip(*files, strict=True):
            scores = [dict(json.loads(window)["scores"]) for window in windows]
            known = [pk for pk in scores[0] if all(pk in one for one in scores)]
            said = {pk: [one[pk] for one in scores] for pk in known}
            lines = [
                {"response": pk, "mean": statistics.fmean(each), "spread": statistics.pstdev(each)}
                for pk, each in said.items()
            ]
            append_lines(output, lines)
            count, total = count + len(lines), total + sum(line["spread"] for line in lines)
    finally:
        for file in files:
            file.close()
    return count, total


def _note(run: RunDir, step: int, total: int) -> None:
    run.append_progress(
        {
            "step": step,
            "total_steps": total,
            "epoch": step / total,
            "phase": "scoring",
            "metrics": {},
        }
    )


if __name__ == "__main__":
    sys.exit(main(ScoreConfig, score))
