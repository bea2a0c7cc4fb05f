"""Answers found in responses and compared: numbers as numbers, anything else as plain text."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

from training.trainers.rewards.answers import (
    as_number,
    end_of_filled_box,
    exact_answer,
    extract_answer,
    known_answer,
    last_box,
    same_answer,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18", 18),
        ("1,234", 1234),
        ("1,234,567.50", Fraction(2469135, 2)),
        ("-3", -3),
        ("\u22123", -3),
        ("+4", 4),
        ("5.0", 5),
        (".5", Fraction(1, 2)),
        ("$18.00", 18),
        (r"\$18", 18),
        ("-$5", -5),
        ("18 dollars.", 18),
        ("5 km/h", 5),
        ("10 m^2", 10),
        ("50%", 50),
        (r"50\%", 50),
        ("3/4", Fraction(3, 4)),
        ("1 1/2", Fraction(3, 2)),
        (r"\frac{1}{2}", Fraction(1, 2)),
        (r"-\dfrac{1}{2}", Fraction(-1, 2)),
        (r"\frac12", Fraction(1, 2)),
        (r"1\frac{1}{2}", Fraction(3, 2)),
        (r"\frac{3}{4}\text{ cup}", Fraction(3, 4)),
        (r"1.5\times 10^{3}", 1500),
        ("1e-3", Fraction(1, 1000)),
        ("x = 5", 5),
        (r"90^\circ", 90),
        (r"18\text{ dollars}", 18),
        ("$7$", 7),
        (r"\(7\)", 7),
        (r"1{,}234", 1234),
    ],
)
def test_a_number_in_any_dress(text: str, value: Fraction | int) -> None:
    assert as_number(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "Paris", "1,2", "10:30", "(1, 2)", "2 and 3", "1/0", "1e999", "9" * 61, r"2\sqrt{3}", "."],
)
def test_what_is_no_number(text: str) -> None:
    assert as_number(text) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0.50", r"\frac{1}{2}", True),
        ("5", "5.000", True),
        ("5", "5.001", False),
        (r"\text{Paris}", "paris.", True),
        ("(1,2)", "( 1, 2 )", True),
        (r"\frac{\sqrt{2}}{2}", r"\dfrac{\sqrt2}2", True),
        (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\frac{\pi}{2})", True),
        ("Paris", "London", False),
        ("", "", False),
        ("5", "five", False),
    ],
)
def test_two_answers_compared(one: str, other: str, same: bool) -> None:
    assert same_answer(one, other) is same
    assert same_answer(other, one) is same


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"first \boxed{3}, no: \boxed{4}", "4"),
        (r"\boxed{\frac{1}{2}} it is", r"\frac{1}{2}"),
        (r"\fbox{7}", "7"),
        (r"\boxed{5} and \boxed{6", "5"),
        ("<answer> 12 </answer>", "12"),
        ("so\n#### 1,234\n", "1,234"),
        ("It costs $1,234.50.", "$1,234.50"),
        ("either 3 or 4.", "4"),
        ("5-3", "3"),
        ("it is -5", "-5"),
        ("2/3 of it", "2/3"),
        ("1, 20, 300", "300"),
        ("x=3.", "3"),
        ("no number here", None),
        ("", None),
        (r"\boxed{}", None),
        (rf"\boxed{{{'1' * 500}}}", "1" * 500),
    ],
)
def test_where_an_answer_stands(text: str, found: str | None) -> None:
    if found is not None and len(found) > 400:
        found = None
    assert extract_answer(text) == found


def test_what_may_be_asked_to_stand_somewhere() -> None:
    text = r"<answer>1</answer> \boxed{2} then 3"
    wanted = {"boxed": "2", "tagged": "1", "number": "3", "auto": "2"}
    for extract, found in wanted.items():
        assert extract_answer(text, extract) == found
    assert extract_answer("3", "boxed") is None
    assert extract_answer("3", "tagged") is None


def test_a_known_answer_is_what_stands_behind_the_reasoning() -> None:
    assert known_answer("2 * 9 = <<2*9=18>>18 a day.\n#### 18") == "18"
    assert known_answer(r"Thus \boxed{\frac{1}{2}}.") == r"\frac{1}{2}"
    assert known_answer(" Paris ") == "Paris"


def test_right_and_wrong() -> None:
    assert exact_answer("She makes $18 a day.", "9 * 2\n#### 18") == 1.0
    assert exact_answer("She makes $19 a day.", "9 * 2\n#### 18") == 0.0
    assert exact_answer("I do not know.", "#### 18") == 0.0
    assert exact_answer("18", None) == 0.0
    assert exact_answer("the answer is 18", "18", "boxed") == 0.0


def test_a_filled_box_ends_behind_its_brace() -> None:
    assert end_of_filled_box(r"so \boxed{ } or \boxed{1{2}} and") == len(
        r"so \boxed{ } or \boxed{1{2}}"
    )
    assert end_of_filled_box(r"\boxed{12") is None
    assert end_of_filled_box("no box") is None
    assert last_box(r"\boxed{a}\boxed{}") == ""


@pytest.mark.parametrize(
    "text",
    [
        "1," * 20000,
        "9" * 40000,
        r"\boxed{" * 4000,
        "<answer>" * 8000,
        r"\frac{" * 8000,
        "1 " * 20000,
    ],
)
def test_long_nonsense_takes_no_time(text: str) -> None:
    began = time.process_time()
    exact_answer(text, "18")
    same_answer(text[:400], text[1:401])
    # What goes back and forth over such a text takes minutes.
    assert time.process_time() - began < 10
