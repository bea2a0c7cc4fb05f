"""Readers on real files of other people's, where they are here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from annotation.candidates import Candidate
from annotation.readers.catalog import READERS, guess_format
from annotation.readers.files import read_rows

DATA = Path(__file__).parents[4] / "shared" / "data"
FIXTURES = DATA / "format_fixtures"


def candidates(path: Path, name: str) -> list[Candidate]:
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    found = []
    for row in read_rows(path):
        assert row.error is None
        parsed = READERS[name].parse(row.fields, "file")
        found += [parsed] if isinstance(parsed, Candidate) else parsed
    return found


def test_label_studio_exports_come_with_their_annotators():
    found = candidates(FIXTURES / "labelstudio_pairwise_export.json", "label_studio")
    assert len(found) == 32
    assert all(len(one.responses) == 2 and one.known for one in found)
    assert found[0].known[0].ranks == [1, 2]
    assert found[0].known[0].labeler == "annotator-2"
    assert found[0].known[0].seconds == 12.51


@pytest.mark.parametrize("name", ["en_100_tree.jsonl", "en_100_message.jsonl"])
def test_trees_become_threads_with_ranked_replies(name):
    found = candidates(DATA / "oasst_trees_en100" / name, "oasst")
    assert len(found) >= 100
    ranked = [one for one in found if one.known]
    assert len(ranked) >= 99
    assert all(one.known[0].ranks[0] == 1 for one in ranked)
    assert {one.language for one in found} == {"en"}


def test_a_set_of_better_and_safer_answers():
    path = FIXTURES / "align_anything_preference.json"
    better, safer = (candidates(path, name) for name in ("pku_safe_rlhf", "pku_safe_rlhf_safer"))
    assert len(better) == len(safer) == 32
    pairs = zip(better, safer, strict=True)
    assert any(b.known[0].ranks != s.known[0].ranks for b, s in pairs)


def test_answers_that_labelers_found_good_or_bad():
    found = candidates(FIXTURES / "kto_en_demo.json", "trl_unpaired")
    assert len(found) == 300
    assert {one.known[0].answer["good"] for one in found} == {True, False}


def test_a_table_of_instructions(tmp_path):
    path = DATA / "instructions_en" / "dolly_1000.csv"
    if not path.exists():
        pytest.skip("dolly_1000.csv is not here")
    rows = list(read_rows(path))
    assert [row.error for row in rows if row.error] == []
    assert len(rows) == 1000
    name, columns = guess_format(list(rows[0].fields))
    assert (name, columns["prompt"], columns["response_1"]) == (
        "table",
        "instruction",
        "response",
    )


def test_transcripts_of_hh():
    found = candidates(DATA / "hh_rlhf_harmless_test" / "test.jsonl.gz", "hh_rlhf")
    assert len(found) == 2312


def test_a_list_that_is_called_jsonl_is_said(tmp_path):
    path = FIXTURES / "kto_en_demo.json"
    if not path.exists():
        pytest.skip("the file is not here")
    copy = tmp_path / "rows.jsonl"
    shutil.copy(path, copy)
    row = next(read_rows(copy))
    assert row.error is not None
    assert json.loads(path.read_text())
