"""Training for programs: what the run pages do, below /api/v1/."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exports.models import Snapshot
from labelers import roles
from labelers.models import Project, Role
from training import queries, queueing, sampling, voided
from training.launching import log_tail
from training.models import Checkpoint, Run
from training.run_dir import RunDir
from training.run_form import describe
from training.trainers.catalog import TRAINERS

LOG_LINES = 500


class CheckpointSerializer(serializers.ModelSerializer[Checkpoint]):
    """A checkpoint and the run that left it."""

    run = serializers.UUIDField(source="run.uid")
    contains_voided = serializers.SerializerMethodField()

    class Meta:
        model = Checkpoint
        fields: ClassVar = [
            "uid", "run", "name", "step", "kind", "produces", "metrics", "is_best", "available",
            "contains_voided", "created_at",
        ]  # fmt: skip

    def get_contains_voided(self, checkpoint: Checkpoint) -> bool:
        """Whether its run learned from answers that were voided since."""
        return voided.learned_from_voided(checkpoint.run, self.context)


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run with its live figures."""

    project = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    snapshot = serializers.UUIDField(source="snapshot.uid", default=None, allow_null=True)
    parent = serializers.UUIDField(source="parent.uid", default=None, allow_null=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    contains_voided = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields: ClassVar = [
            "uid", "project", "name", "trainer", "config", "snapshot", "parent", "state", "step",
            "total_steps", "phase", "metrics", "attempts", "cancel_requested", "error", "result",
            "contains_voided", "created_by", "created_at", "started_at", "finished_at",
        ]  # fmt: skip

    def get_contains_voided(self, run: Run) -> bool:
        """Whether it learned from answers that were voided since."""
        return voided.learned_from_voided(run, self.context)


class NewRunSerializer(serializers.Serializer[Any]):
    """What a new run is made of; `trainers/` describes `config`."""

    trainer = serializers.ChoiceField(choices=sorted(TRAINERS))
    snapshot = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="The snapshot to work on; `score` works on the open items instead.",
    )
    parent = serializers.UUIDField(
        required=False, allow_null=True, help_text="The checkpoint to start from."
    )
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    config = serializers.DictField(required=False)


class RunTasksSerializer(serializers.Serializer[Any]):
    """What the run's responses are to be compared with: give exactly one of the first two."""

    against_run = serializers.UUIDField(required=False)
    against_source = serializers.CharField(required=False)
    project = serializers.SlugField(
        required=False, help_text="Where the tasks are made; the run's project unless named."
    )
    priority = serializers.FloatField(required=False, default=0)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one side to compare with."""
        if ("against_run" in attrs) == ("against_source" in attrs):
            raise serializers.ValidationError("Give either against_run or against_source.")
        return attrs


class TrainerSerializer(serializers.Serializer[Any]):
    """One entry of the catalog; ``config`` is a JSON Schema."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    consumes = serializers.ListField(child=serializers.CharField())
    produces = serializers.CharField()
    config = serializers.DictField()


class RunProgressSerializer(serializers.Serializer[Any]):
    """Progress lines after an offset; ask again with ``next``."""

    records = serializers.ListField(child=serializers.DictField())
    next = serializers.IntegerField()
    state = serializers.CharField()


class RunTaskCountsSerializer(serializers.Serializer[Any]):
    """What became of the responses."""

    prompts_shared = serializers.IntegerField()
    same = serializers.IntegerField()
    unmatched = serializers.IntegerField()
    tasks = serializers.IntegerField()
    responses = serializers.IntegerField()


class TrainingView(APIView):
    """A view of training: tokens need the scope `train`."""

    token_scope = "train"

    def find_project(self, allowed: frozenset[Role]) -> Project:
        """The project in the address."""
        return roles.find_project(self.request.user, self.kwargs["slug"], allowed)

    def find_run(self, allowed: frozenset[Role]) -> Run:
        """The run in the address."""
        return queries.find_run(self.request.user, self.kwargs["uid"], allowed)


class Trainers(TrainingView):
    """The catalog of trainers with the settings each takes."""

    @extend_schema(responses=TrainerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every trainer."""
        return Response(
            [
                {
                    "name": name,
                    "title": entry.title,
                    "description": entry.description,
                    "consumes": list(entry.consumes),
                    "produces": entry.produces,
                    "config": describe(entry),
                }
                for name, entry in TRAINERS.items()
            ]
        )


class ProjectRuns(TrainingView, generics.ListAPIView):
    """A project's runs, and the making of a new one."""

    serializer_class = RunSerializer
    queryset = Run.objects.none()

    def get_queryset(self) -> Any:
        """The runs of the project in the address, or those on one snapshot of it."""
        project = self.find_project(roles.READING)
        asked = self.request.query_params.get("snapshot", "")
        return queries.runs_of(project, queries.find_snapshot(project, asked))

    @extend_schema(
        parameters=[OpenApiParameter("snapshot", OpenApiTypes.UUID, description="Only on this one")]
    )
    def get(self, request: Request, slug: str) -> Response:
        """The runs, newest first."""
        return self.list(request)

    @extend_schema(request=NewRunSerializer, responses={201: RunSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Queue a run."""
        project = self.find_project(roles.TRAINING)
        form = NewRunSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        snapshot = None
        if asked.get("snapshot"):
            snapshot = Snapshot.objects.filter(project=project, uid=asked["snapshot"]).first()
            if snapshot is None:
                said = "No such snapshot in this project."
                raise serializers.ValidationError({"snapshot": [said]})
        parent = None
        if asked.get("parent"):
            parent = queries.find_checkpoint(project, asked["parent"])
            if parent is None:
                raise serializers.ValidationError({"parent": ["No such checkpoint here."]})
        run = queueing.request_run(
            project=project,
            created_by=request.user,
            trainer=asked["trainer"],
            name=asked.get("name", ""),
            config=asked.get("config", {}),
            snapshot=snapshot,
            parent=parent,
        )
        return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)


class RunDetail(TrainingView):
    """One run."""

    @extend_schema(responses=RunSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        """The run as it is now."""
        return Response(RunSerializer(self.find_run(roles.READING)).data)


class CancelRun(TrainingView):
    """The end of a run, asked for."""

    @extend_schema(request=None, responses=RunSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        """Stop with a checkpoint."""
        run = self.find_run(roles.TRAINING)
        queueing.request_cancel(run=run, requested_by=request.user)
        return Response(RunSerializer(run).data)


class ResumeRun(TrainingView):
    """The going on of a run."""

    @extend_schema(request=None, responses=RunSerializer)
    def post(self, request: Request, uid: UUID) -> Response:
        """Go on from the last checkpoint."""
        run = self.find_run(roles.TRAINING)
        queueing.request_resume(run=run, requested_by=request.user)
        return Response(RunSerializer(run).data)


class RunProgress(TrainingView):
    """The lines of a run's progress file."""

    @extend_schema(
        parameters=[OpenApiParameter("after", OpenApiTypes.INT, description="`next` of last time")],
        responses=RunProgressSerializer,
    )
    def get(self, request: Request, uid: UUID) -> Response:
        """What was written after an offset."""
        run = self.find_run(roles.READING)
        after = serializers.IntegerField(min_value=0).run_validation(
            request.query_params.get("after", 0)
        )
        records, offset = RunDir(run.path).read_progress(after)
        return Response({"records": records, "next": offset, "state": run.state})


class RunLog(TrainingView):
    """The trainer's own output."""

    @extend_schema(responses={200: {"type": "object", "properties": {"lines": {"type": "array"}}}})
    def get(self, request: Request, uid: UUID) -> Response:
        """Its last lines."""
        run = self.find_run(roles.READING)
        return Response({"lines": log_tail(run.path / "log.txt", lines=LOG_LINES)})


class RunCheckpoints(TrainingView, generics.ListAPIView):
    """The checkpoints a run left."""

    serializer_class = CheckpointSerializer
    queryset = Checkpoint.objects.none()

    def get_queryset(self) -> Any:
        """Newest first."""
        return self.find_run(roles.READING).checkpoints.select_related("run").order_by("-id")


class RunTasks(TrainingView):
    """New tasks made of a run's responses."""

    @extend_schema(request=RunTasksSerializer, responses={201: RunTaskCountsSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Compare the run's responses with another run's or with a source's, blind."""
        run = self.find_run(roles.TRAINING)
        form = RunTasksSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        project = run.project
        if "project" in asked:
            project = roles.find_project(request.user, asked["project"], roles.TRAINING)
        against: Run | str = asked.get("against_source", "")
        if "against_run" in asked:
            try:
                against = queries.find_run(request.user, asked["against_run"], roles.TRAINING)
            except Http404:
                raise serializers.ValidationError({"against_run": ["No such run."]}) from None
        counts = sampling.make_tasks(
            project=project,
            run=run,
            against=against,
            requested_by=request.user,
            priority=asked["priority"],
        )
        return Response(counts, status=status.HTTP_201_CREATED)
