"""Training for programs: what the run pages do, below /api/v1/."""

from __future__ import annotations

from typing import Any
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
from training import checking, queries, queueing, run_report, sampling, watching
from training.launching import log_tail
from training.models import Checkpoint, Run
from training.run_dir import RunDir
from training.run_form import describe
from training.serializers import (
    CheckpointSerializer,
    NewCheckSerializer,
    NewRunSerializer,
    RunProgressSerializer,
    RunReportSerializer,
    RunSerializer,
    RunTaskCountsSerializer,
    RunTasksSerializer,
    TrainerSerializer,
)
from training.trainers.catalog import TRAINERS

LOG_LINES = 500


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
        run = queueing.request_run(
            name=form.validated_data.get("name", ""),
            **_asked_for(project, request, form.validated_data),
        )
        return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)


class ProjectChecks(TrainingView):
    """Looking at data, model and cost before a run."""

    @extend_schema(request=NewCheckSerializer, responses={201: RunSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Queue a look at what a run with the same body would do; its report says what it found."""
        project = self.find_project(roles.TRAINING)
        form = NewCheckSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        check = checking.request_check(**_asked_for(project, request, form.validated_data))
        return Response(RunSerializer(check).data, status=status.HTTP_201_CREATED)


def _asked_for(project: Project, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
    snapshot, parent = None, None
    if asked.get("snapshot"):
        snapshot = Snapshot.objects.filter(project=project, uid=asked["snapshot"]).first()
        if snapshot is None:
            said = "No such snapshot in this project."
            raise serializers.ValidationError({"snapshot": [said]})
    if asked.get("parent"):
        parent = queries.find_checkpoint(project, asked["parent"])
        if parent is None:
            raise serializers.ValidationError({"parent": ["No such checkpoint here."]})
    return {
        "project": project,
        "created_by": request.user,
        "trainer": asked["trainer"],
        "config": asked.get("config", {}),
        "snapshot": snapshot,
        "parent": parent,
    }


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


class RunReport(TrainingView):
    """What a run wrote about its data and its model."""

    @extend_schema(responses=RunReportSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        """The files as they are; empty objects where it wrote none."""
        run = self.find_run(roles.READING)
        return Response(
            {
                "state": run.state,
                "data": run_report.read_object(run.path / "data_report.json"),
                "evaluation": run_report.read_object(run.path / "outputs" / "report.json"),
                "alarms": run_report.read_object(run.path / watching.ALARMS),
            }
        )


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
