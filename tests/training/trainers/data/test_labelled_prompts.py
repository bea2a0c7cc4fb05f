"""Rows of a dataset directory as prompts with comparisons."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from exports.records import Comparison, JudgmentView
from tests.training.trainers.dataset_fixture import pair, ranking, write_split
from training.trainers.data.labelled_prompts import (
    DataError,
    LabelledPrompt,
    cluster_of,
    read_prompts,
    read_rows,
    read_texts,
    text_length,
)

RNG = random.Random(0)
PROMPT = [{"role": "user", "content": "q"}]


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def read(path: Path, config: str) -> tuple[list[LabelledPrompt], Counter[str]]:
    left_out: Counter[str] = Counter()
    _, prompts = read_prompts(path, config, "train", left_out)
    return list(prompts), left_out


def test_pairs_of_one_rank_group_are_one_prompt(tmp_path: Path) -> None:
    def of(better: str, worse: str, **more: Any) -> Any:
        return pair(1, RNG, prompt=PROMPT, chosen=said(better), rejected=said(worse), **more)

    write_split(
        tmp_path,
        "train",
        [
            of("a", "b", rank_group="g", weight=0.8),
            of("a", "c", rank_group="g"),
            of("b", "c", rank_group="g"),
            of("x", "y"),
            of("same", "same"),
        ],
    )
    (group, alone), left_out = read(tmp_path, "preference")
    assert group.responses == [said("a"), said("b"), said("c")]
    assert [(c.better, c.worse) for c in group.comparisons] == [(0, 1), (0, 2), (1, 2)]
    assert group.comparisons[0].p_better == 0.8
    assert group.comparisons[0].p_worse == pytest.approx(0.2)
    assert alone.responses == [said("x"), said("y")]
    assert left_out == {"pairs of identical responses": 1}


def test_a_ranking_is_turned_so_that_better_comes_first(tmp_path: Path) -> None:
    judgment = JudgmentView(
        id="j", revision=1, labeler="a", choice="2,1", strength=None, shown_first="1", seconds=None
    )
    comparison = Comparison(i=0, j=1, p_i=0.2, p_j=0.7, p_tie=0.1, margin=0.5, n=3)
    record = ranking(
        1, RNG, responses=[said("a"), said("b")], comparisons=[comparison], ranks=[2, 1],
        judgments=[judgment],
    )  # fmt: skip
    write_split(tmp_path, "train", [record])
    (prompt,), _ = read(tmp_path, "ranking")
    (one,) = prompt.comparisons
    assert (one.better, one.worse, one.p_better, one.p_worse) == (1, 0, 0.7, 0.2)
    assert one.decided
    assert one.first_shown == 1.0


def test_a_tie_is_not_decided(tmp_path: Path) -> None:
    tie = Comparison(i=0, j=1, p_i=0.4, p_j=0.1, p_tie=0.5, margin=0.0, n=3)
    write_split(tmp_path, "train", [ranking(1, RNG, comparisons=[tie])])
    (prompt,), _ = read(tmp_path, "ranking")
    assert not prompt.comparisons[0].decided


def test_missing_files_and_columns_are_named(tmp_path: Path) -> None:
    write_split(tmp_path, "train", [pair(1, RNG)])
    with pytest.raises(DataError, match=r"no preference/test.parquet: it has train"):
        read_rows(tmp_path, "preference", "test")
    table = pq.read_table(tmp_path / "preference" / "train.parquet").drop_columns(["weight"])
    pq.write_table(table, tmp_path / "preference" / "test.parquet")
    with pytest.raises(DataError, match="lacks the column weight"):
        read_rows(tmp_path, "preference", "test")
    (tmp_path / "preference" / "validation.parquet").write_bytes(b"not parquet")
    with pytest.raises(DataError, match="cannot be read"):
        read_rows(tmp_path, "preference", "validation")


def test_what_nobody_compared_is_no_tie(tmp_path: Path) -> None:
    best = {"i": 0, "j": 1, "p_i": 2 / 3, "p_j": 1 / 3, "p_tie": 0.0, "margin": 0.0, "n": 1}
    unknown = {"i": 1, "j": 2, "p_i": 0.5, "p_j": 0.5, "p_tie": 0.0, "margin": 0.0, "n": 0}
    comparisons = [Comparison(**best), Comparison(**{**best, "j": 2}), Comparison(**unknown)]
    responses = [said("a"), said("b"), said("c")]
    row = ranking(1, RNG, responses=responses, comparisons=comparisons, ranks=None)
    write_split(tmp_path, "train", [row])
    _count, prompts = read_prompts(tmp_path, "ranking", "train", Counter())
    (prompt,) = prompts
    assert [(c.better, c.worse) for c in prompt.comparisons] == [(0, 1), (0, 2)]


def test_texts_and_lengths(tmp_path: Path) -> None:
    record = pair(1, RNG, prompt=PROMPT, chosen=said("ab"), rejected=said("cde"))
    write_split(tmp_path, "train", [record])
    assert list(read_texts(tmp_path)) == ["q", "ab", "cde"]
    assert text_length([*said("ab"), *said("c")]) == 3
    assert cluster_of(PROMPT) == cluster_of([{"content": "q", "role": "user"}])


def test_votes_sources_and_the_criterion_come_along(tmp_path: Path) -> None:
    def judged(labeler: str, choice: str) -> JudgmentView:
        return JudgmentView(
            id=labeler, revision=1, labeler=labeler, choice=choice, strength=None,
            shown_first=None, seconds=None,
        )  # fmt: skip

    record = pair(
        1, RNG, criterion="helpful", response_sources=["model a", "model b"],
        judgments=[judged("x", "chosen"), judged("y", "rejected")],
    )  # fmt: skip
    silent = pair(2, RNG, response_sources=[], judgments=[])
    write_split(tmp_path, "train", [record, silent])
    (first, second), _ = read(tmp_path, "preference")
    assert (first.criterion, first.sources) == ("helpful", ["model a", "model b"])
    assert [v.preference for v in first.comparisons[0].votes] == [1.0, 0.0]
    assert (second.sources, second.comparisons[0].votes) == (["", ""], ())
    ranked = ranking(
        3, RNG, response_sources=["a", "b", "c", "d"], judgments=[judged("x", "4,3,2,1")]
    )
    write_split(tmp_path, "train", [ranked])
    (prompt,), _ = read(tmp_path, "ranking")
    assert prompt.sources == ["a", "b", "c", "d"]
    assert [c.votes[0].preference for c in prompt.comparisons] == [
        float(c.better > c.worse) for c in prompt.comparisons
    ]
