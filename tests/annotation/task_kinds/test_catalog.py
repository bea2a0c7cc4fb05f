"""What holds for every task kind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from annotation.task_kinds.base import AnswerError, Outcome, inverse
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.task_kinds.options import OptionsError
from tests.annotation.task_kinds.answers import ANSWERS

EVERY_KIND = pytest.mark.parametrize("kind", TASK_KINDS.values(), ids=list(TASK_KINDS))
TEMPLATES = Path("annotation/templates/annotation/kinds")


def answers(kind, seed: int, count: int = 20):
    """(k, answer, rng): random answers for every size that the kind allows."""
    rng = random.Random(seed)
    for k in range(kind.min_responses, kind.max_responses + 1):
        for _ in range(count):
            yield k, ANSWERS[kind.name](k, rng), rng


def by_what(outcomes, order=None):
    """Outcomes by what they compare, through `order` where it is given."""
    place = (lambda p: order[p] if p is not None and p < len(order) else p) if order else None
    found = {}
    for each in outcomes:
        i, j, won = each.i, each.j, each.winner
        if place:
            i, j, won = place(i), place(j), place(won)
        found[frozenset((i, j))] = (won, each.strength)
    return found


@EVERY_KIND
def test_the_catalog_names_kinds_as_they_name_themselves(kind):
    assert TASK_KINDS[kind.name] is kind
    assert kind.clean_options({}) == kind.default_options
    assert (Path.cwd() / TEMPLATES / f"{kind.name}.html").is_file()


@EVERY_KIND
def test_its_answers_are_clean_and_stay_as_they_are(kind):
    for k, answer, _rng in answers(kind, 0):
        assert kind.clean_answer(answer, k, kind.default_options) == answer


@EVERY_KIND
def test_turning_an_answer_and_back_changes_nothing(kind):
    for k, answer, rng in answers(kind, 1):
        order = rng.sample(range(k), k)
        assert kind.reorder(kind.reorder(answer, order), inverse(order)) == answer


@EVERY_KIND
def test_a_turned_answer_says_the_same_of_the_same_responses(kind):
    """What was said of the response at position p on screen is said of canonical order[p]."""
    for k, answer, rng in answers(kind, 2):
        order = rng.sample(range(k), k)
        turned = kind.outcomes(kind.reorder(answer, order), k)
        assert by_what(turned) == by_what(kind.outcomes(answer, k), order)


@EVERY_KIND
def test_outcomes_are_about_two_different_things_that_are_there(kind):
    for k, answer, _rng in answers(kind, 3):
        found = kind.outcomes(answer, k)
        assert len(by_what(found)) == len(found)
        for outcome in found:
            assert 0 <= outcome.i < outcome.j < kind.compared(k)
            assert outcome.winner in (outcome.i, outcome.j, None)


@EVERY_KIND
def test_an_answer_made_from_ranks_says_what_the_ranks_say(kind):
    rng = random.Random(4)
    for k in range(max(kind.min_responses, 1), kind.max_responses + 1):
        ranks = [rng.randint(1, k) for _ in range(k)]
        answer = kind.from_ranks(ranks, None)
        for outcome in kind.outcomes(answer, k) if answer else []:
            i, j = outcome.i, outcome.j
            expected = None if ranks[i] == ranks[j] else i if ranks[i] < ranks[j] else j
            assert outcome == Outcome(i, j, expected)


@EVERY_KIND
def test_groups_are_of_a_size_that_the_kind_takes(kind):
    for n in range(kind.min_responses, 12):
        groups = kind.groups(n, kind.default_options)
        assert len(set(groups)) == len(groups)
        for group in groups:
            assert kind.min_responses <= len(set(group)) == len(group) <= kind.max_responses
            assert all(0 <= place < n for place in group)


@EVERY_KIND
def test_unknown_fields_and_options_are_refused_by_name(kind):
    for k, answer, _rng in answers(kind, 5, count=1):
        with pytest.raises(AnswerError, match=r"answer\.person"):
            kind.clean_answer(answer | {"person": 7}, k, kind.default_options)
    with pytest.raises(OptionsError, match="colour"):
        kind.clean_options({"colour": True})


@EVERY_KIND
@pytest.mark.parametrize("answer", [None, [], "a", 7])
def test_an_answer_is_an_object(kind, answer):
    with pytest.raises(AnswerError, match="send an object"):
        kind.clean_answer(answer, kind.min_responses, kind.default_options)


@EVERY_KIND
def test_an_answer_with_nothing_in_it_is_refused(kind):
    with pytest.raises(AnswerError, match=r"answer\."):
        kind.clean_answer({}, kind.max_responses, kind.default_options)
