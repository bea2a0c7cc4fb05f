"""Lineage as parts of other pages and for programs: who used an item, what a run learned from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exports import wording
from exports.queries import find_snapshot
from labelers import roles
from training import lineage, queries


class TracedJudgmentSerializer(serializers.Serializer[Any]):
    """A judgment as lineage knows it."""

    judgment = serializers.CharField()
    revision = serializers.IntegerField()
    labeler = serializers.CharField()


class TracedSerializer(serializers.Serializer[Any]):
    """A record and what it was made of."""

    id = serializers.CharField()
    config = serializers.CharField()
    item = serializers.IntegerField()
    judgments = TracedJudgmentSerializer(many=True)


class LineageUseSerializer(serializers.Serializer[Any]):
    """A snapshot with the records in question, and who learned from it, by uid."""

    snapshot = serializers.UUIDField(source="snapshot.uid")
    name = serializers.CharField(source="snapshot.name")
    records = TracedSerializer(many=True)
    runs = serializers.SerializerMethodField()
    checkpoints = serializers.SerializerMethodField()

    def get_runs(self, use: lineage.Use) -> list[UUID]:
        """The runs, newest first."""
        return [run.uid for run in use.runs]

    def get_checkpoints(self, use: lineage.Use) -> list[UUID]:
        """What they left."""
        return [checkpoint.uid for checkpoint in use.checkpoints]


class RunLineageSerializer(serializers.Serializer[Any]):
    """The snapshots and runs that a run learned from, nearest first, by uid."""

    snapshots = serializers.SerializerMethodField()
    runs = serializers.SerializerMethodField()

    def get_snapshots(self, learned: lineage.Learned) -> list[UUID]:
        """Their records are under each snapshot's own lineage."""
        return [snapshot.uid for snapshot in learned.snapshots]

    def get_runs(self, learned: lineage.Learned) -> list[UUID]:
        """Itself first."""
        return [run.uid for run in learned.runs]


@login_required
@require_GET
def item_lineage(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Where an item was used: a part of its page."""
    project = roles.find_project(request.user, slug, roles.READING)
    uses = [
        (use, [(wording.CONFIGS[record.config], record) for record in use.records])
        for use in lineage.of_item(project, pk)
    ]
    return render(request, "training/_item_lineage.html", {"uses": uses, "project": project})


@login_required
@require_GET
def run_lineage(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What a run learned from: a part of its page."""
    run = queries.find_run(request.user, uid, roles.READING)
    return render(request, "training/_run_lineage.html", {"learned": lineage.behind(run)})


class ItemLineageView(APIView):
    """Where an item was used."""

    token_scope = "export"

    @extend_schema(responses=LineageUseSerializer(many=True))
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The snapshots that hold it, their records of it, and the runs and checkpoints."""
        project = roles.find_project(request.user, slug, roles.READING)
        return Response(LineageUseSerializer(lineage.of_item(project, pk), many=True).data)


class RecordLineageView(APIView):
    """Where a record of a snapshot comes from and went."""

    token_scope = "export"

    @extend_schema(responses=LineageUseSerializer)
    def get(self, request: Request, uid: UUID, record: str) -> Response:
        """Its judgments, and the runs and checkpoints that learned from the snapshot."""
        snapshot = find_snapshot(request.user, uid, roles.READING)
        if snapshot.state != "done" or snapshot.files_deleted_at is not None:
            raise Http404("No such record.")
        use = lineage.of_record(snapshot, record)
        if use is None:
            raise Http404("No such record.")
        return Response(LineageUseSerializer(use).data)


class RunLineageView(APIView):
    """What a run learned from."""

    @extend_schema(responses=RunLineageSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        """Snapshots and earlier runs, nearest first."""
        run = queries.find_run(request.user, uid, roles.READING)
        return Response(RunLineageSerializer(lineage.behind(run)).data)
