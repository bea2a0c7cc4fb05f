"""What every reader of a dataset directory does: which records and splits, limits, the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.record_datasets import RecordReader
from training.trainers.data.single_responses import SingleReader, to_judge
from training.trainers.data.split_reader import SplitReader

Reader = SplitReader[Any, Any]
Opened = Callable[..., Reader]
KINDS = ("unpaired", "preference")


def by_comparison(path: Path, text: ChatText, max_length: int = 256) -> Reader:
    return RecordReader(path, text, max_length=max_length, data="preference")


def by_response(path: Path, text: ChatText, max_length: int = 256) -> Reader:
    return SingleReader(path, text, max_length=max_length, kinds=KINDS, singles=to_judge)


@pytest.fixture
def text(tiny: Path) -> ChatText:
    return ChatText(AutoTokenizer.from_pretrained(tiny))


@pytest.mark.parametrize(("opened", "of_a_pair"), [(by_comparison, 1), (by_response, 2)])
def test_splits_are_read_up_to_a_limit_and_reported(
    opened: Opened, of_a_pair: int, pairs_dir: Path, text: ChatText
) -> None:
    found = opened(pairs_dir, text)
    assert (found.has("train"), found.has("extra")) == (True, False)
    assert len(found.examples("train")) == 32 * of_a_pair
    assert len(found.examples("validation", limit=3)) == 3
    report = found.report()
    assert (report["records"], report["max_length"]) == ("preference", 256)
    assert report["splits"]["train"]["rows"] == 32
    assert report["splits"]["train"]["examples"] == 32 * of_a_pair
    assert report["splits"]["validation"]["examples"] == 3
    assert report["text"]["conversations"] > 64


@pytest.mark.parametrize("opened", [by_comparison, by_response])
def test_what_cannot_be_read_is_refused(
    opened: Opened, pairs_dir: Path, tmp_path: Path, text: ChatText
) -> None:
    with pytest.raises(DataError, match="is no folder: name an exported"):
        opened(tmp_path / "no", text)
    with pytest.raises(DataError, match=r"has no .*preference records: export them"):
        opened(tmp_path, text)
    with pytest.raises(DataError, match=r"Nothing is left of preference/train .* over max_length"):
        opened(pairs_dir, text, max_length=8).examples("train")
