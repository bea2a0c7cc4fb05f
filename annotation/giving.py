"""What comes next on the labeling page: an item of training or exam for those on their way in, else
work. The leases themselves are `examining`'s and `assigning`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from annotation import assigning
from annotation.entry import examining
from annotation.entry.screening_stages import WORK, Progress, way_of
from annotation.models import Assignment, Judgment
from annotation.seats import Seat
from labelers import qualifying
from labelers.models import Person, Project, Qualification


def next_item(
    *,
    project: Project,
    person: Person,
    holding: Sequence[int] = (),
    after: Judgment | None = None,
    seat: Seat | None = None,
) -> tuple[Assignment | None, Progress | None]:
    """The next item for `person`, and how far they are in their screening; None for who works.

    `after` is the answer that it follows, `seat` where the person is, if that was read just now.
    Whoever has just come through the last step gets no item
    yet, so that they first read what came of it.

    Raises:
        LeaseError: nothing can be given now; the message says why.
    """
    was_screened = after is not None and after.standing == Judgment.Standing.PRACTICE
    is_in = seat is not None and is_at_work(seat)
    if was_screened or (not is_in and is_on_the_way(project, person)):
        item, progress = examining.next_item(project=project, person=person, holding=holding)
        if item is not None or progress is not None:
            return item, progress
        if was_screened:
            return None, Progress(WORK, "over", 0, 0, 0)
        # There was no step to take after all.
    item = assigning.next_assignment(project=project, person=person, holding=holding, seat=seat)
    return item, None


def is_at_work(seat: Seat) -> bool:
    """Whether it needs no more looking that the person of `seat` is past all screening."""
    return not seat.project.is_screened or seat.stage == Qualification.Stage.QUALIFIED


def is_on_the_way(project: Project, person: Person) -> bool:
    """Whether `person` has still to come through the screening of `project`."""
    return _needs(project, person) == "screening"


def has_items_for(project: Project, person: Person) -> bool:
    """Whether the labeling page is where `person` belongs now, and not the page of first steps."""
    needs = _needs(project, person)
    if needs != "screening":
        return needs == ""
    way = way_of(project, person)
    if way.present == "exam":
        return way.exam.state == "open"
    # Whoever has no step to take is qualified by asking for an item.
    return way.present in ("training", WORK)


def _needs(project: Project, person: Person) -> str:
    if not project.is_screened:
        return ""
    return qualifying.standings_of(person, [project])[project.pk].needs
