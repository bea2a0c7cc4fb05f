"""The prompts and responses of the demo: the samples, a file of Accord's rows, or eight models.

Reads what `--data` names into rows of Accord's own format, says what was left out and why, and
writes the two files that are imported: pairs with gold among them, and 4-way rankings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from annotation.candidates import Candidate
from annotation.readers.accord import parse
from annotation.readers.base import FileError, RowError
from annotation.readers.files import read_rows, suffix_of
from bench.planted_truth import quality, strength_of, text_of
from config.homes import ROOT

SAMPLES = ROOT / "annotation" / "sample_data" / "prompts.jsonl"
PREDICTIONS = "selfinstruct_*_predictions.jsonl"
RESPONSES = 4
FEWEST_PROMPTS = 24
LONGEST_RESPONSE = 700
LONGEST_PROMPT = 900
GOLD = 12

Row = dict[str, Any]


class DemoDataError(Exception):
    """Data that the demo cannot run on; one sentence that says what to do."""


@dataclass(frozen=True)
class DemoData:
    """``rows`` in Accord's format, each with 2 to 4 distinct responses, and what was left out."""

    title: str
    rows: list[Row]
    found: int
    reason: str

    @property
    def sentence(self) -> str:
        """What is used of what was found."""
        if len(self.rows) == self.found:
            return f"{self.title}: all {self.found} prompts"
        return f"{self.title}: {len(self.rows)} of {self.found} prompts ({self.reason})"


def read_data(path: Path | None, *, most: int) -> DemoData:
    """At most ``most`` rows of the samples, a file or a folder. Raises DemoDataError."""
    if path is None:
        return _limited("sample prompts of our own", _from_file(SAMPLES), most)
    if not path.exists():
        raise DemoDataError(f"{path} does not exist: name a file or folder that does.")
    rows = _from_folder(path) if path.is_dir() else _from_file(path)
    return _limited(path.name, rows, most)


def _limited(title: str, rows: list[Row], most: int) -> DemoData:
    usable = [short for row in rows if (short := _shortened(row)) is not None]
    if len(usable) < FEWEST_PROMPTS:
        raise DemoDataError(
            f"{title} has {len(usable)} prompts with two or more different responses of at most"
            f" {LONGEST_RESPONSE} characters: the demo needs {FEWEST_PROMPTS}."
        )
    reason = f"the others are over {LONGEST_RESPONSE} characters or have one response"
    if len(usable) > most:
        reason = f"the time limit allows {most}"
    # Evenly over the file, whose prompts may be ordered by subject.
    chosen = (
        [usable[i * len(usable) // most] for i in range(most)] if most < len(usable) else usable
    )
    return DemoData(title, chosen, len(rows), reason)


def _shortened(row: Row) -> Row | None:
    """The row with its first four different responses that are short enough, if there are two."""
    if len(text_of(row["prompt"])) > LONGEST_PROMPT:
        return None
    kept: dict[str, Row] = {}
    for response in row["responses"]:
        text = text_of(response["messages"]).strip()
        if text and len(text) <= LONGEST_RESPONSE:
            kept.setdefault(text, response)
    responses = list(kept.values())[:RESPONSES]
    return {**row, "responses": responses} if len(responses) >= 2 else None


def _from_file(path: Path) -> list[Row]:
    """Rows of Accord's own format, read as an import reads them."""
    rows: list[Row] = []
    try:
        suffix_of(path.name)
        for row in read_rows(path):
            if row.fields is None:
                raise row.error or RowError("", "cannot be read.")
            rows.append(_row_of(parse(row.fields, path.stem)))
    except RowError as error:
        raise DemoDataError(
            f"{path} line {len(rows) + 1}: {error} The demo reads Accord's own JSONL."
        ) from error
    except (FileError, OSError) as error:
        raise DemoDataError(f"{path} cannot be read: {error}") from error
    return rows


def _row_of(candidate: Candidate) -> Row:
    return {
        "prompt": candidate.prompt,
        "language": candidate.language,
        "tags": list(candidate.tags),
        "responses": [
            {"messages": messages, "source": source} for messages, source in candidate.responses
        ],
    }


def _from_folder(folder: Path) -> list[Row]:
    """The same instructions answered by several models, one file each; every row starts with
    another model, so that each is taken equally often."""
    files = sorted(folder.glob(PREDICTIONS))
    if len(files) < RESPONSES:
        raise DemoDataError(
            f"{folder} holds {len(files)} files named {PREDICTIONS}: the demo needs {RESPONSES}, or"
            " name one file of Accord's own JSONL."
        )
    answers: dict[str, list[Row]] = {}
    for file in files:
        model = file.name.removeprefix("selfinstruct_").removesuffix("_predictions.jsonl")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                given = json.loads(line)
                asked = "\n\n".join(
                    part for key in ("instruction", "input") if (part := given[key].strip())
                )
                answer = given["response"].strip()
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DemoDataError(
                    f"{file} line {number} has no instruction, input and response as texts:"
                    " correct the line."
                ) from error
            message = {"role": "assistant", "content": answer}
            answers.setdefault(asked, []).append({"messages": [message], "source": model})
    return [
        {
            "prompt": [{"role": "user", "content": asked}],
            "language": "en",
            "tags": [],
            "responses": [given[(row + i) % len(given)] for i in range(len(given))],
        }
        for row, (asked, given) in enumerate(answers.items())
    ]


def usual_difference(rows: Sequence[Row]) -> float:
    """The median difference in planted quality between two responses of one prompt."""
    differences = [
        abs(first - second)
        for row in rows
        for first, second in combinations(_qualities(row), 2)
        if first != second
    ]
    return median(differences) if differences else 1.0


def pair_rows(rows: Sequence[Row], *, gold: int = GOLD) -> list[Row]:
    """Two responses of every prompt, another two for each; the clearest ones are gold.

    Gold is what the planted truth answers, as an expert would for items beyond doubt.
    """
    pairs = []
    for number, row in enumerate(rows):
        k = len(row["responses"])
        chosen = [row["responses"][(number + step) % k] for step in (0, 1 + number // k % (k - 1))]
        pairs.append({**row, "responses": chosen})
    clearest = sorted(range(len(pairs)), key=lambda i: -abs(_difference(pairs[i])))[:gold]
    for number in clearest:
        difference = _difference(pairs[number])
        pairs[number]["gold"] = {
            "chosen": 0 if difference > 0 else 1,
            "strength": strength_of(difference),
            "explanation": "It says what to do, on the subject, without hedging or boasting.",
        }
    return pairs


def _difference(row: Row) -> float:
    first, second = _qualities(row)
    return first - second


def _qualities(row: Row) -> list[float]:
    prompt = text_of(row["prompt"])
    return [quality(prompt, text_of(response["messages"])) for response in row["responses"]]


def write_rows(rows: Sequence[Row], file: Path) -> Path:
    """The rows as a file that can be imported."""
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return file
