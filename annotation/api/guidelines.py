"""The API of a project's guidelines: reading them, publishing a version, having read one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import configuring, guiding
from annotation.models import Guidelines
from annotation.review import commenting
from labelers import roles


class GuidelinesVersionSerializer(serializers.ModelSerializer):
    """One version; ``created_by`` is null for those who may not read who made it."""

    created_by = serializers.SerializerMethodField()

    class Meta:
        model = Guidelines
        fields = ["version", "note", "text", "created_at", "created_by"]

    def get_created_by(self, made: Guidelines) -> str | None:
        """The name of whoever published it."""
        if not self.context["names"] or made.created_by is None:
            return None
        return str(made.created_by.username)


class UnreadGuidelinesSerializer(serializers.Serializer):
    """The version in force that one has not read; ``since`` is the one that one read last."""

    version = serializers.IntegerField()
    note = serializers.CharField()
    since = serializers.IntegerField(allow_null=True)
    is_change = serializers.BooleanField()


class GuidelinesSerializer(serializers.Serializer):
    """All versions, newest first, and what one has not read of them."""

    versions = GuidelinesVersionSerializer(many=True)
    unread = UnreadGuidelinesSerializer(allow_null=True)


class NewGuidelinesSerializer(serializers.Serializer):
    """A new version; with ``after`` it is refused unless that version is in force.

    ``notes`` are open notes for labelers that the version answers: it resolves them.
    """

    text = serializers.CharField(
        max_length=configuring.LONGEST_GUIDELINES, trim_whitespace=False, allow_blank=True
    )
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    after = serializers.IntegerField(min_value=0, required=False)
    notes = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, max_length=500
    )


class GuidelinesReadSerializer(serializers.Serializer):
    """The version that was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class GuidelinesView(APIView):
    """The guidelines."""

    token_scope = "admin"
    read_scope = None

    @extend_schema(responses=GuidelinesSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """All versions, newest first, and what one has not read of them."""
        project = roles.find_project(request.user, slug, roles.ANY)
        names = bool(roles.roles_in(request.user, project) & roles.READING)
        found: dict[str, Any] = {
            "versions": project.guidelines.select_related("created_by"),
            "unread": guiding.unread_change(request.user, project),
        }
        return Response(GuidelinesSerializer(found, context={"names": names}).data)

    @extend_schema(request=NewGuidelinesSerializer, responses={201: GuidelinesVersionSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Publish a new version."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = NewGuidelinesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = commenting.publish_change(
            project=project, created_by=request.user, **serializer.validated_data
        )
        body = GuidelinesVersionSerializer(made, context={"names": True}).data
        return Response(body, status=status.HTTP_201_CREATED)


class GuidelinesReadView(APIView):
    """Having read the guidelines."""

    token_scope = "label"

    @extend_schema(request=GuidelinesReadSerializer, responses={204: None})
    def post(self, request: Request, slug: str) -> Response:
        """Write down that one has read a version."""
        project = roles.find_project(request.user, slug, roles.ANY)
        serializer = GuidelinesReadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        guiding.read_guidelines(project=project, person=request.user, **serializer.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)
