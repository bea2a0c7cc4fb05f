"""A project of a million judgments in a throw-away Accord, made by a few statements of SQL.

250,000 comparisons of 50,000 prompts, four of 200 labelers each. Whom the truth prefers and how
often each labeler is right are planted: labeler n of 200 in 0.6 + 0.35 n / 200 of their answers.
The trigger that watches slots sleeps meanwhile: what it checks holds by construction.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from bench.contract import progress

PROMPTS, PAIRS, PER_TASK, LABELERS = 50_000, 5, 4, 200
JUDGMENTS = PROMPTS * PAIRS * PER_TASK
WEEKS = 26

_STATEMENTS = {
    "people": """
        INSERT INTO labelers_person (password, is_superuser, username, first_name, last_name, email,
            is_staff, is_active, date_joined, pseudonym, language, preferences)
        SELECT '!', false, 'labeler-' || n, '', '', '', false, true, now(), 'L-' || n, 'en', '{{}}'
        FROM generate_series(0, {labelers} - 1) n
    """,
    "sources": """
        INSERT INTO annotation_responsesource (project_id, name, kind, detail)
        SELECT {project}, 'model-' || n, 'imported', '{{}}' FROM generate_series(0, 3) n
    """,
    "prompts": """
        INSERT INTO annotation_prompt (project_id, messages, content_hash, language, tags)
        SELECT {project}, jsonb_build_array(
                jsonb_build_object('role', 'user', 'content', 'Why ' || n)),
            md5('prompt' || n) || md5('s' || n), (ARRAY['en', 'ja', 'de'])[1 + n % 3],
            ARRAY['topic-' || n % 12, 'length-' || n % 5]
        FROM generate_series(0, {prompts} - 1) n
    """,
    "responses": """
        INSERT INTO annotation_response (prompt_id, source_id, messages, content_hash)
        SELECT p.id, s.id, jsonb_build_array(
                jsonb_build_object('role', 'assistant', 'content', 'Because of ' || s.name)),
            md5('response' || p.id || '.' || s.id) || md5('t' || s.id)
        FROM annotation_prompt p, annotation_responsesource s
        WHERE p.project_id = {project} AND s.project_id = {project} ORDER BY p.id, s.id
    """,
    "tasks": """
        INSERT INTO annotation_task (project_id, prompt_id, kind, criterion, content_hash, is_gold,
            priority, state, is_covered, overlap, free_slots, counted)
        SELECT {project}, p.id, 'pairwise', (ARRAY['helpful', 'harmless'])[1 + p.id % 2],
            md5('task' || p.id || '.' || n) || md5('u' || n), false, 0, 'closed', false,
            {per_task}, 0, {per_task}
        FROM annotation_prompt p, generate_series(0, {pairs} - 1) n
        WHERE p.project_id = {project} ORDER BY p.id, n
    """,
    "places": """
        INSERT INTO annotation_taskresponse (task_id, response_id, position)
        SELECT t.id, r.ids[place.at], place.position
        FROM (SELECT id, prompt_id, (row_number() OVER (PARTITION BY prompt_id ORDER BY id)) AS n
              FROM annotation_task WHERE project_id = {project}) t
        JOIN (SELECT prompt_id, array_agg(id ORDER BY id) AS ids
              FROM annotation_response GROUP BY prompt_id) r USING (prompt_id)
        JOIN (VALUES (1, 1, 0), (1, 2, 1), (2, 1, 0), (2, 3, 1), (3, 1, 0), (3, 4, 1), (4, 2, 0),
              (4, 3, 1), (5, 3, 0), (5, 4, 1)) AS place (n, at, position) ON place.n = t.n
    """,
    "judgments": """
        INSERT INTO annotation_judgment (task_id, person_id, imported_labeler, revision, is_current,
            standing, slot, answer, reason, seconds, display_order, client_id, created_at)
        SELECT task, first_person + who, '', 1, true, 'counted', slot,
            CASE WHEN tied < 0.08 THEN '{{"choice": "tie", "strength": null}}'::jsonb
            ELSE jsonb_build_object('choice', CASE WHEN (luck < 0.6 + 0.35 * who / {labelers}) =
                    (hashint8(task) % 10 < 3) THEN 'a' ELSE 'b' END,
                'strength', (ARRAY['significantly', 'better', 'slightly', 'negligibly'])[
                    1 + floor(4 * strong)::int]) END,
            '', 5 + 40 * luck,
            CASE WHEN (task + slot) % 2 = 0 THEN '[0, 1]'::jsonb ELSE '[1, 0]' END,
            gen_random_uuid(), now() - ({weeks} * 7 * age) * interval '1 day'
        FROM (SELECT t.id AS task, slot, (t.id * 13 + slot * (1 + t.id % 90)) % {labelers} AS who,
                  random() AS luck, random() AS tied, random() AS strong, random() AS age
              FROM annotation_task t, generate_series(1, {per_task}) slot
              WHERE t.project_id = {project}) said,
             (SELECT min(id) AS first_person FROM labelers_person
              WHERE username LIKE 'labeler-%') people
    """,
    "consensus": """
        INSERT INTO annotation_consensus (task_id, method, comparisons, ranks, judgments, agreement,
            updated_at)
        SELECT task_id, 'majority', jsonb_build_array(jsonb_build_object('i', 0, 'j', 1,
                'p_i', (a + 1) / 6.0, 'p_j', (b + 1) / 6.0, 'p_tie', (4 - a - b) / 6.0,
                'margin', 0.5, 'n', 4)),
            CASE WHEN a > b THEN '[1, 2]' WHEN b > a THEN '[2, 1]' ELSE '[1, 1]' END::jsonb, 4,
            (a * (a - 1) + b * (b - 1) + (4 - a - b) * (3 - a - b)) / 12.0, now()
        FROM (SELECT task_id, count(*) FILTER (WHERE answer->>'choice' = 'a') AS a,
                  count(*) FILTER (WHERE answer->>'choice' = 'b') AS b
              FROM annotation_judgment j JOIN annotation_task t ON t.id = j.task_id
              WHERE t.project_id = {project} GROUP BY task_id) votes
    """,
}


def make(conninfo: str, slug: str) -> None:
    """Fill the empty project of that slug; its people cannot sign in.

    It is archived first: workers leave it alone then, who would measure it at the same time.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("UPDATE labelers_project SET state = 'archived' WHERE slug = %s", [slug])
    with psycopg.connect(conninfo) as connection:
        found = connection.execute("SELECT id FROM labelers_project WHERE slug = %s", [slug])
        row = found.fetchone()
        if row is None:
            raise LookupError(f"There is no project {slug!r}.")
        sizes = {"prompts": PROMPTS, "pairs": PAIRS, "per_task": PER_TASK, "labelers": LABELERS}
        values = {"project": row[0], "weeks": WEEKS, **sizes}
        connection.execute("ALTER TABLE annotation_judgment DISABLE TRIGGER USER")
        connection.execute("SELECT setseed(0.5)")
        filled = {name: sql.Literal(value) for name, value in values.items()}
        for name, statement in _STATEMENTS.items():
            query = sql.SQL(statement).format(**filled)
            made = connection.execute(query).rowcount
            progress(f"{made:,} {name}")
        # Foreign keys are checked now; a table with pending checks cannot be altered.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute("ALTER TABLE annotation_judgment ENABLE TRIGGER USER")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
