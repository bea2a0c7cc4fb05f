"""Appeals: a labeler's own on the page of their work, and the queue of a project's admins."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation import appealing
from annotation.models import Appeal
from annotation.views.page import page_of
from labelers import roles

SHOWN = 100


@login_required
@require_POST
def appeal(request: HttpRequest, slug: str) -> HttpResponse:
    """Appeal against a decision on one's own work."""
    project = roles.find_project(request.user, slug, roles.LABELING)
    try:
        appealing.appeal(
            project=project,
            person=request.user,
            subject=request.POST.get("subject", ""),
            text=request.POST.get("text", ""),
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("Your appeal was handed in; you are told of the answer."))
    return redirect(reverse("work", args=[slug]) + "#decisions")


@login_required
def appeals(request: HttpRequest, slug: str) -> HttpResponse:
    """The appeals that wait for an answer, and those that were answered."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    found = appealing.appeals_of(project)
    waiting = found.filter(state=Appeal.State.OPEN).order_by("id")
    context = page_of(request, project, "appeals")
    context["waiting"] = [(one, appealing.why(one)) for one in waiting[:SHOWN]]
    context["answered"] = found.exclude(state=Appeal.State.OPEN)[:SHOWN]
    return render(request, "annotation/appeals.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Uphold or reverse the decision that is appealed."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    found = get_object_or_404(Appeal, pk=pk, project=project)
    try:
        appealing.answer(
            appeal=found,
            answered_by=request.user,
            verdict=request.POST.get("verdict", ""),
            text=request.POST.get("text", ""),
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("The appeal is answered; the labeler was told."))
    return redirect("appeals", slug)


@login_required
def count(request: HttpRequest, slug: str) -> HttpResponse:
    """How many appeals wait, as the badge on the tab; pages of every app ask for it."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    waiting = appealing.open_count(project)
    return render(request, "annotation/appeals_count.html", {"waiting": waiting})
