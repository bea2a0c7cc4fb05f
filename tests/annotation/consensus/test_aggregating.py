"""Majority consensus by hand-computed numbers; ties stay ties and cycles give no order."""

from __future__ import annotations

import pytest

from annotation import judging
from annotation.consensus import aggregating
from annotation.consensus.aggregating import aggregate, winner
from annotation.models import Consensus
from annotation.task_kinds.base import STRENGTHS
from annotation.task_kinds.catalog import TASK_KINDS
from exports.records import STRENGTH_MARGINS
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks

PAIRWISE, RANKING = TASK_KINDS["pairwise"], TASK_KINDS["ranking"]


def of_pairs(*choices):
    return aggregate([PAIRWISE.outcomes({"choice": c, "strength": s}, 2) for c, s in choices], 2)


def of_ranks(*answers):
    k = len(answers[0])
    return aggregate([RANKING.outcomes({"ranks": list(r)}, k) for r in answers], k)


def test_two_to_one_by_hand():
    found = of_pairs(("a", "better"), ("a", "slightly"), ("b", "better"))
    (comparison,) = found.comparisons
    assert comparison["p_i"] == pytest.approx(3 / 5)
    assert comparison["p_j"] == pytest.approx(2 / 5)
    assert (comparison["p_tie"], comparison["n"]) == (0, 3)
    assert comparison["margin"] == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert (found.ranks, found.agreement) == ([1, 2], pytest.approx(1 / 3))


def test_one_to_one_is_a_tie_and_so_is_a_vote_against_a_tie():
    for choices in ([("a", "better"), ("b", "better")], [("a", "better"), ("tie", None)]):
        found = of_pairs(*choices)
        assert (winner(found.comparisons[0]), found.ranks) == (None, [1, 1])
        assert found.comparisons[0]["margin"] == 0


def test_probabilities_sum_to_one():
    found = of_pairs(("a", "better"), ("tie", None), ("tie", None), ("both_bad", None))
    comparison = found.comparisons[0]
    assert sum(comparison[p] for p in ("p_i", "p_j", "p_tie")) == pytest.approx(1)
    assert comparison["p_tie"] == pytest.approx(3 / 6)


def test_a_single_answer_has_no_agreement():
    assert of_pairs(("a", "better")).agreement is None


def test_rankings_with_ties_keep_their_ties():
    found = of_ranks([1, 2, 2, 4], [1, 2, 2, 4], [2, 1, 3, 4])
    assert found.ranks == [1, 2, 2, 4]


def test_a_cycle_gives_no_order():
    found = of_ranks([1, 2, 3], [3, 1, 2], [2, 3, 1])
    assert found.ranks is None
    assert [winner(c) for c in found.comparisons] == [0, 2, 1]


def test_ties_that_do_not_chain_give_no_order():
    # A = B and B = C, but A beats C: no weak order says all three.
    found = of_ranks([1, 1, 2], [1, 2, 2], [1, 1, 2], [1, 2, 2])
    decided = {(c["i"], c["j"]): winner(c) for c in found.comparisons}
    assert decided == {(0, 1): None, (0, 2): 0, (1, 2): None}
    assert found.ranks is None


def test_margins_are_those_of_the_records():
    assert aggregating.MARGIN_OF_STRENGTH == STRENGTH_MARGINS
    assert set(STRENGTH_MARGINS) == set(STRENGTHS)


@pytest.fixture
def people(project_factory, person_factory):
    project = project_factory(overlap=2, gold_rate=0)
    return project, [person_factory(f"p{n}", project, "labeler") for n in range(2)]


def test_consensus_follows_the_judgments_of_a_task(people):
    project, (first, second) = people
    (task,) = make_tasks(project)
    answer_next(first, project, A_IS_BETTER)
    assert aggregating.refresh_consensus(project=project) == 1
    assert Consensus.objects.get(task=task).ranks == [1, 2]
    answer_next(second, project, B_IS_BETTER)
    assert aggregating.refresh_consensus(project=project) == 1
    assert Consensus.objects.get(task=task).ranks == [1, 1]
    assert aggregating.refresh_consensus(project=project) == 0


def test_withdrawn_judgments_leave_the_consensus(people):
    project, (first, _second) = people
    make_tasks(project)
    answer_next(first, project, TIE)
    aggregating.refresh_consensus(project=project)
    judging.undo_last(person=first, project=project)
    assert aggregating.refresh_consensus(project=project) == 1
    assert not Consensus.objects.exists()
