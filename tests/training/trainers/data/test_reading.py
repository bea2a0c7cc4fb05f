"""Comparisons as a run trains on them: what teaches nothing goes, labelers may be kept out."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from exports.records import Comparison, JudgmentView, Record
from tests.training.trainers.dataset_fixture import pair, ranking, write_split
from training.trainers.configs import RewardModelConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.reading import Data, read_comparisons

RNG = random.Random(0)
TIE = Comparison(i=0, j=1, p_i=0.1, p_j=0.1, p_tie=0.8, margin=0.0, n=3)
DECIDED = Comparison(i=0, j=2, p_i=0.9, p_j=0.1, p_tie=0.0, margin=0.0, n=3)


def read(path: Path, tiny: Path, **settings: Any) -> Data:
    config = RewardModelConfig.from_dict({"dataset": str(path), "model": "m"} | settings)
    return read_comparisons(config, ChatText(AutoTokenizer.from_pretrained(tiny)), 200)


def test_ties_teach_beside_decided_pairs_but_never_alone(tmp_path: Path, tiny: Path) -> None:
    write_split(tmp_path, "train", [ranking(1, RNG, comparisons=[TIE, DECIDED])])
    write_split(tmp_path, "validation", [ranking(2, RNG, comparisons=[TIE])])
    data = read(tmp_path, tiny)
    assert len(data.train[0].comparisons) == 2
    assert len(read(tmp_path, tiny, learn_from_ties=False).train[0].comparisons) == 1
    assert (data.held_out, data.held_out_split) == ([], "validation")
    write_split(tmp_path, "train", [ranking(1, RNG, comparisons=[TIE])])
    with pytest.raises(DataError, match="would only learn to like everything alike"):
        read(tmp_path, tiny)
    with pytest.raises(DataError, match="is a tie: set learn_from_ties"):
        read(tmp_path, tiny, learn_from_ties=False)


def test_labelers_kept_out_are_named_in_the_report(tmp_path: Path, tiny: Path) -> None:
    def said(number: int, labeler: str) -> JudgmentView:
        return JudgmentView(
            id=f"j{number}", revision=1, labeler=labeler, choice="chosen", strength="better",
            shown_first="chosen", seconds=1.0,
        )  # fmt: skip

    pairs: list[Record] = [pair(n, RNG, judgments=[said(n, "ab"[n % 2])]) for n in range(8)]
    write_split(tmp_path, "train", pairs)
    everybody = read(tmp_path, tiny)
    assert (len(everybody.train), everybody.held_out_labelers) == (8, frozenset())
    assert "held_out_labelers" not in everybody.report
    one = read(tmp_path, tiny, held_out_labelers=1.0)
    assert len(one.held_out_labelers) == 1
    assert len(one.train) == 4
    assert one.report["held_out_labelers"]["labelers"] == 1
