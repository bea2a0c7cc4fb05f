"""Crowd markets: a labeler's completion code, and what an admin agrees on and compares."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation import completing
from annotation.option_form import Lines, take_errors
from annotation.views.page import page_of
from labelers import recognizing, roles
from labelers.csv_file import CONTENT_TYPE
from labelers.models import CrowdSettings, Project

NAMES = {"worker_names": "worker", "study_names": "study", "session_names": "session"}
"""The fields of the form that hold names of parameters."""


def _lines(label: Any) -> Lines:
    return Lines(label=label, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class CrowdForm(forms.Form):
    """What was agreed on with a market."""

    gives_codes = forms.BooleanField(
        label=gettext_lazy("Labelers get a completion code"), required=False
    )
    wanted_items = forms.IntegerField(
        label=gettext_lazy("Items that earn the code"),
        min_value=0,
        max_value=1_000_000,
        help_text=gettext_lazy("0 means all there are. Who finds no more work gets it as well."),
    )
    return_url = forms.CharField(
        label=gettext_lazy("Where labelers go with the code"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("An https address; {code} in it stands for the code."),
    )
    worker_names = _lines(gettext_lazy("Parameters of the link that name the worker"))
    study_names = _lines(gettext_lazy("Parameters that name the study"))
    session_names = _lines(gettext_lazy("Parameters that name the session"))

    @property
    def changes(self) -> dict[str, Any]:
        """As `recognizing.change_crowd_settings` takes them, once the form is valid."""
        given = dict(self.cleaned_data)
        given["parameters"] = {kind: given.pop(field) for field, kind in NAMES.items()}
        return given


def _as_shown(kept: CrowdSettings) -> dict[str, Any]:
    parameters = kept.parameters or recognizing.PARAMETERS
    return {
        **{name: getattr(kept, name) for name in ("gives_codes", "wanted_items", "return_url")},
        **{field: parameters.get(kind, []) for field, kind in NAMES.items()},
    }


@login_required
def crowd(request: HttpRequest, slug: str) -> HttpResponse:
    """What was agreed on, and who came from a market with which code."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    kept = recognizing.crowd_settings_of(project)
    form = CrowdForm(request.POST or None, initial=_as_shown(kept))
    if form.is_valid():
        try:
            recognizing.change_crowd_settings(
                project=project, changed_by=request.user, **form.changes
            )
        except ValidationError as problem:
            take_errors(form, problem, {"parameters": "worker_names"})
        else:
            messages.success(request, _("The settings are saved."))
            return redirect("crowd", slug)
    search = request.GET.get("search", "")
    rows = completing.crowd_of(project, search)
    context = page_of(request, project, "people", form=form, rows=rows, search=search)
    return render(request, "annotation/crowd.html", context)


@login_required
def crowd_as_file(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The labelers with their ids and codes as CSV."""
    return crowd_download(roles.find_project(request.user, slug, roles.MANAGING))


def crowd_download(project: Project) -> StreamingHttpResponse:
    """The CSV file as a download."""
    return StreamingHttpResponse(
        completing.crowd_file(project),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{project.slug}-crowd.csv"'},
    )


@login_required
def completion(request: HttpRequest, slug: str) -> HttpResponse:
    """One's own completion code, or what is missing; posted, the code is made."""
    project = roles.find_project(request.user, slug, roles.LABELING)
    if request.method == "POST":
        try:
            completing.give_code(project=project, person=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        return redirect("completion", slug)
    found = completing.completion_of(project=project, person=request.user)
    context = page_of(request, project, "work", completion=found)
    return render(request, "annotation/completion.html", context)
