"""Which judgments go into a snapshot, as SQL: the conditions of the filters, and two queries.

Values are parameters; no name from a request reaches the database. What is said in those judgments
is read by `exports.batches`.
"""

from __future__ import annotations

from typing import Any

from annotation.consensus.aggregating import SPEAKING
from annotation.models import Judgment
from annotation.task_kinds.conversation import CONVERSATION
from exports.filters import Filters
from labelers.models import Project

_TASKS = """
    t.project_id = %(project)s AND (NOT t.is_gold OR t.counted > 0) AND t.state <> 'retired'
    AND (%(languages)s::text[] IS NULL OR p.language = ANY(%(languages)s))
    AND (%(tags)s::text[] IS NULL OR p.tags::text[] && %(tags)s)
    AND (%(criteria)s::text[] IS NULL OR t.criterion = ANY(%(criteria)s))
    AND (%(sources)s::text[] IS NULL OR EXISTS (
        SELECT 1 FROM annotation_taskresponse tr
        JOIN annotation_response r ON r.id = tr.response_id
        JOIN annotation_responsesource s ON s.id = r.source_id
        WHERE tr.task_id = t.id AND s.name = ANY(%(sources)s)))
"""
_JUDGMENTS = """
    j.is_current AND j.standing = ANY(%(standings)s)
    AND (%(since)s::timestamptz IS NULL OR j.created_at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR j.created_at < %(until)s::timestamptz)
    AND (%(labelers)s::text[] IS NULL
        OR COALESCE(l.pseudonym, j.imported_labeler) = ANY(%(labelers)s))
    AND (%(without_labelers)s::text[] IS NULL
        OR COALESCE(l.pseudonym, j.imported_labeler) <> ALL(%(without_labelers)s))
"""
_FROM = f"""
    FROM annotation_task t JOIN annotation_prompt p ON p.id = t.prompt_id
    JOIN annotation_judgment j ON j.task_id = t.id
    LEFT JOIN labelers_person l ON l.id = j.person_id
    WHERE {_TASKS} AND {_JUDGMENTS}
"""
# The case spares the many tasks that are no turns of a conversation a look into the table.
_IS_FOLLOWED = """
    CASE WHEN t.kind = %(in_turns)s
    THEN EXISTS (SELECT 1 FROM annotation_task after WHERE after.follows_id = j.id)
    ELSE false END
"""
_COLUMNS = f"""
    t.id AS task, j.id AS judgment, j.standing, {_IS_FOLLOWED} AS followed,
    t.follows_id IS NOT NULL AS follows
"""
COUNT = f"SELECT count(DISTINCT t.id) {_FROM}"
"""How many tasks have a judgment that passes."""

LIST = f"""
    SELECT {_COLUMNS} {_FROM} ORDER BY t.id, j.id
"""
LIST_OF_FIRST = f"""
    WITH first AS (SELECT t.id {_FROM} GROUP BY t.id ORDER BY t.id LIMIT %(most)s)
    SELECT {_COLUMNS} {_FROM} AND t.id <= (SELECT max(id) FROM first) ORDER BY t.id, j.id
"""  # noqa: S608 - every part is written above; values are parameters
"""Every judgment that passes: task, judgment, standing, whether a task goes on from it, whether its
task goes on from another. The second is about the first tasks only."""


def values_of(project: Project, filters: Filters) -> dict[str, Any]:
    """The parameters of both queries."""
    standings = [
        str(standing)
        for standing in SPEAKING
        if filters.include_imported or standing != Judgment.Standing.IMPORTED
    ]
    names = ("languages", "tags", "criteria", "sources", "labelers", "without_labelers")
    return {
        "project": project.pk,
        "standings": standings,
        **{name: list(getattr(filters, name)) or None for name in names},
        "since": filters.since,
        "until": filters.until,
        "in_turns": CONVERSATION.name,
    }
