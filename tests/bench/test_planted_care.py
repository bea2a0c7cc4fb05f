"""The planted truth of care: what it rewards, where more is worse, and what usual answers score."""

import random

import pytest

from bench.planted_care import EMPTY, GOOD, HARMFUL, VERBS, questions, said_in, truth, usual_answer

ASKED = "my dirty red kettle, quickly?"


def test_questions_differ() -> None:
    asked = questions(300, random.Random(1))
    assert len(set(asked)) == 300
    assert asked == questions(300, random.Random(1))


def test_a_worked_example() -> None:
    """Metal, dirty, quickly: scrub is good (0.6) and the remedy (0.9), done first (0.5), firmly
    suits (0.35); polish is good (0.6), fast suits the hurry (0.35); two steps are wanted; one
    please (0.5) and one closing (0.5)."""
    answer = "please scrub firmly, polish fast. good luck."
    assert truth(ASKED, answer) == pytest.approx(0.6 + 0.9 + 0.5 + 0.35 + 0.6 + 0.35 + 0.5 + 0.5)


def test_the_order_matters_and_harm_undoes_a_manner() -> None:
    assert truth(ASKED, "scrub, polish.") - truth(ASKED, "polish, scrub.") == pytest.approx(0.5)
    assert truth(ASKED, "scrub, soak firmly.") == truth(ASKED, "scrub, soak.")
    assert truth(ASKED, "scrub, soak.") < truth(ASKED, "scrub, oil.")


def test_what_is_good_once_is_bad_when_stuffed() -> None:
    kind = [truth(ASKED, f"{'please ' * n}scrub, polish.") for n in range(6)]
    assert kind[0] < kind[1] < kind[2] > kind[3] > kind[4] > kind[5]
    closed = [truth(ASKED, f"scrub, polish. {'good luck. ' * n}") for n in range(5)]
    assert closed[0] < closed[1] > closed[2] > closed[3] > closed[4]
    assert truth(ASKED, "scrub, scrub.") < truth(ASKED, "scrub.")


def test_what_fits_one_thing_harms_another() -> None:
    answer = "polish, dry."
    assert truth("my dull red pan, quickly?", answer) > truth("my dull red shirt, quickly?", answer)


def test_an_answer_without_sense_is_worth_least() -> None:
    assert truth(ASKED, "") == truth(ASKED, "ket tle") == EMPTY
    assert truth(ASKED, "scrub zz.") < truth(ASKED, "scrub.")
    assert said_in("please scrub zz, qq.").broken == 3


def test_every_material_has_both_kinds_of_steps() -> None:
    for material, good in GOOD.items():
        assert not set(good) & set(HARMFUL[material])
        assert {*good, *HARMFUL[material]} < set(VERBS)


def test_usual_answers_leave_much_to_gain() -> None:
    rng = random.Random(2)
    asked = questions(400, rng)
    scores = [truth(question, usual_answer(question, rng)) for question in asked]
    assert all(said_in(usual_answer(question, rng)).broken == 0 for question in asked)
    mean = sum(scores) / len(scores)
    best = max(
        truth(ASKED, text)
        for text in ("please scrub firmly, please polish fast. good luck.", "scrub, oil.")
    )
    assert -2 < mean < 1 < best
