"""The deeds that webhooks may be told of: the actions of audit rows, and what of each is told.

Names of people, texts, reasons and file names never are. `DETAILS` are codes and numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Event:
    """``details`` of the audit row are told as they are; with ``counts`` every whole number is."""

    title: str | Promise
    group: str | Promise
    details: tuple[str, ...] = ()
    counts: bool = False


ANSWERS, ITEMS, LABELERS = _("Answers"), _("Items"), _("Labelers")
DATA, TRAINING, PROJECT = _("Data"), _("Training"), _("Project")

EVENTS: dict[str, Event] = {
    "judgment.submitted": Event(_("An answer came in"), ANSWERS, ("standing", "revision")),
    "judgment.withdrawn": Event(_("An answer was taken back"), ANSWERS),
    "judgments.voided": Event(
        _("Answers of a labeler were voided"), ANSWERS, ("voiding",), counts=True
    ),
    "judgments.restored": Event(
        _("Voided answers count again"), ANSWERS, ("voiding",), counts=True
    ),
    "second_look.decided": Event(
        _("A second look was decided"), ANSWERS, ("task", "revision"), counts=True
    ),
    "tasks.added": Event(_("Items were added"), ITEMS, counts=True),
    "task.skipped": Event(_("An item was skipped"), ITEMS),
    "task.reported": Event(_("An item was reported"), ITEMS),
    "report.decided": Event(_("A report was decided"), ITEMS, ("decision", "reports")),
    "comment.added": Event(_("A comment was written"), ITEMS, ("task", "for_labelers")),
    "comment.resolved": Event(_("A comment was resolved"), ITEMS, ("task",)),
    "gold.made": Event(_("An item became gold"), ITEMS),
    "gold.changed": Event(_("A gold item was changed"), ITEMS),
    "gold.retired": Event(_("A gold item was retired"), ITEMS),
    "invitation.accepted": Event(_("Somebody joined by an invitation"), LABELERS, ("role",)),
    "exam.ended": Event(_("A labeler finished the exam"), LABELERS, ("verdict",)),
    "exam.decided": Event(_("An exam was decided"), LABELERS, ("verdict",)),
    "qualification.recorded": Event(_("A labeler reached a stage"), LABELERS, ("stage",)),
    "labeler.paused": Event(_("A labeler was paused"), LABELERS),
    "labeler.resumed": Event(_("A labeler may work again"), LABELERS),
    "import.received": Event(_("A file was received"), DATA),
    "import.done": Event(_("An import is done"), DATA, counts=True),
    "import.failed": Event(_("An import was refused"), DATA),
    "snapshot.requested": Event(_("A snapshot was asked for"), DATA),
    "snapshot.done": Event(_("A snapshot is ready"), DATA, ("digest", "records")),
    "snapshot.failed": Event(_("A snapshot failed"), DATA),
    "snapshot.downloaded": Event(_("A snapshot was downloaded"), DATA, ("format", "split")),
    "snapshot.pushed": Event(_("A snapshot was sent elsewhere"), DATA),
    "snapshot.push_failed": Event(_("A snapshot could not be sent elsewhere"), DATA),
    "run.requested": Event(_("A run was asked for"), TRAINING, ("trainer", "snapshot")),
    "run.done": Event(_("A run is done"), TRAINING),
    "run.failed": Event(_("A run failed"), TRAINING),
    "run.cancelled": Event(_("A run was stopped"), TRAINING),
    "run.sampled_into_tasks": Event(_("Items were made of a run"), TRAINING, counts=True),
    "project.created": Event(_("A project was made"), PROJECT),
    "project.changed": Event(_("The project was changed"), PROJECT, ("fields",)),
    "project.cloned": Event(_("The project was copied"), PROJECT),
    "overlap.changed": Event(_("The number of labelers per item was changed"), PROJECT),
    "order.changed": Event(_("The order of the items was changed"), PROJECT, ("next_by",)),
    "items.contested": Event(_("Items became contested"), DATA, ("items", "more")),
    "responses.scored": Event(_("Responses were scored"), DATA, ("scorer", "responses")),
    "payroll.closed": Event(_("A payroll was closed"), PROJECT),
    "payroll.paid": Event(_("A payroll was paid"), PROJECT),
    "guidelines.published": Event(_("Guidelines were published"), PROJECT),
    "screening.changed": Event(_("The screening was changed"), PROJECT, ("fields",)),
}
"""By the action of the audit row."""
