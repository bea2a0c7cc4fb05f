"""Runs of a project side by side: the page, its charts, and the same for programs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labelers import roles
from labelers.models import Project
from training import comparing, curves, queries, wording
from training.api import TrainingView
from training.comparing_rewards import JUDGES
from training.models import Run
from training.trainers.catalog import TRAINERS


@login_required
@require_GET
def runs_compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Two to four runs side by side."""
    project = roles.find_project(request.user, slug, roles.READING)
    chosen = _chosen(project, request.GET.getlist("run"))
    enough = 2 <= len(chosen) <= comparing.MOST_RUNS
    context = {
        "project": project,
        "roles": roles.roles_in(request.user, project),
        "tab": "runs",
        "runs": [(run, wording.TRAINERS[run.trainer].title) for run in chosen],
        "compared": comparing.compare(chosen) if enough else None,
        "asked": "&".join(f"run={run.uid}" for run in chosen),
        "most": comparing.MOST_RUNS,
    }
    return render(request, "training/compare.html", context)


@login_required
@require_GET
def runs_compare_charts(request: HttpRequest, slug: str) -> HttpResponse:
    """The charts of the same runs as JSON."""
    project = roles.find_project(request.user, slug, roles.READING)
    chosen = _chosen(project, request.GET.getlist("run"))[: comparing.MOST_RUNS]
    live = any(run.is_live for run in chosen)
    return JsonResponse(curves.answer(comparing.charts(chosen) if chosen else [], live=live))


def _chosen(project: Project, uids: list[str]) -> list[Run]:
    """The runs in the order in which they were asked for.

    Raises:
        Http404: one of them is no run of the project.
    """
    try:
        found = {str(run.uid): run for run in queries.runs_of(project).filter(uid__in=uids)}
    except (ValueError, ValidationError):
        raise Http404("No such run.") from None
    chosen = [found.get(uid) for uid in dict.fromkeys(uids)]
    if None in chosen:
        raise Http404("No such run.")
    return [run for run in chosen if run is not None and run.trainer in TRAINERS]


class ComparedFigureSerializer(serializers.Serializer[Any]):
    """A figure of one run; null where it has none of this name."""

    key = serializers.CharField()
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ComparedFiguresSerializer(serializers.Serializer[Any]):
    """One figure in all runs, in the order of `runs`."""

    name = serializers.CharField()
    figures = serializers.ListField(child=ComparedFigureSerializer(allow_null=True))


class ComparedSettingSerializer(serializers.Serializer[Any]):
    """A setting that is not the same in all runs, in the order of `runs`."""

    name = serializers.CharField()
    values = serializers.ListField(child=serializers.JSONField(allow_null=True))


class PairedDifferenceSerializer(serializers.Serializer[Any]):
    """How much more often a run is right than the first one, on the same held-out pairs."""

    run = serializers.UUIDField(source="run.uid")
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    prompts = serializers.IntegerField()
    pairs = serializers.IntegerField()


class RewardDifferenceSerializer(serializers.Serializer[Any]):
    """How much more reward a run's policy gets than the first one's, on the same prompts."""

    run = serializers.UUIDField(source="run.uid")
    judge = serializers.ChoiceField(choices=list(JUDGES))
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    prompts = serializers.IntegerField()


class RunComparisonSerializer(serializers.Serializer[Any]):
    """Runs side by side."""

    runs = serializers.SerializerMethodField()
    settings = ComparedSettingSerializer(many=True)
    figures = ComparedFiguresSerializer(many=True)
    differences = PairedDifferenceSerializer(many=True)
    rewards = RewardDifferenceSerializer(many=True)

    def get_runs(self, compared: comparing.Comparison) -> list[str]:
        """Their uids, as they were asked for."""
        return [str(run.uid) for run in compared.runs]


class CompareRuns(TrainingView):
    """Runs of a project side by side."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "run", OpenApiTypes.UUID, many=True, required=True, description="Two to four runs"
            )
        ],
        responses=RunComparisonSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Settings that differ, figures, and paired differences from the first."""
        project = self.find_project(roles.READING)
        chosen = _chosen(project, request.query_params.getlist("run"))
        if not 2 <= len(chosen) <= comparing.MOST_RUNS:
            raise serializers.ValidationError({"run": [_("Name two to four runs.")]})
        return Response(RunComparisonSerializer(comparing.compare(chosen)).data)
