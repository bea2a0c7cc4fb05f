"""The API of what may be done with a snapshot: compare, trace, send elsewhere, replace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exports import comparing, pushing, queries, tracing, withdrawing
from exports.deed_views import after_of, change_of, with_files
from exports.downloading import NotReadyError
from exports.formats.catalog import FORMATS
from exports.models import Push
from labelers import roles
from labelers.problems import Problem


class NewPushSerializer(serializers.Serializer[Any]):
    """Where to send a snapshot; an empty format sends the whole folder."""

    url = serializers.CharField(max_length=500)
    format = serializers.ChoiceField(choices=list(FORMATS), required=False, allow_blank=True)
    credential = serializers.CharField(
        max_length=500, required=False, allow_blank=True, write_only=True
    )


class PushSerializer(serializers.ModelSerializer[Push]):
    """One sending, and how far it is."""

    class Meta:
        model = Push
        fields = [
            *("uid", "url", "format", "state", "files_done", "files_total", "bytes_done"),
            *("bytes_total", "log", "error", "created_at", "finished_at"),
        ]
        read_only_fields = fields


class ListedChangeSerializer(serializers.Serializer[Any]):
    """One record that changed."""

    id = serializers.CharField()
    task = serializers.CharField()
    item = serializers.IntegerField()
    weight = serializers.FloatField()


class SnapshotChangesSerializer(serializers.Serializer[Any]):
    """What changed in the records of one configuration; lists hold the first of each."""

    config = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    came = serializers.IntegerField()
    went = serializers.IntegerField()
    turned = serializers.IntegerField()
    moved = serializers.IntegerField()
    tied = serializers.IntegerField()
    listed = serializers.DictField(child=ListedChangeSerializer(many=True))


class TracedRecordSerializer(serializers.Serializer[Any]):
    """One record and the judgments that it was made of."""

    id = serializers.CharField()
    config = serializers.CharField()
    item = serializers.IntegerField()
    judgments = serializers.ListField(child=serializers.DictField())


class TracedPageSerializer(serializers.Serializer[Any]):
    """Some records, and where to go on: 0 at the end."""

    records = TracedRecordSerializer(many=True)
    next = serializers.IntegerField()


class FreezeAgainSerializer(serializers.Serializer[Any]):
    """What the new snapshot is called; empty is the old name with a number."""

    name = serializers.CharField(max_length=80, required=False, allow_blank=True)


class DeleteFilesSerializer(serializers.Serializer[Any]):
    """The snapshot's name once more, so that nobody slips."""

    name = serializers.CharField(max_length=80)


class SnapshotChangesView(APIView):
    """What changed between two snapshots."""

    token_scope = "export"

    @extend_schema(
        parameters=[
            OpenApiParameter("from", OpenApiTypes.UUID, required=True),
            OpenApiParameter("weight_change", OpenApiTypes.FLOAT, default=comparing.WEIGHT_CHANGE),
        ],
        responses=SnapshotChangesSerializer(many=True),
    )
    def get(self, request: Request, uid: UUID) -> Response:
        """From the snapshot `from` to this one, by configuration."""
        found = queries.find_snapshot(request.user, uid, roles.READING)
        before = queries.find_of_project(found.project, request.query_params.get("from", ""))
        if before is None:
            raise Problem(
                status.HTTP_400_BAD_REQUEST,
                "Invalid input",
                "from: name a snapshot of the project.",
            )
        try:
            changes = comparing.compare(
                before, found, weight_change=change_of(request.query_params)
            )
        except comparing.CompareError as error:
            raise Problem(status.HTTP_400_BAD_REQUEST, "Invalid input", str(error)) from error
        except NotReadyError as error:
            raise Problem(status.HTTP_409_CONFLICT, "Not ready", str(error)) from error
        return Response(SnapshotChangesSerializer(changes, many=True).data)


class SnapshotLineageView(APIView):
    """The records of a snapshot with their judgments."""

    token_scope = "export"

    @extend_schema(
        parameters=[OpenApiParameter("after", OpenApiTypes.INT, default=0)],
        responses=TracedPageSerializer,
    )
    def get(self, request: Request, uid: UUID) -> Response:
        """Fifty records in their order from `after` on, and where to go on."""
        found = with_files(request, uid)
        records, after = tracing.records_after(found, after_of(request.query_params))
        return Response(TracedPageSerializer({"records": records, "next": after}).data)


class PushesView(generics.ListAPIView):
    """Where a snapshot was sent."""

    token_scope = "export"
    serializer_class = PushSerializer

    def get_queryset(self) -> QuerySet[Push]:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return Push.objects.none()
        found = queries.find_snapshot(self.request.user, self.kwargs["uid"], roles.READING)
        return Push.objects.filter(snapshot=found)

    @extend_schema(request=NewPushSerializer, responses={202: PushSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Send it elsewhere in the background."""
        found = queries.find_snapshot(request.user, uid, roles.TRAINING)
        serializer = NewPushSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            made = pushing.request_push(
                snapshot=found, asked_by=request.user, **serializer.validated_data
            )
        except NotReadyError as error:
            raise Problem(status.HTTP_409_CONFLICT, "Not ready", str(error)) from error
        return Response(PushSerializer(made).data, status=status.HTTP_202_ACCEPTED)


class FreezeAgainView(APIView):
    """One more snapshot with the same filters."""

    token_scope = "export"

    @extend_schema(request=FreezeAgainSerializer, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, uid: UUID) -> Response:
        """Make it from what is there now; this one is withdrawn."""
        found = queries.find_snapshot(request.user, uid, roles.TRAINING)
        serializer = FreezeAgainSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = withdrawing.freeze_again(
            snapshot=found, asked_by=request.user, name=serializer.validated_data.get("name", "")
        )
        return Response({"uid": str(made.uid)}, status=status.HTTP_202_ACCEPTED)


class SnapshotFilesView(APIView):
    """The files of a snapshot."""

    token_scope = "export"

    @extend_schema(request=DeleteFilesSerializer, responses={204: None})
    def post(self, request: Request, uid: UUID) -> Response:
        """Delete those of a withdrawn snapshot; its name confirms it."""
        found = queries.find_snapshot(request.user, uid, roles.MANAGING)
        serializer = DeleteFilesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        withdrawing.delete_files(
            snapshot=found,
            asked_by=request.user,
            confirmed_name=serializer.validated_data["name"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
