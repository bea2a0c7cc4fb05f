"""From answers to records: winners, weights, strengths, ties, and what each labeler said."""

import pytest

from exports.collecting import LabeledTask
from exports.filters import Filters
from exports.recording import LEFT_OUT, records_of
from exports.records import PreferencePair, Ranking
from tests.exports.making import assistant, user


def task(*answers, kind="pairwise", k=2, standing="counted"):
    judgments = [
        {
            "id": number,
            "revision": 1,
            "standing": standing,
            "answer": answer,
            "display_order": list(reversed(range(k))),
            "seconds": 2.0,
            "guideline_version": 1,
            "labeler": f"L-{number}",
        }
        for number, answer in enumerate(answers, 1)
    ]
    return LabeledTask(
        pk=7,
        kind=kind,
        criterion="",
        language="en",
        tags=[],
        prompt=[user("hi")],
        reference=None,
        responses=[([assistant(f"r{place}")], f"m{place}") for place in range(k)],
        judgments=judgments,
        labeled_at="2026-01-01T00:00:00+00:00",
    )


def a(strength=None):
    return {"choice": "a", "strength": strength}


def b(strength=None):
    return {"choice": "b", "strength": strength}


TIE = {"choice": "tie", "strength": None}
BOTH_BAD = {"choice": "both_bad", "strength": None}


def records(made, **filters):
    return records_of(made, project="p", filters=Filters.from_mapping(filters))


def test_a_pair_has_its_winner_first():
    (pair,) = records(task(b(), b(), a())).records
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
    (pair,) = records(task(*[a("better")] * 3, b("slightly"), TIE, BOTH_BAD)).records
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
    (pair,) = records(task(a(), standing="imported")).records
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
    (pair,) = records(task(*map(a, strengths))).records
    assert pair.strength == usual
    assert pair.strength_margin == margin


@pytest.mark.parametrize("answers", [[TIE], [BOTH_BAD], [a(), b()], [a(), TIE]])
def test_a_tie_is_no_pair(answers):
    found = records(task(*answers))
    assert found.records == []
    assert found.left_out == ["tied"]


def ranks(*given):
    return {"ranks": list(given)}


def test_a_ranking_comes_with_all_pairs_that_do_not_tie():
    found = records(task(ranks(2, 1, 2, 4), kind="ranking", k=4)).records
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
    ranking, *pairs = records(made).records
    decided = [each for each in ranking.comparisons if each.winner is not None]
    assert [ranking.responses[each.winner] for each in decided] == [pair.chosen for pair in pairs]


def test_a_cycle_has_no_order():
    made = task(ranks(1, 2, 3), ranks(3, 1, 2), ranks(2, 3, 1), kind="ranking", k=3)
    ranking, *pairs = records(made).records
    assert ranking.ranks is None
    assert len(pairs) == 3


def test_a_ranking_of_equals_has_no_pairs():
    found = records(task(ranks(1, 1, 1), kind="ranking", k=3))
    assert [record.config for record in found.records] == ["ranking"]
    assert found.left_out == ["tied"] * 3


@pytest.mark.parametrize(
    ("made", "filters", "reason"),
    [
        (task(a()), {"min_judgments": 2}, "few_judgments"),
        (task(a(), a(), b()), {"min_weight": 0.7}, "low_weight"),
        (task(a("negligibly")), {"drop_negligible": True}, "negligible"),
        (task(a(), k=1), {}, "one_response"),
        (task(TIE), {}, "tied"),
    ],
)
def test_what_is_left_out_has_a_reason(made, filters, reason):
    found = records(made, **filters)
    assert found.records == []
    assert found.left_out == [reason]
    assert reason in LEFT_OUT


def test_what_passes_a_filter_stays():
    assert records(task(a(), a()), min_judgments=2, min_weight=0.75).records
    assert records(task(a("slightly")), drop_negligible=True).records
