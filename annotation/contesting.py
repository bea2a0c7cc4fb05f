"""Items about which complete answers disagree: asked of more people, once, of trusted ones.

How sure the consensus is, is the mean over its comparisons of the posterior of the likeliest
outcome: by majority that is the share of the most common answer. A look goes over what became
surer or less sure since the last one; who is trusted is `trusting`'s.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from annotation import trusting
from annotation.models import LongChange, ProjectSettings, Task
from annotation.models.projects import MAX_OVERLAP
from labelers import audit
from labelers.models import Project

PIECE = 500

SLACK = timedelta(minutes=5)
"""A consensus that was being written during a look is found by the next one."""

_CONTESTED = """
    SELECT t.id FROM annotation_consensus c JOIN annotation_task t ON t.id = c.task_id
    WHERE c.agreement < 1 AND c.updated_at >= %(since)s AND t.project_id = %(project)s
    AND t.state = 'closed' AND NOT t.is_gold AND t.follows_id IS NULL AND t.contested_at IS NULL
    AND t.overlap BETWEEN 1 AND %(most)s - 1 AND t.counted >= t.overlap AND c.judgments >= t.counted
    AND (SELECT avg(greatest(p.p_i, p.p_j, p.p_tie))
         FROM jsonb_to_recordset(c.comparisons) AS p (p_i float8, p_j float8, p_tie float8)
        ) < %(below)s
    ORDER BY t.id
"""

# Asked again under the lock: an answer may have been taken back meanwhile.
_ASK_MORE = """
    WITH locked AS MATERIALIZED (
        SELECT id FROM annotation_task WHERE id = ANY(%(tasks)s) AND state = 'closed'
        AND NOT is_gold AND contested_at IS NULL AND counted >= overlap
        ORDER BY id FOR NO KEY UPDATE)
    UPDATE annotation_task t SET overlap = least(t.overlap + %(more)s, %(most)s),
        free_slots = t.free_slots + least(t.overlap + %(more)s, %(most)s) - t.overlap,
        state = 'open', contested_at = now(), trusted_only = %(trusted_only)s
    FROM locked WHERE t.id = locked.id
"""


def ask_more_everywhere() -> int:
    """Look at every project that asks more people about contested items; how many items it was."""
    wanting = ProjectSettings.objects.filter(
        contested_below__isnull=False, project__state=Project.State.ACTIVE
    )
    return sum(ask_more(project=s.project) for s in wanting.select_related("project"))


def ask_more(*, project: Project) -> int:
    """Ask more people about what became contested in `project`; returns how many items it was.

    Each item is asked of more people once at most. Safe to run at any time and twice at once.
    """
    settings = ProjectSettings.objects.get(project=project)
    if settings.contested_below is None:
        return 0
    began = timezone.now()
    given = {
        "project": project.pk,
        "below": settings.contested_below,
        "since": _since(settings),
        "more": settings.contested_more,
        "most": MAX_OVERLAP,
        "trusted_only": settings.contested_by_trusted,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CONTESTED, given)
        found = [task for (task,) in cursor.fetchall()]
    asked = sum(
        _ask_about(project, given | {"tasks": found[start : start + PIECE]})
        for start in range(0, len(found), PIECE)
    )
    # Not where the settings were changed meanwhile: then all is looked at.
    ProjectSettings.objects.filter(
        pk=settings.pk, contested_looked_at=settings.contested_looked_at
    ).update(contested_looked_at=began)
    return asked


def _since(settings: ProjectSettings) -> datetime:
    """From when on consensuses are looked at; from ever where the overlap changed meanwhile."""
    ever = datetime.min.replace(year=1970, tzinfo=timezone.get_default_timezone())
    seen = settings.contested_looked_at
    if seen is None:
        return ever
    changed = LongChange.objects.filter(
        project=settings.project_id, kind=LongChange.Kind.OVERLAP, finished_at__gte=seen - SLACK
    )
    return ever if changed.exists() else seen - SLACK


@transaction.atomic
def _ask_about(project: Project, given: dict[str, object]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ASK_MORE, given)
        asked = cursor.rowcount
    if asked:
        audit.record(
            actor=None,
            action="items.contested",
            project=project,
            subject=f"project:{project.slug}",
            items=asked,
            more=given["more"],
            trusted_only=given["trusted_only"],
        )
    return asked


def follow_settings(settings: ProjectSettings, changed: Collection[str]) -> None:
    """Take over what was changed; called before the settings are saved, in their transaction.

    Another bound looks at all items again. Where no longer only trusted labelers are to be asked,
    what waits for them is open to everybody.
    """
    if "contested_below" in changed:
        settings.contested_looked_at = None
    if not settings.contested_by_trusted and "contested_by_trusted" in changed:
        Task.objects.filter(contested(settings.project), trusted_only=True).update(
            trusted_only=False
        )


def contested(project: Project) -> Q:
    """Of tasks: those of `project` that became contested."""
    return Q(project=project, contested_at__isnull=False)


def counts(project: Project) -> dict[str, int]:
    """How many items became contested, how many of them still wait, and who is trusted."""
    found = Task.objects.filter(contested(project))
    return {
        "contested": found.count(),
        "waiting": found.filter(state=Task.State.OPEN).count(),
        "trusted": len(trusting.trusted_in(project)),
    }
