"""Manifests and columns; more rows of what is refused are in `test_bad_input`."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports.records import Comparison
from tests.training.trainers.dataset_fixture import make_pairs, pair, ranking, write_split
from training.trainers.data.dataset_checks import (
    DataError,
    check_columns,
    check_manifest,
    check_rows,
)

RNG = random.Random(0)


def test_a_manifest_that_agrees_passes_and_other_configurations_are_not_read(
    tmp_path: Path,
) -> None:
    data = make_pairs(tmp_path / "d", train=2, held_out=1)
    check_manifest(data, "preference")
    file = data / "preference" / "train.parquet"
    right = {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    files = {"preference/train.parquet": right, "ranking/train.parquet": {"sha256": "0"}}
    (data / "manifest.json").write_text(json.dumps({"files": files}))
    check_manifest(data, "preference")
    with pytest.raises(DataError, match=r"lacks ranking/train.parquet, which its manifest names"):
        check_manifest(data, "ranking")
    (data / "manifest.json").write_text("nothing")
    with pytest.raises(DataError, match="is not JSON"):
        check_manifest(data, "preference")


def test_columns_of_a_kindred_type_are_taken(tmp_path: Path) -> None:
    write_split(tmp_path, "train", [pair(1, RNG)])
    file = tmp_path / "preference" / "train.parquet"
    table = pq.read_table(file)
    place = table.column_names.index("weight")
    single = table.set_column(place, "weight", table["weight"].cast(pa.float32()))
    assert check_columns(file, single, "preference").schema.field("weight").type == pa.float64()
    extra = table.append_column("note", pa.array(["x"]))
    assert "note" not in check_columns(file, extra, "preference").column_names


@pytest.mark.parametrize(
    ("values", "named"),
    [({"p_i": None}, "p_i"), ({"p_tie": 1.5}, "p_tie"), ({"margin": float("nan")}, "margin"),
     ({"j": 7}, "comparison")],
)  # fmt: skip
def test_a_rankings_numbers_are_looked_at(values: dict[str, float], named: str) -> None:
    given: dict[str, Any] = {
        "i": 0,
        "j": 1,
        "p_i": 0.5,
        "p_j": 0.3,
        "p_tie": 0.2,
        "margin": 0.0,
        "n": 1,
    }
    good = ranking(1, RNG).as_row()
    bad = ranking(2, RNG, comparisons=[Comparison(**(given | values))]).as_row()
    check_rows(Path("f"), [good], "ranking")
    with pytest.raises(DataError, match=f"f has a {named} in row 2 that is no number"):
        check_rows(Path("f"), [good, bad], "ranking")
