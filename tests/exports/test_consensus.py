"""Snapshots whose weights are posteriors: what labelers are worth, learned from the moment read."""

import random

import pytest

from annotation.consensus import aggregating
from annotation.models import Consensus, Judgment, Task
from exports.collecting import Reading
from exports.dataset_dir import read_in_task_order, read_manifest
from exports.filters import Filters
from exports.record_parts import Comparison
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE

pytestmark = pytest.mark.django_db(transaction=True)

A, B = A_IS_BETTER, B_IS_BETTER
CLEAR = [A, B] * 6
OPPOSITE = [B, A] * 6


@pytest.fixture
def weighed(project, label):
    """Two who agree, one who always says the opposite; only those two answered the last item."""
    label(project, [*CLEAR, A], [*CLEAR, A], [*OPPOSITE, B])
    last = project.tasks.order_by("id").last()
    # Of the first two, one says nothing there: one against one.
    person = Judgment.objects.order_by("id").first().person
    Judgment.objects.filter(task=last, person=person).delete()
    project.settings.consensus_method = "reliability"
    project.settings.save()
    return project


def pairs_of(snapshot):
    return list(read_in_task_order(snapshot.path, "preference"))


def test_a_weight_is_the_posterior(weighed, freeze):
    snapshot = freeze(weighed)
    assert snapshot.state == "done", snapshot.error
    records = pairs_of(snapshot)
    aggregating.refresh_consensus(project=weighed)
    stored = {c.task_id: c.comparisons[0] for c in Consensus.objects.all()}
    assert len(records) == 13
    for record in records:
        known = stored[int(record.task.rsplit("-", 1)[1])]
        won, lost = max(known["p_i"], known["p_j"]), min(known["p_i"], known["p_j"])
        assert record.weight == pytest.approx(won / (won + lost), abs=1e-5)
        assert record.weight == round(record.weight, 6)
    # A majority of two to one would say 3 / 5.
    assert records[0].weight > 0.85


def test_one_against_one_is_decided_by_who_they_are(weighed, freeze):
    last = pairs_of(freeze(weighed))[-1]
    assert [view.choice for view in last.judgments] == ["chosen", "rejected"]
    assert last.weight > 0.7
    weighed.settings.consensus_method = "majority"
    weighed.settings.save()
    assert len(pairs_of(freeze(weighed, "plain"))) == 12


def test_the_same_labels_give_the_same_bytes(weighed, freeze):
    assert freeze(weighed, "one").digest == freeze(weighed, "two").digest


def test_the_method_is_in_the_manifest_with_pseudonyms(weighed, freeze):
    about = read_manifest(freeze(weighed).path)["consensus"]
    assert about["method"] == "reliability"
    pseudonyms = set(Judgment.objects.values_list("person__pseudonym", flat=True))
    assert {row["labeler"] for row in about["labelers"]} == pseudonyms
    worst = min(about["labelers"], key=lambda row: row["reliability"])
    assert worst["reliability"] < 0.4
    assert set(worst) == {"labeler", "adjudicates", "answers", "reliability", "low", "high"}


def test_a_majority_says_only_its_name(project, label, freeze):
    label(project, [A], [A])
    snapshot = freeze(project)
    assert read_manifest(snapshot.path)["consensus"] == {"method": "majority"}
    assert pairs_of(snapshot)[0].weight == 0.75


def test_labelers_are_learned_from_what_the_filters_let_through(weighed):
    with Reading(weighed, Filters()) as reading:
        everything = reading.about_consensus()
    Judgment.objects.filter(task__lte=weighed.tasks.order_by("id")[5].pk).update(
        created_at="2026-01-01T00:00Z"
    )
    with Reading(weighed, Filters.from_mapping({"until": "2026-02-01"})) as reading:
        early = reading.about_consensus()
        assert len(list(reading.tasks())) == 6
    assert {row["answers"] for row in early["labelers"]} == {6}
    assert early != everything


def test_rankings_carry_posteriors(project_factory, label, freeze):
    project = project_factory("ranks", kind="ranking", gold_rate=0)
    project.settings.consensus_method = "reliability"
    project.settings.save()
    ranks = [{"ranks": [1, 2, 3]}, {"ranks": [3, 2, 1]}, {"ranks": [1, 1, 3]}] * 3
    label(project, ranks, ranks, ranks, k=3)
    rankings = list(read_in_task_order(freeze(project).path, "ranking"))
    assert len(rankings) == 9
    for ranking in rankings:
        for each in ranking.comparisons:
            assert each.p_i + each.p_j + each.p_tie == pytest.approx(1, abs=2e-6)
    assert rankings[0].ranks == [1, 2, 3]
    assert rankings[1].ranks == [3, 2, 1]
    assert rankings[0].comparisons[0].p_i > rankings[0].comparisons[0].p_j


def test_a_tie_is_no_pair_whatever_the_method(project, label, freeze):
    project.settings.consensus_method = "reliability"
    project.settings.save()
    label(project, [A, TIE, B, TIE], [A, TIE, B, TIE], [A, TIE, B, TIE])
    snapshot = freeze(project)
    assert [record.weight > 0.5 for record in pairs_of(snapshot)] == [True, True]
    assert snapshot.counts["left_out"] == {"tied": 2}


def test_the_winner_in_a_file_is_the_winner_in_the_database():
    rng = random.Random(0)
    seen = set()
    for _ in range(3000):
        parts = [rng.random() ** 2 for _ in range(3)]
        p_i, p_j = (round(part / sum(parts), 6) for part in parts[:2])
        known = {"i": 0, "j": 1, "p_i": p_i, "p_j": p_j, "p_tie": round(1 - p_i - p_j, 6)}
        n = rng.randrange(1, 9)
        found = aggregating.winner({**known, "n": n})
        assert Comparison(**known, margin=0.0, n=n).winner == found
        # Nothing but the posteriors decides: no votes stand behind them.
        ahead = max((p_i, 0), (p_j, 1), (known["p_tie"], None), key=lambda side: side[0])
        assert found == ahead[1]
        seen.add(found)
    assert seen == {0, 1, None}


def test_gold_made_of_an_ordinary_task_keeps_its_answers(project, label):
    made = label(project, [A, B], [A, B])
    Task.objects.filter(pk=made[0].pk).update(is_gold=True)
    with Reading(project, Filters()) as reading:
        assert [task.pk for task in reading.tasks()] == [task.pk for task in made]
    Task.objects.filter(pk=made[0].pk).update(counted=0)
    with Reading(project, Filters()) as reading:
        assert [task.pk for task in reading.tasks()] == [made[1].pk]
