"""A labeler's own page in a project: how much, how well, which items; and its CSV file."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from annotation import appealing, completing, languages, own_work, work_csv
from annotation.models import ProjectSettings
from annotation.pay.earnings import earnings_of
from annotation.views.page import page_of
from labelers import roles
from labelers.models import Person, Project


@login_required
def work(request: HttpRequest, slug: str) -> HttpResponse:
    """What one has done in a project."""
    project = roles.find_project(request.user, slug, roles.LABELING)
    before = request.GET.get("before", "")
    # What is no judgment's number shows the newest ones.
    earlier = int(before) if before.isdecimal() and len(before) < 19 else None
    items = own_work.recent_items(person=request.user, project=project, before=earlier)
    figures = own_work.figures_of(person=request.user, project=project)
    context = page_of(request, project, "work", figures=figures, items=items, earlier=earlier)
    context["next_page"] = items[-1].judgment if len(items) == own_work.PAGE_SIZE else None
    context["chart"] = _chart(figures)
    context["completion"] = completing.completion_of(project=project, person=request.user)
    context["decisions"] = appealing.decisions_of(person=request.user, project=project)
    context["languages_read"] = languages.choices_of(request.user)
    context["earnings"] = earnings_of(person=request.user, project=project)
    context["shows_gold"] = ProjectSettings.objects.get(project=project).shows_gold_score
    if context["shows_gold"]:
        context["gold"] = own_work.gold_score(person=request.user, project=project)
    return render(request, "annotation/work.html", context)


def _chart(figures: own_work.Figures) -> dict[str, Any]:
    """Items per day, for charts.js, whose axes are numbers: 0 is today."""
    last = len(figures.days) - 1
    points = [[number - last, amount.items] for number, (_day, amount) in enumerate(figures.days)]
    return {
        "type": "line",
        "title": _("Items per day, last 30 days"),
        "x_label": _("Days from today"),
        "series": [{"name": _("Items"), "points": points}],
    }


@login_required
def work_file(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """One's own answers as CSV."""
    project = roles.find_project(request.user, slug, roles.LABELING)
    return streamed(request.user, project)


def streamed(person: Person, project: Project) -> StreamingHttpResponse:
    """The CSV file of a person's own work as a download."""
    return StreamingHttpResponse(
        work_csv.own_work(person=person, project=project),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{project.slug}-work.csv"'},
    )
