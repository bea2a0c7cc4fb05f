"""The API of the audit trail: of a project for its admins, of the site for staff."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from labelers import audit, roles
from labelers.models import AuditEvent, Project
from labelers.trail import reading

PARAMETERS = [
    OpenApiParameter("person", description="Deeds of the person of this name."),
    OpenApiParameter("action", description="Actions that begin so: `judgment.`, `sign_in.failed`."),
    OpenApiParameter("since", OpenApiTypes.STR, description="A day or a time, included."),
    OpenApiParameter("until", OpenApiTypes.STR, description="A day or a time, not included."),
    OpenApiParameter(
        "reading", enum=["0", "1"], description="1: what was only read; 0: what was changed."
    ),
]


class AuditEventSerializer(serializers.ModelSerializer):
    """One deed: who did what to what, when."""

    person = serializers.CharField(source="actor.username", default=None, allow_null=True)
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    detail = serializers.DictField()

    class Meta:
        model = AuditEvent
        fields = [
            *("id", "uid", "at", "person", "project", "action", "subject"),
            *("is_reading", "detail"),
        ]
        read_only_fields = fields


class _TrailView(generics.ListAPIView):
    serializer_class = AuditEventSerializer
    token_scope = "admin"

    def rows(self, project: Project | None) -> QuerySet[AuditEvent]:
        """The rows that the query string asks for; that they were read is written down."""
        params = self.request.query_params
        given = {name: params[name] for name in reading.NAMES if name in params}
        try:
            found = reading.events(project=project, filters=reading.parse(given))
        except reading.FilterError as problem:
            raise ValidationError({problem.field: [str(problem)]}) from problem
        audit.record_reading(
            actor=self.request.user, action="audit.viewed", project=project, filters=given
        )
        return found


@extend_schema(parameters=PARAMETERS)
class ProjectTrailView(_TrailView):
    """What was done in a project."""

    def get(self, request: Request, slug: str) -> Response:
        """The newest first; for its admins."""
        return self.list(request, slug=slug)

    def get_queryset(self) -> QuerySet[AuditEvent]:
        """The project's rows."""
        if getattr(self, "swagger_fake_view", False):
            return AuditEvent.objects.none()
        return self.rows(roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING))


@extend_schema(parameters=PARAMETERS)
class SiteTrailView(_TrailView):
    """What was done anywhere on this site."""

    def get(self, request: Request) -> Response:
        """The newest first; for staff."""
        return self.list(request)

    def get_queryset(self) -> QuerySet[AuditEvent]:
        """All rows."""
        if getattr(self, "swagger_fake_view", False):
            return AuditEvent.objects.none()
        roles.require_staff(self.request.user)
        return self.rows(None)
