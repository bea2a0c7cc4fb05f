"""Pages of projects: the list, the overview, its data, and pausing."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from annotation import configuring, guiding, importing, own_work, queries, wording
from annotation.figures import keeping_figures
from annotation.readers.catalog import READERS
from annotation.rendering import render_document
from annotation.views.page import page_of
from labelers import qualifying, roles
from labelers.models import Project


class ImportForm(forms.Form):
    """A file to be imported."""

    file = forms.FileField(label=gettext_lazy("File (.jsonl, .jsonl.gz or .parquet)"))
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[
            (name, format_lazy("{}: {}", reader.title, wording.READERS[name]))
            for name, reader in READERS.items()
        ],
    )
    skip_bad = forms.BooleanField(
        label=gettext_lazy("Skip bad rows"),
        required=False,
        help_text=gettext_lazy("Otherwise nothing of a file with bad rows is kept."),
    )
    ask_people = forms.TypedChoiceField(
        label=gettext_lazy("Whom to ask"),
        required=False,
        choices=[
            ("", gettext_lazy("Labelers, about items without judgments")),
            ("yes", gettext_lazy("Labelers, about all items")),
            ("no", gettext_lazy("Nobody")),
        ],
        coerce=lambda value: value == "yes",
        empty_value=None,
        help_text=gettext_lazy(
            "Items that came with judgments of named labelers are otherwise only looked at."
        ),
    )


@login_required
def projects(request: HttpRequest) -> HttpResponse:
    """The projects one is in."""
    found = roles.projects_of(request.user).exclude(state=Project.State.ARCHIVED)
    listed = list(found.select_related("settings"))
    held = roles.roles_by_project(request.user, listed)
    labeled = [project for project in listed if held[project.pk] & roles.LABELING]
    work = own_work.work_by_project(request.user, labeled)
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
    return render(request, "annotation/projects.html", {"rows": rows})


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
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """What came in, and the way to bring in more."""
    found = roles.find_project(request.user, slug, roles.READING)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        roles.require(request.user, found, roles.MANAGING)
        if form.is_valid():
            given = form.cleaned_data
            try:
                batch = importing.receive_file(
                    project=found,
                    file_name=given["file"].name,
                    created_by=request.user,
                    **given,
                )
            except importing.ImportRefused as problem:
                form.add_error("file", wording.sentence_of(str(problem)))
            else:
                return redirect("import", slug, batch.uid)
    context = page_of(request, found, "data", form=form, imports=found.imports.all()[:50])
    context["standing"] = queries.standing_of(found)
    return render(request, "annotation/data.html", context)


@login_required
def import_page(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """One import: its progress while it runs, what was wrong, what came of it."""
    found = roles.find_project(request.user, slug, roles.READING)
    batch = get_object_or_404(found.imports, uid=uid)
    running = batch.state in {"queued", "checking", "writing"}
    context = page_of(request, found, "data", batch=batch, running=running)
    context["error"] = wording.sentence_of(batch.error)
    context["problems"] = [
        {**problem, "problem": wording.sentence_of(problem["problem"])}
        for problem in batch.problems
    ]
    fragment = "annotation/import_progress.html"
    return render(request, fragment if request.htmx else "annotation/import.html", context)


@login_required
@require_POST
def set_state(request: HttpRequest, slug: str) -> HttpResponse:
    """Pause or resume the project."""
    found = roles.find_project(request.user, slug, roles.MANAGING)
    configuring.change_settings(
        project=found, changed_by=request.user, state=request.POST.get("state", "")
    )
    return redirect("project", slug)
