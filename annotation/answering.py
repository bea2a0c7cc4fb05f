"""An answer and the item that follows it, in one request and for those at work in one transaction.

One commit puts the answer on the disk and gives the next item out, so both are there or neither is.
The steps of those on their way in take locks of their own: their next item comes behind the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from annotation import assigning, giving, judging
from annotation.entry.screening_stages import Progress
from annotation.judging import Submission
from annotation.models import Assignment, Judgment
from annotation.seats import Seat


@dataclass(frozen=True)
class Answered:
    """A stored answer, and what follows: an item or how far the screening is, where there is one.

    ``seat`` is how things stood for its labeler, None where they are to be read anew.
    """

    judgment: Judgment
    item: Assignment | None = None
    screening: Progress | None = None
    seat: Seat | None = None


def answer(
    *, seat: Seat, submission: Submission, wants_next: bool, holding: Sequence[int] = ()
) -> Answered:
    """Store an answer as `judging.submit` does, and if wanted give the next item.

    `seat` was read just now. That nothing can be given is no reason to refuse the answer.

    Raises:
        AnswerError, LeaseError: as `judging.submit` raises them.
    """
    project, person = seat.project, seat.person
    ahead = seat.without(submission.assignment_id)
    with transaction.atomic():
        judgment = judging.take_in(person=person, project=project, submission=submission, seat=seat)
        if not wants_next:
            return Answered(judgment)
        if judgment.standing != Judgment.Standing.PRACTICE and giving.is_at_work(seat):
            with suppress(assigning.LeaseError):
                item = assigning.give(project=project, person=person, holding=holding, seat=ahead)
                return Answered(judgment, item, seat=ahead)
            return Answered(judgment)
    with suppress(assigning.LeaseError):
        item, screening = giving.next_item(
            project=project, person=person, holding=holding, after=judgment, seat=ahead
        )
        return Answered(judgment, item, screening, ahead)
    return Answered(judgment)
