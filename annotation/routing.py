"""Which items are kept from whom: by topic and by language.

A project's policy names the topics and whether they route; a prompt is on those that are among its
tags, and goes to labelers who say that they judge them well. Whoever names the languages they read
(`labelers.preferences`) is given no items in others; an item without a language goes to everybody.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q

from annotation.models import ScreeningPolicy
from labelers import preferences
from labelers.models import Person, SelfAssessment

JUDGES_WELL = 2
"""From this level of self-assessment on, items of a topic are given out to a labeler."""


def beyond(person: Person) -> Exists:
    """Of tasks: whether they are on a topic that `person` does not say they judge well.

    It is asked within the query of the tasks, so that lists of projects need none of their own.
    """
    well = SelfAssessment.objects.filter(
        project=OuterRef("project"), person=person, level__gte=JUDGES_WELL
    )
    return Exists(
        ScreeningPolicy.objects.filter(
            Lacks(OuterRef("prompt__tags"), F("topics"), ArraySubquery(well.values("topic"))),
            project=OuterRef("project"),
            routes_by_topic=True,
        )
    )


def languages_read(person: Person) -> tuple[str, ...] | None:
    """The languages that `person` says they read (``en``, ``ja``); None for whatever comes."""
    named = preferences.preferences_of(person)["languages"]
    return tuple(sorted(named)) or None


def readable(languages: Iterable[str]) -> Q:
    """Of tasks: whether they are in one of `languages`, or in none that is said.

    A file may write ``pt-BR`` or ``PT_br`` for what its readers call ``pt``.
    """
    found = Q(prompt__language="")
    for language in languages:
        found |= Q(prompt__language__iexact=language)
        found |= Q(prompt__language__iregex=f"^{language}[-_]")
    return found


class Lacks(Func):
    """Of three arrays: whether one of the first that is in the second is not in the third."""

    template = (
        "EXISTS (SELECT 1 FROM (VALUES (%(expressions)s)) AS given (tags, topics, known),"
        " unnest(given.tags) AS tag WHERE tag = ANY (given.topics)"
        " AND NOT tag = ANY (given.known))"
    )
    arity = 3
    output_field = BooleanField()
