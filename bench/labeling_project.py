"""A pairwise project of many tasks with people who are signed in, made by a few statements of SQL.

Run as a program over the database of the environment (`... SLUG LABELERS`) it signs people in, as
the page for it would, and prints whose session has which key as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys

import psycopg
from psycopg import sql

from bench.labeling_client import SignedIn
from config.homes import ROOT
from config.supervising import Supervisor

_MAKE = (
    """
    INSERT INTO annotation_responsesource (project_id, name, kind, detail)
    SELECT {project}, 'model-' || n, 'imported', '{{}}' FROM generate_series(0, 1) n
    """,
    """
    INSERT INTO annotation_prompt (project_id, messages, content_hash, language, tags)
    SELECT {project}, jsonb_build_array(jsonb_build_object('role', 'user', 'content',
            'Question ' || n || ': ' || (SELECT string_agg(substr(md5(n || '.' || w), 1, 3 + w % 6),
            ' ') FROM generate_series(1, 25) w))),
        md5('prompt' || n) || md5('s' || n), 'en', ARRAY['topic-' || n % 12]
    FROM generate_series(1, {prompts}) n
    """,
    """
    INSERT INTO annotation_response (prompt_id, source_id, messages, content_hash)
    SELECT p.id, s.id, jsonb_build_array(jsonb_build_object('role', 'assistant', 'content',
            (SELECT string_agg(substr(md5(p.id || '.' || s.id || '.' || w), 1, 3 + w % 6)
                || CASE WHEN w % 40 = 0 THEN E'.\n\n' ELSE '' END, ' ')
             FROM generate_series(1, {words}) w))),
        md5('response' || p.id || '.' || s.id) || md5('t' || s.id)
    FROM annotation_prompt p, annotation_responsesource s
    WHERE p.project_id = {project} AND s.project_id = {project} ORDER BY p.id, s.id
    """,
    """
    INSERT INTO annotation_task (project_id, prompt_id, kind, criterion, content_hash, is_gold,
        priority, state, is_covered, overlap, free_slots, counted)
    SELECT {project}, p.id, 'pairwise', '', md5('task' || p.id || '.' || n) || md5('u' || n), false,
        0, 'open', false, {overlap}, {overlap}, 0
    FROM generate_series(1, {per_prompt}) n, annotation_prompt p
    WHERE p.project_id = {project} ORDER BY n, p.id
    """,
    """
    INSERT INTO annotation_taskresponse (task_id, response_id, position)
    SELECT t.id, r.id, row_number() OVER (PARTITION BY t.id ORDER BY r.id) - 1
    FROM annotation_task t JOIN annotation_response r ON r.prompt_id = t.prompt_id
    WHERE t.project_id = {project}
    """,
)


def make_tasks(
    conninfo: str,
    project: int,
    *,
    prompts: int,
    per_prompt: int = 1,
    overlap: int = 3,
    words: int = 100,
    places: bool = True,
) -> None:
    """Fill an empty pairwise project with ``prompts`` times ``per_prompt`` open tasks."""
    values = {
        "project": project,
        "prompts": prompts,
        "per_prompt": per_prompt,
        "overlap": overlap,
        "words": words,
    }
    filled = {name: sql.Literal(value) for name, value in values.items()}
    with psycopg.connect(conninfo) as connection:
        for statement in _MAKE if places else _MAKE[:-1]:
            connection.execute(sql.SQL(statement).format(**filled))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def sign_in(supervisor: Supervisor, slug: str, labelers: int) -> list[SignedIn]:
    """Make so many labelers of the project, each with a session."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.labeling_project", slug, str(labelers)],
        env=supervisor.environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [SignedIn(*row) for row in json.loads(done.stdout.splitlines()[-1])]


def main(slug: str, labelers: int) -> None:
    """Make people, sign them in and print ``[[person, session key], ...]``."""
    import django

    django.setup()
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import login
    from django.http import HttpRequest

    from labelers.models import Person, Project
    from labelers.roles import add_member

    project = Project.objects.get(slug=slug)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    found = []
    for number in range(labelers):
        person = Person(username=f"{slug}-labeler-{number}")
        person.set_unusable_password()
        person.save()
        add_member(project=project, person=person, role="labeler")
        request = HttpRequest()
        request.session = store()
        login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
        request.session.save()
        found.append([person.pk, request.session.session_key])
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
