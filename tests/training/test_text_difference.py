"""What is new in a text, by words; nothing is marked where that would say nothing."""

from __future__ import annotations

from training.text_difference import MOST_WORDS, Piece, marked


def test_new_words_are_told_apart_and_the_text_stays_whole() -> None:
    pieces = marked("Tea is warm.", "Tea is very warm, friend.")
    assert "".join(piece.text for piece in pieces) == "Tea is very warm, friend."
    assert [piece.text.strip() for piece in pieces if piece.is_new] == ["very", ", friend"]


def test_scripts_without_spaces_are_compared_by_the_letter() -> None:
    assert Piece("熱", is_new=True) in marked("お茶は冷い。", "お茶は熱い。")


def test_texts_without_much_in_common_are_not_marked() -> None:
    assert marked("one two three", "quite another thing here") == [
        Piece("quite another thing here", is_new=False)
    ]
    assert marked("same", "same") == [Piece("same", is_new=False)]
    long = "word " * MOST_WORDS
    assert marked(long, long + "more") == [Piece(long + "more", is_new=False)]
