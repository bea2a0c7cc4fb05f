"""The API of exports: snapshots of a project, what one would hold, and downloads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exports import queries, snapshotting
from exports.dataset_dir import read_manifest
from exports.downloading import ALL, DownloadError, NotReadyError, open_download, require_done
from exports.filters import Filters, FiltersError
from exports.formats.catalog import FORMATS
from exports.models import Snapshot
from exports.splitting import SPLITS, Fractions, FractionsError
from exports.views import streamed
from labelers import roles
from labelers.problems import Problem


class SnapshotSerializer(serializers.ModelSerializer):
    """A snapshot: what was asked, how far it is, what is in it."""

    project = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Snapshot
        fields = [
            *("uid", "project", "name", "state", "filters", "fractions", "rows_done"),
            *("rows_total", "counts", "digest", "error", "contains_voided", "created_at"),
            "finished_at",
        ]
        read_only_fields = fields


class SnapshotAskedSerializer(serializers.Serializer):
    """Which labels, and how they are divided; everything has a default."""

    filters = serializers.DictField(required=False, help_text="See GET for all filters by name.")
    fractions = serializers.DictField(
        child=serializers.FloatField(), required=False, help_text="train, validation and test."
    )


class NewSnapshotSerializer(SnapshotAskedSerializer):
    """What a new snapshot is called and what goes in."""

    name = serializers.CharField(max_length=80)


class SnapshotPreviewSerializer(serializers.Serializer):
    """What a snapshot would hold now; counted over the first tasks where complete is false."""

    labeled = serializers.IntegerField()
    complete = serializers.BooleanField()
    tasks = serializers.IntegerField()
    used = serializers.IntegerField()
    judgments = serializers.IntegerField()
    labelers = serializers.IntegerField()
    records = serializers.DictField(child=serializers.IntegerField())
    splits = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    strengths = serializers.DictField(child=serializers.IntegerField())
    left_out = serializers.DictField(child=serializers.IntegerField())
    refused = serializers.DictField(child=serializers.IntegerField())


class OneAnswer(DefaultContentNegotiation):
    """Leaves ``?format=`` to the view, which means the format of the file by it."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        """All of them, whatever `format` is."""
        return renderers


class SnapshotsView(generics.ListAPIView):
    """The snapshots of a project."""

    serializer_class = SnapshotSerializer
    token_scope = "export"
    read_scope = None

    def get_queryset(self) -> QuerySet[Snapshot]:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return Snapshot.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.READING)
        return project.snapshots.select_related("project")

    @extend_schema(request=NewSnapshotSerializer, responses={202: SnapshotSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Make a snapshot in the background."""
        project = roles.find_project(request.user, slug, roles.TRAINING)
        serializer = NewSnapshotSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = snapshotting.request_snapshot(
            project=project, created_by=request.user, **serializer.validated_data
        )
        return Response(SnapshotSerializer(made).data, status=status.HTTP_202_ACCEPTED)


class PreviewView(APIView):
    """What a snapshot would hold."""

    token_scope = "export"

    @extend_schema(request=SnapshotAskedSerializer, responses=SnapshotPreviewSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Count without making anything."""
        project = roles.find_project(request.user, slug, roles.READING)
        serializer = SnapshotAskedSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        try:
            filters = Filters.from_mapping(asked.get("filters", {}))
            fractions = Fractions.from_mapping(asked.get("fractions", Fractions().as_dict()))
        except FiltersError as error:
            raise serializers.ValidationError({"filters": [str(error)]}) from error
        except FractionsError as error:
            raise serializers.ValidationError({"fractions": [str(error)]}) from error
        found = queries.preview(project, filters, fractions)
        return Response(SnapshotPreviewSerializer(found).data)


class SnapshotView(APIView):
    """One snapshot."""

    @extend_schema(responses=SnapshotSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        """The snapshot as it is now."""
        found = queries.find_snapshot(request.user, uid, roles.READING)
        return Response(SnapshotSerializer(found).data)


class ManifestView(APIView):
    """The manifest of one snapshot."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, uid: UUID) -> Response:
        """Its files with their hashes, its counts, filters and versions."""
        found = queries.find_snapshot(request.user, uid, roles.READING)
        try:
            require_done(found)
        except NotReadyError as error:
            raise Problem(status.HTTP_409_CONFLICT, "Not ready", str(error)) from error
        return Response(read_manifest(found.path))


class DownloadView(APIView):
    """One snapshot as a file."""

    token_scope = "export"
    content_negotiation_class = OneAnswer

    @extend_schema(
        parameters=[
            OpenApiParameter("format", str, enum=list(FORMATS), required=True),
            OpenApiParameter("split", str, enum=[ALL, *SPLITS], default=ALL),
            OpenApiParameter("gzip", bool, description="Compressed while it is sent."),
            *(
                OpenApiParameter(name, bool, description=f"{format.name}: {option.help}")
                for name, (format, option) in {
                    name: (format, option)
                    for format in FORMATS.values()
                    for name, option in format.options.items()
                }.items()
            ),
        ],
        responses={(200, "application/jsonl"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, uid: UUID) -> StreamingHttpResponse:
        """Stream the snapshot in the chosen format, the records in the order of their tasks."""
        found = queries.find_snapshot(request.user, uid, roles.READING)
        asked = request.query_params.dict()
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
        except NotReadyError as error:
            raise Problem(status.HTTP_409_CONFLICT, "Not ready", str(error)) from error
        except DownloadError as error:
            raise Problem(status.HTTP_400_BAD_REQUEST, "Invalid input", str(error)) from error
        return streamed(made)
