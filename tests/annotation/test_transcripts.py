"""The transcript codec: exact in both directions, clear about what it cannot take."""

import gzip
import json
from pathlib import Path

import pytest

from annotation.transcripts import (
    TranscriptError,
    format_transcript,
    parse_transcript,
    split_pair,
)

HH = Path(__file__).parents[3] / "shared/data/hh_rlhf_harmless_test/test.jsonl.gz"


def user(content):
    return {"role": "user", "content": content}


def assistant(content):
    return {"role": "assistant", "content": content}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("\n\nHuman: hi\n\nAssistant: hello", [user("hi"), assistant("hello")]),
        ("\n\nHuman: hi\n\nAssistant: ", [user("hi"), assistant("")]),
        ("\n\nHuman: \n\nAssistant: x", [user(""), assistant("x")]),
        ("\n\nHuman:  two spaces\n", [user(" two spaces\n")]),
        ("\n\nHuman: a\n\nb\n\nHuman: c", [user("a\n\nb"), user("c")]),
        ("\n\nHuman: a\n\n\nAssistant: b", [user("a\n"), assistant("b")]),
        ("\n\nAssistant: 日本語\u2028x\r\n", [assistant("日本語\u2028x\r\n")]),
        ("\n\nHuman: Human: \nAssistant:", [user("Human: \nAssistant:")]),
    ],
)
def test_text_and_messages_undo_each_other(text, messages):
    assert parse_transcript(text) == messages
    assert format_transcript(messages) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is no turn"),
        ("Human: hi", "There is no turn"),
        ("preface\n\nHuman: hi", r'text before the first turn \("preface"\)'),
        ("\n\n\nHuman: hi", "text before the first turn"),
        ("\n\nHuman:hi", 'no space after "Human:" at character 0'),
        ("\n\nHuman: hi\n\nAssistant:", 'no space after "Assistant:" at character 11'),
        (None, "not NoneType"),
        (["\n\nHuman: hi"], "not list"),
    ],
)
def test_text_that_is_no_transcript_is_refused(text, sentence):
    with pytest.raises(TranscriptError, match=sentence):
        parse_transcript(text)


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([], "without messages"),
        ([{"role": "system", "content": "be kind"}, user("hi")], "no place for a system message"),
        ([user("hi"), assistant("ok\n\nHuman: more")], 'holds "Human:" after a blank line'),
    ],
)
def test_conversations_that_would_not_come_back_are_refused(messages, sentence):
    with pytest.raises(TranscriptError, match=sentence):
        format_transcript(messages)


def test_a_pair_parts_at_the_last_turn():
    shared = [user("hi"), assistant("yes?"), user("joke")]
    assert split_pair([*shared, assistant("a")], [*shared, assistant("b")]) == (
        shared,
        [assistant("a")],
        [assistant("b")],
    )


def test_a_pair_that_parts_at_a_human_turn_is_cut_before_the_answer_that_led_there():
    chosen = [user("hi"), assistant("yes?"), user("joke"), assistant("a")]
    rejected = [user("hi"), assistant("yes?"), user("poem"), assistant("b")]
    assert split_pair(chosen, rejected) == (chosen[:1], chosen[1:], rejected[1:])


def test_a_conversation_that_ends_where_the_other_continues_keeps_a_tail():
    longer = [user("hi"), assistant("yes?"), user("joke"), assistant("a")]
    shorter = longer[:2]
    assert split_pair(longer, shorter) == (longer[:1], longer[1:], shorter[1:])


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        ([user("a"), assistant("x")], [user("b"), assistant("x")]),
        ([assistant("a")], [assistant("b")]),
        ([user("a")], [user("a"), assistant("b")]),
    ],
)
def test_a_pair_without_a_shared_prompt_is_refused(chosen, rejected):
    with pytest.raises(TranscriptError, match="share no human turn"):
        split_pair(chosen, rejected)


@pytest.mark.skipif(
    not HH.exists(), reason="the public HH-RLHF test file is not beside the project"
)
def test_every_row_of_the_hh_rlhf_file_comes_out_byte_identical():
    count = early = 0
    with gzip.open(HH, "rb") as lines:
        for line in lines:
            row = json.loads(line)
            sides = [parse_transcript(row[name]) for name in ("chosen", "rejected")]
            prompt, *tails = split_pair(*sides)
            assert all(tail[0]["role"] == "assistant" for tail in tails)
            chosen, rejected = (format_transcript(prompt + tail) for tail in tails)
            again = json.dumps({"chosen": chosen, "rejected": rejected}, ensure_ascii=False) + "\n"
            assert again.encode() == line
            count += 1
            early += max(map(len, tails)) > 1
    assert count == 2312
    assert early > 0
