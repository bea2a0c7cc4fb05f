"""The page of consensus: how answers are weighed, what that decides, and whether it holds."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from annotation import wording
from annotation.consensus import consensus_charts, consensus_figures
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.views.page import page_of
from labelers import roles
from labelers.csv_file import CONTENT_TYPE, rows_as_csv
from labelers.models import Project

MOST_LABELERS = 100
HEADER = ("labeler", "key", "adjudicates", "answers", "reliability", "low", "high")


@login_required
def consensus(request: HttpRequest, slug: str) -> HttpResponse:
    """Method, decisions, reliabilities and calibration, from kept figures."""
    project = roles.find_project(request.user, slug, roles.READING)
    found = consensus_figures.figures(project)
    name = project.settings.consensus_method
    context = page_of(
        request,
        project,
        "quality",
        page="consensus",
        figures=found,
        method=wording.CONSENSUS_METHODS[name],
        explained=wording.CONSENSUS_EXPLAINED[name],
        weighs=CONSENSUS_METHODS[name].fit is not None,
    )
    if found is not None:
        most = sorted(found["labelers"], key=lambda row: -row["answers"])[:MOST_LABELERS]
        context["labelers"] = [{**row, "title": consensus_charts.title_of(row)} for row in most]
        context["more_labelers"] = len(found["labelers"]) - len(most)
        context["charts"] = {
            "labelers": consensus_charts.labelers_chart(found["labelers"], slug),
            "confidence": consensus_charts.confidence_chart(found["calibration"]),
            "posteriors": consensus_charts.posterior_chart(found["edges"], found["counts"]),
        }
    return render(request, "annotation/consensus.html", context)


@login_required
def reliability_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Every labeler's reliability as CSV."""
    return labelers_as_csv(roles.find_project(request.user, slug, roles.READING))


def labelers_as_csv(project: Project) -> StreamingHttpResponse:
    """One line per labeler, the most reliable first; nothing is translated."""
    found = consensus_figures.figures(project)
    rows = found["labelers"] if found else []
    lines = ([row[name] for name in ("name", "key", "adjudicates", *HEADER[3:])] for row in rows)
    response = StreamingHttpResponse(rows_as_csv(HEADER, lines), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-reliability.csv"'
    return response
