"""From answers to records: winners, weights, strengths, ties, and what each labeler said."""

import pytest

from annotation.task_kinds.catalog import TASK_KINDS
from exports import tallying, wording
from exports.recording import LEFT_OUT
from exports.records import PreferencePair, Ranking
from tests.exports.labeling import labeled, recorded
from tests.exports.making import assistant


def task(*answers, kind="pairwise", k=2, **fields):
    return labeled(*answers, kind=kind, k=k, **fields)


def a(strength=None):
    return {"choice": "a", "strength": strength}


def b(strength=None):
    return {"choice": "b", "strength": strength}


TIE = {"choice": "tie", "strength": None}
BOTH_BAD = {"choice": "both_bad", "strength": None}


def test_a_pair_has_its_winner_first():
    (pair,) = recorded(task(b(), b(), a())).records
    assert isinstance(pair, PreferencePair)
    assert (pair.id, pair.task, pair.rank_group) == ("p-7", "p-7", None)
    assert pair.chosen == [assistant("r1")]
    assert pair.rejected == [assistant("r0")]
    assert pair.response_sources == ["m1", "m0"]
    # Two votes to one, rule of succession: 3 / (3 + 2).
    assert pair.weight == 0.6
    assert pair.strength is None
    assert pair.strength_margin == 0.0


def test_each_labeler_is_told_apart_in_the_terms_of_the_pair():
    (pair,) = recorded(task(*[a("better")] * 3, b("slightly"), TIE, BOTH_BAD)).records
    assert [view.choice for view in pair.judgments] == [
        "chosen",
        "chosen",
        "chosen",
        "rejected",
        "tie",
        "both_bad",
    ]
    strengths = [view.strength for view in pair.judgments]
    assert strengths == ["better", "better", "better", "slightly", None, None]
    # Shown in reverse, so the canonically second response stood first.
    assert {view.shown_first for view in pair.judgments} == {"rejected"}
    assert [view.labeler for view in pair.judgments] == ["L-1", "L-2", "L-3", "L-4", "L-5", "L-6"]


def test_imported_judgments_were_shown_to_nobody_here():
    (pair,) = recorded(task(a(), standing="imported")).records
    assert pair.judgments[0].shown_first is None


@pytest.mark.parametrize(
    ("strengths", "usual", "margin"),
    [
        (["better"], "better", 0.666667),
        (["better", "better", "slightly"], "better", 0.555556),
        (["significantly", "slightly"], "slightly", 0.666667),
        (["negligibly", None], "negligibly", 0.0),
        ([None], None, 0.0),
    ],
)
def test_strength_is_the_most_frequent_and_the_weaker_of_equals(strengths, usual, margin):
    (pair,) = recorded(task(*map(a, strengths))).records
    assert pair.strength == usual
    assert pair.strength_margin == margin


@pytest.mark.parametrize("answers", [[TIE], [BOTH_BAD], [a(), b()], [a(), TIE]])
def test_a_tie_is_no_pair(answers):
    found = recorded(task(*answers))
    assert found.records == []
    assert found.left_out == ["tied"]


def ranks(*given):
    return {"ranks": list(given)}


def test_a_ranking_comes_with_all_pairs_that_do_not_tie():
    found = recorded(task(ranks(2, 1, 2, 4), kind="ranking", k=4)).records
    ranking, *pairs = found
    assert isinstance(ranking, Ranking)
    assert ranking.id == "p-7"
    assert ranking.ranks == [2, 1, 2, 4]
    assert len(ranking.comparisons) == 6
    assert ranking.judgments[0].choice == "2,1,2,4"
    assert ranking.judgments[0].shown_first == "3"
    assert [pair.id for pair in pairs] == ["p-7-0-1", "p-7-0-3", "p-7-1-2", "p-7-1-3", "p-7-2-3"]
    assert {pair.rank_group for pair in pairs} == {"p-7"}
    assert {pair.task for pair in pairs} == {"p-7"}
    assert pairs[0].chosen == [assistant("r1")]
    assert pairs[0].judgments[0].choice == "chosen"
    assert pairs[0].judgments[0].shown_first == "chosen"
    assert all(0.5 < pair.weight <= 1 for pair in pairs)


def test_the_pairs_are_those_that_the_ranking_decides():
    made = task(ranks(1, 2, 3, 4), ranks(2, 1, 4, 3), ranks(1, 2, 3, 3), kind="ranking", k=4)
    ranking, *pairs = recorded(made).records
    decided = [each for each in ranking.comparisons if each.winner is not None]
    assert [ranking.responses[each.winner] for each in decided] == [pair.chosen for pair in pairs]


def test_a_cycle_has_no_order():
    made = task(ranks(1, 2, 3), ranks(3, 1, 2), ranks(2, 3, 1), kind="ranking", k=3)
    ranking, *pairs = recorded(made).records
    assert ranking.ranks is None
    assert len(pairs) == 3


def test_a_ranking_of_equals_has_no_pairs():
    found = recorded(task(ranks(1, 1, 1), kind="ranking", k=3))
    assert [record.config for record in found.records] == ["ranking"]
    assert found.left_out == ["tied"] * 3


@pytest.mark.parametrize(
    ("made", "filters", "reason"),
    [
        (task(a()), {"min_judgments": 2}, "few_judgments"),
        (task(a(), a(), b()), {"min_weight": 0.7}, "low_weight"),
        (task(a("negligibly")), {"drop_negligible": True}, "negligible"),
        (task({"best": None}, kind="best_of"), {}, "not_compared"),
        (task(TIE), {}, "tied"),
    ],
)
def test_what_is_left_out_has_a_reason(made, filters, reason):
    found = recorded(made, **filters)
    assert found.records == []
    assert found.left_out == [reason]
    assert reason in LEFT_OUT


def test_what_passes_a_filter_stays():
    assert recorded(task(a(), a()), min_judgments=2, min_weight=0.75).records
    assert recorded(task(a("slightly")), drop_negligible=True).records


def test_every_reason_has_words():
    assert set(LEFT_OUT) <= set(wording.REASONS)
    assert set(LEFT_OUT) == set(tallying.REASONS)


ANSWERS = {
    "pairwise": (2, a(), ["preference"]),
    "ranking": (3, ranks(1, 2, 3), ["ranking", *["preference"] * 3]),
    "best_of": (3, {"best": 1}, ["ranking", *["preference"] * 2]),
    "rating": (2, {"scores": [7, 1], "flags": [[], []]}, ["rating", "preference"]),
    "thumbs": (1, {"good": True}, ["unpaired"]),
    "demonstration": (0, {"text": "So."}, ["demonstration"]),
    "prompt_writing": (0, {"text": "Why?"}, ["prompt_only"]),
    "conversation": (
        0,
        {
            "turns": [
                {"role": "user", "content": "Why?"},
                {"role": "assistant", "content": "So."},
            ],
            "ended": True,
        },
        ["demonstration"],
    ),
}


@pytest.mark.parametrize("kind", TASK_KINDS)
def test_every_kind_is_exported(kind):
    k, answer, expected = ANSWERS[kind]
    found = recorded(task(answer, kind=kind, k=k))
    assert [record.config for record in found.records] == expected
    assert {record.kind for record in found.records} == {kind}
    assert {record.task for record in found.records} == {"p-7"}
    assert len({(record.config, record.id) for record in found.records}) == len(found.records)
    assert recorded(task(answer, kind=kind, k=k), min_judgments=2).left_out == ["few_judgments"]
