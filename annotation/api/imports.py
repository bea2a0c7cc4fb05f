"""The API of imports: files and data sets that come in, previewed, run, held and ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, parsers, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import importing
from annotation.intake import previewing
from annotation.models import ImportBatch
from annotation.readers.catalog import READERS
from labelers import roles
from labelers.models import Project
from labelers.problems import Problem

FORMATS = [importing.GUESS, *READERS]


class ProblemInRowSerializer(serializers.Serializer):
    """What is wrong with one row."""

    line = serializers.IntegerField()
    field = serializers.CharField(allow_blank=True)
    problem = serializers.CharField()


class ImportSerializer(serializers.ModelSerializer):
    """An import, how far it is and what was wrong; ``per_second`` counts rows that are stored."""

    columns = serializers.DictField(child=serializers.CharField())
    counts = serializers.DictField(child=serializers.IntegerField())
    problems = ProblemInRowSerializer(many=True)
    per_second = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()

    class Meta:
        model = ImportBatch
        fields = [
            *("uid", "file_name", "origin", "format", "columns", "source", "skip_bad"),
            *("make_tasks", "ask_people", "personal", "previews", "state", "size"),
            *("bytes_read", "rows_total", "rows_done", "rows_bad", "counts", "problems", "error"),
            *("sha256", "created_at", "finished_at", "per_second", "seconds_left"),
        ]
        read_only_fields = fields

    def get_per_second(self, batch: ImportBatch) -> float | None:
        """Rows a second since this stage began; null while nothing is stored."""
        return previewing.pace(batch)["per_second"]

    def get_seconds_left(self, batch: ImportBatch) -> int | None:
        """Seconds that this stage takes yet, by its speed so far; null where unknown."""
        left = previewing.pace(batch)["seconds_left"]
        return None if left is None else int(left)


class HowReadSerializer(serializers.Serializer):
    """How the rows of a file are read."""

    format = serializers.ChoiceField(FORMATS, help_text="guess: as the first row looks.")
    columns = serializers.JSONField(
        default=dict, help_text="The file's column for each field that is called otherwise there."
    )
    personal = serializers.ChoiceField(
        ImportBatch.Personal.choices,
        default=ImportBatch.Personal.KEEP,
        help_text="What becomes of rows with personal data.",
    )

    def validate_columns(self, value: Any) -> dict[str, str]:
        """An object of texts."""
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise serializers.ValidationError("Give an object of texts: field to column.")
        return value


class WhatBecomesSerializer(HowReadSerializer):
    """How rows are read, and what becomes of them."""

    source = serializers.CharField(max_length=120, required=False, allow_blank=True)
    skip_bad = serializers.BooleanField(default=False)
    make_tasks = serializers.BooleanField(default=True)
    ask_people = serializers.BooleanField(
        allow_null=True,
        default=None,
        help_text="Whether labelers get the items; null: those without a named labeler's judgment.",
    )
    previews = serializers.BooleanField(
        default=False, help_text="Check the file, then wait to be confirmed."
    )


class NewImportSerializer(WhatBecomesSerializer):
    """A file to be imported."""

    file = serializers.FileField()


class NewDatasetSerializer(WhatBecomesSerializer):
    """A data set of the Hugging Face hub to be fetched and imported."""

    dataset = serializers.CharField(max_length=200, help_text="Its id: owner/name.")
    revision = serializers.CharField(max_length=96, required=False, allow_blank=True)
    config = serializers.CharField(max_length=96, required=False, allow_blank=True)
    split = serializers.CharField(max_length=96, required=False, allow_blank=True)


class ConfirmSerializer(serializers.Serializer):
    """A word on a preview; ``skip_bad`` left out stays what it was."""

    skip_bad = serializers.BooleanField(required=False)


class LeftOutSerializer(ProblemInRowSerializer):
    """One reason for which rows are left out, with the first line that has it."""

    count = serializers.IntegerField()


class PersonalDataSerializer(serializers.Serializer):
    """One kind of personal data that was found, with masked examples."""

    kind = serializers.CharField()
    count = serializers.IntegerField()
    line = serializers.IntegerField()
    examples = serializers.ListField(child=serializers.CharField())


class PreviewSerializer(serializers.Serializer):
    """What an import would bring. Lengths are in characters: middle, longest tenth, longest."""

    items = serializers.ListField(
        child=serializers.DictField(), help_text="The first items as labelers would get them."
    )
    candidates = serializers.IntegerField()
    news = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    left_out = LeftOutSerializer(many=True)
    columns = serializers.ListField(child=serializers.CharField())
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    mapped = serializers.DictField(child=serializers.CharField())
    guessed = serializers.DictField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.ListField())
    prompt_lengths = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    response_lengths = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    personal_rows = serializers.IntegerField()
    dropped_personal = serializers.IntegerField()
    personal = PersonalDataSerializer(many=True)


def _refused(problem: importing.ImportRefused) -> Problem:
    return Problem(400, "Import refused", str(problem))


class ImportsView(generics.ListCreateAPIView):
    """The imports of a project."""

    serializer_class = ImportSerializer
    parser_classes = [parsers.MultiPartParser]
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return ImportBatch.objects.none()
        return roles.find_project(self.request.user, self.kwargs["slug"], roles.READING).imports

    @extend_schema(
        request={"multipart/form-data": NewImportSerializer}, responses={202: ImportSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Send a file; it is checked and read in the background."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = NewImportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        try:
            batch = importing.receive_file(
                project=project, file_name=given["file"].name, created_by=request.user, **given
            )
        except importing.ImportRefused as problem:
            raise _refused(problem) from problem
        return Response(ImportSerializer(batch).data, status=status.HTTP_202_ACCEPTED)


class ImportDatasetView(APIView):
    """Data sets of the hub."""

    token_scope = "admin"

    @extend_schema(request=NewDatasetSerializer, responses={202: ImportSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Fetch a data set by its id; it is checked and read in the background."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = NewDatasetSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            batch = importing.receive_dataset(
                project=project, created_by=request.user, **serializer.validated_data
            )
        except importing.ImportRefused as problem:
            raise _refused(problem) from problem
        return Response(ImportSerializer(batch).data, status=status.HTTP_202_ACCEPTED)


class _OneImport(APIView):
    """One import of a project, found for who may read or manage it."""

    token_scope = "admin"

    def found(self, request: Request, slug: str, uid: uuid.UUID, held: Any) -> ImportBatch:
        """The import; 404 where it is not of this project."""
        project: Project = roles.find_project(request.user, slug, held)
        return get_object_or_404(project.imports.select_related("project"), uid=uid)

    def done(self, batch: ImportBatch, deed: Callable[[], None]) -> Response:
        """Do `deed` and answer with how the import stands now."""
        try:
            deed()
        except importing.ImportRefused as problem:
            raise Problem(409, "Not now", str(problem)) from problem
        batch.refresh_from_db()
        return Response(ImportSerializer(batch).data)


class ImportView(_OneImport):
    """One import."""

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, slug: str, uid: uuid.UUID) -> Response:
        """How far it is, and what was wrong."""
        return Response(ImportSerializer(self.found(request, slug, uid, roles.READING)).data)


class ImportPreviewView(_OneImport):
    """What an import would bring, or brought."""

    @extend_schema(responses=PreviewSerializer)
    def get(self, request: Request, slug: str, uid: uuid.UUID) -> Response:
        """The first items, what is left out and why, lengths, languages, personal data."""
        batch = self.found(request, slug, uid, roles.READING)
        given = previewing.summary(batch) | {"items": previewing.items(batch)}
        return Response(PreviewSerializer(given).data)

    @extend_schema(request=HowReadSerializer, responses=ImportSerializer)
    def put(self, request: Request, slug: str, uid: uuid.UUID) -> Response:
        """Read the file of a preview in another way, and preview that."""
        batch = self.found(request, slug, uid, roles.MANAGING)
        serializer = HowReadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.done(
            batch,
            lambda: importing.preview_again(
                batch=batch, changed_by=request.user, **serializer.validated_data
            ),
        )


class ImportConfirmView(_OneImport):
    """A preview becomes an import."""

    @extend_schema(request=ConfirmSerializer, responses=ImportSerializer)
    def post(self, request: Request, slug: str, uid: uuid.UUID) -> Response:
        """Store what was previewed."""
        batch = self.found(request, slug, uid, roles.MANAGING)
        serializer = ConfirmSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.done(
            batch,
            lambda: importing.confirm(
                batch=batch, confirmed_by=request.user, **serializer.validated_data
            ),
        )


class ImportPauseView(_OneImport):
    """An import is held."""

    @extend_schema(request=None, responses=ImportSerializer)
    def post(self, request: Request, slug: str, uid: uuid.UUID) -> Response:
        """Stop it after the rows at hand."""
        batch = self.found(request, slug, uid, roles.MANAGING)
        return self.done(batch, lambda: importing.pause(batch=batch, paused_by=request.user))


class ImportResumeView(_OneImport):
    """A paused import goes on."""

    @extend_schema(request=None, responses=ImportSerializer)
    def post(self, request: Request, slug: str, uid: uuid.UUID) -> Response:
        """Go on behind the last row that was stored."""
        batch = self.found(request, slug, uid, roles.MANAGING)
        return self.done(batch, lambda: importing.resume(batch=batch, resumed_by=request.user))


class ImportCancelView(_OneImport):
    """An import ends."""

    @extend_schema(request=None, responses=ImportSerializer)
    def post(self, request: Request, slug: str, uid: uuid.UUID) -> Response:
        """End it for good; what it stored stays."""
        batch = self.found(request, slug, uid, roles.MANAGING)
        return self.done(batch, lambda: importing.cancel(batch=batch, cancelled_by=request.user))


class ImportRefusedView(_OneImport):
    """The rows that were refused."""

    @extend_schema(responses={(200, "application/jsonl"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, uid: uuid.UUID) -> FileResponse:
        """Each with line, field, problem and the row as it stood, as JSON lines."""
        return refused_rows(self.found(request, slug, uid, roles.MANAGING))


def refused_rows(batch: ImportBatch) -> FileResponse:
    """The refused rows of an import as a download; 404 where there are none."""
    path = previewing.has_refused(batch)
    if path is None:
        # For the page as well, which knows no exceptions of the API.
        raise Http404("No row of this import was refused.")
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"refused-{batch.uid}.jsonl",
        content_type="application/jsonl",
    )
