"""Completion codes: what a labeler hands in at a crowd market when they are done here.

A code is given once the wanted number of items is done, or when no work is left for somebody who
has done some. It is random, one per labeler and project, and says nothing by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from annotation import queries
from annotation.models import Judgment
from annotation.work_counts import STORED
from labelers import audit
from labelers.csv_file import rows_as_csv
from labelers.models import CompletionCode, CrowdWorker, Person, Project, Role
from labelers.recognizing import crowd_settings_of

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 10
"""Fifty bits: nobody comes upon another's code."""

COLUMNS = (
    *("labeler", "worker_id", "study_id", "session_id", "items", "code", "reason", "given_at"),
    "same_worker_id_as_others",
)


@dataclass(frozen=True)
class Completion:
    """How far somebody is towards their code; ``wanted`` is 0 where it is all there is."""

    done: int
    wanted: int
    left: int
    code: str
    return_url: str

    @property
    def is_due(self) -> bool:
        """Whether the code may be had."""
        enough = self.wanted and self.done >= self.wanted
        return bool(enough or (self.done and not self.left))


def completion_of(*, project: Project, person: Person) -> Completion | None:
    """How far `person` is towards a code; None where `project` gives none."""
    crowd = crowd_settings_of(project)
    if not crowd.gives_codes:
        return None
    work = queries.work_of(person, project)
    given = CompletionCode.objects.filter(project=project, person=person).first()
    code = given.code if given else ""
    return Completion(
        done=int(work["done"] or 0),
        wanted=crowd.wanted_items,
        left=int(work["left"] or 0),
        code=code,
        return_url=crowd.return_url.replace("{code}", quote(code)) if code else "",
    )


@transaction.atomic
def give_code(*, project: Project, person: Person) -> CompletionCode:
    """The code of `person`, made when it is first asked for; it never changes.

    Raises:
        ValidationError: the project gives none, or there is more to do first.
    """
    # Two tabs that ask at once get the same one.
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    given = CompletionCode.objects.filter(project=project, person=person).first()
    if given is not None:
        return given
    completion = completion_of(project=project, person=person)
    if completion is None:
        raise ValidationError(_("This project gives no completion codes."))
    if not completion.is_due:
        raise ValidationError(_("There is more to do before you get the code."))
    enough = completion.wanted and completion.done >= completion.wanted
    made = CompletionCode.objects.create(
        project=project,
        person=person,
        code="".join(secrets.choice(ALPHABET) for _place in range(LENGTH)),
        reason=CompletionCode.Reason.DONE if enough else CompletionCode.Reason.NO_MORE,
        items=completion.done,
    )
    audit.record(
        actor=person,
        action="completion_code.given",
        project=project,
        subject=f"person:{person.pk}",
        items=made.items,
    )
    return made


@dataclass(frozen=True)
class CrowdLabeler:
    """A labeler as a market's list is compared with: who they are there, what they did, their code.

    ``is_shared`` is whether somebody else came under the same worker's id.
    """

    person: Person
    worker: CrowdWorker | None
    items: int
    code: CompletionCode | None
    is_shared: bool


def crowd_of(project: Project, search: str = "") -> list[CrowdLabeler]:
    """The labelers of `project`, or those whose code or worker's id is `search`."""
    workers = {one.person_id: one for one in CrowdWorker.objects.filter(project=project)}
    codes = {one.person_id: one for one in CompletionCode.objects.filter(project=project)}
    named = [one.worker for one in workers.values()]
    labels = Q(memberships__project=project, memberships__role=Role.LABELER)
    people = Person.objects.filter(labels | Q(pk__in=[*workers, *codes])).distinct().order_by("pk")
    done = dict(
        Judgment.objects.filter(task__project=project, is_current=True, standing__in=STORED)
        .order_by()
        .values_list("person")
        .annotate(Count("id"))
    )
    wanted = search.strip()
    rows = [
        CrowdLabeler(
            person=person,
            worker=workers.get(person.pk),
            items=done.get(person.pk, 0),
            code=codes.get(person.pk),
            is_shared=person.pk in workers and named.count(workers[person.pk].worker) > 1,
        )
        for person in people
    ]
    return [row for row in rows if not wanted or wanted in _searched(row)]


def _searched(row: CrowdLabeler) -> tuple[str, ...]:
    return (row.code.code if row.code else "", row.worker.worker if row.worker else "")


def crowd_file(project: Project) -> Iterator[str]:
    """The table as CSV, one line per labeler, by pseudonym."""
    return rows_as_csv(COLUMNS, (_line(row) for row in crowd_of(project)))


def _line(row: CrowdLabeler) -> tuple[Any, ...]:
    worker, code = row.worker, row.code
    return (
        row.person.pseudonym,
        worker and worker.worker,
        worker and worker.study,
        worker and worker.session,
        row.items,
        code and code.code,
        code and code.reason,
        code and code.given_at,
        row.is_shared,
    )
