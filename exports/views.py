"""The pages of exports: a project's snapshots with the form for one more, and one snapshot."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from exports import queries, snapshotting, wording
from exports.dataset_dir import MANIFEST
from exports.downloading import (
    ALL,
    Download,
    DownloadError,
    NotReadyError,
    open_download,
    require_done,
)
from exports.forms import FilterForm, NameForm, initial_of
from exports.models import Snapshot
from labelers import roles
from labelers.models import Project

LISTED_SNAPSHOTS = 200


@login_required
def snapshots(request: HttpRequest, slug: str) -> HttpResponse:
    """The snapshots of a project; posting makes one."""
    allowed = roles.TRAINING if request.method == "POST" else roles.READING
    project = roles.find_project(request.user, slug, allowed)
    like = queries.find_of_project(project, request.GET.get("like", ""))
    name_form = NameForm(initial={"name": _next_name(project)})
    filter_form = FilterForm(initial=initial_of(like) if like else None)
    if request.method == "POST":
        name_form, filter_form = NameForm(request.POST), FilterForm(request.POST)
        if name_form.is_valid() and filter_form.is_valid():
            try:
                made = snapshotting.request_snapshot(
                    project=project,
                    created_by=request.user,
                    name=name_form.cleaned_data["name"],
                    filters=filter_form.cleaned_data["filters"].as_dict(),
                    fractions=filter_form.cleaned_data["fractions"].as_dict(),
                )
            except ValidationError as problem:
                name_form.add_error(
                    "name", [wording.sentence_of(told) for told in problem.messages]
                )
            else:
                return redirect("snapshot", made.uid)
    context = {
        **_frame(request, project),
        "snapshots": queries.listed(project, LISTED_SNAPSHOTS),
        "name_form": name_form,
        "filter_form": filter_form,
    }
    return render(request, "exports/snapshots.html", context)


@login_required
@require_GET
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """What a snapshot with the form's filters would hold, as a fragment."""
    project = roles.find_project(request.user, slug, roles.READING)
    form = FilterForm(request.GET)
    found = None
    if form.is_valid():
        found = queries.preview(
            project, form.cleaned_data["filters"], form.cleaned_data["fractions"]
        )
    context = {"form": form, "found": found, **_tables(found)}
    return render(request, "exports/preview.html", context)


@login_required
@require_GET
def snapshot(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One snapshot: what is in it, where it lies, and how to take it along."""
    found = queries.find_snapshot(request.user, uid, roles.READING)
    done = found.state == Snapshot.State.DONE
    context = {
        **_frame(request, found.project),
        "snapshot": found,
        "error": wording.sentence_of(found.error),
        "filters": queries.filter_table(found),
        "choices": queries.format_choices(found) if done and not found.files_deleted_at else [],
        **_tables(found.counts if done else None),
    }
    return render(request, "exports/snapshot.html", context)


@login_required
@require_GET
def progress(request: HttpRequest, uid: UUID) -> HttpResponse:
    """How far a snapshot is, as a fragment that asks again until it is finished."""
    found = queries.find_snapshot(request.user, uid, roles.READING)
    response = render(request, "exports/progress.html", {"snapshot": found})
    if not found.is_working:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def download(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """A snapshot in one format: ``?format=&split=`` and the format's options."""
    found = queries.find_snapshot(request.user, uid, roles.READING)
    asked = request.GET.dict()
    format, split = asked.pop("format", ""), asked.pop("split", ALL)
    gzip = asked.pop("gzip", "") == "true"
    try:
        made = open_download(
            snapshot=found,
            asked_by=request.user,
            format=format,
            split=split,
            options=asked,
            gzip=gzip,
        )
    except DownloadError as problem:
        messages.error(request, wording.sentence_of(str(problem)))
        return redirect("snapshot", uid)
    return streamed(made)


@login_required
@require_GET
def manifest(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The manifest of a snapshot, as the file it is."""
    found = queries.find_snapshot(request.user, uid, roles.READING)
    try:
        require_done(found)
    except NotReadyError as problem:
        messages.error(request, wording.sentence_of(str(problem)))
        return redirect("snapshot", uid)
    return HttpResponse((found.path / MANIFEST).read_bytes(), content_type="application/json")


def streamed(made: Download) -> StreamingHttpResponse:
    """The answer that sends a download while it is made."""
    response = StreamingHttpResponse(made.pieces, content_type=made.content_type)
    # The name is ASCII: slugs, a format and a split.
    response["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    return response


def _frame(request: HttpRequest, project: Project) -> dict[str, Any]:
    held = roles.roles_in(request.user, project)
    return {"project": project, "roles": held, "tab": "snapshots"}


def _tables(counts: dict[str, Any] | None) -> dict[str, Any]:
    if counts is None:
        return {}
    strengths = queries.strength_histogram(counts)
    return {
        "split_names": wording.SPLITS.values(),
        "splits": queries.split_table(counts["splits"]),
        "strengths": strengths,
        "most_of_a_strength": max((count for _, count in strengths), default=0),
        "left_out": queries.left_out_table(counts),
    }


def _next_name(project: Project) -> str:
    return f"{project.slug}-{project.snapshots.count() + 1}"
