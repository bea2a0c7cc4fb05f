"""A checkpoint with its card and its uses, and the files of a run: pages, and for programs."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.rendering import render_document
from labelers import audit, roles
from labelers.models import Person, Role
from training import queries, run_files, run_report, wording
from training.api import TrainingView
from training.models import Checkpoint, Run, RunInput
from training.run_inputs import STARTED_FROM, model_fields
from training.serializers import CheckpointSerializer
from training.trainers.catalog import TRAINERS

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
EXPORT = "export"
EXPORTS = (
    ("safetensors", gettext_lazy("Merged safetensors")),
    ("gguf", gettext_lazy("GGUF")),
)


class CheckpointUseSerializer(serializers.ModelSerializer[RunInput]):
    """A run that reads the checkpoint, and the setting that names it."""

    run = serializers.UUIDField(source="run.uid")

    class Meta:
        model = RunInput
        fields = ("run", "role")


class WholeCheckpointSerializer(CheckpointSerializer):
    """A checkpoint with its model card, and the runs that start from it or read it."""

    card = serializers.SerializerMethodField()
    started = serializers.SerializerMethodField()
    uses = CheckpointUseSerializer(many=True)

    class Meta(CheckpointSerializer.Meta):
        fields = (*CheckpointSerializer.Meta.fields, "card", "started", "uses")

    def get_card(self, checkpoint: Checkpoint) -> str:
        """The model card in Markdown; empty where there is none."""
        return card_of(checkpoint)

    def get_started(self, checkpoint: Checkpoint) -> list[UUID]:
        """The runs that start from it."""
        return [run.uid for run in queries.users(Q(parent=checkpoint))]


@login_required
@require_GET
def checkpoint(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A checkpoint: what it is, what can be done with it, and what came of it."""
    found = find_checkpoint(request.user, uid, roles.READING)
    project = found.run.project
    card = _FRONT_MATTER.sub("", card_of(found))
    context = {
        "project": project,
        "roles": roles.roles_in(request.user, project),
        "tab": "runs",
        "checkpoint": found,
        "run": found.run,
        "words": wording.TRAINERS.get(found.run.trainer),
        "figures": run_report.telling_first(run_report.result_rows(found.metrics)),
        "card": mark_safe(render_document(card)) if card else "",  # noqa: S308
        "started": queries.users(Q(parent=found)),
        "uses": [
            (use.run, wording.name_of(use.role))
            for use in found.uses.select_related("run").filter(run__is_check=False)
        ],
        "readers": _readers(found),
        "formats": EXPORTS if EXPORT in TRAINERS else (),
    }
    return render(request, "training/checkpoint.html", context)


def _readers(found: Checkpoint) -> list[tuple[str, str, str]]:
    """What can read the checkpoint besides starting from it: trainer, its title, the setting."""
    settings = {
        name: next(
            (
                info.name
                for info in model_fields(entry)
                if info.name != STARTED_FROM and info.model in ("any", found.produces)
            ),
            "",
        )
        for name, entry in TRAINERS.items()
    }
    return [
        (name, str(wording.TRAINERS[name].title), setting)
        for name, setting in settings.items()
        if setting
    ]


def card_of(found: Checkpoint) -> str:
    """The model card that lies beside the weights."""
    try:
        return (found.run.path / "checkpoints" / found.name / "README.md").read_text("utf-8")
    except OSError:
        return ""


def find_checkpoint(person: Person, uid: UUID | str, allowed: frozenset[Role]) -> Checkpoint:
    """The checkpoint `uid`, if `person` holds one of the `allowed` roles in its project.

    Raises:
        Http404: there is none, or `person` is a stranger to its project.
        PermissionDenied: `person` is a member without any of the `allowed` roles.
    """
    found = Checkpoint.objects.select_related("run__project").filter(uid=uid).first()
    if found is None:
        raise Http404("No such checkpoint.")
    try:
        roles.require(person, found.run.project, allowed)
    except Http404:
        raise Http404("No such checkpoint.") from None
    return found


@login_required
@require_GET
def run_file(request: HttpRequest, uid: UUID, path: str) -> HttpResponseBase:
    """One file that a run left below its outputs."""
    return _file(queries.find_run(request.user, uid, roles.TRAINING), path, request.user)


@login_required
@require_GET
def run_archive(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Everything that a run left below its outputs, as one archive."""
    found = queries.find_run(request.user, uid, roles.TRAINING)
    files = run_files.listed(found)
    if found.is_live or not files:
        raise Http404(_("The run left no files."))
    _note(found, request.user, "all")
    return StreamingHttpResponse(
        run_files.archive(files),
        content_type="application/zip",
        headers={
            "Content-Disposition": content_disposition_header(True, f"{found.name}.zip") or ""
        },
    )


def _file(run: Run, path: str, person: Person) -> FileResponse:
    found = None if run.is_live else run_files.find(run, path)
    if found is None:
        raise Http404(_("The run left no such file."))
    _note(run, person, found.name)
    return FileResponse(
        found.path.open("rb"),
        as_attachment=True,
        filename=found.path.name,
        content_type="application/octet-stream",
    )


def _note(run: Run, person: Person, file: str) -> None:
    audit.record_reading(
        actor=person,
        action="run.downloaded",
        project=run.project,
        subject=f"run:{run.uid}",
        file=file,
    )


class CheckpointDetail(TrainingView):
    """One checkpoint."""

    @extend_schema(responses=WholeCheckpointSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        """With its model card, and what came of it."""
        found = find_checkpoint(request.user, uid, roles.READING)
        return Response(WholeCheckpointSerializer(found).data)


class RunFileSerializer(serializers.Serializer[Any]):
    """A file that a run left, by its path below the outputs."""

    name = serializers.CharField()
    size = serializers.IntegerField()


class RunFiles(TrainingView):
    """What a run left to take along."""

    @extend_schema(responses=RunFileSerializer(many=True))
    def get(self, request: Request, uid: UUID) -> Response:
        """The files, by name; none while it is at work."""
        run = self.find_run(roles.TRAINING)
        files = [] if run.is_live else run_files.listed(run)
        return Response(RunFileSerializer(files, many=True).data)


class RunFileView(TrainingView):
    """One of the files."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, uid: UUID, path: str) -> FileResponse:
        """The file as it is."""
        return _file(self.find_run(roles.TRAINING), path, request.user)
