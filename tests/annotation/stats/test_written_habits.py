"""Habits in writing: repeated reasons, pasting, and features of machine-written text."""

import pytest

from annotation.stats.written_habits import (
    STOCK_PHRASES,
    duplicates,
    features,
    machine_look,
    pasting,
)

DIFFERENT = [
    "The first one names the town and the year that the question asks for.",
    "Only B says which of the two medicines must not be taken together.",
    "A invents a book that does not exist, B says that it does not know.",
    "Both are polite, but the second answers in the language of the question.",
    "The code of A does not run: it forgets the import that B has.",
    "B misses the point: nobody asked how to cook rice without water.",
]


def test_the_same_reason_in_other_dress_is_seen():
    same = [f"Response {n} is clear, helpful and well written!" for n in "ABAB"]
    found = duplicates([*DIFFERENT, *same])
    assert (found.value, found.raised) == (0.4, True)
    assert found.counts["largest_group"] == 4
    assert list(found.rows) == [6, 7, 8, 9]
    assert "well written" in found.examples[0]


def test_one_word_more_is_nearly_the_same():
    long = "The second answer explains every step of the proof and checks the result at the end"
    found = duplicates([*DIFFERENT, long, f"{long} again", f"{long}, too"])
    assert found.counts["largest_group"] == 3


def test_different_and_short_reasons_are_left_in_peace():
    assert duplicates(DIFFERENT * 1).value == 0.0
    assert duplicates(["B is right"] * 30).value is None
    japanese = ["回答Aのほうが質問に正確に答えています。", "回答Bは根拠のない数字を挙げています。"]
    assert duplicates([*DIFFERENT, *japanese]).value == 0.0


def test_pasting_is_counted_against_the_length():
    found = pasting([100] * 10, [100, 90, 80, 60, 55, 40, 0, 0, 0, None])
    assert found.n == 9
    assert found.value == pytest.approx(5 / 9)
    assert found.raised
    assert list(found.rows) == [0, 1, 2, 3, 4]
    assert not pasting([100] * 10, [0] * 10).raised
    assert pasting([100] * 10, [None] * 10).value is None


@pytest.mark.parametrize(
    ("text", "seconds", "pasted", "feature"),
    [
        ("Certainly! Here is what you need.", None, None, "stock_phrase"),
        ("ＡＩとして、お答えします。", None, None, "stock_phrase"),
        ("First:\n- one\n- two", None, None, "markdown"),
        ("This is **very** good.", None, None, "markdown"),
        ("Six words are in this one. " * 6, None, None, "even_sentences"),
        ("word " * 100, 10.0, None, "fast_hand"),
        ("word " * 100, 10.0, 480, "pasted"),
    ],
)
def test_each_feature_by_itself(text, seconds, pasted, feature):
    assert features(text, seconds, pasted) == {feature}


def test_a_person_has_none():
    text = "No. I would not do that, since the glue dissolves in water. Try a screw! It holds."
    assert features(text, 60.0, 0) == set()


def test_machine_look_needs_two_features_in_a_text():
    machine = (
        "Certainly! Here's a breakdown:\n- **Plan** your week in advance, and rest well.\n" * 2
    )
    person = DIFFERENT[0] * 2
    found = machine_look([machine] * 6 + [person] * 2, [100.0] * 8, [0] * 8)
    assert found.value == 0.75
    assert found.raised
    assert found.counts["stock_phrase"] == found.counts["markdown"] == 6
    assert not machine_look([person] * 8, [100.0] * 8, [None] * 8).raised
    assert len(set(STOCK_PHRASES)) == len(STOCK_PHRASES)
