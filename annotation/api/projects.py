"""The API of projects: what they ask, and the files that come in."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, parsers, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import configuring, importing, option_form
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.models import ImportBatch, ProjectSettings
from annotation.readers.catalog import READERS
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import roles
from labelers.models import Project
from labelers.problems import Problem


class SettingsSerializer(serializers.ModelSerializer):
    """What a project asks."""

    kind = serializers.ChoiceField(list(TASK_KINDS))

    class Meta:
        model = ProjectSettings
        fields = [
            *("kind", "kind_options", "overlap", "gold_rate", "lease_seconds"),
            *("correction_seconds", "shows_gold_score", "pauses_on_fall", "consensus_method"),
            "covered_tags",
        ]


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


class ImportSerializer(serializers.ModelSerializer):
    """An import, how far it is and what was wrong."""

    class Meta:
        model = ImportBatch
        fields = [
            *("uid", "file_name", "format", "source", "skip_bad", "make_tasks", "ask_people"),
            *("state", "size"),
            *("bytes_read", "rows_total", "rows_done", "rows_bad", "counts", "problems", "error"),
            *("sha256", "created_at", "finished_at"),
        ]
        read_only_fields = fields


class NewImportSerializer(serializers.Serializer):
    """A file to be imported."""

    file = serializers.FileField()
    format = serializers.ChoiceField(list(READERS))
    source = serializers.CharField(max_length=120, required=False, allow_blank=True)
    skip_bad = serializers.BooleanField(default=False)
    make_tasks = serializers.BooleanField(default=True)
    ask_people = serializers.BooleanField(
        allow_null=True,
        default=None,
        help_text="Whether labelers get the items; null: those without a named labeler's judgment.",
    )


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
        return roles.projects_of(self.request.user).select_related("settings")

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
            raise Problem(400, "File refused", str(problem)) from problem
        return Response(ImportSerializer(batch).data, status=status.HTTP_202_ACCEPTED)


class ImportView(APIView):
    """One import."""

    token_scope = "admin"

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, slug: str, uid: uuid.UUID) -> Response:
        """How far it is, and what was wrong."""
        project = roles.find_project(request.user, slug, roles.READING)
        return Response(ImportSerializer(get_object_or_404(project.imports, uid=uid)).data)
