"""What is labeled next: the value of each task, which orders the queue within a priority.

A project says by what it goes (`ProjectSettings.Order`). Changing that writes every task anew, in
the background and in pieces beside running labelers; new tasks get their value as they come in.
"""

from __future__ import annotations

import random

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotation import long_changes
from annotation.models import LongChange, ProjectSettings, Task
from labelers import audit
from labelers.models import Person, Project

Order = ProjectSettings.Order

PIECE = 1000
"""Tasks per transaction: some hundredths of a second, for which an answer to one of them waits."""

UNSCORED = -2.0
"""The value of what no reward model has scored: below that of anything scored."""

# The mean over the pairs of a task's responses of 1 - |2p - 1|, p being the Bradley-Terry
# probability that the one is better: 1 where the model cannot tell, 0 where it is sure. Where
# several models scored, their spread draws p towards one half (MacKay 1992, equation 11).
_DOUBT = """
    (SELECT avg(1 - abs(tanh((a.mean - b.mean)
            / (2 * sqrt(1 + pi() / 8 * (a.spread ^ 2 + b.spread ^ 2))))))
     FROM annotation_taskresponse x
     JOIN annotation_taskresponse y ON y.task_id = x.task_id AND y.position > x.position
     JOIN annotation_responsescore a ON a.response_id = x.response_id AND a.scorer = %(scorer)s
     JOIN annotation_responsescore b ON b.response_id = y.response_id AND b.scorer = %(scorer)s
     WHERE x.task_id = t.id)
"""

# Where there is nothing to compare, only models that disagree can be in doubt.
_DOUBT_OF_ONE = """
    (SELECT s.spread / (1 + s.spread) FROM annotation_taskresponse x
     JOIN annotation_responsescore s ON s.response_id = x.response_id AND s.scorer = %(scorer)s
     WHERE x.task_id = t.id LIMIT 1)
"""

_VALUES = {
    Order.IMPORTED: "0",
    Order.RANDOM: "random() - 1",
    Order.LEAST: "t.free_slots - t.overlap",
    Order.UNCERTAIN: f"coalesce({_DOUBT} - 1, {_DOUBT_OF_ONE} - 1, {UNSCORED})",
}


def value_of_new(next_by: str) -> float:
    """The value of a task that comes in; nobody has answered or scored it yet."""
    if next_by == Order.RANDOM:
        return random.random() - 1  # noqa: S311 - an order, not a secret
    return UNSCORED if next_by == Order.UNCERTAIN else 0.0


@transaction.atomic
def change_order(
    *, project: Project, next_by: str, changed_by: Person | None, in_background: bool = True
) -> LongChange:
    """Have the items of `project` asked in another order; the same one again draws or reckons anew.

    Raises:
        ValidationError: no such order, or a change is under way.
    """
    if next_by not in Order.values:
        names = ", ".join(Order.values)
        raise ValidationError({"next_by": _("Choose one of %s.") % names})
    settings = ProjectSettings.objects.select_for_update().get(project=project)
    # Imports hold this lock while they read the order, so that none comes in by the old one.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = settings.next_by
    settings.next_by = next_by
    settings.save(update_fields=["next_by"])
    change = long_changes.begin(
        project=project,
        kind=LongChange.Kind.ORDER,
        detail={"before": before, "next_by": next_by},
        total=_ordered(project.pk).count(),
        begun_by=changed_by,
        in_background=in_background,
    )
    audit.record(
        actor=changed_by,
        action="order.changed",
        project=project,
        subject=f"project:{project.slug}",
        before=before,
        next_by=next_by,
    )
    return change


def reckon_again(*, project: Project, begun_by: Person | None, in_background: bool = True) -> None:
    """Take new scores into the order of a project that goes by them; others are left alone.

    A change that is under way begins again instead. Called in the transaction of the deed.
    """
    settings = ProjectSettings.objects.select_for_update().get(project=project)
    if settings.next_by != Order.UNCERTAIN:
        return
    under_way = project.long_changes.filter(
        kind=LongChange.Kind.ORDER, state=LongChange.State.RUNNING
    )
    if not under_way.update(last=0, done=0):
        change_order(
            project=project,
            next_by=settings.next_by,
            changed_by=begun_by,
            in_background=in_background,
        )


def order_piece(change: LongChange) -> int:
    """Give the tasks after ``change.last`` their values; returns how many, 0 at the end.

    Called in a transaction that holds the row of `change`.
    """
    settings = ProjectSettings.objects.get(project=change.project_id)
    ahead = _ordered(change.project_id).filter(pk__gt=change.last).order_by("pk")
    # NO KEY: rows that refer to a task may still be written.
    locked = ahead.select_for_update(no_key=True, of=("self",))
    keys = list(locked.values_list("pk", flat=True)[:PIECE])
    if not keys:
        return 0
    next_by = Order(change.detail["next_by"])
    statement = (
        f"UPDATE annotation_task t SET value = {_VALUES[next_by]},"  # noqa: S608 - ours
        " is_evened = %(is_evened)s WHERE t.id = ANY(%(tasks)s)"
    )
    given = {"tasks": keys, "scorer": settings.scorer, "is_evened": next_by == Order.LEAST}
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
    change.last = keys[-1]
    return len(keys)


def _ordered(project: int) -> QuerySet[Task]:
    """The tasks that have a value: all but the next turns of conversations, whatever their state,
    for what is closed may open again."""
    return Task.objects.filter(project=project, follows=None)
