"""Prompts alone: one column, and the topic on request."""

import json

from exports.formats.base import clean_options
from exports.formats.prompt_only import PROMPT_ONLY, write
from tests.exports.making import prompt_only, user


def rows(record, **options):
    return [json.loads(piece) for piece in write([record], clean_options(PROMPT_ONLY, options))]


def test_one_column():
    assert rows(prompt_only()) == [{"prompt": [user("question 1")]}]


def test_the_topic_on_request():
    assert rows(prompt_only(), topic=True) == [{"prompt": [user("question 1")], "topic": "topic 1"}]
    assert rows(prompt_only(topic=None), topic=True)[0]["topic"] is None
