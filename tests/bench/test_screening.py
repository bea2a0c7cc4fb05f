"""The planted crowd takes the real exam; a copier works until somebody notices."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from annotation.entry import drawing
from annotation.models import ScreeningPolicy
from bench import copier_at_work, screening
from bench.simulated_crowd import Copier, Item, Labeler, crowd, gold_pool


@pytest.fixture(autouse=True)
def own_chance(monkeypatch):
    """The benchmark gives the draw its own chance; the next test gets the system's again."""
    monkeypatch.setattr(drawing, "_chance", drawing._chance)


def test_the_crowd_is_the_one_that_was_asked_for():
    groups = Counter(labeler.group for labeler in crowd())
    assert groups == {
        **{"good": 30, "mediocre": 6, "random": 1},
        **{"always left": 1, "always longest": 1, "copier": 1},
    }


def test_gold_is_balanced_by_length_over_difficulties():
    counts = Counter(
        (item.right == item.longer, item.difficulty) for item in gold_pool(120, random.Random(0))
    )
    assert set(counts.values()) == {20}


def test_a_copier_repeats_what_is_known_and_guesses_elsewhere():
    whom = Labeler("good", "good", 1.0)
    copier = Copier("copier", "copier", whom=whom)
    rng = random.Random(0)
    known, *others = (Item(number, 1, 1) for number in range(200))
    whom.answer(known, 0, rng)
    assert {copier.choose(known, 0, rng) for _ in range(20)} == {1}
    right = sum(copier.choose(item, 0, rng) for item in others)
    assert 75 < right < 125


def test_one_seed_gives_one_result_and_cheaters_do_not_pass():
    policy = ScreeningPolicy()
    first = screening.screened(policy, random.Random(3))
    assert first == screening.screened(policy, random.Random(3))
    by_group = {each.group: each for each in first}
    for name in screening.SPAMMERS:
        assert by_group[name].verdict == "failed"
        assert by_group[name].attempts == policy.attempts
    assert sum(each.verdict == "passed" for each in first if each.group == "good") >= 26
    assert all(policy.exam_least <= each.items <= 2 * policy.exam_most for each in first)


@pytest.mark.parametrize("shares_all", [True, False])
def test_a_round_has_everybody_at_most_once_and_the_copier_last(shares_all):
    workers = [labeler for labeler in crowd() if labeler.group == "good"]
    copier = Copier("copier", "copier", whom=workers[0])
    rng = random.Random(1)
    together = 0
    for _ in range(60):
        groups = copier_at_work.groups_of(workers, copier, shares_all, 3, rng)
        people = [one.name for group in groups for one in group]
        assert len(people) == len(set(people)) == 30
        assert groups[0][-1] is copier
        together += workers[0] in groups[0]
    assert together == 60 if shares_all else together < 20


def test_when_somebody_was_first_named_is_found_by_halving(monkeypatch):
    rounds = [[(n, "a", 0, -1)] for n in range(copier_at_work.BEFORE + copier_at_work.WORK_ITEMS)]
    least = copier_at_work.BEFORE + 17

    def look(rows):
        return {"copier": "copies", "good 1": "fell"} if len(rows) >= least else {"good 1": "fell"}

    monkeypatch.setattr(copier_at_work, "look", look)
    assert copier_at_work.first_named(rounds) == copier_at_work.Caught(17, "copies", 1)
    monkeypatch.setattr(copier_at_work, "look", lambda rows: {})
    never = copier_at_work.first_named(rounds)
    assert (never.after, never.why) == (copier_at_work.WORK_ITEMS + 1, "not caught")
