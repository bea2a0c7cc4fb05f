"""How the answers to gold tasks compare with the gold: one row per answer, read as columns.

The same pair of answer and gold is graded once (`grading`), so that a hundred thousand answers take
a second. What follows from the grades is decided elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from annotation.figures.label_rows import Ints, codes, copied
from annotation.grading import grade
from annotation.models import Judgment
from labelers.models import Project

_GRADES = """
    SELECT j.task_id AS task, 'p:' || j.person_id AS labeler, j.answer::text AS given,
        g.answer::text AS expected, t.kind, jsonb_array_length(j.display_order) AS k,
        (j.created_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01' AS day
    FROM annotation_task t JOIN annotation_gold g ON g.task_id = t.id
    JOIN annotation_judgment j ON j.task_id = t.id
    WHERE t.project_id = {project} AND t.is_gold AND t.kind = ANY({kinds})
        AND j.is_current AND j.standing = {gold}
        AND g.answer IS NOT NULL AND g.retired_at IS NULL
    ORDER BY j.id
"""


@dataclass(frozen=True)
class GoldGrades:
    """Parallel arrays, one entry per answer to a gold task.

    Of ``judged`` comparisons that answer and gold decide, ``right`` say the same. ``labeler``
    indexes into ``labelers`` (``p:id``); ``week`` is that of `label_matrix`.
    """

    task: Ints
    labeler: Ints
    week: Ints
    right: Ints
    judged: Ints
    labelers: list[str]


def read(project: Project) -> GoldGrades:
    """The grades of all current answers to gold tasks of a project."""
    text = pa.dictionary(pa.int32(), pa.string())
    types = {"task": pa.int64(), "labeler": text, "given": text, "expected": text, "kind": text}
    types |= {"k": pa.int32(), "day": pa.int32()}
    rows = copied(_GRADES, types, project=project.pk, gold=str(Judgment.Standing.GOLD))
    texts, numbers = zip(
        *(codes(rows[name]) for name in ("given", "expected", "kind")), strict=True
    )
    distinct, which = np.unique(
        np.column_stack([*numbers, rows["k"].to_numpy()]), axis=0, return_inverse=True
    )
    grades = []
    for given, expected, kind, k in distinct.tolist():
        found = grade(
            kind=texts[2][kind],
            given=json.loads(texts[0][given]),
            expected=json.loads(texts[1][expected]),
            k=k,
        )
        grades.append((found.right, found.judged))
    table = np.array(grades, dtype=np.int64).reshape(-1, 2)[which.ravel()]
    names, labeler = codes(rows["labeler"])
    return GoldGrades(
        task=rows["task"].to_numpy(),
        labeler=labeler,
        week=(rows["day"].to_numpy() - 4) // 7,
        right=table[:, 0],
        judged=table[:, 1],
        labelers=names,
    )
