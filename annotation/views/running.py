"""A project while it runs: its overlap changed, itself copied, archived and brought back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation import changing_overlap, cloning, long_changes
from annotation.models import LongChange, ProjectSettings
from annotation.models.projects import MAX_OVERLAP
from annotation.option_form import take_errors
from annotation.views.page import page_of
from labelers import roles
from labelers.models import Project

SHOWN = 10


class OverlapForm(forms.Form):
    """How many labelers are to answer each task."""

    overlap = forms.IntegerField(
        label=gettext_lazy("Labelers per task"), min_value=1, max_value=MAX_OVERLAP
    )


class CloneForm(forms.Form):
    """What the new project is called and which items it gets."""

    name = forms.CharField(label=gettext_lazy("Name of the new project"), max_length=120)
    with_tasks = forms.BooleanField(
        label=gettext_lazy("Copy the items"),
        required=False,
        help_text=gettext_lazy("Prompts with their responses, and nothing that anybody answered."),
    )
    with_gold = forms.BooleanField(
        label=gettext_lazy("Copy the gold items"),
        required=False,
        help_text=gettext_lazy("With the expected answers and their explanations."),
    )


@login_required
def overlap(request: HttpRequest, slug: str) -> HttpResponse:
    """Change how many labelers answer each task: look at it first, then have it done."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    before = ProjectSettings.objects.get(project=project).overlap
    form = OverlapForm(request.POST or None, initial={"overlap": before})
    context = page_of(request, project, "settings", form=form, before=before)
    if form.is_valid():
        wanted = form.cleaned_data["overlap"]
        try:
            if "confirmed" in request.POST:
                changing_overlap.change_overlap(
                    project=project, overlap=wanted, changed_by=request.user
                )
                return redirect("overlap", slug)
            context["preview"] = changing_overlap.preview(project=project, overlap=wanted)
        except ValidationError as problem:
            take_errors(form, problem, {})
    context |= changes_of(project, LongChange.Kind.OVERLAP)
    return render(request, "annotation/overlap.html", context)


@login_required
def change_progress(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """How far the long changes of a kind are, as a part of a page."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    context = page_of(request, project, "settings", **changes_of(project, kind))
    return render(request, "annotation/change_progress.html", context)


def changes_of(project: Project, kind: str, most: int = SHOWN) -> dict[str, Any]:
    """The last changes of a kind, as `change_progress.html` shows them."""
    changes = list(long_changes.latest(project, kind)[:most])
    running = any(change.state == LongChange.State.RUNNING for change in changes)
    return {"changes": changes, "running": running, "change_kind": kind}


@login_required
def clone(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a project like this one."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    if not request.user.is_staff:
        raise PermissionDenied(_("Only staff may make projects."))
    form = CloneForm(request.POST or None, initial={"name": _("%s (copy)") % project.name[:110]})
    if form.is_valid():
        try:
            made = cloning.clone_project(
                project=project, cloned_by=request.user, **form.cleaned_data
            )
        except ValidationError as problem:
            take_errors(form, problem, {})
        else:
            messages.success(request, _("The new project is there; you are its admin."))
            return redirect("data" if form.cleaned_data["with_tasks"] else "settings", made.slug)
    context = page_of(request, project, "settings", form=form)
    return render(request, "annotation/project_clone.html", context)


@login_required
def archived(request: HttpRequest) -> HttpResponse:
    """The archived projects that one is in."""
    found = roles.projects_of(request.user).filter(state=Project.State.ARCHIVED)
    listed = list(found.select_related("settings"))
    held = roles.roles_by_project(request.user, listed)
    rows = [(project, bool(held[project.pk] & roles.MANAGING)) for project in listed]
    return render(request, "annotation/archived.html", {"rows": rows})
