"""The figures of a policy that come from lines alone."""

import pytest

from bench.methods_measures import ordered_right, truth_of
from bench.planted_care import truth

QUESTION = "my dirty red kettle, quickly?"
BEST, FAIR, POOR = "scrub firmly, polish fast.", "scrub.", "soak."


def _line(answer: str, question: str = QUESTION) -> dict[str, object]:
    return {
        "prompt_id": question,
        "prompt": [{"role": "user", "content": question}],
        "response": [{"role": "assistant", "content": answer}],
    }


def test_the_truth_of_a_line() -> None:
    assert truth_of(_line(BEST)) == truth(QUESTION, BEST) > truth(QUESTION, FAIR)


def test_rewards_are_compared_within_a_question_where_the_truth_differs() -> None:
    other = "my dusty blue shirt, properly?"
    lines = [_line(BEST), _line(FAIR), _line(POOR), _line(FAIR), _line(BEST, other)]
    # Of five pairs that differ, only that of the best and the fair ones is in the wrong order.
    assert ordered_right(lines, [1.0, 2.0, 0.0, 0.5, 9.0]) == pytest.approx(4 / 5)
    assert ordered_right(lines[-1:], [1.0]) == 0.5
