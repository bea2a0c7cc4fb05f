"""What is refused of a dataset directory before a row of it is tokenized.

Files that are not those of the manifest, columns of another type, and numbers that are none or
cannot be meant; each in one sentence with the remedy.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from exports.records import RECORD_TYPES
from training.durable_files import BrokenFileError, read_object
from training.trainers.config_fields import ConfigError

MANIFEST = "manifest.json"


class DataError(ConfigError):
    """A dataset that cannot be trained on; one sentence with the remedy."""


def check_manifest(folder: Path, config: str) -> None:
    """Compare the record files of one configuration with the manifest's checksums.

    A directory without a manifest is taken as it is: somebody made it by hand.
    """
    try:
        manifest = read_object(folder / MANIFEST)
    except BrokenFileError as error:
        raise DataError(str(error)) from error
    files = (manifest or {}).get("files") or {}
    for name, about in sorted(files.items()):
        if not name.startswith(f"{config}/"):
            continue
        if not (folder / name).is_file():
            raise DataError(
                f"{folder} lacks {name}, which its manifest names: copy the whole directory again."
            )
        if _sha256(folder / name) != about.get("sha256"):
            raise DataError(
                f"{folder / name} is not the file that its manifest names (another checksum): copy"
                f" it again, or delete {MANIFEST} if you changed it yourself."
            )


def check_columns(file: Path, table: pa.Table, config: str) -> pa.Table:
    """The record's columns of a table in their own types; what is missing or other is refused."""
    schema = RECORD_TYPES[config].schema
    missing = sorted(set(schema.names) - set(table.column_names))
    if missing:
        raise DataError(
            f"{file} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}:"
            " export it with this version."
        )
    columns = []
    for field in schema:
        column = table[field.name]
        if column.type != field.type:
            column = _as_type(file, column, field)
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=schema)


def check_rows(file: Path, rows: Sequence[Mapping[str, Any]], config: str) -> None:
    """Refuse empty files, and rows whose text is missing or whose numbers mean nothing."""
    if not rows:
        raise DataError(f"{file} has no rows: export more labels, or delete the file.")
    texts = ("prompt", *RECORD_TYPES[config].texts)
    found = _NUMBERS.get(config, _no_numbers)
    for number, row in enumerate(rows, start=1):
        empty = next((name for name in texts if _lacks_text(row[name])), None)
        if empty is not None:
            raise DataError(f"{file} has no {empty} in row {number}: export it again.")
        wrong = next((name for name, good in found(row) if not good), None)
        if wrong is not None:
            raise DataError(
                f"{file} has a {wrong} in row {number} that is no number it may be: correct it, or"
                " export it again."
            )


def _pair_numbers(row: Mapping[str, Any]) -> list[tuple[str, bool]]:
    return [
        ("weight", _share(row["weight"])),
        ("strength_margin", _finite(row["strength_margin"])),
    ]


def _ranking_numbers(row: Mapping[str, Any]) -> list[tuple[str, bool]]:
    things = range(len(row["responses"]))
    return [
        (name, good)
        for c in row["comparisons"] or ()
        for name, good in (
            *((name, _share(c[name])) for name in ("p_i", "p_j", "p_tie")),
            ("margin", _finite(c["margin"])),
            ("comparison", c["i"] in things and c["j"] in things),
        )
    ]


def _unpaired_numbers(row: Mapping[str, Any]) -> list[tuple[str, bool]]:
    return [("weight", _share(row["weight"])), ("label", row["label"] is not None)]


def _no_numbers(row: Mapping[str, Any]) -> list[tuple[str, bool]]:
    return []


_NUMBERS: dict[str, Callable[[Mapping[str, Any]], list[tuple[str, bool]]]] = {
    "preference": _pair_numbers,
    "ranking": _ranking_numbers,
    "unpaired": _unpaired_numbers,
}


def _lacks_text(value: Any) -> bool:
    """Whether anything in messages, or in a list of them, is null."""
    if isinstance(value, list):
        return any(_lacks_text(part) for part in value)
    if isinstance(value, dict):
        return value["role"] is None or value["content"] is None
    return value is None


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _share(value: float | None) -> bool:
    return value is not None and 0 <= value <= 1


def _as_type(file: Path, column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"{file} has {column.type} in the column {field.name}, which should hold {field.type}:"
            " export it with this version."
        ) from error


def _sha256(file: Path) -> str:
    with open(file, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
