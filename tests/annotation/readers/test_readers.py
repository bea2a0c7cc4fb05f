"""Every reader on good rows and on bad ones, each named by field with a remedy."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.candidates import KnownAnswer
from annotation.readers.base import FileError, RowError
from annotation.readers.catalog import READERS
from annotation.readers.files import read_rows

USER = {"role": "user", "content": "Why?"}
YES = {"role": "assistant", "content": "Because."}
NO = {"role": "assistant", "content": "No idea."}


def parse(name, **fields):
    return READERS[name].parse(fields, "file")


def test_hh_rows_share_the_beginning_of_both_transcripts():
    found = parse(
        "hh_rlhf",
        chosen="\n\nHuman: Why?\n\nAssistant: Because.",
        rejected="\n\nHuman: Why?\n\nAssistant: No idea.",
    )
    assert found.prompt == [USER]
    assert [messages for messages, _source in found.responses] == [[YES], [NO]]
    assert found.known[0].ranks == [1, 2]


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "Why?", "chosen": "Because.", "rejected": "No idea."},
        {"prompt": [USER], "chosen": [YES], "rejected": [NO]},
        {"chosen": [USER, YES], "rejected": [USER, NO]},
    ],
    ids=["texts", "messages", "implicit prompt"],
)
def test_trl_rows_in_all_three_shapes_say_the_same(fields):
    found = parse("trl", **fields)
    assert found.prompt == [USER]
    assert [messages for messages, _source in found.responses] == [[YES], [NO]]


def test_accord_rows_keep_everything():
    found = parse(
        "accord",
        prompt="Why?",
        responses=[{"text": "Because.", "source": "m1"}, {"messages": [NO]}],
        language="en",
        tags=["short"],
        priority=2,
        reference="Because.",
        preference={"chosen": 0, "strength": "slightly"},
        labeler="w1",
        reason="it answers",
        gold={"ranks": [1, 2], "explanation": "Only one answers."},
    )
    assert found.responses == [([YES], "m1"), ([NO], "file")]
    assert (found.language, found.tags, found.priority) == ("en", ["short"], 2.0)
    known = found.known[0]
    assert (known.ranks, known.strength, known.labeler, known.reason) == (
        [1, 2],
        "slightly",
        "w1",
        "it answers",
    )
    assert (found.gold.ranks, found.explanation) == ([1, 2], "Only one answers.")


TWO = [{"text": "Because."}, {"text": "No idea."}]


JUDGMENT = {"labeler": "w1", "chosen": 0}
BAD_JUDGMENTS = [
    ({"labeler": None}, "labeler"),
    ({"labeler": "w" * 121}, "labeler"),
    ({"labeler": 7}, "labeler"),
    ({"chosen": None}, "chosen"),
    ({"chosen": 2}, "chosen"),
    ({"chosen": True}, "chosen"),
    ({"chosen": None, "ranks": [1]}, "ranks"),
    ({"tie": True}, "tie"),
    ({"chosen": None, "tie": "yes"}, "tie"),
    ({"chosen": None, "answer": "{"}, "answer"),
    ({"strength": "much"}, "strength"),
    ({"seconds": -1}, "seconds"),
    ({"seconds": float("nan")}, "seconds"),
    ({"at": "yesterday"}, "at"),
    ({"at": "2016-01-31T16:59:52"}, "at"),
    ({"at": "1969-12-31T16:59:52Z"}, "at"),
    ({"at": "9999-12-31T23:59:59Z"}, "at"),
    ({"shown": [0, 0]}, "shown"),
    ({"reason": 3}, "reason"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(
    ("reader", "fields", "field"),
    [
        ("hh_rlhf", {"chosen": "\n\nHuman: a\n\nAssistant: b"}, "rejected"),
        ("hh_rlhf", {"chosen": "hello", "rejected": "\n\nHuman: a\n\nAssistant: b"}, "chosen"),
        ("hh_rlhf", {"chosen": 3, "rejected": "x"}, "chosen"),
        (
            "hh_rlhf",
            dict.fromkeys(("chosen", "rejected"), "\n\nHuman: a\n\nAssistant: b"),
            "rejected",
        ),
        ("trl", {"prompt": "a", "chosen": "b"}, "rejected"),
        ("trl", {"chosen": "b", "rejected": "c"}, "prompt"),
        (
            "trl",
            {"prompt": [{"role": "bot", "content": ""}], "chosen": "b", "rejected": "c"},
            "role",
        ),
        ("accord", {}, "prompt"),
        ("accord", {"prompt": "a", "respones": []}, "respones"),
        ("accord", {"prompt": "a", "responses": ["b"] * 10}, "responses"),
        ("accord", {"prompt": "a", "responses": [3]}, "responses[0]"),
        ("accord", {"prompt": "a\0b"}, "prompt"),
        ("accord", {"prompt": "half \ud800"}, "prompt"),
        ("accord", {"prompt": "a" * 200_001}, "prompt"),
        ("accord", {"prompt": "a", "responses": TWO, "ranks": [1]}, "ranks"),
        ("accord", {"prompt": "a", "responses": TWO, "ranks": [0, 1]}, "ranks"),
        ("accord", {"prompt": "a", "responses": TWO, "preference": {"chosen": 2}}, "chosen"),
        (
            "accord",
            {"prompt": "a", "responses": TWO, "preference": {"chosen": 1, "strength": "much"}},
            "strength",
        ),
        ("accord", {"prompt": "a", "responses": TWO, "gold": {}}, "gold"),
        ("accord", {"prompt": "a", "priority": "high"}, "priority"),
        ("accord", {"prompt": "a", "priority": float("nan")}, "priority"),
        (
            "accord",
            {"prompt": "a", "responses": TWO, "labeler": "w" * 121, "ranks": [1, 2]},
            "labe",
        ),
        ("accord", {"prompt": "a", "judgments": {}}, "judgments"),
        ("accord", {"prompt": "a", "judgments": ["w1"]}, "judgments[0]"),
        ("accord", {"prompt": "a", "gold": {"answer": 3}}, "gold.answer"),
        *(
            ("accord", {"prompt": "a", "responses": TWO, "judgments": [JUDGMENT | bad]}, field)
            for bad, field in BAD_JUDGMENTS
        ),
        *(
            ("judgments", {"prompt": "a", "responses": TWO} | JUDGMENT | bad, field)
            for bad, field in [
                *((bad, field) for bad, field in BAD_JUDGMENTS if "colour" not in bad),
                ({"colour": "red"}, "colour"),
                ({"said": "left", "chosen": None}, "said"),
                ({"said": "good", "chosen": None}, "said"),
                ({"said": "first"}, "said"),
                ({"first": "Because."}, "first"),
                ({"first": "Because.", "responses": None}, "second"),
                ({"second": "Because.", "responses": None}, "first"),
                ({"prompt": None}, "prompt"),
            ]
        ),
    ],
)
def test_a_bad_row_is_refused_by_field(reader, fields, field):
    with pytest.raises(RowError) as caught:
        parse(reader, **fields)
    assert field in caught.value.field
    assert caught.value.problem.endswith(".")


AT = datetime(2016, 1, 31, 16, 59, 52, tzinfo=UTC)


def test_a_row_holds_the_judgments_of_many():
    found = parse(
        "accord",
        prompt="Why?",
        responses=TWO,
        judgments=[
            {
                **{"labeler": "w1", "chosen": 1, "strength": "better", "reason": "short"},
                **{"seconds": 12, "at": "2016-01-31 16:59:52Z", "shown": [1, 0]},
            },
            {"labeler": "w2", "tie": True},
            {"labeler": "w3", "answer": {"choice": "both_bad"}, "criterion": "honest"},
        ],
    )
    first, second, third = found.known
    assert first == KnownAnswer(
        [2, 1], "better", "w1", "short", seconds=12.0, at=AT, shown=[1, 0], field="judgments[0]."
    )
    assert (second.ranks, second.answer) == ([1, 1], None)
    assert (third.ranks, third.answer, third.criterion) == ([], {"choice": "both_bad"}, "honest")


@pytest.mark.parametrize(
    ("fields", "ranks", "answer"),
    [
        ({"said": "first"}, [1, 2], None),
        ({"said": "second"}, [2, 1], None),
        ({"said": "tie"}, [1, 1], None),
        ({"said": "both_bad"}, [], {"choice": "both_bad"}),
        ({"chosen": 1.0}, [2, 1], None),
        ({"answer": '{"choice": "tie"}'}, [], {"choice": "tie"}),
    ],
)
def test_a_flat_row_is_one_judgment(fields, ranks, answer):
    found = parse(
        "judgments", prompt="Why?", first="Because.", second="No idea.", labeler="w1", **fields
    )
    assert [messages for messages, _source in found.responses] == [[YES], [NO]]
    (known,) = found.known
    assert (list(known.ranks), known.answer, known.labeler) == (ranks, answer, "w1")


def test_the_best_of_more_than_two_says_nothing_of_the_others():
    (known,) = parse(
        "judgments", prompt="Why?", responses=["a", "b", "c"], labeler="w", chosen=2
    ).known
    assert (known.ranks, known.answer) == ([], {"best": 2})


def test_flat_rows_come_from_parquet_with_their_times(tmp_path):
    rows = [
        {"prompt": "Why?", "first": "a", "second": "b", "labeler": "w", "said": "first"},
        {"prompt": "Why?", "first": "a", "second": "b", "labeler": "v", "tie": True},
    ]
    rows = [{"said": None, "tie": None, "at": AT} | row for row in rows]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    found = [
        READERS["judgments"].parse(row.fields, "file").known[0]
        for row in read_rows(tmp_path / "rows.parquet")
    ]
    assert [(known.labeler, list(known.ranks), known.at) for known in found] == [
        ("w", [1, 2], AT),
        ("v", [1, 1], AT),
    ]


def test_gold_may_be_an_answer_of_any_kind_or_none():
    (plain, written) = (
        parse("accord", prompt="Why?", gold={"answer": answer, "explanation": "So."})
        for answer in ({"good": True}, None)
    )
    assert (plain.gold.answer, plain.explanation) == ({"good": True}, "So.")
    assert (written.gold.answer, list(written.gold.ranks)) == (None, [])


def write_lines(path, lines: list[bytes]):
    data = b"\n".join(lines)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_bad_lines_are_named_and_the_others_read(tmp_path, name):
    lines = [b'{"a": 1}', b"", b"{broken", b"[1]", b'"\xff"', b'{"a": 2}']
    rows = list(read_rows(write_lines(tmp_path / name, lines)))
    assert [row.number for row in rows] == [1, 3, 4, 5, 6]
    assert [row.fields for row in rows if row.fields] == [{"a": 1}, {"a": 2}]
    errors = [str(row.error) for row in rows if row.error]
    assert ["JSON" in errors[0], "object" in errors[1], "UTF-8" in errors[2]] == [True] * 3


def test_a_byte_order_mark_is_no_problem(tmp_path):
    (row,) = read_rows(write_lines(tmp_path / "rows.jsonl", [b'\xef\xbb\xbf{"a": 1}']))
    assert row.fields == {"a": 1}


def test_parquet_rows_are_read_as_they_are(tmp_path):
    table = pa.Table.from_pylist([{"prompt": [USER], "chosen": [YES], "rejected": [NO]}] * 3)
    pq.write_table(table, tmp_path / "rows.parquet")
    rows = list(read_rows(tmp_path / "rows.parquet"))
    assert [row.number for row in rows] == [1, 2, 3]
    assert READERS["trl"].parse(rows[0].fields, "file").prompt == [USER]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("rows.docx", b"a,b", "must end in"),
        ("rows.parquet", b"not parquet", "Parquet"),
        ("rows.jsonl.gz", gzip.compress(b'{"a": 1}', mtime=0)[:-6], "damaged"),
        ("rows.jsonl.gz", b"plain text", "damaged"),
    ],
)
def test_files_that_are_not_what_they_say_are_refused(tmp_path, name, data, problem):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FileError, match=problem):
        list(read_rows(path))
