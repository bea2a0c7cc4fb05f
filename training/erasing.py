"""Erasing what is known of a person, in one transaction, with a report of what was erased.

The row of the person stays as a tombstone without a name, for what must not lose its owner
(payments, decisions). What frozen snapshots hold cannot change: it is listed, with the runs and
checkpoints that learned from it, so that each can be made again without it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotation.models import Appeal, Assignment, Comment, Judgment, Task, WrittenScore
from annotation.task_kinds.base import TaskKind
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.watch import voiding
from labelers import audit, erasing, grouping
from labelers.models import BrowserSession, Erasure, Person, Project, UseCount, new_pseudonym
from training import lineage, mentions, personal_data

ERASED = "[erased]"
WRITING = [name for name, kind in TASK_KINDS.items() if kind.outcomes is TaskKind.outcomes]
"""The kinds whose answers are texts: they are erased in any case."""

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_WHY = "Erasure of a person's data"


@transaction.atomic
def erase(*, person: Person, judgments: str, erased_by: Person) -> Erasure:
    """Erase `person`; `judgments` is ``keep`` or ``delete``. The row of the deed has the report.

    Answers that are kept lose name and texts; answers that are texts go in any case.

    Raises:
        ValidationError: the choice is unknown, the last admin would go, or it was done already.
    """
    if judgments not in Erasure.Judgments.values:
        raise ValidationError({"judgments": "Choose keep or delete."})
    erasing.keep_off_publishers()
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.erasures.filter(state=Erasure.State.DONE).exists():
        raise ValidationError({"person": "What was known of this person was erased already."})
    others = Person.objects.filter(is_staff=True, is_active=True).exclude(pk=person.pk)
    if person.is_staff and not others.exists():
        raise ValidationError({"person": "This is the last admin of the site: make another first."})
    wish = erasing.open_wish(person) or Erasure(person=person, pseudonym=person.pseudonym)
    held = holdings(person)
    counts = _erase_work(person, judgments)
    counts |= _erase_person(person)
    wish.state, wish.judgments = Erasure.State.DONE, judgments
    wish.report = {"erased": {name: n for name, n in counts.items() if n}, "held": held}
    wish.done_at, wish.done_by = timezone.now(), erased_by if erased_by != person else None
    wish.save()
    audit.record(
        actor=erased_by,
        action="erasure.done",
        subject=f"erasure:{wish.uid}",
        judgments=judgments,
        erased=wish.report["erased"],
    )
    return wish


def holdings(person: Person) -> list[dict[str, Any]]:
    """What frozen snapshots hold of `person`, and which runs and checkpoints learned from it."""
    found = []
    for project in Project.objects.filter(tasks__judgments__person=person).distinct():
        mine = Judgment.objects.filter(task__project=project, person=person)
        held = lineage.holding(project, list(mine.values_list("pk", flat=True)))
        if held.snapshots:
            found.append(
                {
                    "project": project.slug,
                    "snapshots": [
                        {
                            "uid": str(each.snapshot.uid),
                            "name": each.snapshot.name,
                            "records": each.records,
                            "judgments": each.judgments,
                        }
                        for each in held.snapshots
                    ],
                    "runs": [{"uid": str(run.uid), "name": run.name} for run in held.runs],
                    "checkpoints": [
                        {"uid": str(each.uid), "run": str(each.run.uid), "name": each.name}
                        for each in held.checkpoints
                    ],
                }
            )
    return found


def _erase_work(person: Person, choice: str) -> dict[str, int]:
    mine = Judgment.objects.filter(person=person)
    going = mine if choice == Erasure.Judgments.DELETE else mine.filter(task__kind__in=WRITING)
    counts = {"answers": _delete(person, going)}
    counts["reasons"] = mine.exclude(reason="").update(reason="")
    drafts = Assignment.objects.filter(person=person)
    counts["drafts"] = drafts.exclude(draft=None).update(draft=None)
    drafts.exclude(skip_reason="").update(skip_reason="")
    counts["comments"] = Comment.objects.filter(person=person).update(text=ERASED, person=None)
    appeals = Appeal.objects.filter(person=person)
    counts["appeals"] = appeals.update(text=ERASED)
    appeals.exclude(answer="").update(answer=ERASED)
    Task.objects.filter(reserved_for=person).update(reserved_for=None)
    WrittenScore.objects.filter(scorer=person).exclude(note="").update(note="")
    return counts


def _delete(person: Person, going: QuerySet[Judgment]) -> int:
    """Void the answers of these projects, so that their tasks are asked again, and delete them."""
    ids = list(going.values_list("pk", flat=True))
    for project in Project.objects.filter(tasks__judgments__in=ids).distinct():
        if voiding.standing_since(project, person, _EVER).exists():
            voiding.void(project=project, person=person, since=_EVER, reason=_WHY, voided_by=None)
    found = Judgment.objects.filter(pk__in=ids)
    # A turn that others went on from stays as a place in their conversation, without its text.
    followed = list(Task.objects.filter(follows__in=ids).values_list("follows", flat=True))
    found.filter(pk__in=followed).update(answer={"turns": [], "ended": True})
    return found.exclude(pk__in=followed).delete()[1].get("annotation.Judgment", 0)


def _erase_person(person: Person) -> dict[str, int]:
    tombstone = f"erased-{person.pk}"
    username, email = person.username, person.email
    counts: dict[str, int] = {}
    keys = BrowserSession.objects.filter(person=person).values_list("session_key", flat=True)
    counts["sessions"] = Session.objects.filter(session_key__in=list(keys)).delete()[0]
    for project in Project.objects.filter(groups__isnull=False).distinct():
        if grouping.own_groups(project=project, person=person):
            grouping.choose_groups(project=project, person=person, groups={})
    for model in personal_data.OWN:
        counts[model._meta.model_name] = personal_data.rows_of(model, person).delete()[0]
    UseCount.objects.filter(who=f"person:{person.pk}").delete()
    person.username, person.email = tombstone, ""
    person.first_name = person.last_name = ""
    person.is_active = person.is_staff = person.is_superuser = False
    person.preferences, person.last_login = {}, None
    person.pseudonym = new_pseudonym()
    person.set_unusable_password()
    person.save()
    counts["account"] = 1
    counts["mentions"] = mentions.replace(
        person=person, username=username, email=email, by=tombstone
    )
    return counts
