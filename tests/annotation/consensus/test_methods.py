"""From answers and what is held of labelers to a consensus: decisions, ties, cycles, rounding."""

import random

import pytest

from annotation.consensus.aggregating import aggregate, aggregate_all, is_tied, winner
from annotation.consensus.methods.aggregate import Spoken, laid_out
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.task_kinds.base import Outcome
from annotation.task_kinds.catalog import TASK_KINDS

FITTING = [name for name, method in CONSENSUS_METHODS.items() if method.fit]
RANKING = TASK_KINDS["ranking"]


def pairs(count=60, seed=0):
    """Tasks about two things: three good labelers, one who guesses, one who says the opposite."""
    rng = random.Random(seed)
    tasks = []
    for _ in range(count):
        truth = rng.choice([0, 1, None])
        answers, labelers = [], []
        for who, right in (("p:1", 0.9), ("p:2", 0.85), ("p:3", 0.9), ("p:4", 0.3), ("p:5", 0.05)):
            said = truth
            if rng.random() > right:
                said = rng.choice([each for each in (0, 1, None) if each != truth])
            answers.append([Outcome(0, 1, said, "better" if said is not None else None)])
            labelers.append(who)
        tasks.append(Spoken(answers, labelers, 2))
    return tasks


def rankings(count=40, seed=0, k=4):
    rng = random.Random(seed)
    tasks = []
    for _ in range(count):
        strengths = [rng.gauss(0, 1) for _ in range(k)]
        answers, labelers = [], []
        for who, noise in (("p:1", 0.3), ("p:2", 0.4), ("p:3", 3.0)):
            seen = [round(s + rng.gauss(0, noise), 1) for s in strengths]
            answers.append(RANKING.outcomes({"ranks": [-s for s in seen]}, k))
            labelers.append(who)
        tasks.append(Spoken(answers, labelers, k))
    return tasks


def learned(tasks, method):
    return CONSENSUS_METHODS[method].fit(laid_out(enumerate(tasks)))


@pytest.mark.parametrize("method", FITTING)
@pytest.mark.parametrize("tasks", [pairs(), rankings()], ids=["pairs", "rankings"])
def test_posteriors_are_rounded_and_sum_to_one(method, tasks):
    found = aggregate_all(tasks, learned(tasks, method))
    for each in (c for made in found for c in made.comparisons):
        values = [each[name] for name in ("p_i", "p_j", "p_tie")]
        assert sum(values) == pytest.approx(1, abs=2e-6)
        assert all(0 <= value == round(value, 6) for value in values)


@pytest.mark.parametrize("method", FITTING)
@pytest.mark.parametrize("tasks", [pairs(), rankings()], ids=["pairs", "rankings"])
def test_one_task_alone_is_what_it_is_among_many(method, tasks):
    reliabilities = learned(tasks, method)
    for task, among in zip(tasks, aggregate_all(tasks, reliabilities), strict=True):
        alone = aggregate(task.answers, task.k, labelers=task.labelers, reliabilities=reliabilities)
        for one, other in zip(alone.comparisons, among.comparisons, strict=True):
            assert one == pytest.approx(other, abs=2e-6)


@pytest.mark.parametrize("method", FITTING)
def test_two_good_ones_outweigh_three_bad_ones(method):
    tasks = pairs(200)
    reliabilities = learned(tasks, method)
    answers = [[Outcome(0, 1, side)] for side in (0, 0, 1, 1, 1)]
    labelers = ["p:1", "p:2", "p:4", "p:5", "p:5x"]
    found = aggregate(answers[:4], 2, labelers=labelers[:4], reliabilities=reliabilities)
    assert winner(found.comparisons[0]) == 0
    assert found.ranks == [1, 2]


@pytest.mark.parametrize("method", FITTING)
def test_a_tie_can_be_the_answer(method):
    tasks = pairs(200)
    answers = [[Outcome(0, 1, None)]] * 3
    found = aggregate(
        answers, 2, labelers=["p:1", "p:2", "p:3"], reliabilities=learned(tasks, method)
    )
    (comparison,) = found.comparisons
    assert comparison["p_tie"] > 0.5
    assert is_tied(comparison)
    assert (winner(comparison), found.ranks) == (None, [1, 1])


def test_what_nobody_compared_stays_unknown():
    tasks = pairs()
    best_of = [Outcome(0, 1, 0), Outcome(0, 2, 0)]
    found = aggregate([best_of], 3, labelers=["p:1"], reliabilities=learned(tasks, "reliability"))
    unknown = found.comparisons[2]
    assert (unknown["n"], unknown["p_i"], unknown["p_j"], unknown["p_tie"]) == (0, 0.5, 0.5, 0.0)
    assert found.ranks is None
    assert [winner(each) for each in found.comparisons] == [0, 0, None]


def test_a_margin_is_that_of_those_who_chose_the_winner():
    tasks = pairs(200)
    answers = [[Outcome(0, 1, 0, "significantly")], [Outcome(0, 1, 1, "slightly")]]
    # The second always says the opposite, so what they say speaks for the first.
    found = aggregate(
        answers, 2, labelers=["p:1", "p:5"], reliabilities=learned(tasks, "reliability")
    )
    assert winner(found.comparisons[0]) == 0
    assert found.comparisons[0]["margin"] == 1.0


def comparison(p_i, p_j, p_tie, n=3):
    return {"i": 0, "j": 1, "p_i": p_i, "p_j": p_j, "p_tie": p_tie, "n": n}


@pytest.mark.parametrize(
    ("posterior", "decided", "tied"),
    [
        ((0.51, 0.48, 0.01), 0, False),
        ((0.3, 0.32, 0.38), None, True),
        ((0.45, 0.1, 0.45), None, False),
        ((0.47, 0.47, 0.06), None, False),
        ((1.0, 0.0, 0.0), 0, False),
        ((0.0, 0.0, 1.0), None, True),
    ],
)
def test_a_posterior_decides_only_where_it_is_ahead(posterior, decided, tied):
    found = comparison(*posterior)
    assert winner(found) == decided
    assert is_tied(found) is tied


def test_the_usual_labeler_is_between_the_best_and_the_worst():
    reliabilities = learned(pairs(200), "reliability")
    known = [values["reliability"] for values in reliabilities.labelers.values()]
    assert min(known) < reliabilities.of("p:99")["reliability"] < max(known)
