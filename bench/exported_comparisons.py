"""Pairwise comparisons to export in a throw-away Accord, made by a few statements of SQL.

Every task has a prompt and two responses of its own (150 and 340 characters) and the same number of
judgments, by 200 labelers in turn. The trigger that watches slots sleeps meanwhile: what it checks
holds by construction.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from bench.contract import progress

LABELERS = 200

_STATEMENTS = {
    "people": """
        INSERT INTO labelers_person (password, is_superuser, username, first_name, last_name, email,
            is_staff, is_active, date_joined, pseudonym, language, preferences)
        SELECT '!', false, 'labeler-' || n, '', '', '', false, true, now(), 'L-' || n, 'en', '{{}}'
        FROM generate_series(0, {labelers} - 1) n
    """,
    "sources": """
        INSERT INTO annotation_responsesource (project_id, name, kind, detail)
        SELECT {project}, 'model-' || n, 'imported', '{{}}' FROM generate_series(0, 1) n
    """,
    "prompts": """
        INSERT INTO annotation_prompt (project_id, messages, content_hash, language, tags)
        SELECT {project}, jsonb_build_array(jsonb_build_object('role', 'user', 'content',
                'Question ' || n || ': ' || left(repeat(md5('q' || n) || ' ', 5), 130))),
            md5('prompt' || n) || md5('s' || n), (ARRAY['en', 'ja', 'de'])[1 + n % 3],
            ARRAY['topic-' || n % 12]
        FROM generate_series(1, {tasks}) n
    """,
    "responses": """
        INSERT INTO annotation_response (prompt_id, source_id, messages, content_hash)
        SELECT p.id, s.id, jsonb_build_array(jsonb_build_object('role', 'assistant', 'content',
                'Because of ' || left(repeat(md5(p.id || s.name) || ' "it"' || E'\\n', 12), 330))),
            md5('response' || p.id || '.' || s.id) || md5('t' || s.id)
        FROM annotation_prompt p, annotation_responsesource s
        WHERE p.project_id = {project} AND s.project_id = {project} ORDER BY p.id, s.id
    """,
    "tasks": """
        INSERT INTO annotation_task (project_id, prompt_id, kind, criterion, content_hash, is_gold,
            priority, state, is_covered, overlap, free_slots, counted)
        SELECT {project}, p.id, 'pairwise', '', md5('task' || p.id) || md5('u' || p.id), false, 0,
            'closed', false, {per_task}, 0, {per_task}
        FROM annotation_prompt p WHERE p.project_id = {project} ORDER BY p.id
    """,
    "places": """
        INSERT INTO annotation_taskresponse (task_id, response_id, position)
        SELECT t.id, r.id, row_number() OVER (PARTITION BY t.id ORDER BY r.id) - 1
        FROM annotation_task t JOIN annotation_response r ON r.prompt_id = t.prompt_id
        WHERE t.project_id = {project}
    """,
    "judgments": """
        INSERT INTO annotation_judgment (task_id, person_id, imported_labeler, revision, is_current,
            standing, slot, answer, reason, seconds, display_order, client_id, guideline_version,
            created_at)
        SELECT t.id, first_person + (t.id * 13 + slot) % {labelers}, '', 1, true, 'counted', slot,
            jsonb_build_object('choice', CASE WHEN random() < 0.3 THEN 'a' ELSE 'b' END,
                'strength', (ARRAY['significantly', 'better', 'slightly', 'negligibly'])[
                    1 + floor(4 * random())::int]),
            '', round((5 + 40 * random())::numeric, 3),
            CASE WHEN (t.id + slot) % 2 = 0 THEN '[0, 1]'::jsonb ELSE '[1, 0]' END,
            gen_random_uuid(), 1, now() - random() * interval '180 days'
        FROM annotation_task t, generate_series(1, {per_task}) slot,
             (SELECT min(id) AS first_person FROM labelers_person
              WHERE username LIKE 'labeler-%') people
        WHERE t.project_id = {project} ORDER BY t.id, slot
    """,
}


def make(conninfo: str, slug: str, *, tasks: int, per_task: int, method: str) -> None:
    """Fill the empty project of that slug; its people cannot sign in.

    It is archived first: workers leave it alone then, who would measure it at the same time.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("UPDATE labelers_project SET state = 'archived' WHERE slug = %s", [slug])
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT id FROM labelers_project WHERE slug = %s", [slug]
        ).fetchone()
        if row is None:
            raise LookupError(f"There is no project {slug!r}.")
        connection.execute(
            "UPDATE annotation_projectsettings SET consensus_method = %s WHERE project_id = %s",
            [method, row[0]],
        )
        values = {"project": row[0], "tasks": tasks, "per_task": per_task, "labelers": LABELERS}
        filled = {name: sql.Literal(value) for name, value in values.items()}
        connection.execute("ALTER TABLE annotation_judgment DISABLE TRIGGER USER")
        connection.execute("SELECT setseed(0.5)")
        for name, statement in _STATEMENTS.items():
            made = connection.execute(sql.SQL(statement).format(**filled)).rowcount
            progress(f"{made:,} {name}")
        # Foreign keys are checked now; a table with pending checks cannot be altered.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute("ALTER TABLE annotation_judgment ENABLE TRIGGER USER")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
