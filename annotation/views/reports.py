"""What labelers reported, and what an admin decides about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from annotation import reporting
from annotation.models import Report
from annotation.reporting import ReportedTask
from annotation.views.page import page_of
from annotation.views.texts import texts_of
from labelers import roles


@login_required
def reports(request: HttpRequest, slug: str) -> HttpResponse:
    """The items that wait for a decision, and what was decided last."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    context = page_of(request, project, "reports")
    context["waiting"] = [_shown(reported) for reported in reporting.open_reports(project)]
    context["decided"] = reporting.decided_reports(project)
    context["decisions"] = Report.Decision.choices
    return render(request, "annotation/reports.html", context)


def _shown(reported: ReportedTask) -> dict[str, Any]:
    """A reported item with its texts as HTML."""
    return {
        **texts_of(reported.task),
        "task": reported.task,
        "reports": reported.reports,
        "first": reported.reports[0],
    }


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Keep, cover or take out a reported item."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    report = get_object_or_404(Report, pk=pk, task__project=project)
    try:
        count = reporting.decide(
            report=report, decided_by=request.user, decision=request.POST.get("decision", "")
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        decision = Report.Decision(request.POST["decision"]).label
        done = ngettext(
            "Decided on %(count)d report: %(what)s", "Decided on %(count)d reports: %(what)s", count
        )
        messages.success(request, done % {"count": count, "what": decision})
    return redirect("reports", slug)


@login_required
def count(request: HttpRequest, slug: str) -> HttpResponse:
    """How many items wait, as the badge on the tab; pages of every app ask for it."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    waiting = reporting.open_count(project)
    return render(request, "annotation/reports_count.html", {"waiting": waiting})
