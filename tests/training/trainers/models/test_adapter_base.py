"""Adapters from elsewhere stand on a hub id or on what came with them, on nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from transformers.utils import peft_utils

from training.trainers.models.adapter_base import base_of, check_hub_adapters, is_hub_id
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_loading import load_policy

REFUSED = "which is no hub id and did not come with them"


def adapters(folder: Path, base: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base}))
    return folder


def test_a_folder_of_this_machine_is_refused(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny, tmp_path / "private" / "model")
    monkeypatch.chdir(tmp_path)
    relative = ("private/model", "./private/model", "../x/../private/model")
    for number, base in enumerate([*relative, str(tiny), "/no/such/folder", "~/model", ""]):
        folder = adapters(tmp_path / "uploads" / str(number), base)
        with pytest.raises(ModelError, match=REFUSED) as refused:
            load_policy(str(folder))
        assert "\n" not in str(refused.value)


def test_what_came_with_the_adapters_and_hub_ids_are_taken(tiny: Path, tmp_path: Path) -> None:
    base = tmp_path / "sent" / "base"
    shutil.copytree(tiny, base)
    for number, name in enumerate([str(base), "../base", "base"]):
        assert base_of(adapters(tmp_path / "sent" / str(number), name), {}) == str(base)
    inside = adapters(tmp_path / "other" / "adapters", "model")
    shutil.copytree(tiny, inside / "model")
    assert base_of(inside, {}) == str(inside / "model")
    hub = adapters(tmp_path / "hub", "someone/some-model")
    assert base_of(hub, {}) == "someone/some-model"


def test_a_checkpoint_of_ours_may_stand_on_any_folder(tiny: Path, tmp_path: Path) -> None:
    folder = adapters(tmp_path / "runs" / "step-1", str(tiny))
    assert base_of(folder, {"kind": "policy"}) == str(tiny)


def test_adapters_of_the_hub_with_a_folder_as_their_base(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(_name: str, **_: Any) -> str:
        return str(tmp_path / "snapshot" / "adapter_config.json")

    monkeypatch.setattr(peft_utils, "find_adapter_config_file", found)
    folder = adapters(tmp_path / "snapshot", str(tiny))
    with pytest.raises(ModelError, match=REFUSED):
        load_policy("someone/some-adapters")
    shutil.rmtree(folder)
    adapters(folder, "someone/some-model")
    check_hub_adapters("someone/some-adapters")


def test_what_reads_like_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    assert is_hub_id("gpt2")
    assert is_hub_id("someone/some-model")
    assert not any(map(is_hub_id, ("here", "./here", "/here", "a/b/c", "")))
