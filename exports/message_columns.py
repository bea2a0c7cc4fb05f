"""Columns of messages: made of JSON without a Python object per message, measured and asked.

Pure functions on Arrow arrays. A column of messages has one list of turns per row
(`exports.record_parts.MESSAGES`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from numpy.typing import NDArray

from exports.record_parts import MESSAGES

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_LINES = pa.schema([("m", MESSAGES)])


def parsed(texts: pa.Array) -> pa.Array:
    """The messages of JSON texts, one line each, as PostgreSQL writes ``jsonb``."""
    if not len(texts):
        return pa.array([], MESSAGES)
    lines = pc.binary_join_element_wise('{"m":', texts, "}\n", "")
    content = lines.buffers()[2]
    table = pyarrow.json.read_json(
        pa.BufferReader(content),
        # One block: a line may be as long as a response.
        pyarrow.json.ReadOptions(block_size=max(content.size, 1)),
        pyarrow.json.ParseOptions(explicit_schema=_LINES, unexpected_field_behavior="ignore"),
    )
    return whole(table["m"])


def whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array."""
    if isinstance(column, pa.Array):
        return column
    found = column.combine_chunks()
    if isinstance(found, pa.ChunkedArray):
        return found.chunk(0) if found.num_chunks else pa.array([], column.type)
    return found


def starts_of(lists: pa.Array) -> Ints:
    """Where each list begins among all entries (n + 1,); null counts as empty."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def sums(values: NDArray[Any], starts: Ints) -> Ints:
    """The sum of `values` from each start to the next."""
    before = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    found: Ints = before[starts[1:]] - before[starts[:-1]]
    return found


def characters(messages: pa.Array) -> Ints:
    """How long the texts of each row are together."""
    content = pc.struct_field(messages.flatten(), "content")
    lengths = pc.fill_null(pc.utf8_length(content), 0).to_numpy(zero_copy_only=False)
    return sums(lengths, starts_of(messages))


def first_of_user(messages: pa.Array) -> pa.Array:
    """The content of the first user turn of each row, null where there is none."""
    starts = starts_of(messages)
    turns = messages.flatten()
    asked = np.flatnonzero(is_role(turns, "user"))
    if not len(asked):
        return pa.nulls(len(messages), pa.string())
    at = np.searchsorted(asked, starts[:-1])
    found = asked[np.minimum(at, len(asked) - 1)]
    missing = (at == len(asked)) | (found >= starts[1:])
    return pc.take(pc.struct_field(turns, "content"), pa.array(found, mask=missing))


def first_role_is(messages: pa.Array, role: str) -> Flags:
    """Whether each row begins with a turn of `role`; an empty row does not."""
    starts = starts_of(messages)
    mine = is_role(messages.flatten(), role)
    filled = np.flatnonzero(np.diff(starts) > 0)
    found = np.zeros(len(messages), dtype=bool)
    found[filled] = mine[starts[:-1][filled]]
    return found


def any_turn(messages: pa.Array, wrong: Flags) -> Flags:
    """Whether any turn of each row is marked in `wrong`, which has one flag per turn."""
    found: Flags = sums(wrong, starts_of(messages)) > 0
    return found


def is_role(turns: pa.Array, role: str) -> Flags:
    """Whether each turn is of `role`."""
    said = pc.equal(pc.struct_field(turns, "role"), role)
    found: Flags = pc.fill_null(said, False).to_numpy(zero_copy_only=False)
    return found
