"""Answers from elsewhere are checked by the kind they are for, whatever a project offers itself."""

from __future__ import annotations

import pytest

from annotation import known_answers, wording
from annotation.candidates import KnownAnswer
from annotation.known_answers import Asked
from annotation.readers.base import RowError
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import sentences
from tests.annotation.making import candidate


def asked(kind: str, **options) -> Asked:
    return Asked(TASK_KINDS[kind], TASK_KINDS[kind].clean_options(options))


@pytest.mark.parametrize(
    ("kind", "k", "known", "field"),
    [
        ("thumbs", 1, {"answer": {"good": 1}}, "judgments[0].answer.good"),
        ("thumbs", 2, {"answer": {"good": True}}, "judgments[0].answer"),
        ("thumbs", 1, {"answer": {"best": None}}, "judgments[0].answer.best"),
        ("best_of", 3, {"answer": {"best": 3}}, "judgments[0].answer.best"),
        ("pairwise", 2, {"answer": {"choice": "c"}}, "judgments[0].answer.choice"),
        ("pairwise", 3, {"answer": {"choice": "a"}}, "judgments[0].answer"),
        ("ranking", 2, {"answer": {"ranks": [1]}}, "judgments[0].answer.ranks"),
        ("rating", 2, {"answer": {"scores": [1, 8]}}, "judgments[0].answer.scores"),
        ("rating", 1, {"answer": {"scores": [1], "flags": [["x"]]}}, "judgments[0].answer.flags"),
        ("demonstration", 0, {"answer": {"text": " "}}, "judgments[0].answer.text"),
        ("conversation", 0, {"answer": {"turns": []}}, "judgments[0].answer.turns"),
        ("pairwise", 2, {"ranks": [1, 2], "criterion": "kind"}, "judgments[0].criterion"),
    ],
)
def test_what_a_kind_cannot_hold_is_refused_by_field(kind, k, known, field):
    one = KnownAnswer(labeler="w", field="judgments[0].", **known)
    with pytest.raises(RowError) as refused:
        known_answers.check(asked(kind), candidate(1, k=k, known=[one]))
    assert refused.value.field == field
    known_sentence = sentences.in_words(refused.value.problem, wording.SENTENCES)
    assert known_sentence.endswith(".")


@pytest.mark.parametrize(
    ("kind", "options", "answer"),
    [
        ("pairwise", {"strength": True}, {"choice": "a"}),
        ("pairwise", {"strength": False}, {"choice": "a", "strength": "slightly"}),
        ("pairwise", {"tie": False}, {"choice": "tie", "strength": None}),
        ("ranking", {"ties": False}, {"ranks": [1, 1]}),
        ("best_of", {"none": False}, {"best": None}),
        ("rating", {"rank": True}, {"scores": [1, 2]}),
        ("demonstration", {"least": 500}, {"text": "Short."}),
    ],
)
def test_what_was_said_elsewhere_is_not_held_to_what_is_offered_here(kind, options, answer):
    known = [KnownAnswer(answer=answer, labeler="w")]
    known_answers.check(asked(kind, **options), candidate(1, known=known))


def test_gold_without_an_answer_is_for_kinds_where_people_write():
    gold = KnownAnswer(field="gold.")
    known_answers.check(asked("demonstration"), candidate(1, gold=gold))
    with pytest.raises(RowError) as refused:
        known_answers.check(asked("pairwise"), candidate(1, gold=gold))
    assert refused.value.field == "gold.answer"


def test_an_answer_about_two_that_read_the_same_is_refused():
    one = candidate(1, k=3)
    responses = [*one.responses, (one.responses[0][0], "another")]
    known = [KnownAnswer(answer={"best": 0}, labeler="w")]
    with pytest.raises(RowError, match="read the same"):
        known_answers.check(asked("best_of"), type(one)(one.prompt, responses, known=known))


def test_the_order_shown_is_that_of_the_responses_in_the_group():
    known = KnownAnswer([1, 2, 3], shown=[2, 0, 1])
    assert known_answers.order_shown(known, [1, 2]) == [1, 0]
    assert known_answers.order_shown(KnownAnswer([1, 2]), [1, 0]) == []
