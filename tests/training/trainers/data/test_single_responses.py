"""Records as single responses: whom comparisons make the best, and what they say of each."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from exports.records import Comparison
from tests.training.trainers.dataset_fixture import (
    answer,
    demonstration,
    make_demonstrations,
    make_unpaired,
    pair,
    ranking,
    write_split,
)
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.single_responses import SingleReader, Singles, to_imitate, to_judge

KINDS = ("demonstration", "unpaired", "preference", "ranking")


def reader(path: Path, tiny: Path, singles: Singles, *, max_length: int = 256) -> SingleReader:
    text = ChatText(AutoTokenizer.from_pretrained(tiny))
    return SingleReader(path, text, max_length=max_length, kinds=KINDS, singles=singles)


def test_demonstrations_are_read_as_they_are(tiny: Path, tmp_path: Path) -> None:
    found = reader(make_demonstrations(tmp_path), tiny, to_imitate)
    examples = found.examples("train")
    assert len(examples) == 16
    first = examples[0]
    text = found.text.tokenizer.decode(first.responses[0])
    assert text.count("kind") == 3
    assert first.responses[0][-1] == found.text.tokenizer.eos_token_id
    assert first.messages[0]["role"] == "user"


def test_judged_responses_keep_label_and_weight(tiny: Path, tmp_path: Path) -> None:
    examples = reader(make_unpaired(tmp_path), tiny, to_judge).examples("train")
    assert [e.good for e in examples] == [True, False] * 8
    assert {e.weight for e in examples} == {0.8}


def test_of_a_pair_the_chosen_one_is_imitated(tiny: Path, tmp_path: Path) -> None:
    rng = random.Random(0)
    records = [pair(n, rng) for n in range(4)]
    write_split(tmp_path, "train", [*records])
    path = tmp_path
    found = list(to_imitate(path, "preference", "train", Counter())[1])
    assert [one.response for one in found] == [record.chosen for record in records]
    judged = list(to_judge(path, "preference", "train", Counter())[1])
    assert [one.good for one in judged] == [True, False] * 4
    assert [one.weight for one in judged] == pytest.approx([0.9] * 8)


def test_of_a_ranking_the_unbeaten_are_imitated_and_each_is_judged_by_its_share(
    tmp_path: Path,
) -> None:
    rng = random.Random(0)
    responses = [answer(rng, 3) for _ in range(3)]
    sure = [Comparison(i=i, j=j, p_i=0.7, p_j=0.2, p_tie=0.1, margin=0, n=1)
            for i, j in combinations(range(3), 2)]  # fmt: skip
    record = ranking(0, rng, responses=responses, comparisons=sure, ranks=[1, 2, 3])
    write_split(tmp_path, "train", [record])
    (best,) = to_imitate(tmp_path, "ranking", "train", Counter())[1]
    assert best.response == responses[0]
    left_out: Counter[str] = Counter()
    judged = list(to_judge(tmp_path, "ranking", "train", left_out)[1])
    assert [(one.good, round(one.weight, 4)) for one in judged] == [
        (True, round(1.4 / 1.8, 4)),
        (False, round(1.4 / 1.8, 4)),
    ]
    assert left_out["responses neither better nor worse"] == 1


def test_two_that_tie_at_the_top_are_both_imitated(tmp_path: Path) -> None:
    rng = random.Random(0)
    responses = [answer(rng, n) for n in (3, 3, 0)]
    tie = Comparison(i=0, j=1, p_i=0.1, p_j=0.1, p_tie=0.8, margin=0, n=1)
    won = [Comparison(i=i, j=2, p_i=0.9, p_j=0.05, p_tie=0.05, margin=0, n=1) for i in (0, 1)]
    record = ranking(0, rng, responses=responses, comparisons=[tie, *won], ranks=[1, 1, 3])
    write_split(tmp_path, "train", [record])
    found = list(to_imitate(tmp_path, "ranking", "train", Counter())[1])
    assert [one.response for one in found] == responses[:2]


def test_a_circle_has_no_best_response(tmp_path: Path) -> None:
    rng = random.Random(0)
    circle = [Comparison(i=i, j=j, p_i=0.9, p_j=0.1, p_tie=0, margin=0, n=1)
              for i, j in ((0, 1), (1, 2), (2, 0))]  # fmt: skip
    responses = [answer(rng, 1) for _ in range(3)]
    write_split(
        tmp_path, "train",
        [ranking(0, rng, responses=responses, comparisons=circle, ranks=None)],
    )  # fmt: skip
    left_out: Counter[str] = Counter()
    assert list(to_imitate(tmp_path, "ranking", "train", left_out)[1]) == []
    assert left_out["prompts without a best response"] == 1


def test_what_does_not_fit_is_left_out_and_counted(tiny: Path, tmp_path: Path) -> None:
    rng = random.Random(0)
    long = [{"role": "assistant", "content": "kind " * 60}]
    far = [{"role": "user", "content": "say " * 60}]
    records = [demonstration(0, rng), demonstration(1, rng, completion=long)]
    write_split(tmp_path, "train", [*records, demonstration(2, rng, prompt=far)])
    found = reader(tmp_path, tiny, to_imitate, max_length=60)
    assert len(found.examples("train")) == 1
    assert found.splits["train"].left_out == {
        "prompts over max_length": 1, "responses over max_length": 1,
    }  # fmt: skip
    with pytest.raises(DataError, match=r"Nothing is left of demonstration/train .*max_length"):
        reader(tmp_path, tiny, to_imitate, max_length=8).examples("train")
