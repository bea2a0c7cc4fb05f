"""Pages of the audit trail: of a project for its admins, of the site for staff; and CSV files."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from labelers import audit, csv_file, roles
from labelers.models import Project
from labelers.trail import reading

# What a detail may hold without saying anything.
EMPTY: tuple[Any, ...] = ("", None, [], {})


@login_required
def project_trail(request: HttpRequest, slug: str) -> HttpResponse:
    """What was done in a project."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    return _page(request, project)


@login_required
def site_trail(request: HttpRequest) -> HttpResponse:
    """What was done anywhere on this site."""
    roles.require_staff(request.user)
    return _page(request, None)


@login_required
def project_trail_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as CSV."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    return _file(request, project)


@login_required
def site_trail_file(request: HttpRequest) -> HttpResponse:
    """The same as CSV."""
    roles.require_staff(request.user)
    return _file(request, None)


def _page(request: HttpRequest, project: Project | None) -> HttpResponse:
    given = request.GET.dict()
    before = given.pop("before", "")
    context: dict[str, Any] = {
        "project": project,
        "tab": "trail",
        "given": given,
        "query": urlencode({name: value for name, value in given.items() if value}),
        "is_first": not before,
        "frame": "labelers/project_base.html" if project else "base.html",
    }
    if project:
        context["roles"] = roles.roles_in(request.user, project)
    try:
        rows = reading.events(project=project, filters=reading.parse(given))
    except reading.FilterError as problem:
        context |= {"problem": str(problem), "problem_in": problem.field}
        return render(request, "labelers/trail/trail.html", context, status=400)
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(id__lt=int(before))
    audit.record_reading(actor=request.user, action="audit.viewed", project=project, filters=given)
    page = list(rows[: reading.PAGE_SIZE + 1])
    context["events"] = page[: reading.PAGE_SIZE]
    # As pairs: in a template a detail named "items" would hide the method of that name.
    context["rows"] = [
        (event, [(name, value) for name, value in event.detail.items() if value not in EMPTY])
        for event in context["events"]
    ]
    if len(page) > reading.PAGE_SIZE:
        context["next_before"] = page[reading.PAGE_SIZE - 1].pk
    return render(request, "labelers/trail/trail.html", context)


def _file(request: HttpRequest, project: Project | None) -> HttpResponse:
    given = request.GET.dict()
    try:
        rows = reading.events(project=project, filters=reading.parse(given))
    except reading.FilterError as problem:
        return HttpResponse(f"{problem.field}: {problem}", status=400, content_type="text/plain")
    audit.record_reading(
        actor=request.user, action="audit.downloaded", project=project, filters=given
    )
    name = f"audit-{project.slug}.csv" if project else "audit.csv"
    return StreamingHttpResponse(
        csv_file.rows_as_csv(reading.HEADER, reading.table(rows)),
        content_type=csv_file.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
