"""Sets of real crowds are read as they are, and what a crowd says is counted right."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from annotation.readers.catalog import READERS
from bench import crowd_files, real_crowds
from bench.crowd_figures import by_gold, by_majority
from bench.crowd_files import Crowd


def write(path, lines: list[str]) -> None:
    path.write_bytes(gzip.compress("\n".join(lines).encode()))


@pytest.fixture
def arguments(tmp_path):
    """Two workers about one pair; the second submitted two pairs at once."""
    write(
        tmp_path / "pairs.csv.gz",
        [
            "topic,pair_id,a1_id,a2_id,a1,a2,gold",
            "ban-cars_yes-do,p1,x1,x2,Because.,No idea.,a1",
            "ban-cars_yes-do,p2,x1,x3,Because.,Never.,",
        ],
    )
    times = "2016-01-31 16:00:00.0 UTC,2016-01-31 16:01:00.0 UTC"
    write(
        tmp_path / "judgments.csv.gz",
        [
            "topic,pair_id,worker,value,reason,accept,submit,rank,competence",
            f"ban-cars_yes-do,p1,w1,a1,clear,{times},1,0.9",
            f"ban-cars_yes-do,p1,w2,equal,same,{times},2,0.5",
            f"ban-cars_yes-do,p2,w2,a2,short,{times},2,0.5",
        ],
    )
    return tmp_path


def test_arguments_become_rows_that_the_reader_takes(arguments):
    rows = list(crowd_files.argument_rows(arguments))
    assert [(row["labeler"], row["said"], row["seconds"]) for row in rows] == [
        ("w1", "first", 60.0),
        ("w2", "tie", 30.0),
        ("w2", "second", 30.0),
    ]
    known = [READERS["judgments"].parse(row, "file").known[0] for row in rows]
    assert [list(one.ranks) for one in known] == [[1, 2], [1, 1], [2, 1]]
    file = arguments / "rows.jsonl.gz"
    assert crowd_files.write_rows(iter(rows), file) == 3
    assert json.loads(gzip.decompress(file.read_bytes()).splitlines()[0]) == rows[0]


def test_arguments_as_arrays_with_what_was_published(arguments):
    crowd, competence = crowd_files.arguments(arguments)
    assert crowd.values.tolist() == ["first", "tie", "second"]
    assert crowd.gold == {"ban-cars_yes-do/p1": "first"}
    assert competence == {"w1": 0.9, "w2": 0.5}


def test_rankings_without_second_ones_and_blanks(tmp_path):
    names = [f"system{n}{what}" for n in range(1, 6) for what in ("Id", "rank")]
    header = ",".join(["srclang", "trglang", "srcIndex", "judgeId", *names])

    def row(judge, ranks):
        placed = [f"{name},{rank}" for name, rank in zip("edcba", ranks, strict=True)]
        return ",".join(["Czech", "English", "7", judge, *placed])

    rows = [row("w1", "12345"), row("w1", "54321"), row("w2", ["1", "1", "-1", "2", "2"])]
    write(tmp_path / "wmt12.csv.gz", [header, *rows, row("w3", "11111")])
    (found,) = crowd_files.translations(tmp_path).values()
    assert found.ranks.tolist() == [[5, 4, 3, 2, 1], [1, 1, 1, 1, 1]]
    assert (found.repeated, found.partial) == (1, 1)


def test_the_first_answer_of_a_labeler_counts(tmp_path):
    lines = ["worker,item,label", "w1,i1,yes", "w1,i1,no", "w2,i1,no"]
    write(tmp_path / "some.labels.csv.gz", lines)
    (tmp_path / "gold.txt").write_text("i1\tyes \n\ni2\t\n")
    found = crowd_files.crowd(tmp_path, "some", "gold.txt")
    assert found.values.tolist() == ["yes", "no"]
    assert found.gold == {"i1": "yes"}


CROWD = Crowd(
    items=np.array(["i", "i", "i", "j", "j"]),
    labelers=np.array(["a", "b", "c", "a", "b"]),
    values=np.array(["x", "x", "y", "x", "y"]),
    gold={"i": "x", "j": "y"},
)


def test_a_tie_of_votes_is_worth_its_chance():
    assert by_majority(CROWD) == ({"i": "x"}, {"j": 0.5})


def test_each_labeler_against_gold():
    right, asked = by_gold(CROWD, np.array([0, 1, 2, 0, 1]), 3)
    assert (right.tolist(), asked.tolist()) == ([1, 2, 0], [2, 2, 1])


def test_sets_that_are_not_there_are_left_out_in_words(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["real_crowds", str(tmp_path)])
    real_crowds.main()
    said = capsys.readouterr()
    assert said.out == ""
    assert "wmt12_rankings is left out" in said.err
