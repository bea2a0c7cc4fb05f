"""Undoing a voiding: answers get their standing back, in so far as nobody has taken their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Assignment, Judgment, Task, Voiding
from annotation.watch.voiding import forget_consensus, lock_tasks, write_down
from labelers import notifying
from labelers.models import Person, Project

Standing = Judgment.Standing

_RESTORE = """
    WITH known AS (
        SELECT * FROM unnest(%(judgments)s::bigint[], %(standings)s::text[]) AS k(id, standing)
    ), back AS (
        SELECT j.id, k.standing, CASE WHEN
            k.standing = 'counted' AND t.free_slots > 0 AND NOT EXISTS (
                SELECT 1 FROM annotation_assignment a
                WHERE a.task_id = t.id AND a.person_id = j.person_id AND a.slot IS NOT NULL
            )
        THEN (
            SELECT min(s) FROM generate_series(1, t.overlap) s
            WHERE NOT EXISTS (
                SELECT 1 FROM annotation_assignment a WHERE a.task_id = t.id AND a.slot = s
            ) AND NOT EXISTS (
                SELECT 1 FROM annotation_judgment c WHERE c.task_id = t.id AND c.slot = s
            )
        ) END AS slot
        FROM known k
        JOIN annotation_judgment j ON j.id = k.id AND j.voiding_id = %(voiding)s
        JOIN annotation_task t ON t.id = j.task_id
        WHERE NOT EXISTS (
            SELECT 1 FROM annotation_judgment c
            WHERE c.task_id = j.task_id AND c.person_id = j.person_id AND c.is_current
        )
    ), returned AS (
        UPDATE annotation_judgment j SET is_current = true, voiding_id = NULL, slot = back.slot,
            standing = CASE WHEN back.standing = 'counted' AND back.slot IS NULL
                THEN 'surplus' ELSE back.standing END
        FROM back WHERE j.id = back.id
        RETURNING j.task_id, j.person_id, j.standing, j.slot
    ), held AS (
        UPDATE annotation_assignment a SET slot = r.slot FROM returned r
        WHERE r.slot IS NOT NULL AND a.task_id = r.task_id AND a.person_id = r.person_id
    )
    SELECT task_id, standing FROM returned
"""


@transaction.atomic
def restore(*, voiding: Voiding, restored_by: Person | None) -> dict[str, int]:
    """Undo a voiding: each answer counts again where a slot is still free, else it is surplus.

    Returns how many answers are ``counted`` again, how many ``surplus`` or ``other`` than these,
    and how many were ``left`` because their labeler has answered the item anew.

    Raises:
        ValidationError: somebody has undone it before.
    """
    Project.objects.select_for_update(no_key=True).get(pk=voiding.project_id)
    made = Voiding.objects.select_for_update(of=("self",)).get(pk=voiding.pk)
    if made.restored_at is not None:
        raise ValidationError(_("Somebody has already undone this."))
    voided = Judgment.objects.filter(voiding=made).values_list("task_id", flat=True)
    tasks = lock_tasks([*voided, *made.before.get("retired", [])])
    held = Assignment.objects.filter(task__in=tasks, person=made.person_id)
    list(held.order_by("pk").select_for_update().values_list("pk", flat=True))
    back = _return_answers(made)
    _count_again([task for task, standing in back if standing == Standing.COUNTED])
    forget_consensus([task for task, _standing in back])
    Task.objects.filter(pk__in=made.before.get("retired", []), state=Task.State.RETIRED).update(
        state=Task.State.OPEN
    )
    found = Counter(standing for _task, standing in back)
    counted, surplus = found[Standing.COUNTED], found[Standing.SURPLUS]
    counts = {
        "counted": counted,
        "surplus": surplus,
        "other": len(back) - counted - surplus,
        "left": Judgment.objects.filter(voiding=made).count(),
    }
    made.restored_by, made.restored_at = restored_by, timezone.now()
    made.save(update_fields=["restored_by", "restored_at"])
    write_down(made, restored_by, "judgments.restored", **counts)
    notifying.notify(
        person=made.person,
        project=made.project,
        kind="judgments_restored",
        detail={"count": len(back)},
    )
    return counts


def _return_answers(made: Voiding) -> list[tuple[int, str]]:
    """Give the answers their standings back; (task, standing) of each that could be."""
    standings = made.before["standings"]
    with connection.cursor() as cursor:
        cursor.execute(
            _RESTORE,
            {
                "judgments": [int(pk) for pk in standings],
                "standings": list(standings.values()),
                "voiding": made.pk,
            },
        )
        return list(cursor.fetchall())


def _count_again(tasks: Sequence[int]) -> None:
    # A gold task stays open for those who have not seen it.
    full = Q(state=Task.State.OPEN, is_gold=False, counted__gte=F("overlap") - 1)
    Task.objects.filter(pk__in=tasks).update(
        counted=F("counted") + 1,
        free_slots=F("free_slots") - 1,
        state=Case(When(full, then=Value(Task.State.CLOSED)), default=F("state")),
    )
