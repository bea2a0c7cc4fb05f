"""The API of crowd markets: completion codes, worker ids, and what was agreed on."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import completing
from annotation.api.work import AnyAccept
from annotation.views.crowd import crowd_download
from labelers import recognizing, roles
from labelers.models import CompletionCode, CrowdSettings, Project
from labelers.paging import PlaceCursorPagination
from labelers.problems import Problem


class CrowdSettingsSerializer(serializers.ModelSerializer):
    """What was agreed on; ``parameters`` are names by worker, study and session."""

    wanted_items = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    parameters = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=120), max_length=5),
        required=False,
    )

    class Meta:
        model = CrowdSettings
        fields = ["gives_codes", "wanted_items", "parameters", "return_url"]


class CrowdLabelerSerializer(serializers.Serializer):
    """A labeler: ids at the market, items done, and the code, if it was given."""

    person = serializers.IntegerField(source="person.pk")
    pseudonym = serializers.CharField(source="person.pseudonym")
    worker_id = serializers.CharField(source="worker.worker", default="")
    study_id = serializers.CharField(source="worker.study", default="")
    session_id = serializers.CharField(source="worker.session", default="")
    items = serializers.IntegerField()
    code = serializers.CharField(source="code.code", default="")
    reason = serializers.ChoiceField(
        CompletionCode.Reason.choices, source="code.reason", default="", allow_blank=True
    )
    given_at = serializers.DateTimeField(source="code.given_at", default=None, allow_null=True)
    is_shared = serializers.BooleanField()


class CompletionSerializer(serializers.Serializer):
    """How far one is; ``code`` is empty until it was asked for."""

    done = serializers.IntegerField()
    wanted = serializers.IntegerField()
    left = serializers.IntegerField()
    is_due = serializers.BooleanField()
    code = serializers.CharField(allow_blank=True)
    return_url = serializers.CharField(allow_blank=True)


class CrowdView(APIView):
    """What was agreed on with a market."""

    token_scope = "admin"

    @extend_schema(responses=CrowdSettingsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The settings."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        return Response(CrowdSettingsSerializer(recognizing.crowd_settings_of(project)).data)

    @extend_schema(request=CrowdSettingsSerializer(partial=True), responses=CrowdSettingsSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Change them."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = CrowdSettingsSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        kept = recognizing.change_crowd_settings(
            project=project, changed_by=request.user, **serializer.validated_data
        )
        return Response(CrowdSettingsSerializer(kept).data)


class CrowdLabelersView(generics.ListAPIView):
    """The labelers as a market's list is compared with."""

    serializer_class = CrowdLabelerSerializer
    pagination_class = PlaceCursorPagination
    token_scope = "admin"

    @extend_schema(
        parameters=[OpenApiParameter("search", str, description="A code or a worker's id.")]
    )
    def get(self, request: Request, slug: str) -> Response:
        """All of them, or those with this code or worker's id."""
        return self.list(request)

    def get_queryset(self) -> list[completing.CrowdLabeler]:
        """The labelers of the project in the address."""
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return completing.crowd_of(project, self.request.query_params.get("search", ""))


class CrowdFileView(APIView):
    """The labelers as a file."""

    token_scope = "admin"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """One line per labeler as CSV."""
        return crowd_download(roles.find_project(request.user, slug, roles.MANAGING))


class CompletionView(APIView):
    """One's own completion code."""

    token_scope = "label"

    @extend_schema(responses=CompletionSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How far one is, and the code once it was asked for."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        return self._told(request, project)

    @extend_schema(request=None, responses=CompletionSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Get the code; asking again gives the same one."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        try:
            completing.give_code(project=project, person=request.user)
        except ValidationError as problem:
            raise Problem(409, "Not yet", " ".join(problem.messages)) from problem
        return self._told(request, project)

    def _told(self, request: Request, project: Project) -> Response:
        found = completing.completion_of(project=project, person=request.user)
        if found is None:
            raise NotFound("This project gives no completion codes.")
        return Response(CompletionSerializer(found).data)
