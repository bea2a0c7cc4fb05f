"""Files to take along: only what lies below the outputs, whole, and one archive of all."""

from __future__ import annotations

import io
import zipfile

import pytest

from training import run_files
from training.models import Run


@pytest.fixture
def run(settings, tmp_path):
    settings.ACCORD_HOME = str(tmp_path)
    made = Run(trainer="reward_model", config={})
    model = made.path / "outputs" / "model"
    model.mkdir(parents=True)
    (model / "weights.safetensors").write_bytes(b"w" * (run_files.PIECE + 5))
    (model / "config.json").write_text("{}")
    (made.path / "config.json").write_text("secret")
    (model / ".partial").write_text("not yet")
    (model / "link").symlink_to(made.path / "config.json")
    return made


def test_only_whole_files_below_the_outputs_are_listed(run) -> None:
    assert [(file.name, file.size) for file in run_files.listed(run)] == [
        ("model/config.json", 2),
        ("model/weights.safetensors", run_files.PIECE + 5),
    ]


@pytest.mark.parametrize(
    "name", ["../config.json", "model/../../config.json", "model", "model/link", "/etc/passwd", ""]
)
def test_no_name_leads_out(run, name) -> None:
    assert run_files.find(run, name) is None


def test_a_long_list_is_whole_everywhere(run) -> None:
    parts = run.path / "outputs" / "parts"
    parts.mkdir()
    for number in range(250):
        (parts / f"{number:03}.txt").touch()
    files = run_files.listed(run)
    assert len(files) == 252
    assert run_files.find(run, "parts/249.txt") == files[-1]
    with zipfile.ZipFile(io.BytesIO(b"".join(run_files.archive(files)))) as opened:
        assert len(opened.namelist()) == 252


def test_the_archive_comes_in_pieces_and_can_be_opened(run) -> None:
    files = run_files.listed(run)
    pieces = list(run_files.archive(files))
    assert len(pieces) > 2
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as opened:
        assert opened.testzip() is None
        assert {each.filename: each.file_size for each in opened.infolist()} == {
            file.name: file.size for file in files
        }


def test_a_run_without_outputs_has_none(settings, tmp_path) -> None:
    settings.ACCORD_HOME = str(tmp_path)
    assert run_files.listed(Run(trainer="reward_model", config={})) == []
