"""Options of a kind: what is kept, what is refused, and that the error names the option."""

from __future__ import annotations

import pytest

from annotation.task_kinds.options import Option, OptionsError, clean_options, defaults_of

DESCRIBED = {
    "tie": Option(True, "Offer a tie"),
    "k": Option(4, "Responses", low=2, high=9),
    "people": Option("one", "Who writes", choices=("one", "two")),
    "flags": Option(("a", "b"), "Flags", most=3),
    "steps": Option(("x", "y"), "Steps", choices=("x", "y", "z")),
}


def test_what_is_not_given_is_the_default():
    defaults = {"tie": True, "k": 4, "people": "one", "flags": ["a", "b"], "steps": ["x", "y"]}
    assert defaults_of(DESCRIBED) == defaults
    assert clean_options(DESCRIBED, {}) == defaults
    assert clean_options(DESCRIBED, {"k": 9})["k"] == 9


def test_a_list_is_stripped_and_keeps_its_order():
    assert clean_options(DESCRIBED, {"flags": [" b ", "a"]})["flags"] == ["b", "a"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("tie", value) for value in ("yes", 1, None)),
        *(("k", value) for value in (1, 10, "4", True, 4.0)),
        *(("people", value) for value in ("three", None, 1)),
        *(("flags", value) for value in ("a", [1], [""], ["x" * 81], ["a", "a"], list("abcd"))),
        *(("steps", value) for value in (["w"], None)),
        ("colour", True),
    ],
)
def test_what_an_option_does_not_take_is_refused_by_its_name(name, value):
    with pytest.raises(OptionsError, match=f"^{name}:"):
        clean_options(DESCRIBED, {name: value})
