"""Spools: whole or none, for one reading alone, and read on from any row."""

from __future__ import annotations

import pytest

from annotation.intake import spool


@pytest.fixture
def kept(tmp_path):
    made = spool.Spool(tmp_path, "a" * 64)
    for rows, laid in ((3, b"one"), (2, b"two"), (4, b"three")):
        made.add(rows, laid)
    made.finish()
    return tmp_path


@pytest.mark.parametrize(
    ("after", "rest"),
    [
        (0, [(3, b"one"), (2, b"two"), (4, b"three")]),
        (3, [(2, b"two"), (4, b"three")]),
        (4, [(1, b"two"), (4, b"three")]),
        (9, []),
    ],
)
def test_it_is_read_on_from_any_row(kept, after, rest):
    assert list(spool.blocks(kept, after)) == rest


def test_it_counts_only_for_the_reading_that_made_it(kept):
    assert spool.is_there(kept, "a" * 64)
    assert not spool.is_there(kept, "b" * 64)
    spool.remove(kept)
    assert not spool.is_there(kept, "a" * 64)


def test_one_that_was_not_finished_is_none(tmp_path):
    made = spool.Spool(tmp_path, "a" * 64)
    made.add(1, b"x")
    made.close()
    assert not spool.is_there(tmp_path, "a" * 64)
