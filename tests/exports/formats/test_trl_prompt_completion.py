"""TRL's prompt-completion columns: the conversation in two parts, without its topic."""

import json

from exports.formats.trl_prompt_completion import write
from tests.exports.making import assistant, demonstration, user


def test_two_columns():
    completion = [assistant("a"), user("b"), assistant("c")]
    (piece,) = write([demonstration(completion=completion, topic="owls")], {})
    assert json.loads(piece) == {"prompt": [user("question 1")], "completion": completion}
