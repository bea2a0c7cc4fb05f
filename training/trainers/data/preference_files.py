"""A plain file of preferences as a dataset directory: for people who have nothing but a file.

Rows of ``prompt, answer1, answer2`` (the better one first, unless ``preferred`` or ``ranks`` says
otherwise), of TRL, HH-RLHF and the other formats that Accord imports. The directory is made once
inside the run, so a resumed run sees the same rows whatever became of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from annotation.candidates import Candidate
from annotation.readers.base import FileError, RowError
from annotation.readers.catalog import READERS, guess_format
from annotation.readers.files import SUFFIXES, read_rows
from exports.dataset_dir import DatasetDirError, DatasetWriter, read_manifest
from exports.records import PreferencePair, Ranking, Record
from exports.splitting import SPLITS, Fractions, split_of
from training.trainers.data.answer_rows import parse_answers
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.preference_records import pairs_of, rankings_of

FRACTIONS = Fractions(train=0.9, validation=0.1, test=0.0)
LAYOUTS = "prompt, answer1, answer2 (the better one first) or prompt, chosen, rejected"
_WITHOUT_COMPARISONS = ("table", "trl_prompt_only", "trl_unpaired", "trl_prompt_completion")
Parse = Callable[[Mapping[str, Any], str], Candidate]


def dataset_folder(dataset: str, run: Path) -> Path:
    """The dataset directory that ``dataset`` names, or the one that is made of its files.

    A single file is split by a hash of the first user message, one tenth for validation; a folder
    may have a file for each split (train.jsonl, validation.jsonl, test.jsonl). Raises DataError.
    """
    path = Path(dataset).expanduser()
    files = {"": path} if path.is_file() else split_files(path)
    target = run / "inputs" / "dataset"
    if files and not target.is_dir():
        _convert(files, target)
    return target if files else path


def split_files(folder: Path) -> dict[str, Path]:
    """The plain files of a folder by the split that each is called by; none in other folders."""
    found = ((split, folder / f"{split}{suffix}") for split in SPLITS for suffix in SUFFIXES)
    return {split: path for split, path in found if path.is_file()}


def left_out_of(folder: Path) -> dict[str, int]:
    """Why rows of the files are not in a directory that was made of them, and how many."""
    try:
        return dict(read_manifest(folder).get("left_out", {}))
    except DatasetDirError:
        return {}


def _convert(files: Mapping[str, Path], target: Path) -> None:
    left_out: Counter[str] = Counter()
    read = {split: list(_candidates(path, left_out)) for split, path in files.items()}
    if not any(read.values()):
        reasons = ", ".join(f"{n} x {why}" for why, n in left_out.most_common(3)) or "no rows"
        names = ", ".join(path.name for path in files.values())
        raise DataError(f"{names} has no comparison of two answers ({reasons}): correct the file.")
    project = next(iter(files.values())).stem
    # Ties and more than two answers live in rankings, and training takes those where there are any:
    # then all rows must be there.
    ranked = any(len(c.responses) > 2 or _ties(c) for rows in read.values() for _, c in rows)
    try:
        with DatasetWriter(target, project=project, filters={}, fractions=FRACTIONS) as writer:
            _write(writer, read, project, ranked)
            writer.publish(name=project, left_out=dict(left_out))
    except DatasetDirError as error:
        raise DataError(str(error)) from error


def _write(
    writer: DatasetWriter,
    read: Mapping[str, list[tuple[str, Candidate]]],
    project: str,
    ranked: bool,
) -> None:
    gathered: dict[tuple[type[Record], str], list[Record]] = {}
    for named, rows in read.items():
        for name, candidate in rows:
            pairs: list[Record] = list(pairs_of(candidate, name, project))
            rankings: list[Record] = list(rankings_of(candidate, name, project)) if ranked else []
            for record in [*pairs, *rankings]:
                split = named or split_of(record, FRACTIONS)
                gathered.setdefault((type(record), split), []).append(record)
    for kind in (PreferencePair, Ranking):
        for split in SPLITS:
            if records := gathered.get((kind, split)):
                table = pa.Table.from_pylist([r.as_row() for r in records], schema=kind.schema)
                characters = np.array([record.characters() for record in records])
                writer.add_rows(kind.config, split, table, characters)


def _candidates(path: Path, left_out: Counter[str]) -> Iterator[tuple[str, Candidate]]:
    """Name and content of each row that compares answers; what is wrong with others is counted."""
    parse: Parse | None = None
    try:
        for row in read_rows(path):
            if row.fields is None:
                raise DataError(f"{path.name} line {row.number}: {row.error}")
            if parse is None:
                parse = _parser(path, row.fields)
            try:
                candidate = parse(row.fields, path.stem)
            except RowError as error:
                left_out[str(error)] += 1
                continue
            if any(len(known.ranks) > 1 for known in candidate.known):
                yield f"{path.stem}-{row.number}", candidate
            else:
                left_out["rows that compare nothing"] += 1
    except FileError as error:
        raise DataError(f"{path.name}: {str(error).removeprefix(f'{path.name}: ')}") from error


def _parser(path: Path, fields: Mapping[str, Any]) -> Parse:
    """What reads rows like this one. Raises DataError for columns that nobody knows."""
    if {"prompt", "answer1", "answer2"} <= set(fields):
        return parse_answers
    name, _renamed = guess_format(list(fields))
    if name in _WITHOUT_COMPARISONS or not set(fields).issuperset(READERS[name].needs):
        raise DataError(
            f"{path.name} has the columns {', '.join(fields)}, which say of no two answers which is"
            f" better: give {LAYOUTS}."
        )
    if name == "hh_rlhf" and not isinstance(fields["chosen"], str):
        name = "trl"  # whole conversations as messages, the prompt within
    reader = READERS[name]

    def parse(values: Mapping[str, Any], source: str) -> Candidate:
        made = reader.parse(values, source)
        if not isinstance(made, Candidate):
            raise RowError("", "holds a tree of answers; import it into a project and export it.")
        return made

    return parse


def _ties(candidate: Candidate) -> bool:
    return any(len(set(known.ranks)) < len(known.ranks) for known in candidate.known)
