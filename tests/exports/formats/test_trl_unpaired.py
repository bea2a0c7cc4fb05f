"""TRL's unpaired columns: the label is a boolean, and nothing else comes along."""

import json

from exports.formats.trl_unpaired import write
from tests.exports.making import assistant, unpaired, user


def test_three_columns():
    good, bad = (json.loads(piece) for piece in write([unpaired(1), unpaired(2)], {}))
    assert good == {
        "prompt": [user("question 1")],
        "completion": [assistant("answer 1")],
        "label": True,
    }
    assert bad["label"] is False
