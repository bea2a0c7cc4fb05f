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
    detail ``verdict``, that one is said instead. ``group`` is what a letter about it counts as
    (`labelers.mailing.choosing`).
    """

    sentence: str
    address: str = ""
    args: tuple[str, ...] = ()
    of_project: bool = True
    by_verdict: Mapping[str, str] = field(default_factory=dict)
    group: str = "admin"


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
        group="standing",
    ),
    "paused": NoticeKind(
        _("Your work in {project} is paused. What you have done is kept."),
        "project",
        group="standing",
    ),
    "labeler_paused": NoticeKind(_("{labeler} was paused in {project}."), "labeler", ("key",)),
    "labeler_repeats": NoticeKind(
        _("{labeler} seems to repeat the answers of {name} in {project}. Have a look at them."),
        "labeler",
        ("key",),
    ),
    "may_work_again": NoticeKind(_("You may work in {project} again."), "label", group="standing"),
    "gold_low": NoticeKind(
        _("Labelers of {project} have seen nearly all of its gold items: make more."), "gold"
    ),
    "gold_proposed": NoticeKind(
        _("There are gold items of {project} that may no longer hold. Have a look at them."),
        "gold",
    ),
    "judgments_voided": NoticeKind(
        _("Answers of yours in {project} no longer count: {count}."), "work", group="work"
    ),
    "judgments_restored": NoticeKind(
        _("Answers of yours in {project} count again: {count}."), "work", group="work"
    ),
    "snapshot_holds_voided": NoticeKind(
        _("The snapshot {name} of {project} holds answers that were voided since."),
        "snapshot",
        ("uid",),
        of_project=False,
    ),
    "pay_approved": NoticeKind(
        _("Your work in {project} was accounted for: {amount} for {count} items will be paid."),
        "work",
        group="pay",
    ),
    "pay_paid": NoticeKind(
        _("You were paid {amount} for your work in {project}."), "work", group="pay"
    ),
    "pay_refused": NoticeKind(
        _("A payment of {amount} for your work in {project} was refused. You may appeal."),
        "work",
        group="pay",
    ),
    "pay_restored": NoticeKind(
        _("A payment of {amount} for your work in {project} will be made after all."),
        "work",
        group="pay",
    ),
    "appeal_waits": NoticeKind(_("{labeler} appeals in {project}."), "appeals"),
    "appeal_answered": NoticeKind(
        _("Your appeal in {project} was answered."),
        "work",
        by_verdict={
            "upheld": _("Your appeal in {project} was answered: the decision stays."),
            "reversed": _("Your appeal in {project} was answered: the decision was reversed."),
        },
        group="pay",
    ),
    "overlap_changed": NoticeKind(
        _("The change of labelers per task in {project} is done."), "settings"
    ),
    "order_changed": NoticeKind(
        _("The items of {project} are asked in their new order now."), "settings"
    ),
    "copy_done": NoticeKind(_("The items of {project} were copied."), "project"),
    "sign_in_locked": NoticeKind(
        _(
            "Somebody tried {tries} times to sign in with your name and a wrong password. "
            "Signing in was locked for a while."
        ),
        "safety",
        of_project=False,
        group="account",
    ),
    "second_factor_gone": NoticeKind(
        _("Your second factor was taken away. Set up a new one."),
        "safety",
        of_project=False,
        group="account",
    ),
    "password_link": NoticeKind(
        _("Whoever runs this site made a link for a new password of yours."),
        "safety",
        of_project=False,
        group="account",
    ),
    "webhook_off": NoticeKind(
        _("The webhook {name} was switched off, because its deliveries kept failing."),
        "webhook",
        ("uid",),
        of_project=False,
    ),
    "note_for_labelers": NoticeKind(
        _("The guidelines of {project} were changed after a discussion."),
        "guidelines",
        group="work",
    ),
}
"""By kind. Details: ``amount`` of money as text, ``labeler`` a name, ``person`` a primary key,
``verdict`` passed, failed, again, upheld or reversed, ``key`` as in labeler pages, ``count``,
``name`` and ``uid`` of a snapshot or webhook; ``note``, of any kind, is what somebody wrote."""
