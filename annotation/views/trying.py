"""Seeing a project as a labeler would: its steps, and the labeling page with nothing behind it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie

from annotation import trying
from annotation.entry.exam_length import judges
from annotation.entry.screening_stages import STEPS
from annotation.views.labeling import context_of
from annotation.views.page import page_of
from annotation.views.start import SHOWN
from labelers import roles
from labelers.models import Project

DEEDS = ("next", "judgments", "skip")
NOTHING = ("undo", "draft", "recent", "correct", "report", "guidelines_read")
"""What the page may ask and what is never done here."""


@login_required
def trial(request: HttpRequest, slug: str) -> HttpResponse:
    """Every step before the work as a newcomer sees it, and the way to the items."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    way = trying.way_of_newcomer(project, request.user)
    context = page_of(request, project, "settings", way=way, policy=way.policy, trial=True)
    steps = way.steps if project.is_screened else []
    context["steps"] = [
        {"name": name, "title": STEPS[name], "template": f"annotation/start/{name}.html"}
        for name in steps
    ]
    context["writes"] = not judges(project.settings.kind)
    for name in {*steps} & {*SHOWN}:
        context |= SHOWN[name](way)
    return render(request, "annotation/trial.html", context)


@login_required
@ensure_csrf_cookie
def trial_label(request: HttpRequest, slug: str, stage: str) -> HttpResponse:
    """The labeling page with real items of a stage; what it sends is checked and forgotten."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    if stage not in trying.STAGES:
        raise Http404(_("There is no such stage."))
    context = context_of(request, project) | {"trial": True}
    guidelines = context["guidelines"]
    context["work"] = {"done_today": 0, "done": 0, "left": "–"}
    context["config"] |= {
        "trial": True,
        "guidelinesRead": guidelines and guidelines.version,
        "correct": None,
        "urls": _urls(project, stage),
    }
    return render(request, "annotation/label.html", context)


def _urls(project: Project, stage: str) -> dict[str, Any]:
    args = [project.slug, stage]
    nothing = reverse("api-trial-nothing", args=args)
    return {
        **{name: reverse(f"api-trial-{name}", args=args) for name in DEEDS},
        **dict.fromkeys(NOTHING, nothing),
        "me": reverse("api-me"),
        "worker": "",
        "start": reverse("trial", args=[project.slug]),
    }
