"""The API of annotation: projects, imports, labeling, quality."""

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

from annotation import assigning, configuring, importing, judging, measuring, queries
from annotation.models import ImportBatch, ProjectSettings
from annotation.readers.catalog import READERS
from annotation.task_kinds.base import AnswerError
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import roles
from labelers.models import ApiToken, Project
from labelers.problems import Problem


class SettingsSerializer(serializers.ModelSerializer):
    """What a project asks."""

    kind = serializers.ChoiceField(list(TASK_KINDS))

    class Meta:
        model = ProjectSettings
        fields = ["kind", "kind_options", "overlap", "gold_rate", "lease_seconds"]


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
    guidelines = serializers.CharField(required=False, allow_blank=True)


class ProjectChangeSerializer(serializers.Serializer):
    """What can be changed in a project that is under way."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    state = serializers.ChoiceField(Project.State.choices, required=False)
    kind_options = serializers.DictField(required=False)
    gold_rate = serializers.FloatField(required=False, min_value=0, max_value=0.5)
    lease_seconds = serializers.IntegerField(required=False, min_value=60, max_value=86400)


class ImportSerializer(serializers.ModelSerializer):
    """An import, how far it is and what was wrong."""

    class Meta:
        model = ImportBatch
        fields = [
            *("uid", "file_name", "format", "source", "skip_bad", "make_tasks", "state", "size"),
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


class MessageSerializer(serializers.Serializer):
    """One turn: as text, and as HTML that is safe to show."""

    role = serializers.ChoiceField(["system", "user", "assistant"])
    text = serializers.CharField()
    html = serializers.CharField()


class ShownResponseSerializer(serializers.Serializer):
    """A response on screen."""

    messages = MessageSerializer(many=True)


class ItemSerializer(serializers.Serializer):
    """An item as its labeler sees it; answers speak of responses in this order."""

    assignment = serializers.IntegerField()
    kind = serializers.CharField()
    criterion = serializers.CharField()
    language = serializers.CharField()
    prompt = MessageSerializer(many=True)
    responses = ShownResponseSerializer(many=True)
    draft = serializers.JSONField(allow_null=True)
    expires_at = serializers.DateTimeField()


class WorkSerializer(serializers.Serializer):
    """How far a labeler is."""

    done = serializers.IntegerField()
    done_today = serializers.IntegerField()
    left = serializers.IntegerField()


class NextSerializer(serializers.Serializer):
    """The next item, null when nothing is left, and how far the labeler is."""

    item = ItemSerializer(allow_null=True)
    work = WorkSerializer()


class HoldingSerializer(serializers.Serializer):
    """What the client shows or has preloaded."""

    holding = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=50, default=list
    )


class SubmissionSerializer(HoldingSerializer):
    """An answer; sending it again with the same client_id changes nothing."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    client_id = serializers.UUIDField()
    answer = serializers.DictField()
    seconds = serializers.FloatField(required=False, allow_null=True)
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=judging.MAX_REASON, default=""
    )
    want_next = serializers.BooleanField(default=True)


class StoredSerializer(NextSerializer):
    """The judgment that was stored, and the next item if it was wanted."""

    judgment = serializers.IntegerField()
    revision = serializers.IntegerField()


class SkipSerializer(HoldingSerializer):
    """An item to be given back."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class DraftSerializer(serializers.Serializer):
    """What was entered so far, as the client wants it back."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    draft = serializers.DictField()

    def validate_draft(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Refuse what no person typed."""
        if len(str(draft)) > 50_000:
            raise serializers.ValidationError("longer than 50,000 characters; shorten it.")
        return draft


class ProjectsView(generics.ListCreateAPIView):
    """The projects one may know of."""

    serializer_class = ProjectSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Only those with a role of one's own, or all for staff."""
        if getattr(self, "swagger_fake_view", False):
            return Project.objects.none()
        return roles.projects_of(self.request.user).select_related("settings")

    def check_permissions(self, request: Request) -> None:
        """Reading the list needs no particular scope."""
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            self.token_scope = None
        super().check_permissions(request)

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

    @extend_schema(responses=ProjectSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The project, its settings and one's own roles in it."""
        project = roles.find_project(request.user, slug, roles.ANY)
        return Response(ProjectSerializer(project, context={"request": request}).data)

    @extend_schema(request=ProjectChangeSerializer, responses=ProjectSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Change the project."""
        if isinstance(request.auth, ApiToken) and "admin" not in request.auth.scopes:
            raise PermissionDenied("This token lacks the scope 'admin'. Make one that has it.")
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


class LabelingView(APIView):
    """What all labeling calls share: the role, the scope, and leases that cannot be had."""

    token_scope = "label"

    def work_on(self, request: Request, slug: str, serializer_class: type) -> tuple[Any, Any]:
        """The project to label in and the validated body."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        serializer = serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return project, serializer.validated_data

    def next_item(self, request: Request, project: Project, holding: list[int]) -> dict[str, Any]:
        """The next item and how far the labeler is."""
        assignment = assigning.next_assignment(
            project=project, person=request.user, holding=holding
        )
        return {
            "item": assignment and queries.item_payload(assignment),
            "work": queries.work_of(request.user, project),
        }

    def handle_exception(self, problem: Exception) -> Response:
        """A lease that cannot be had is a conflict; a bad answer is invalid input."""
        if isinstance(problem, assigning.LeaseError):
            problem = Problem(409, "Not available", str(problem))
        if isinstance(problem, AnswerError):
            problem = Problem(422, "Answer refused", str(problem))
        return super().handle_exception(problem)


class NextView(LabelingView):
    """The next item."""

    @extend_schema(request=HoldingSerializer, responses=NextSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Lease the next item; those in `holding` are passed over."""
        project, given = self.work_on(request, slug, HoldingSerializer)
        return Response(self.next_item(request, project, given["holding"]))


class JudgmentsView(LabelingView):
    """Answers."""

    @extend_schema(request=SubmissionSerializer, responses={201: StoredSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Store an answer, and lease the next item in the same request if wanted."""
        project, given = self.work_on(request, slug, SubmissionSerializer)
        judgment = judging.submit(
            person=request.user,
            project=project,
            submission=judging.Submission(
                given["assignment"],
                given["client_id"],
                given["answer"],
                given.get("seconds"),
                given["reason"],
            ),
        )
        stored = {"judgment": judgment.pk, "revision": judgment.revision}
        try:
            following = self._following(request, project, given)
        except assigning.LeaseError:
            # The answer is stored; that nothing follows must not make it look lost.
            following = {"item": None, "work": queries.work_of(request.user, project)}
        return Response(stored | following, status=status.HTTP_201_CREATED)

    def _following(
        self, request: Request, project: Project, given: dict[str, Any]
    ) -> dict[str, Any]:
        if given["want_next"]:
            return self.next_item(request, project, given["holding"])
        return {"item": None, "work": queries.work_of(request.user, project)}


class UndoView(LabelingView):
    """Taking the last answer back."""

    @extend_schema(request=None, responses=NextSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Withdraw one's last answer; the item comes back with it as draft, or null."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        assignment = judging.undo_last(person=request.user, project=project)
        item = assignment and queries.item_payload(assignment)
        return Response({"item": item, "work": queries.work_of(request.user, project)})


class SkipView(LabelingView):
    """Giving an item back unanswered."""

    @extend_schema(request=SkipSerializer, responses=NextSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Skip an item and lease the next one."""
        project, given = self.work_on(request, slug, SkipSerializer)
        assigning.skip(
            assignment_id=given["assignment"], person=request.user, reason=given["reason"]
        )
        return Response(self.next_item(request, project, given["holding"]))


class DraftView(LabelingView):
    """Keeping what was entered so far."""

    @extend_schema(request=DraftSerializer, responses={204: None})
    def put(self, request: Request, slug: str) -> Response:
        """Keep a draft; it comes back with the item, on any device."""
        _project, given = self.work_on(request, slug, DraftSerializer)
        assigning.save_draft(
            assignment_id=given["assignment"], person=request.user, draft=given["draft"]
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class QualityView(APIView):
    """Agreement in a project."""

    @extend_schema(responses={200: serializers.DictField()})
    def get(self, request: Request, slug: str) -> Response:
        """Agreement, agreement with gold by labeler, and win rates between sources."""
        project = roles.find_project(request.user, slug, roles.READING)
        return Response(measuring.quality_of(project))
