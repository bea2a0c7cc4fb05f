"""The contract: a schema has every field, and a row gives its record back."""

from dataclasses import fields
from itertools import product

import pyarrow as pa
import pytest

from annotation import aggregating
from annotation.task_kinds.base import STRENGTHS, Outcome
from exports.records import RECORD_TYPES, STRENGTH_MARGINS, Comparison
from tests.exports.making import pair, ranking


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=RECORD_TYPES)
def test_a_schema_names_every_field(kind):
    assert set(kind.schema.names) == {field.name for field in fields(kind)}


@pytest.mark.parametrize("record", [pair(), ranking(), ranking(ranks=(2, 1))])
def test_a_record_survives_arrow(record):
    table = pa.Table.from_pylist([record.as_row()], schema=record.schema)
    assert type(record).from_row(table.to_pylist()[0]) == record


def test_a_row_is_plain_values():
    row = ranking().as_row()
    assert row["judgments"][0]["labeler"] == "L-abc"
    assert row["comparisons"][0] == {
        "i": 0,
        "j": 1,
        "p_i": 2 / 3,
        "p_j": 1 / 3,
        "p_tie": 0.0,
        "margin": 0.0,
        "n": 1,
    }


def test_every_strength_has_a_margin():
    assert tuple(STRENGTH_MARGINS) == STRENGTHS
    assert aggregating.MARGIN_OF_STRENGTH == STRENGTH_MARGINS


def test_the_winner_in_a_file_is_the_winner_in_the_database():
    seen = set()
    for votes in (v for n in range(6) for v in product([0, 1, None], repeat=n)):
        said = aggregating.aggregate([[Outcome(0, 1, vote)] for vote in votes], 2)
        (values,) = said.comparisons
        rounded = {**values, **{key: round(values[key], 6) for key in ("p_i", "p_j", "p_tie")}}
        assert Comparison(**rounded).winner == aggregating.winner(values)
        seen.add(aggregating.winner(values))
    assert seen == {0, 1, None}
