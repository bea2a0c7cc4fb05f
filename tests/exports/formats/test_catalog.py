"""What holds for every format."""

import json
from itertools import product

import pytest

from exports import wording
from exports.formats.base import FormatError, clean_options
from exports.formats.catalog import FORMATS
from exports.records import RECORD_TYPES
from tests.exports.making import MAKERS, assistant, pair, ranking, user


@pytest.fixture(params=FORMATS)
def format(request):
    return FORMATS[request.param]


def test_names_and_words(format):
    assert FORMATS[format.name] is format
    assert format.config in RECORD_TYPES
    assert format.title
    assert format.description.endswith(".")
    assert all(option.help.endswith(".") for option in format.options.values())
    assert str(wording.FORMATS[format.name]) == format.description
    assert set(format.options) <= set(wording.OPTIONS)


def test_a_line_per_record_and_whole_lines_only(format):
    records = map(MAKERS[format.config], (1, 2))
    pieces = list(format.write(records, clean_options(format, {})))
    assert all(piece.endswith(b"\n") for piece in pieces)
    lines = b"".join(pieces).splitlines()
    assert len(lines) == 2
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_every_type_of_record_can_be_taken_along():
    assert {format.config for format in FORMATS.values()} == set(RECORD_TYPES)


def test_nothing_in_nothing_out(format):
    assert list(format.write(iter([]), clean_options(format, {}))) == []


def test_text_is_not_escaped(format):
    record = MAKERS[format.config](prompt=[user("日本語 </script> \u2028")])
    (piece,) = format.write([record], clean_options(format, {}))
    assert "日本語 </script> \u2028".encode() in piece


def test_writing_refuses_what_refuse_names_and_only_where_it_may(format):
    odd = {
        "preference": [
            pair(prompt=[{"role": "system", "content": "be kind"}, user("hi")]),
            pair(chosen=[assistant("a\n\nHuman: b")]),
            pair(),
        ],
        "ranking": [ranking(), ranking(ranks=(1, 2))],
    }.get(format.config, [MAKERS[format.config]()])
    for record in odd:
        for options in every_setting(format):
            if format.refuse(record) and format.may_refuse(options):
                with pytest.raises(FormatError, match=f"Record {record.id}: "):
                    list(format.write([record], options))
            else:
                written = len(list(format.write([record], options)))
                assert written == 1 or (written == 0 and format.refuse(record))


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
