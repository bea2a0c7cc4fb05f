"""A new project like another one: what it asks and how it hires, with or without its items.

Never copied are people, what they answered, what they wrote (also as turns of a conversation), what
they were paid, and whatever was measured of them. Items are copied in the background.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from annotation import configuring, long_changes
from annotation.models import (
    LongChange,
    ProjectSettings,
    Prompt,
    Response,
    ScreeningPolicy,
    Task,
)
from labelers import audit, consenting
from labelers.models import CrowdSettings, Person, Project

PIECE = 500
"""Tasks per transaction."""


@transaction.atomic
def clone_project(
    *,
    project: Project,
    name: str,
    cloned_by: Person,
    with_tasks: bool = False,
    with_gold: bool = False,
    in_background: bool = True,
) -> Project:
    """Make a project that asks what `project` asks, and have its items copied where wanted.

    Raises:
        ValidationError: by field.
    """
    if not name.strip():
        raise ValidationError({"name": _("Give the new project a name.")})
    settings = project.settings
    guidelines = project.guidelines.first()
    made = configuring.create_project(
        created_by=cloned_by,
        name=name.strip(),
        kind=settings.kind,
        description=project.description,
        kind_options=settings.kind_options,
        guidelines=guidelines.text if guidelines else "",
    )
    ProjectSettings.objects.filter(project=made).update(**_values(settings, "project"))
    policy = ScreeningPolicy.objects.filter(project=project).first()
    if policy is not None:
        ScreeningPolicy.objects.create(project=made, **_values(policy, "project", "updated_at"))
    crowd = CrowdSettings.objects.filter(project=project).first()
    if crowd is not None:
        CrowdSettings.objects.create(project=made, **_values(crowd, "project"))
    form = consenting.form_in_force(project)
    if form is not None and form.text:
        consenting.publish_form(project=made, text=form.text, created_by=cloned_by)
    made.is_screened = project.is_screened
    made.save(update_fields=["is_screened"])
    audit.record(
        actor=cloned_by,
        action="project.cloned",
        project=made,
        subject=f"project:{project.slug}",
        with_tasks=with_tasks,
        with_gold=with_gold,
    )
    if with_tasks or with_gold:
        detail = {"source": project.pk, "tasks": with_tasks, "gold": with_gold}
        long_changes.begin(
            project=made,
            kind=LongChange.Kind.COPY,
            detail=detail,
            total=_copied(detail).count(),
            begun_by=cloned_by,
            in_background=in_background,
        )
    return made


def _values(row: models.Model, *but: str) -> dict[str, Any]:
    """What a row holds besides its key and the fields `but`."""
    fields = [f for f in row._meta.concrete_fields if not f.primary_key and f.name not in but]
    return {field.attname: getattr(row, field.attname) for field in fields}


def _copied(detail: dict[str, Any]) -> QuerySet[Task]:
    """The tasks that are copied: nothing that goes on from an answer or was taken out."""
    wanted = Q(is_gold=False) if detail["tasks"] else Q(pk=None)
    if detail["gold"]:
        wanted |= Q(is_gold=True, gold__retired_at=None)
    tasks = Task.objects.filter(wanted, project=detail["source"], follows=None)
    return tasks.exclude(state=Task.State.RETIRED)


def copy_piece(change: LongChange) -> int:
    """Copy the tasks after ``change.last``; returns how many were looked at, 0 at the end.

    Called in a transaction that holds the row of `change`. What the new project holds already,
    known by its content, is left as it is.
    """
    ahead = _copied(change.detail).filter(pk__gt=change.last).order_by("pk")
    keys = list(ahead.values_list("pk", flat=True)[:PIECE])
    if not keys:
        return 0
    by = change.created_by_id
    given = {
        "tasks": keys,
        "source": change.detail["source"],
        "target": change.project_id,
        "by": by,
        "overlap": change.project.settings.overlap,
        "version": 1 if change.project.guidelines.exists() else None,
    }
    with connection.cursor() as cursor:
        for statement in (_SOURCES, _prompts(), _responses(), _TASKS, _PLACES, _GOLD):
            cursor.execute(statement, given)
    change.last = keys[-1]
    return len(keys)


def _columns(model: type[models.Model], *but: str) -> list[str]:
    fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    return [field.column for field in fields if field.column not in but]


_SOURCES = """
    INSERT INTO annotation_responsesource (project_id, name, kind, detail)
    SELECT %(target)s, name, kind, detail FROM annotation_responsesource
    WHERE project_id = %(source)s
    ON CONFLICT (project_id, name) DO NOTHING
"""


def _prompts() -> str:
    """The prompts of a piece, with every column that they have."""
    columns = _columns(Prompt, "project_id", "created_at")
    return f"""
        INSERT INTO annotation_prompt (project_id, {", ".join(columns)})
        SELECT %(target)s, {", ".join(columns)} FROM annotation_prompt
        WHERE id IN (SELECT prompt_id FROM annotation_task WHERE id = ANY(%(tasks)s))
        ON CONFLICT (project_id, content_hash) DO NOTHING
    """  # noqa: S608 - names of columns are ours


def _responses() -> str:
    """The responses of a piece, with every column that they have."""
    columns = _columns(Response, "prompt_id", "source_id", "created_at")
    return f"""
        INSERT INTO annotation_response (prompt_id, source_id, {", ".join(columns)})
        SELECT np.id, ns.id, {", ".join(f"r.{column}" for column in columns)}
        FROM annotation_response r
        JOIN annotation_prompt p ON p.id = r.prompt_id
        JOIN annotation_prompt np
            ON np.project_id = %(target)s AND np.content_hash = p.content_hash
        JOIN annotation_responsesource s ON s.id = r.source_id
        JOIN annotation_responsesource ns ON ns.project_id = %(target)s AND ns.name = s.name
        WHERE r.id IN (
            SELECT response_id FROM annotation_taskresponse WHERE task_id = ANY(%(tasks)s))
        ON CONFLICT (prompt_id, source_id, content_hash) DO NOTHING
    """  # noqa: S608 - names of columns are ours


_TASKS = """
    INSERT INTO annotation_task (project_id, prompt_id, kind, criterion, content_hash, is_gold,
        priority, value, is_evened, state, is_covered, overlap, free_slots, counted)
    SELECT %(target)s, np.id, t.kind, t.criterion, t.content_hash, t.is_gold, t.priority,
        CASE WHEN t.is_evened THEN 0 ELSE t.value END, t.is_evened,
        CASE WHEN t.overlap = 0 AND NOT t.is_gold THEN 'closed' ELSE 'open' END, t.is_covered,
        CASE WHEN t.overlap = 0 THEN 0 ELSE %(overlap)s END,
        CASE WHEN t.overlap = 0 THEN 0 ELSE %(overlap)s END, 0
    FROM annotation_task t
    JOIN annotation_prompt p ON p.id = t.prompt_id
    JOIN annotation_prompt np ON np.project_id = %(target)s AND np.content_hash = p.content_hash
    WHERE t.id = ANY(%(tasks)s) ORDER BY t.id
    ON CONFLICT (project_id, content_hash) DO NOTHING
"""

_PLACES = """
    INSERT INTO annotation_taskresponse (task_id, response_id, position)
    SELECT nt.id, nr.id, place.position
    FROM annotation_taskresponse place
    JOIN annotation_task t ON t.id = place.task_id
    JOIN annotation_task nt ON nt.project_id = %(target)s AND nt.content_hash = t.content_hash
    JOIN annotation_response r ON r.id = place.response_id
    JOIN annotation_responsesource s ON s.id = r.source_id
    JOIN annotation_responsesource ns ON ns.project_id = %(target)s AND ns.name = s.name
    JOIN annotation_response nr ON nr.prompt_id = nt.prompt_id AND nr.source_id = ns.id
        AND nr.content_hash = r.content_hash
    WHERE place.task_id = ANY(%(tasks)s)
    ON CONFLICT (task_id, position) DO NOTHING
"""

_GOLD = """
    INSERT INTO annotation_gold (task_id, answer, explanation, origin, guideline_version,
        difficulty, created_by_id, affirmed_at, retired_reason)
    SELECT nt.id, g.answer, g.explanation, g.origin, %(version)s, NULL, %(by)s, g.affirmed_at, ''
    FROM annotation_gold g
    JOIN annotation_task t ON t.id = g.task_id AND t.is_gold
    JOIN annotation_task nt ON nt.project_id = %(target)s AND nt.content_hash = t.content_hash
    WHERE g.task_id = ANY(%(tasks)s) AND nt.is_gold
    ON CONFLICT (task_id) DO NOTHING
"""
