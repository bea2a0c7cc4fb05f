"""What holds for every format."""

import csv
import io
import json
from itertools import product

import pyarrow as pa
import pytest

from exports import wording
from exports.formats.base import EVERY, Columns, FormatError, clean_options
from exports.formats.catalog import FORMATS
from exports.records import RECORD_TYPES
from tests.exports.making import MAKERS, assistant, pair, ranking, user

LINES = {"kto": 2}
SYSTEM = [{"role": "system", "content": "be kind"}, user("hi")]


def maker_of(format):
    return MAKERS["preference" if format.config == EVERY else format.config]


@pytest.fixture(params=FORMATS)
def format(request):
    return FORMATS[request.param]


def test_names_and_words(format):
    assert FORMATS[format.name] is format
    assert format.config in {*RECORD_TYPES, EVERY}
    assert format.title
    assert format.description.endswith(".")
    assert all(option.help.endswith(".") for option in format.options.values())
    assert str(wording.FORMATS[format.name]) == format.description
    assert set(format.options) <= set(wording.OPTIONS)


def test_a_line_per_record_and_whole_lines_only(format):
    records = map(maker_of(format), (1, 2))
    pieces = list(format.write(records, clean_options(format, {})))
    assert all(piece.endswith(b"\n") for piece in pieces)
    text = b"".join(pieces)
    if format.suffix == "csv":
        assert len(list(csv.reader(io.StringIO(text.decode())))) == 3
        return
    lines = text.splitlines()
    assert len(lines) == 2 * LINES.get(format.name, 1)
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_every_type_of_record_can_be_taken_along():
    assert {format.config for format in FORMATS.values()} == {*RECORD_TYPES, EVERY}


def test_nothing_in_nothing_out(format):
    pieces = list(format.write(iter([]), clean_options(format, {})))
    assert b"".join(pieces).count(b"\n") == (format.suffix == "csv")


def test_text_is_not_escaped(format):
    record = maker_of(format)(prompt=[user("日本語 </script> \u2028")], tags=["語 \u2028"])
    text = b"".join(format.write([record], clean_options(format, {})))
    assert ("語 \u2028" if format.config == EVERY else "日本語 </script> \u2028").encode() in text


def test_writing_refuses_what_refuse_names_and_only_where_it_may(format):
    odd = {
        "preference": [
            pair(prompt=[{"role": "system", "content": "be kind"}, user("hi")]),
            pair(chosen=[assistant("a\n\nHuman: b")]),
            pair(),
        ],
        "ranking": [ranking(), ranking(ranks=(1, 2))],
    }.get(format.config, [maker_of(format)(), maker_of(format)(prompt=SYSTEM)])
    for record in odd:
        for options in every_setting(format):
            if format.refuse(record) and format.may_refuse(options):
                with pytest.raises(FormatError, match=f"Record {record.id}: "):
                    list(format.write([record], options))
            else:
                written = len(list(format.write([record], options)))
                most = LINES.get(format.name, 1)
                assert written == most or (written == 0 and format.refuse(record))


def test_refusing_a_table_is_refusing_its_rows(format):
    if format.config == EVERY:
        return
    prompts = [SYSTEM, [], [user("a\n\nAssistant: b")], [user("hi")], [assistant("")]]
    answers = [[], [user("me")], [assistant("\n\nHuman:")], [assistant("x"), user("y")]]
    texts = {"chosen", "completion"}.intersection(RECORD_TYPES[format.config].texts)
    records = [
        maker_of(format)(number, prompt=prompt, **dict.fromkeys(texts, answer))
        for number, (prompt, answer) in enumerate(product(prompts, answers))
    ]
    rows = pa.Table.from_pylist(
        [record.as_row() for record in records], schema=RECORD_TYPES[format.config].schema
    )
    columns = Columns(rows)
    assert format.count_refused(columns) == sum(bool(format.refuse(record)) for record in records)
    if format.refused_rows is not None:
        found = format.refused_rows(columns).tolist()
        assert found == [bool(format.refuse(record)) for record in records]


def every_setting(format):
    names = list(format.options)
    return [dict(zip(names, values, strict=True)) for values in product([0, 1], repeat=len(names))]


def test_unknown_options_are_refused(format):
    with pytest.raises(FormatError, match="colour: no such option of"):
        clean_options(format, {"colour": "1"})


@pytest.mark.parametrize(("word", "value"), [("true", True), ("0", False), (True, True)])
def test_options_may_be_text(word, value):
    assert clean_options(FORMATS["trl_preference"], {"margin": word})["margin"] is value


def test_options_that_are_neither_yes_nor_no_are_refused():
    with pytest.raises(FormatError, match="margin: give true or false"):
        clean_options(FORMATS["trl_preference"], {"margin": "maybe"})
