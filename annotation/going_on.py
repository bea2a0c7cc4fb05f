"""Going on with a long change: piece after piece, each in one transaction with how far it came.

So a killed worker loses nothing, and whoever takes the change up does nothing twice. What a piece
does is the business of its kind.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from django.db import transaction
from django.utils import timezone

from annotation import changing_overlap, cloning, valuing
from annotation.models import LongChange
from labelers import notifying

log = logging.getLogger(__name__)

PIECES: Mapping[str, Callable[[LongChange], int]] = {
    LongChange.Kind.OVERLAP: changing_overlap.change_piece,
    LongChange.Kind.COPY: cloning.copy_piece,
    LongChange.Kind.ORDER: valuing.order_piece,
}
"""By kind: what does the next piece and says how many rows it was, 0 at the end."""

NOTICES: Mapping[str, str] = {
    LongChange.Kind.OVERLAP: "overlap_changed",
    LongChange.Kind.COPY: "copy_done",
    LongChange.Kind.ORDER: "order_changed",
}
"""By kind: what its admin is told when it is done."""


MOST_TRIES = 20
"""How often a change that fails is taken up again before it is given up."""


def go_on(*, change: int, is_last_try: bool = False) -> LongChange:
    """Do what is left of a change. Doing it again, or twice at once, does nothing twice.

    What goes wrong is raised, for the job to try again; after the last try the change has failed,
    with what was done so far.
    """
    try:
        while (left := _one_piece(change)) is not None:
            log.info("change %d: %d of %d", change, left.done, left.total)
    except Exception as problem:
        failed = {"state": LongChange.State.FAILED, "finished_at": timezone.now()}
        LongChange.objects.filter(pk=change, state=LongChange.State.RUNNING).update(
            error=type(problem).__name__, **(failed if is_last_try else {})
        )
        raise
    return LongChange.objects.get(pk=change)


@transaction.atomic
def _one_piece(pk: int) -> LongChange | None:
    """One piece of a change; None where there was none left."""
    changes = LongChange.objects.select_for_update(of=("self",))
    change = changes.select_related("project", "created_by").get(pk=pk)
    if change.state != LongChange.State.RUNNING:
        return None
    done = PIECES[change.kind](change)
    change.done += done
    if not done:
        change.state, change.finished_at = LongChange.State.DONE, timezone.now()
        change.error = ""
        if change.created_by is not None:
            notifying.notify(
                person=change.created_by, project=change.project, kind=NOTICES[change.kind]
            )
    change.save()
    return change if done else None
