"""Rankings for the benchmark of reward models: planted truth, and real answers as judged."""

from __future__ import annotations

import json
from pathlib import Path

from bench.ranked_answers import GOOD, PAIRS, write_planted, write_real
from exports.dataset_dir import read_records


def test_held_out_labels_are_the_truth_and_training_labels_are_drawn(tmp_path: Path) -> None:
    folder = write_planted(
        tmp_path / "data", train=60, held_out=40, prompt_words=5, answer_words=400, seed=3
    )
    agreed = {}
    for split in ("train", "validation"):
        hits = []
        for record in read_records(folder, "ranking", split):
            good = [sum(word in GOOD for word in a[0]["content"].split()) for a in record.answers()]
            for c in record.comparisons:
                assert c.p_i + c.p_j == 1
                hits.append((good[c.i] > good[c.j]) == (c.p_i == 1))
        agreed[split] = sum(hits) / len(hits)
    assert agreed["validation"] > 0.98
    assert 0.85 < agreed["train"] < 0.98
    assert len(list(read_records(folder, "ranking", "train"))) == 60


def test_real_answers_keep_their_ties(tmp_path: Path) -> None:
    rows = [
        {"question": f"Why {n}?", "preference": [0, 1, 2, 1, 2, 0]}
        | {f"prediction {place}": f" answer {place}" for place in range(1, 5)}
        for n in range(8)
    ]
    (tmp_path / "dev_feedback.json").write_text(json.dumps(rows))
    folder = write_real(tmp_path, tmp_path / "data", held_out=3, seed=0)
    train = list(read_records(folder, "ranking", "train"))
    assert (len(train), len(list(read_records(folder, "ranking", "validation")))) == (5, 3)
    assert [(c.i, c.j) for c in train[0].comparisons] == PAIRS
    assert [c.winner for c in train[0].comparisons] == [None, 0, 3, 1, 3, None]
    assert train[0].responses[0][0]["content"] == "answer 1"
