"""The contract: a schema has every field, and a row gives its record back."""

from dataclasses import fields
from itertools import product

import pyarrow as pa
import pytest

from annotation.consensus import aggregating
from annotation.task_kinds.base import STRENGTHS, Outcome
from exports.records import RECORD_TYPES, STRENGTH_MARGINS, Comparison
from tests.exports.making import MAKERS, pair, ranking

COMMON = [
    *("id", "task", "project", "kind", "criterion", "language", "tags", "prompt", "reference"),
    *("response_sources", "judgments", "labeled_at"),
]
JUDGMENT = ["id", "revision", "labeler", "choice", "strength", "shown_first", "seconds"]
OWN = {
    "preference": ["chosen", "rejected", "strength", "strength_margin", "weight", "rank_group"],
    "ranking": ["responses", "comparisons", "ranks"],
    "unpaired": ["completion", "label", "weight"],
    "demonstration": ["completion", "topic"],
    "prompt_only": ["topic"],
    "rating": ["responses", "scores", "flags", "low", "high"],
}


def test_the_columns_are_those_that_snapshots_have():
    # Written down once: a change here would leave snapshots behind that nobody can read.
    assert list(RECORD_TYPES) == list(OWN)
    for config, own in OWN.items():
        schema = RECORD_TYPES[config].schema
        assert schema.names == COMMON + own
        later = [] if config in ("preference", "ranking") else ["reason"]
        assert [field.name for field in schema.field("judgments").type.value_type] == (
            JUDGMENT + later
        )


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=RECORD_TYPES)
def test_a_schema_names_every_field(kind):
    assert set(kind.schema.names) == {field.name for field in fields(kind)}


@pytest.mark.parametrize(
    "record", [*(make() for make in MAKERS.values()), ranking(ranks=(2, 1)), pair(tags=[])]
)
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
