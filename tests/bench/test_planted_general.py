"""What the small model knows besides: text, sortings and surveys, made or read."""

import random
from pathlib import Path

import pytest

from bench.planted_general import answered, sortings, surveys, texts


def test_text_is_made_where_none_is_given() -> None:
    made = texts(50, random.Random(1))
    assert made == texts(50, random.Random(1))
    assert all(prompt.startswith("the ") and rest.endswith(".") for prompt, rest in made)


def test_text_is_read_from_a_folder(tmp_path: Path) -> None:
    kept = "one two three four five six seven eight nine"
    held = "ten ten ten ten six seven eight nine"
    (tmp_path / "a.txt").write_text("\n".join(["too short", *[kept] * 9, held]))
    found = texts(3, random.Random(1), tmp_path)
    assert found == [("one two three four", "five six seven eight nine")] * 3
    found = texts(3, random.Random(1), tmp_path, held_out=True)
    assert found == [("ten ten ten ten", "six seven eight nine")] * 3


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no text file with enough lines of 8 words"):
        texts(3, random.Random(1), tmp_path)


def test_sortings_are_all_different_and_right() -> None:
    made = sortings(random.Random(1))
    assert len({prompt for prompt, _ in made}) == len(made) == 12 * 11 * 10
    assert all(sorted(p.split()[1:]) == answer.split() for p, answer in made)


def test_answers_come_in_the_shares_of_the_survey() -> None:
    asked = surveys()
    assert asked == surveys()
    assert {round(survey.share, 6) for survey in asked} >= {0.04, 0.96}
    each = 50
    said = answered(asked, each, random.Random(1))
    assert len(said) == each * len(asked)
    for survey in asked:
        firsts = said.count((survey.prompt, survey.options[0]))
        assert abs(firsts / each - survey.share) <= 1 / each
