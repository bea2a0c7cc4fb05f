"""Pages of projects: the list, the overview, and pausing."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from annotation import configuring, guiding, queries, work_in_many
from annotation.figures import keeping_figures
from annotation.rendering import render_document
from annotation.views.page import page_of
from labelers import qualifying, roles
from labelers.models import Project


@login_required
def projects(request: HttpRequest) -> HttpResponse:
    """The projects one is in."""
    found = roles.projects_of(request.user).exclude(state=Project.State.ARCHIVED)
    listed = list(found.select_related("settings"))
    held = roles.roles_by_project(request.user, listed)
    labeled = [project for project in listed if held[project.pk] & roles.LABELING]
    work = work_in_many.work_by_project(request.user, labeled)
    standings = qualifying.standings_of(request.user, labeled)
    unread = guiding.unread_changes(request.user, labeled)
    rows = [
        {
            "project": project,
            "work": work.get(project.pk),
            "standing": standings.get(project.pk),
            "unread": unread.get(project.pk),
        }
        for project in listed
    ]
    put_away = roles.projects_of(request.user).filter(state=Project.State.ARCHIVED)
    context = {"rows": rows, "has_archived": put_away.exists()}
    return render(request, "annotation/projects.html", context)


@login_required
def project(request: HttpRequest, slug: str) -> HttpResponse:
    """The overview: for labelers their own work, for the others how far the project is."""
    found = roles.find_project(request.user, slug, roles.ANY)
    context = page_of(request, found, "overview")
    context["guidelines"] = queries.current_guidelines(found)
    if context["guidelines"]:
        # The renderer sieves what it returns.
        context["guidelines_html"] = mark_safe(render_document(context["guidelines"].text))  # noqa: S308
    if context["roles"] & roles.LABELING:
        context["work"] = queries.work_of(request.user, found)
        context["own_standing"] = qualifying.standings_of(request.user, [found])[found.pk]
        context["unread"] = guiding.unread_change(request.user, found)
    if context["roles"] & roles.READING:
        context["standing"] = queries.standing_of(found)
        kept = keeping_figures.figures(project=found, name="quality").figures
        context["win_rates"] = kept["win_rates"] if kept else []
    return render(request, "annotation/project.html", context)


@login_required
@require_POST
def set_state(request: HttpRequest, slug: str) -> HttpResponse:
    """Pause or resume the project."""
    found = roles.find_project(request.user, slug, roles.MANAGING)
    state = request.POST.get("state", "")
    if state not in Project.State.values:
        raise BadRequest
    configuring.change_settings(project=found, changed_by=request.user, state=state)
    return redirect("project", slug)
