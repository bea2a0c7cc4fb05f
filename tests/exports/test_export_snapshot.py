"""The command: freezes, copies, writes; says in one sentence what is wrong."""

import pytest
from django.core.management import CommandError, call_command

from exports.dataset_dir import verify
from exports.models import Snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def export(*arguments):
    call_command("export_snapshot", "--project", "essays", *map(str, arguments))


def test_freeze_copy_and_write(project, imported_pairs, tmp_path, capsys):
    imported_pairs(project, 12)
    copy, file = tmp_path / "copy", tmp_path / "pairs.jsonl"
    export("--name", "May", "--out", copy)
    assert capsys.readouterr().out.strip() == str(copy)
    assert verify(copy) == []
    export("--name", "May", "--format", "hh_rlhf", "--output", file)
    said = capsys.readouterr()
    assert said.out.strip() == str(file)
    assert "12 preference; digest" in said.err
    assert len(file.read_text().splitlines()) == 12
    assert Snapshot.objects.count() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "pairs.jsonl"]


def test_options_and_splits_reach_the_format(project, imported_pairs, tmp_path):
    imported_pairs(project, 12)
    export(
        *("--name", "May", "--format", "trl_preference", "--split", "train"),
        *("--option", "margin", "--output", tmp_path / "pairs.jsonl"),
    )
    lines = (tmp_path / "pairs.jsonl").read_text().splitlines()
    assert 0 < len(lines) < 12
    assert all('"margin"' in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--name", "x", "--project", "nowhere"], "no project 'nowhere'; there are: essays"),
        (["--name", "x"], "import prompts with responses first"),
        (["--name", "x", "--filters", "{"], "--filters: this is not JSON"),
        (["--name", "x", "--filters", '{"a": 1}'], "--filters: a: no such filter"),
        (["--name", "x", "--format", "hh_rlhf"], "give both or neither"),
        (["--name", "x", "--out", "/"], "/ exists already"),
        (["--name", ""], "Give a name"),
    ],
)
def test_what_is_wrong_is_one_sentence(project, arguments, sentence):
    with pytest.raises(CommandError, match=sentence) as refused:
        export(*arguments)
    assert "\n" not in str(refused.value)


def test_what_the_format_cannot_hold_leaves_no_file(project, imported_pairs, tmp_path):
    imported_pairs(project, 1)
    with pytest.raises(CommandError, match="There is no ranking"):
        export("--name", "x", "--format", "rankings", "--output", tmp_path / "r.jsonl")
    assert list(tmp_path.iterdir()) == []
