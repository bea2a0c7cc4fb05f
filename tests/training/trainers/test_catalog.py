"""Every trainer of the catalog is a command with its own settings."""

from __future__ import annotations

import importlib
import runpy
import sys

import pytest

from training.trainers.catalog import TRAINERS


@pytest.mark.parametrize("name", TRAINERS)
def test_the_module_is_a_command_that_explains_its_settings(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = TRAINERS[name]
    assert entry.config.trainer == name
    assert entry.description.endswith(".")
    assert importlib.util.find_spec(entry.module) is not None
    monkeypatch.setattr(sys, "argv", [entry.module, "--help"])
    monkeypatch.delitem(sys.modules, entry.module, raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(entry.module, run_name="__main__")
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(f"--{info.name}" in text for info in entry.config.options())


def test_what_goes_in_and_comes_out_is_known() -> None:
    for entry in TRAINERS.values():
        assert set(entry.consumes) <= {
            "preference",
            "ranking",
            "unpaired",
            "demonstration",
            "prompts",
            "responses",
        }
        assert entry.produces in {
            "reward_model",
            "policy",
            "responses",
            "report",
            "scores",
            "files",
        }
