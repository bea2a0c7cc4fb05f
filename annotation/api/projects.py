"""The API of projects: what they ask, and the files that come in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import configuring, option_form
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.models import ProjectSettings
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import roles
from labelers.models import Project


class SettingsSerializer(serializers.ModelSerializer):
    """What a project asks."""

    kind = serializers.ChoiceField(list(TASK_KINDS))

    class Meta:
        model = ProjectSettings
        fields = [
            *("kind", "kind_options", "overlap", "gold_rate", "lease_seconds"),
            *("correction_seconds", "shows_gold_score", "pauses_on_fall", "consensus_method"),
            *("covered_tags", "next_by", "scorer", "contested_below", "contested_more"),
            *("contested_by_trusted", "trusted_from"),
        ]
        read_only_fields = ["scorer"]


class ProjectSerializer(serializers.ModelSerializer):
    """A project with its settings, and the roles of whoever asks."""

    settings = SettingsSerializer(read_only=True)
    roles = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = ["slug", "name", "description", "state", "created_at", "settings", "roles"]

    def get_roles(self, project: Project) -> list[str]:
        """The roles of the person who asks."""
        return sorted(roles.roles_in(self.context["request"].user, project))


class NewProjectSerializer(serializers.Serializer):
    """What a new project needs; all but name and kind have defaults."""

    name = serializers.CharField(max_length=120)
    slug = serializers.SlugField(max_length=60, required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    kind = serializers.ChoiceField(list(TASK_KINDS))
    kind_options = serializers.DictField(required=False)
    overlap = serializers.IntegerField(required=False, min_value=1, max_value=50)
    gold_rate = serializers.FloatField(required=False, min_value=0, max_value=0.5)
    lease_seconds = serializers.IntegerField(required=False, min_value=60, max_value=86400)
    consensus_method = serializers.ChoiceField(list(CONSENSUS_METHODS), required=False)
    guidelines = serializers.CharField(required=False, allow_blank=True)


class ProjectChangeSerializer(serializers.Serializer):
    """What can be changed in a project that is under way."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    state = serializers.ChoiceField(Project.State.choices, required=False)
    kind_options = serializers.DictField(required=False)
    gold_rate = serializers.FloatField(required=False, min_value=0, max_value=0.5)
    lease_seconds = serializers.IntegerField(required=False, min_value=60, max_value=86400)
    correction_seconds = serializers.IntegerField(required=False, min_value=0, max_value=30 * 86400)
    shows_gold_score = serializers.BooleanField(required=False)
    pauses_on_fall = serializers.BooleanField(required=False)
    consensus_method = serializers.ChoiceField(list(CONSENSUS_METHODS), required=False)
    covered_tags = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=100
    )
    next_by = serializers.ChoiceField(
        ProjectSettings.Order.choices,
        required=False,
        help_text="What is asked next; another order is given to the items in the background.",
    )
    contested_below = serializers.FloatField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=1,
        help_text="Complete items whose consensus is less sure are asked of more people.",
    )
    contested_more = serializers.IntegerField(required=False, min_value=1, max_value=10)
    contested_by_trusted = serializers.BooleanField(required=False)
    trusted_from = serializers.FloatField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=1,
        help_text="Trusted is whose share of right gold answers is surely above this.",
    )


class OptionSerializer(serializers.Serializer):
    """One option of a kind; what bounds it depends on its shape."""

    name = serializers.CharField()
    shape = serializers.ChoiceField(["switch", "number", "choice", "list"])
    title = serializers.CharField()
    help = serializers.CharField()
    default = serializers.JSONField()
    low = serializers.IntegerField(required=False)
    high = serializers.IntegerField(required=False)
    choices = serializers.ListField(child=serializers.CharField(), required=False)
    most = serializers.IntegerField(required=False)


class TaskKindSerializer(serializers.Serializer):
    """A kind of task and what may be set about it."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    min_responses = serializers.IntegerField()
    max_responses = serializers.IntegerField()
    options = OptionSerializer(many=True)


class TaskKindsView(APIView):
    """What people can be asked."""

    token_scope = None

    @extend_schema(responses=TaskKindSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every kind with its options."""
        kinds = [option_form.describe(kind) for kind in TASK_KINDS.values()]
        return Response(TaskKindSerializer(kinds, many=True).data)


class ProjectsView(generics.ListCreateAPIView):
    """The projects one may know of."""

    serializer_class = ProjectSerializer
    token_scope = "admin"
    read_scope = None

    def get_queryset(self) -> Any:
        """Only those with a role of one's own, or all for staff."""
        if getattr(self, "swagger_fake_view", False):
            return Project.objects.none()
        found = roles.projects_of(self.request.user).select_related("settings")
        archived = Project.State.ARCHIVED
        if self.request.query_params.get("archived") == "true":
            return found.filter(state=archived)
        return found.exclude(state=archived)

    @extend_schema(
        parameters=[OpenApiParameter("archived", bool, description="Only those that are archived.")]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The projects that are not archived, or only those that are."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=NewProjectSerializer, responses={201: ProjectSerializer})
    def post(self, request: Request) -> Response:
        """Make a project; one becomes its admin."""
        if not request.user.is_staff:
            raise PermissionDenied("Only staff may make projects.")
        serializer = NewProjectSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        project = configuring.create_project(created_by=request.user, **serializer.validated_data)
        return Response(self.get_serializer(project).data, status=status.HTTP_201_CREATED)


class ProjectView(APIView):
    """One project."""

    token_scope = "admin"
    read_scope = None

    @extend_schema(responses=ProjectSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The project, its settings and one's own roles in it."""
        project = roles.find_project(request.user, slug, roles.ANY)
        return Response(ProjectSerializer(project, context={"request": request}).data)

    @extend_schema(request=ProjectChangeSerializer, responses=ProjectSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Change the project."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = ProjectChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        configuring.change_settings(
            project=project, changed_by=request.user, **serializer.validated_data
        )
        project.refresh_from_db()
        return Response(ProjectSerializer(project, context={"request": request}).data)
