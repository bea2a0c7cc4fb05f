"""A plain file of prompts, for people who have nothing but a file: prompts, and as a dataset.

Rows have ``prompt`` (a text or messages; ``question`` will do), and may have ``id``, ``reference``
or ``answer`` (the known answer), ``tags`` and ``language``; a text file has a prompt in every line.
The directory is made once inside the run, so a resumed run sees the same prompts whatever became of
the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from annotation.readers.base import FileError
from annotation.readers.files import read_rows
from exports.dataset_dir import DatasetDirError, DatasetWriter
from exports.records import PromptOnly
from exports.splitting import split_of
from training.trainers.data.chat_text import Message
from training.trainers.data.labelled_prompts import SPLITS, DataError, cluster_of
from training.trainers.data.preference_files import FRACTIONS, split_files

TEXT = ".txt"


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A prompt as messages; ``reference`` is its known answer, where there is one."""

    id: str
    messages: list[Message]
    reference: str | None = None
    tags: list[str] = field(default_factory=list)
    language: str = ""


def file_prompts(path: Path) -> Iterator[Prompt]:
    """The prompts of a file in its order. Raises DataError with the line that is none."""
    try:
        if path.suffix == TEXT:
            yield from _text_prompts(path)
            return
        for row in read_rows(path):
            if row.fields is None:
                raise DataError(f"{path} line {row.number} is not a prompt ({row.error}).")
            yield _prompt(path, row.number, row.fields)
    except FileError as error:
        raise DataError(f"prompts_file {path} cannot be read: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"prompts_file {path} cannot be read ({error}).") from error


def prompts_folder(prompts_file: str, run: Path) -> Path:
    """The dataset directory that is made of a file, or of a folder with a file for each split.

    A single file is split by a hash of the first user message, one tenth for validation.
    """
    path = Path(prompts_file).expanduser()
    target = run / "inputs" / "dataset"
    if target.is_dir():
        return target
    files = {"": path} if path.is_file() else split_files(path)
    if not files:
        raise DataError(
            f"prompts_file {path} is no file and has no {' or '.join(SPLITS)} file: correct it."
        )
    records = [
        (named, _record(prompt, path.stem))
        for named, file in files.items()
        for prompt in file_prompts(file)
    ]
    if not records:
        raise DataError(f"prompts_file {path} has no prompt: correct it.")
    try:
        with DatasetWriter(target, project=path.stem, filters={}, fractions=FRACTIONS) as writer:
            for split in SPLITS:
                part = [r for named, r in records if (named or split_of(r, FRACTIONS)) == split]
                if part:
                    table = pa.Table.from_pylist(
                        [record.as_row() for record in part], schema=PromptOnly.schema
                    )
                    characters = np.array([record.characters() for record in part])
                    writer.add_rows(PromptOnly.config, split, table, characters)
            writer.publish(name=path.stem)
    except DatasetDirError as error:
        raise DataError(str(error)) from error
    return target


def _text_prompts(path: Path) -> Iterator[Prompt]:
    # Not splitlines: a text may hold other line separators.
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            messages = [{"role": "user", "content": line.strip()}]
            yield Prompt(id=cluster_of(messages), messages=messages)


def _prompt(path: Path, number: int, fields: Mapping[str, Any]) -> Prompt:
    given: Any = fields.get("prompt", fields.get("question"))
    try:
        if isinstance(given, str):
            given = [{"role": "user", "content": given}] if given.strip() else None
        messages = [{"role": _text(m["role"]), "content": _text(m["content"])} for m in given]
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path} line {number} is not {{'prompt': text or [messages]}} ({error!r}): correct it."
        ) from error
    reference = fields.get("reference", fields.get("answer"))
    tags = fields.get("tags") or []
    return Prompt(
        id=str(fields.get("id") or cluster_of(messages)),
        messages=messages,
        reference=None if reference is None else str(reference),
        tags=[str(tag) for tag in ([tags] if isinstance(tags, str) else tags)],
        language=str(fields.get("language") or ""),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _record(prompt: Prompt, project: str) -> PromptOnly:
    return PromptOnly(
        id=prompt.id,
        task=prompt.id,
        project=project,
        kind="prompt",
        criterion="",
        language=prompt.language,
        tags=prompt.tags,
        prompt=prompt.messages,
        reference=prompt.reference,
        response_sources=[],
        judgments=[],
        labeled_at=None,
        topic=None,
    )
