"""The rows that label matrices are made of, copied out of the database as columns.

COPY writes them, Arrow reads them: texts come as numbers of a few distinct ones, and no row is ever
an object. What the texts mean is `label_matrix`.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from django.db import connection
from numpy.typing import NDArray
from psycopg import sql

from annotation.consensus.aggregating import SPEAKING
from annotation.task_kinds.base import TaskKind
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project

Ints = NDArray[np.integer]

MOST_PLACES = 16
"""More than a task compares: at most nine responses and the bar."""

_SEPARATOR = "\x1f"

_JUDGMENTS = """
    SELECT j.task_id AS task, coalesce('p:' || j.person_id, 'i:' || j.imported_labeler) AS labeler,
        j.answer::text AS answer, j.display_order::text AS shown,
        (j.created_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01' AS day
    FROM annotation_task t JOIN annotation_judgment j ON j.task_id = t.id
    WHERE t.project_id = {project} AND (NOT t.is_gold OR t.counted > 0) AND t.kind = ANY({kinds})
        AND j.is_current AND j.standing = ANY({standings})
    ORDER BY j.task_id, j.id
"""

_TASKS = """
    SELECT t.id, t.kind, t.criterion, p.language, array_to_string(p.tags, {separator}) AS tags,
        coalesce(r.sources, '') AS sources
    FROM annotation_task t JOIN annotation_prompt p ON p.id = t.prompt_id
    LEFT JOIN (
        SELECT tr.task_id, string_agg(r.source_id::text, ',' ORDER BY tr.position) AS sources
        FROM annotation_taskresponse tr JOIN annotation_response r ON r.id = tr.response_id
        JOIN annotation_task t ON t.id = tr.task_id WHERE t.project_id = {project}
        GROUP BY tr.task_id
    ) r ON r.task_id = t.id
    WHERE t.project_id = {project} AND (NOT t.is_gold OR t.counted > 0) AND t.kind = ANY({kinds})
    ORDER BY t.id
"""


def judgments_of(project: Project) -> pa.Table:
    """Every judgment that takes part in the consensus: task, labeler, answer, shown, day."""
    text = pa.dictionary(pa.int32(), pa.string())
    types = {"task": pa.int64(), "labeler": text, "answer": text, "shown": text, "day": pa.int32()}
    return copied(_JUDGMENTS, types, project=project.pk, standings=[str(s) for s in SPEAKING])


def tasks_of(project: Project) -> pa.Table:
    """Every task: id, kind, criterion, language, tags, sources (ids in canonical order)."""
    text = pa.dictionary(pa.int32(), pa.string())
    names = ("kind", "criterion", "language", "tags", "sources")
    types = {"id": pa.int64(), **dict.fromkeys(names, text)}
    return copied(_TASKS, types, project=project.pk, separator=_SEPARATOR)


def copied(query: str, types: dict[str, pa.DataType], **values: Any) -> pa.Table:
    """The rows of a query over kinds that compare, within the transaction one is in."""
    values["kinds"] = [k.name for k in TASK_KINDS.values() if k.outcomes is not TaskKind.outcomes]
    filled = sql.SQL(query).format(**{name: sql.Literal(v) for name, v in values.items()})
    buffer = BytesIO()
    with connection.cursor() as cursor:
        copying = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(filled)
        with cursor.cursor.copy(copying) as copy:
            for piece in copy:
                buffer.write(piece)
    if not buffer.tell():
        return pa.table({name: pa.array([], kind) for name, kind in types.items()})
    buffer.seek(0)
    return pyarrow.csv.read_csv(
        buffer,
        read_options=pyarrow.csv.ReadOptions(column_names=list(types)),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=False),
    )


def codes(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    """The distinct texts of a column and the number of the text of each row."""
    if not len(column):
        return [], np.zeros(0, dtype=np.int32)
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0)
    return whole.dictionary.to_pylist(), whole.indices.to_numpy(zero_copy_only=False)


def shapes_of(
    kinds: pa.ChunkedArray, sources: pa.ChunkedArray
) -> tuple[list[tuple[str, int]], Ints]:
    """The distinct (kind, number of responses) and which of them each task has."""
    names, kind = codes(kinds)
    orders, source = codes(sources)
    sizes = np.array([len(found.split(",")) if found else 0 for found in orders], dtype=np.int64)
    if not len(kind):
        return [], np.zeros(0, dtype=np.int64)
    distinct, which = np.unique(kind * MOST_PLACES + sizes[source], return_inverse=True)
    return [(names[code // MOST_PLACES], int(code % MOST_PLACES)) for code in distinct], which


def lists(column: pa.ChunkedArray, at: Ints) -> tuple[list[str], Ints, Ints]:
    """Distinct entries of lists, and one (entry, task) per entry of each list of the rows `at`."""
    texts, code = codes(column)
    known: dict[str, int] = {}
    entries = [
        [known.setdefault(entry, len(known)) for entry in text.split(_SEPARATOR)] if text else []
        for text in texts
    ]
    sizes = np.array([len(found) for found in entries], dtype=np.int64)
    flat = np.array([entry for found in entries for entry in found], dtype=np.int32)
    if not len(flat):
        return [], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    many = sizes[code[at]]
    owner = np.repeat(np.arange(len(at)), many)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(many) - many, many)
    return list(known), flat[starts[code[at]][owner] + within], owner
