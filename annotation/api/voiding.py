"""The API of voiding: what it would touch, the deed, the voidings of a labeler, and undoing one."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.models import Voiding
from annotation.views.voiding import person_of
from annotation.watch import restoring, voiding
from annotation.watch.void_form import since_of
from labelers import roles
from labelers.paging import PlaceCursorPagination


class NewVoidingSerializer(serializers.Serializer):
    """Whose answers, since when, and why; the labeler reads the reason."""

    labeler = serializers.CharField(help_text="The labeler's key, p:ID.")
    since = serializers.DateTimeField()
    reason = serializers.CharField(max_length=voiding.LONGEST_REASON)


class VoidingSerializer(serializers.Serializer):
    """A voiding; ``counts`` are answers, those that had counted, and items opened again."""

    id = serializers.IntegerField(source="pk")
    since = serializers.DateTimeField()
    reason = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    voided_by = serializers.CharField(source="voided_by__username", allow_null=True)
    voided_at = serializers.DateTimeField()
    restored_by = serializers.CharField(source="restored_by__username", allow_null=True)
    restored_at = serializers.DateTimeField(allow_null=True)


class VoidingPreviewSerializer(serializers.Serializer):
    """What a voiding would touch."""

    judgments = serializers.IntegerField()
    standings = serializers.DictField(child=serializers.IntegerField())
    reopened = serializers.IntegerField()
    first = serializers.DateTimeField(allow_null=True)
    last = serializers.DateTimeField(allow_null=True)


class RestoredSerializer(serializers.Serializer):
    """How many answers count again, are surplus now, are back otherwise, or were left."""

    counted = serializers.IntegerField()
    surplus = serializers.IntegerField()
    other = serializers.IntegerField()
    left = serializers.IntegerField()


LABELER = OpenApiParameter("labeler", OpenApiTypes.STR, required=True, description="p:ID")


class VoidingsView(generics.ListAPIView):
    """The voidings of a labeler's answers."""

    serializer_class = VoidingSerializer
    pagination_class = PlaceCursorPagination
    token_scope = "admin"

    def get_queryset(self) -> list[dict[str, Any]]:
        """All of them, newest first."""
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        person = person_of(project, self.request.query_params.get("labeler", ""))
        return voiding.voidings_of(project, person)

    @extend_schema(parameters=[LABELER])
    def get(self, request: Request, slug: str) -> Response:
        """All of them, newest first."""
        return self.list(request)

    @extend_schema(request=NewVoidingSerializer, responses={201: VoidingSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Void the answers of a labeler from a time on."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = NewVoidingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        person = person_of(project, given.pop("labeler"))
        voiding.void(project=project, person=person, voided_by=request.user, **given)
        newest = voiding.voidings_of(project, person)[0]
        return Response(VoidingSerializer(newest).data, status=status.HTTP_201_CREATED)


class VoidingPreviewView(APIView):
    """What a voiding would touch in annotation; snapshots and runs have an address of their own."""

    token_scope = "admin"

    @extend_schema(
        parameters=[LABELER, OpenApiParameter("since", OpenApiTypes.DATETIME, required=True)],
        responses=VoidingPreviewSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Counts; changes nothing."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        person = person_of(project, request.query_params.get("labeler", ""))
        since = since_of(request.query_params.get("since", ""))
        found = voiding.preview(project=project, person=person, since=since)
        return Response(VoidingPreviewSerializer(found).data)


class RestoreView(APIView):
    """The undoing of a voiding."""

    token_scope = "admin"

    @extend_schema(request=None, responses=RestoredSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Give the answers their standing back where nobody has taken their place."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        made = get_object_or_404(Voiding.objects.defer("before"), pk=pk, project=project)
        counts = restoring.restore(voiding=made, restored_by=request.user)
        return Response(RestoredSerializer(counts).data)
