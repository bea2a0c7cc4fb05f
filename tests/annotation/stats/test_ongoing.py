"""Falling and copying together, on planted people whose items come as a project gives them."""

import numpy as np
import pytest

from annotation.stats.ongoing import findings, findings_of, watch


def work(seed, accuracy, items, *, overlap=3, gold_rate=0.1, golds=200):
    """Every item goes to some labelers in turn, with gold among them; what each said of it."""
    rng = np.random.default_rng(seed)
    truth, known = rng.integers(2, size=items), rng.integers(2, size=golds)
    seen, rows = set(), []
    for item in range(items):
        for who in rng.choice(len(accuracy), overlap, replace=False):
            gold = int(rng.integers(golds))
            if rng.random() < gold_rate / (1 - gold_rate) and (who, gold) not in seen:
                seen.add((who, gold))
                rows.append((items + gold, who, known[gold], known[gold]))
            rows.append((item, who, truth[item], -1))
    item, labeler, right, gold = (np.array(column) for column in zip(*rows, strict=True))
    wrong = rng.random(len(rows)) >= np.asarray(accuracy)[labeler]
    return item, labeler, np.where(wrong, 1 - right, right), gold


def paused(found):
    return {f.labeler: f.after for f in found if f.pauses}


def test_a_random_answerer_is_stopped_within_about_thirty_answers():
    after = []
    for seed in range(12):
        item, labeler, said, gold = work(seed, [0.85] * 19 + [0.5], 600)
        after.append(paused(findings(item, labeler, said, gold=gold)).get(19, 100))
    assert np.median(after) < 36


@pytest.mark.parametrize("usual", [0.9, 0.8, 0.7])
def test_people_at_the_usual_level_are_left_in_peace(usual):
    stopped = answers = 0
    for seed in range(8):
        columns = work(seed, [usual] * 20, 700)
        watched = watch(*columns[:3], gold=columns[3])
        stopped += len(paused(findings_of(watched)))
        answers += len(columns[0])
        assert not watched.copies
        assert watched.usual == pytest.approx(usual, abs=0.06)
    assert stopped <= answers / 2000


def test_a_project_of_nothing_but_opinions_pauses_nobody():
    rng = np.random.default_rng(0)
    item = np.repeat(np.arange(400), 3)
    labeler = np.concatenate([rng.choice(10, 3, replace=False) for _ in range(400)])
    assert paused(findings(item, labeler, rng.integers(2, size=1200))) == {}


def test_somebody_very_good_who_becomes_middling_is_held_against_their_own_past():
    item, labeler, said, gold = work(1, [0.8] * 14 + [0.97], 1500)
    mine = np.flatnonzero(labeler == 14)
    late = mine[len(mine) // 2 :]
    rng = np.random.default_rng(1)
    said[late] = np.where(rng.random(len(late)) < 0.4, 1 - said[late], said[late])
    found = {f.labeler: f for f in findings(item, labeler, said, gold=gold) if f.pauses}
    assert found[14].after > len(mine) / 2
    assert found[14].evidence >= found[14].threshold


def test_a_copier_who_guesses_elsewhere_is_caught_by_one_or_the_other():
    caught = 0
    for seed in range(10):
        item, labeler, said, gold = work(seed, [0.85] * 39 + [0.5], 660)
        model = dict(zip(item[labeler == 0], said[labeler == 0], strict=True))
        for row in np.flatnonzero(labeler == 39)[:50]:
            said[row] = model.get(item[row], said[row])
        kept = (labeler != 39) | (np.cumsum(labeler == 39) <= 50)
        found = findings(item[kept], labeler[kept], said[kept], gold=gold[kept])
        caught += any(f.labeler == 39 for f in found)
    assert caught >= 8


def test_answers_from_before_somebody_was_let_in_again_are_no_evidence():
    item, labeler, said, gold = work(2, [0.85] * 19 + [0.5], 700)
    since = (labeler != 19) | (np.cumsum(labeler == 19) > (labeler == 19).sum() - 5)
    assert 19 in paused(findings(item, labeler, said, gold=gold))
    watched = watch(item, labeler, said, gold=gold, since=since)
    assert 19 not in paused(findings_of(watched))
    assert len(watched.paths[19]["usual"].task) == 5


def test_comparisons_of_one_ranking_are_one_answer():
    # Six comparisons of four things count 6 * 2 / 4 = 3.
    item, labeler = np.arange(12), np.zeros(12, dtype=int)
    watched = watch(item, labeler, item % 2, gold=np.ones(12, dtype=int), tasks=item // 6)
    assert watched.weight == pytest.approx(0.5)
    assert watched.tasks.tolist() == [0, 1]


def test_no_answers_and_bad_ones():
    assert findings([], [], []) == []
    with pytest.raises(ValueError, match="leave ties out"):
        watch([1], [1], [2])
    with pytest.raises(ValueError, match="differ in length"):
        watch([1], [1, 2], [0])
