"""Whose opinions a project holds: who took part, and whether groups of people judge alike.

Survey answers are anonymous; groups are those that labelers consented to be counted in. Every
figure by group passes `shown_cells` here, in the one place where figures are made, so pages, API
and files hold back the same. Nothing is about one person. The figures are kept for a day, and
longer while only a few people took part anew: what changes between two looks is never one person's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count
from django.utils import timezone

from annotation.consensus.aggregating import SPEAKING
from annotation.figures import label_matrix
from annotation.figures.label_matrix import LabelMatrix
from annotation.figures.label_rows import Ints
from annotation.models import Judgment, KeptFigures, ScreeningPolicy
from annotation.stats import group_agreement
from annotation.stats.group_agreement import Meetings
from annotation.stats.withholding import LEAST, shown_cells
from labelers import grouping
from labelers.grouping import DIMENSIONS
from labelers.models import AuditEvent, Person, Project, SurveyAnswers
from labelers.surveying import QUESTIONS

NAME = "opinions"
KEPT = timedelta(hours=24)
TOLD = ("screening.survey_seen", "groups.chosen")
"""The deeds by which somebody may have told something of themselves."""

MOST_TAGS = 100
DIGITS = 2
NOT_SAID = ""
"""The cell of those who told no value."""

Figures = dict[str, Any]


@dataclass(frozen=True)
class Opinions:
    """The figures as they were at ``computed_at``, with the target population of now."""

    figures: Figures
    computed_at: datetime


def opinions_of(project: Project) -> Opinions:
    """What may be shown of whose opinions a project holds; brought up to date once a day."""
    kept = KeptFigures.objects.filter(project=project, name=NAME).first()
    if kept is None or _may_be_renewed(kept):
        kept = keep(project)
    policy = ScreeningPolicy.objects.filter(project=project).first()
    return Opinions(_against(kept.figures, policy.population if policy else {}), kept.computed_at)


def _may_be_renewed(kept: KeptFigures) -> bool:
    """Whether the figures are a day old, and not just a few people are new in them.

    Who told something, and who has begun to label, is known from elsewhere; with fewer than five
    of them, what rises or falls would be what they told.
    """
    if timezone.now() - kept.computed_at < KEPT:
        return False
    told = AuditEvent.objects.filter(project=kept.project, at__gt=kept.computed_at, action__in=TOLD)
    new = set(told.values_list("actor", flat=True))
    new |= set(_judgments_of(kept.project)) ^ set(kept.figures.get("counted", ()))
    return not 0 < len(new) < LEAST


def keep(project: Project) -> KeptFigures:
    """Make the figures anew and keep them, with who was counted in them."""
    figures = figures_of(project) | {"counted": sorted(_judgments_of(project))}
    kept, _created = KeptFigures.objects.update_or_create(
        project=project,
        name=NAME,
        defaults={"figures": figures, "computed_at": timezone.now()},
    )
    return kept


def keep_old() -> int:
    """Make anew what somebody has looked at and is a day old; returns how many projects."""
    old = KeptFigures.objects.filter(name=NAME, computed_at__lte=timezone.now() - KEPT)
    living = old.exclude(project__state=Project.State.ARCHIVED).select_related("project")
    kept = [figures for figures in living if _may_be_renewed(figures)]
    for figures in kept:
        keep(figures.project)
    return len(kept)


def figures_of(project: Project) -> Figures:
    """Every figure of opinions, without what could tell of a few people."""
    counts = _judgments_of(project)
    people = list(Person.objects.filter(pk__in=counts).only("pk"))
    members = {
        dimension: grouping.groups_of(project=project, dimension=dimension, people=people)
        for dimension in DIMENSIONS
    }
    matrix = label_matrix.read(project)
    return {
        "least": LEAST,
        "survey": survey_of(project),
        "groups": [
            _group(dimension, member, counts, matrix)
            for dimension, member in members.items()
            if member
        ],
    }


def _against(figures: Figures, population: Mapping[str, Mapping[str, float]]) -> Figures:
    """The figures with the share that the target population wants beside each cell."""
    figures = {name: value for name, value in figures.items() if name != "counted"}
    survey = [_with_targets(row, population) for row in figures["survey"]["dimensions"]]
    groups = [_with_targets(row, population) for row in figures["groups"]]
    return figures | {"survey": figures["survey"] | {"dimensions": survey}, "groups": groups}


def _with_targets(row: Figures, population: Mapping[str, Mapping[str, float]]) -> Figures:
    wanted = population.get(row["dimension"], {})
    return row | {"cells": [cell | {"target": wanted.get(cell["value"])} for cell in row["cells"]]}


# ------------------------------------------------------------------------------ who took part


def survey_of(project: Project) -> Figures:
    """By question of the survey: how many people gave each answer."""
    rows = list(SurveyAnswers.objects.filter(project=project).values_list("answers", flat=True))
    dimensions = []
    for name, question in QUESTIONS.items():
        said = Counter(str(answers.get(name) or NOT_SAID) for answers in rows)
        if question.is_satisfaction or not set(said) - {NOT_SAID}:
            continue
        dimensions.append({"dimension": name, "cells": _cells(said, list(question.choices))})
    return {
        "answered": len(rows) if len(rows) >= LEAST else None,
        "dimensions": dimensions,
    }


def _cells(people: Mapping[str, int], order: list[str]) -> list[Figures]:
    """One cell per value, in order; None where it is held back, as where nobody gave it.

    ``share`` is of the people who gave one, unless that would tell how many gave none.
    """
    shown = shown_cells(people)
    everybody = sum(people.values())
    silent = people.get(NOT_SAID, 0)
    said = everybody - silent if not silent or NOT_SAID in shown else everybody
    cells = []
    for value in [*order, NOT_SAID]:
        count = people[value] if value in shown else None
        of = everybody if value == NOT_SAID else said
        cells.append({"value": value, "people": count, "share": count and count / of})
    return cells


# --------------------------------------------------------------------------- consented groups


def _group(
    dimension: str, member: Mapping[int, str], counts: Mapping[int, int], matrix: LabelMatrix
) -> Figures:
    """One dimension: who took part, who agrees with whom, and on which tags groups differ.

    ``member`` is the value by person, ``counts`` how many judgments each person has made. How
    many come from a group is no figure: by adding up what each labeler made, which is known, its
    members could be found.
    """
    values = list(DIMENSIONS[dimension].values)
    by_value = Counter(member.get(person, NOT_SAID) for person in counts)
    shown = [value for value in values if value in shown_cells(by_value)]
    group = np.array([_number(name, member, shown) for name in matrix.labelers], dtype=np.int64)
    return {
        "dimension": dimension,
        "cells": _cells(by_value, values),
        **_agreement(matrix, group, shown),
        "tags": _tags(matrix, group, len(shown)),
    }


def _judgments_of(project: Project) -> dict[int, int]:
    """By person: how many of their judgments take part in the consensus."""
    rows = Judgment.objects.filter(
        task__project=project, is_current=True, standing__in=SPEAKING, person__isnull=False
    )
    return dict(rows.values("person").annotate(n=Count("id")).values_list("person", "n"))


def _number(name: str, member: Mapping[int, str], shown: list[str]) -> int:
    """The number of the shown group that a labeler of the matrix is in, -1 for none."""
    value = member.get(int(name[2:])) if name.startswith("p:") else None
    return shown.index(value) if value in shown else -1


@dataclass(frozen=True)
class _Met:
    """How groups meet in a part of the matrix, and which cells of that may be shown."""

    meetings: Meetings
    shown: set[tuple[int, int]]

    @property
    def only_shown(self) -> Meetings:
        return group_agreement.only(self.meetings, self.shown)


def _meet(matrix: LabelMatrix, group: Ints, groups: int) -> _Met:
    """A cell of two groups is shown where at least five people of each meet, and cannot be had by
    subtraction."""
    grouped = group[matrix.labeler] >= 0 if len(matrix.labeler) else matrix.labeler > 0
    labeler, said = matrix.labeler[grouped], matrix.said[grouped]
    # A part of the matrix has few of its units: those are numbered anew.
    units, unit = np.unique(matrix.unit[grouped], return_inverse=True)
    _items, unit_item = np.unique(matrix.unit_task[units], return_inverse=True)
    of = group[labeler]
    met = group_agreement.meetings(unit, unit_item, of, said, groups=groups)
    people = group_agreement.people_who_meet(unit, labeler, of, groups=groups)
    cells = {
        (g, h): int(people[g, h]) for g in range(groups) for h in range(g, groups) if people[g, h]
    }
    return _Met(met, shown_cells(cells))


def _agreement(matrix: LabelMatrix, group: Ints, shown: list[str]) -> Figures:
    """Agreement within each group and between every two, and all of them pooled."""
    if not shown or not matrix.units:
        return {"agreement": [], "apart": None}
    met = _meet(matrix, group, len(shown))
    rows = []
    for g, one in enumerate(shown):
        for h, other in enumerate(shown[g:], start=g):
            found = group_agreement.agreement(met.meetings, g, h) if (g, h) in met.shown else None
            rows.append({"one": one, "other": other, **_values(found)})
    return {"agreement": rows, "apart": _apart(met)}


def _apart(met: _Met) -> Figures | None:
    within, between, gap = group_agreement.apart(met.only_shown)
    if gap.value is None:
        return None
    return {"within": _values(within), "between": _values(between), "gap": _values(gap)}


def _values(found: group_agreement.Agreement | None) -> Figures:
    """An agreement to two digits: an exact one could be led back to who is in a group."""
    if found is None:
        return {"value": None, "low": None, "high": None}
    exact = asdict(found)
    return exact | {name: _rounded(exact[name]) for name in ("value", "low", "high")}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _tags(matrix: LabelMatrix, group: Ints, groups: int) -> list[Figures]:
    """By tag: how much more people agree with their own group than with others, largest first.

    Tags on which too few people of two groups met are left out.
    """
    about = matrix.about
    if groups < 2 or not len(about.tag):
        return []
    sizes = np.bincount(about.tag, minlength=len(about.tags))
    rows = []
    for tag in np.argsort(-sizes, kind="stable")[:MOST_TAGS]:
        tagged = np.zeros(len(about.id), dtype=bool)
        tagged[about.tag_task[about.tag == tag]] = True
        part = matrix.where(tagged[matrix.task])
        found = _apart(_meet(part, group, groups))
        if found is not None:
            rows.append({"tag": about.tags[int(tag)], **found})
    return sorted(rows, key=lambda row: -row["gap"]["value"])
