"""HH-RLHF lines: the original file comes out byte-identical."""

import gzip
import json
from pathlib import Path

import pytest

from annotation.transcripts import parse_transcript, split_pair
from exports.formats.base import FormatError
from exports.formats.hh_rlhf import refuse, write
from tests.exports.making import assistant, pair, user

HH = Path(__file__).parents[4] / "shared/data/hh_rlhf_harmless_test/test.jsonl.gz"
SYSTEM = pair(prompt=[{"role": "system", "content": "be kind"}, user("hi")])


def test_a_pair_is_two_whole_conversations():
    record = pair(prompt=[user("hi")], chosen=[assistant("yes")], rejected=[assistant("")])
    assert b"".join(write([record], {"skip_unwritable": False})) == (
        b'{"chosen": "\\n\\nHuman: hi\\n\\nAssistant: yes", '
        b'"rejected": "\\n\\nHuman: hi\\n\\nAssistant: "}\n'
    )


def test_what_cannot_be_written_is_named_or_left_out():
    assert "no place for a system message" in refuse(SYSTEM)
    with pytest.raises(FormatError, match=r"Record p-1: .* use a format with roles"):
        list(write([SYSTEM], {"skip_unwritable": False}))
    assert len(list(write([SYSTEM, pair(2)], {"skip_unwritable": True}))) == 1


@pytest.mark.skipif(
    not HH.exists(), reason="the public HH-RLHF test file is not beside the project"
)
def test_the_original_file_comes_out_byte_identical():
    original = gzip.decompress(HH.read_bytes())

    def records():
        for number, line in enumerate(original.splitlines()):
            row = json.loads(line)
            prompt, chosen, rejected = split_pair(
                parse_transcript(row["chosen"]), parse_transcript(row["rejected"])
            )
            yield pair(number, prompt=prompt, chosen=chosen, rejected=rejected)

    assert b"".join(write(records(), {"skip_unwritable": False})) == original
