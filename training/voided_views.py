"""Which snapshots and runs used certain answers, as a part of other pages and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.http import require_GET
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.views.voiding import person_of
from annotation.watch.void_form import since_of
from annotation.watch.voiding import standing_since
from labelers import roles
from labelers.models import Project
from training import voided


class UsedAnswersSerializer(serializers.Serializer[Any]):
    """The snapshots and runs that used the answers, by uid, newest first."""

    snapshots = serializers.ListField(child=serializers.UUIDField())
    runs = serializers.ListField(child=serializers.UUIDField())


@login_required
@require_GET
def used_answers(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a labeler's answers since a time were used: a part of the page that voids them."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    try:
        used = _used(project, request.GET)
    except ValidationError as problem:
        return HttpResponseBadRequest(" ".join(problem.messages))
    return render(request, "training/_used_answers.html", {"used": used})


class UsedAnswers(APIView):
    """Where a labeler's answers were used."""

    token_scope = "admin"

    @extend_schema(
        parameters=[
            OpenApiParameter("labeler", OpenApiTypes.STR, required=True, description="p:ID"),
            OpenApiParameter("since", OpenApiTypes.DATETIME, required=True),
        ],
        responses=UsedAnswersSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """The snapshots that hold answers since then, and the runs that learned from those."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        used = _used(project, request.query_params)
        return Response(
            {
                "snapshots": [str(snapshot.uid) for snapshot in used.snapshots],
                "runs": [str(run.uid) for run in used.runs],
            }
        )


def _used(project: Project, asked: Mapping[str, str]) -> voided.Used:
    person = person_of(project, asked.get("labeler", ""))
    answers = standing_since(project, person, since_of(asked.get("since", "")))
    return voided.used_by(project, list(answers.values_list("pk", flat=True)))
