"""Which items of a project somebody wants to see: known filters, checked, as a query.

No name or value of a request reaches the database as anything but a value: each filter is named
here, checked here and put into the query here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Judgment, ResponseSource, Task, TaskResponse
from annotation.task_kinds.base import STRENGTHS
from labelers.models import Person, Project

NEWEST, DISAGREEMENT = "newest", "disagreement"
ORDERS = (NEWEST, DISAGREEMENT)
MOST_CHARACTERS = 200
SAID = {
    "first": Q(answer__choice="a") | Q(answer__good=True),
    "second": Q(answer__choice="b") | Q(answer__good=False),
    "tie": Q(answer__choice__in=["tie", "both_bad"]),
}
"""What an answer of a kind that compares two things says; the others have no such answer."""


class FilterError(ValueError):
    """A filter that cannot be used; ``name`` is the filter, the message the remedy."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Filters:
    """What was asked for. ``labeler`` and ``other`` are keys (``p:ID`` of a person, ``i:NAME`` of
    an imported one); an empty value asks for nothing."""

    labeler: str = ""
    other: str = ""
    source: str = ""
    tag: str = ""
    language: str = ""
    week: str = ""
    said: str = ""
    strength: str = ""
    standing: str = ""
    disputed: bool = False
    gold: bool = False
    wrong: bool = False
    contested: bool = False
    order: str = NEWEST

    @property
    def given(self) -> dict[str, str]:
        """The filters that are set, as a query string has them."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.order == NEWEST:
            del found["order"]
        return {name: "1" if value is True else value for name, value in found.items() if value}


NAMES = tuple(field.name for field in fields(Filters))


def parse(given: Mapping[str, str]) -> Filters:
    """The filters that a query string asks for.

    Raises:
        FilterError: an unknown filter, or a value that it does not take.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in NAMES:
            known = ", ".join(NAMES)
            raise FilterError(
                "", _("%(known)s: these are the filters there are.") % {"known": known}
            )
        if len(value) > MOST_CHARACTERS or "\0" in value:
            raise FilterError(name, _("That is too long; shorten it."))
        if value:
            values[name] = _CHECKS.get(name, _text)(value, name)
    return Filters(**values)


def _text(value: str, name: str) -> str:
    return value


def _flag(value: str, name: str) -> bool:
    if value not in ("0", "1"):
        raise FilterError(name, _("Give 1 or leave it out."))
    return value == "1"


def _one_of(*choices: str) -> Callable[[str, str], str]:
    def check(value: str, name: str) -> str:
        if value not in choices:
            raise FilterError(name, _("Choose one of %s.") % ", ".join(choices))
        return value

    return check


def _key(value: str, name: str) -> str:
    number = value.removeprefix("p:")
    is_person = value.startswith("p:") and number.isascii() and number.isdecimal()
    if not (is_person and len(number) < 19) and not value.startswith("i:"):
        raise FilterError(name, _("Name a labeler as p:NUMBER, or as i:NAME if imported."))
    return value


def _week(value: str, name: str) -> str:
    week_of(value, name)
    return value


def week_of(value: str, name: str = "week") -> tuple[datetime, datetime]:
    """The first moment of an ISO week like 2026-W47, and the first after it."""
    year, _dash, week = value.partition("-W")
    try:
        monday = date.fromisocalendar(int(year), int(week), 1)
        first = datetime(monday.year, monday.month, monday.day)
        last = first + timedelta(days=7)
        return timezone.make_aware(first), timezone.make_aware(last)
    except (ValueError, OverflowError) as problem:
        raise FilterError(name, _("Write a week like 2026-W47.")) from problem


_CHECKS: dict[str, Callable[[str, str], Any]] = {
    **{"labeler": _key, "other": _key, "week": _week},
    **{"disputed": _flag, "gold": _flag, "wrong": _flag, "contested": _flag},
    "said": _one_of(*SAID),
    "strength": _one_of(*STRENGTHS),
    "standing": _one_of(*Judgment.Standing.values),
    "order": _one_of(*ORDERS),
}


def matching(project: Project, filters: Filters) -> QuerySet[Task]:
    """The tasks of `project` that `filters` ask for, in no order; ``wrong`` is left to the reader.

    Raises:
        FilterError: nobody or nothing of that name is there.
    """
    tasks = Task.objects.filter(project=project)
    if filters.gold or filters.wrong:
        tasks = tasks.filter(is_gold=True)
    if filters.contested:
        tasks = tasks.filter(contested_at__isnull=False)
    if filters.tag:
        tasks = tasks.filter(prompt__tags__contains=[filters.tag])
    if filters.language:
        tasks = tasks.filter(prompt__language=filters.language)
    if filters.source:
        source = ResponseSource.objects.filter(project=project, name=filters.source).first()
        if source is None:
            raise FilterError("source", _("No source has this name."))
        shown = TaskResponse.objects.filter(task=OuterRef("pk"), response__source=source)
        tasks = tasks.filter(Exists(shown))
    for judgments in _judgments(project, filters):
        tasks = tasks.filter(Exists(judgments))
    return _disputed(project, tasks, filters)


def _judgments(project: Project, filters: Filters) -> list[QuerySet[Judgment]]:
    """Judgments of which an item must have one each: the labeler's and the other's."""
    found = []
    of_labeler = ("labeler", "week", "said", "strength", "standing")
    if any(getattr(filters, name) for name in of_labeler):
        judgments = _by(project, "labeler", filters.labeler)
        if filters.standing:
            judgments = judgments.filter(standing=filters.standing)
        else:
            judgments = judgments.filter(is_current=True)
        if filters.week:
            first, last = week_of(filters.week)
            judgments = judgments.filter(created_at__gte=first, created_at__lt=last)
        if filters.said:
            judgments = judgments.filter(SAID[filters.said])
        if filters.strength:
            judgments = judgments.filter(answer__strength=filters.strength)
        found.append(judgments)
    if filters.other:
        found.append(_by(project, "other", filters.other).filter(is_current=True))
    return found


def _by(project: Project, name: str, key: str) -> QuerySet[Judgment]:
    """The judgments of one labeler about the item of the outer query; of anybody without a key."""
    about = Judgment.objects.filter(task=OuterRef("pk"))
    if not key:
        return about
    if key.startswith("p:"):
        person = int(key[2:])
        # Whoever has no part in the project is as unknown as whoever does not exist.
        if not (
            Person.objects.filter(pk=person, memberships__project=project).exists()
            or Judgment.objects.filter(person=person, task__project=project).exists()
        ):
            raise FilterError(name, _("Nobody of this name has answered in this project."))
        return about.filter(person=person)
    imported = {"standing": Judgment.Standing.IMPORTED, "imported_labeler": key[2:]}
    if not Judgment.objects.filter(task__project=project, **imported).exists():
        raise FilterError(name, _("Nobody of this name has answered in this project."))
    return about.filter(**imported)


def _disputed(project: Project, tasks: QuerySet[Task], filters: Filters) -> QuerySet[Task]:
    if filters.disputed and filters.labeler and filters.other:
        # How much better somebody finds a response is no disagreement about which is better.
        said = Func(
            F("answer"), template="(%(expressions)s - 'strength')", output_field=JSONField()
        )
        answers = {
            name: Subquery(
                _by(project, name, getattr(filters, name))
                .filter(is_current=True)
                .values(said=said)[:1]
            )
            for name in ("labeler", "other")
        }
        return tasks.annotate(said_one=answers["labeler"], said_other=answers["other"]).exclude(
            said_one=F("said_other")
        )
    if filters.disputed or filters.order == DISAGREEMENT:
        return tasks.filter(consensus__agreement__lt=1)
    return tasks


__all__ = ["DISAGREEMENT", "NAMES", "NEWEST", "FilterError", "Filters", "matching", "parse"]
