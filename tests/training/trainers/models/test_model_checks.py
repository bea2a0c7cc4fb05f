"""Which tokenizers go together; what folders are refused is in `test_bad_input`."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from training.trainers.data.chat_text import PLAIN_TEMPLATE
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_checks import (
    check_same_vocabulary,
    loading_error,
    same_words,
)
from training.trainers.models.tiny_model import make_tiny_model


def test_tokens_may_be_added_at_the_end_alone(tiny: Path, tmp_path: Path) -> None:
    one, other = (AutoTokenizer.from_pretrained(tiny) for _ in range(2))
    other.add_tokens(["<|pad2|>"])
    check_same_vocabulary(one, other, name="a", other_name="b")
    check_same_vocabulary(other, one, name="a", other_name="b")
    texts = ["zebra zigzag quartz " * 20]
    stranger = make_tiny_model(tmp_path / "m", texts, hidden_size=32, layers=1, vocab_size=280)
    with pytest.raises(ModelError, match=r"a and b have different tokenizers \(\d+ of \d+ tokens"):
        check_same_vocabulary(
            one, AutoTokenizer.from_pretrained(stranger), name="a", other_name="b"
        )


def test_words_are_the_same_where_tokens_and_template_are(tiny: Path) -> None:
    one, other = (AutoTokenizer.from_pretrained(tiny) for _ in range(2))
    other.add_tokens(["<|pad2|>"])
    assert same_words(one, other)
    other.chat_template = "{{ messages[0]['content'] }}"
    assert not same_words(one, other)
    one.chat_template, other.chat_template = None, PLAIN_TEMPLATE
    assert same_words(one, other)


def test_what_a_library_says_becomes_one_sentence(tmp_path: Path) -> None:
    here = loading_error(str(tmp_path), ValueError("first\nsecond"), "could not be loaded")
    assert str(here) == f"model {tmp_path} could not be loaded (first)."
    hub = loading_error("a/b", OSError("a/b is not a valid identifier"), "could not be loaded")
    assert str(hub).endswith(
        "(a/b is not a valid identifier): correct the hub id or name a folder."
    )
    silent = loading_error("a/b", OSError("We couldn't connect to the hub"), "could not be loaded")
    assert "the hub cannot be reached" in str(silent)
