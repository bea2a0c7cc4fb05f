"""The API of a running project: changes of its overlap, copies of it, and how far they are."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import changing_overlap, cloning
from annotation.api.projects import ProjectSerializer
from annotation.models import LongChange
from annotation.models.projects import MAX_OVERLAP
from labelers import roles


class LongChangeSerializer(serializers.ModelSerializer):
    """A change that is done piece by piece; ``done`` of ``total`` items are looked at.

    ``detail`` says what is wanted (``before`` and ``overlap``, or which project was copied with
    what), ``counts`` what came of it.
    """

    detail = serializers.DictField()
    counts = serializers.DictField(child=serializers.IntegerField())

    class Meta:
        model = LongChange
        fields = [
            *("id", "kind", "state", "detail", "counts", "done", "total", "error"),
            *("created_at", "finished_at"),
        ]
        read_only_fields = fields


class OverlapSerializer(serializers.Serializer):
    """How many labelers are to answer each task."""

    overlap = serializers.IntegerField(min_value=1, max_value=MAX_OVERLAP)


class OverlapPreviewSerializer(OverlapSerializer):
    """What a change would do to tasks as they are now."""

    before = serializers.IntegerField()
    tasks = serializers.IntegerField()
    reopened = serializers.IntegerField()
    closed = serializers.IntegerField()
    kept = serializers.IntegerField()
    wanted = serializers.IntegerField()


class CloneSerializer(serializers.Serializer):
    """A new project like this one."""

    name = serializers.CharField(max_length=120)
    with_tasks = serializers.BooleanField(default=False)
    with_gold = serializers.BooleanField(default=False)


class OverlapPreviewView(APIView):
    """What a change of the overlap would do."""

    token_scope = "admin"

    @extend_schema(
        parameters=[OpenApiParameter("overlap", int, required=True)],
        responses=OverlapPreviewSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """How many tasks would open again and how many become complete; changes nothing."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = OverlapSerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        found = changing_overlap.preview(project=project, **serializer.validated_data)
        return Response(OverlapPreviewSerializer(found).data)


class LongChangesView(generics.ListAPIView):
    """The long changes of a project."""

    serializer_class = LongChangeSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Newest first: changes of the overlap, and copies of items into this project."""
        if getattr(self, "swagger_fake_view", False):
            return LongChange.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return project.long_changes.all()


class OverlapChangesView(APIView):
    """Changing the overlap."""

    token_scope = "admin"

    @extend_schema(request=OverlapSerializer, responses={202: LongChangeSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Change it, in the background and beside running labelers."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = OverlapSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        change = changing_overlap.change_overlap(
            project=project, changed_by=request.user, **serializer.validated_data
        )
        return Response(LongChangeSerializer(change).data, status=status.HTTP_202_ACCEPTED)


class CloneView(APIView):
    """Copying a project."""

    token_scope = "admin"

    @extend_schema(request=CloneSerializer, responses={201: ProjectSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Make a project like this one; its items are copied in the background."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        if not request.user.is_staff:
            raise PermissionDenied("Only staff may make projects.")
        serializer = CloneSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = cloning.clone_project(
            project=project, cloned_by=request.user, **serializer.validated_data
        )
        body = ProjectSerializer(made, context={"request": request}).data
        return Response(body, status=status.HTTP_201_CREATED)
