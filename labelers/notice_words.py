"""Every kind of notice: its sentence, and the address of the page that it is about.

`NOTICES` is the one list of kinds; `notifying` writes and reads the notices themselves. Addresses
are names only, so that nothing here knows the apps whose pages they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class NoticeKind:
    """``sentence`` may name {project} and what the notice's detail holds.

    ``address`` is a URL name, opened with the project's slug and then the details named in
    ``args``; without ``of_project`` only with those. Where ``by_verdict`` has a sentence for the
    detail ``verdict``, that one is said instead.
    """

    sentence: str
    address: str = ""
    args: tuple[str, ...] = ()
    of_project: bool = True
    by_verdict: Mapping[str, str] = field(default_factory=dict)


NOTICES: dict[str, NoticeKind] = {
    "exam_waits": NoticeKind(
        _("An exam of {labeler} for {project} waits for your decision."),
        "candidate",
        ("person",),
    ),
    "exam_decided": NoticeKind(
        _("Your exam for {project} was decided on."),
        "start",
        by_verdict={
            "passed": _("You passed the exam for {project}."),
            "failed": _("You did not pass the exam for {project}."),
            "again": _("You may take the exam for {project} once more."),
        },
    ),
    "paused": NoticeKind(
        _("Your work in {project} is paused. What you have done is kept."), "project"
    ),
    "labeler_paused": NoticeKind(_("{labeler} was paused in {project}."), "labeler", ("key",)),
    "labeler_repeats": NoticeKind(
        _("{labeler} seems to repeat the answers of {name} in {project}. Have a look at them."),
        "labeler",
        ("key",),
    ),
    "may_work_again": NoticeKind(_("You may work in {project} again."), "label"),
    "gold_low": NoticeKind(
        _("Labelers of {project} have seen nearly all of its gold items: make more."), "gold"
    ),
    "gold_proposed": NoticeKind(
        _("There are gold items of {project} that may no longer hold. Have a look at them."),
        "gold",
    ),
    "judgments_voided": NoticeKind(
        _("Answers of yours in {project} no longer count: {count}."), "work"
    ),
    "judgments_restored": NoticeKind(
        _("Answers of yours in {project} count again: {count}."), "work"
    ),
    "snapshot_holds_voided": NoticeKind(
        _("The snapshot {name} of {project} holds answers that were voided since."),
        "snapshot",
        ("uid",),
        of_project=False,
    ),
    "note_for_labelers": NoticeKind(
        _("The guidelines of {project} were changed after a discussion."), "guidelines"
    ),
}
"""By kind. Details: ``labeler`` a name, ``person`` a primary key, ``verdict`` passed, failed or
again, ``key`` as in labeler pages, ``count``, ``name`` and ``uid`` of a snapshot; ``note``, of any
kind, is what somebody wrote."""
