"""The API behind the labeling page as an admin tries it: the same shapes, and nothing stored."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import trying
from annotation.api.labeling import ExplainedSerializer, NextSerializer
from annotation.api.labeling_requests import (
    HoldingSerializer,
    SkipSerializer,
    SubmissionSerializer,
)
from annotation.assigning import LeaseError
from annotation.task_kinds.base import AnswerError
from labelers import roles
from labelers.models import Project
from labelers.problems import Problem

STAGE = OpenApiParameter("stage", str, OpenApiParameter.PATH, enum=trying.STAGES)


class TriedSerializer(NextSerializer):
    """What would be said of the answer, and the next item if it was wanted; nothing was stored."""

    explained = ExplainedSerializer(allow_null=True)


class _Trial(APIView):
    token_scope = "admin"

    def project_of(self, request: Request, slug: str, stage: str) -> Project:
        """The project, for an admin; the stage must be one."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        if stage not in trying.STAGES:
            raise NotFound("There is no such stage.")
        return project

    def given(self, request: Request, serializer_class: type) -> dict[str, Any]:
        """The validated body."""
        serializer = serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def handle_exception(self, problem: Exception) -> Response:
        """As the API of labeling refuses."""
        if isinstance(problem, LeaseError):
            problem = Problem(409, "Not available", str(problem))
        if isinstance(problem, AnswerError):
            problem = Problem(422, "Answer refused", str(problem))
        return super().handle_exception(problem)


class TrialNextView(_Trial):
    """An item to try."""

    @extend_schema(parameters=[STAGE], request=HoldingSerializer, responses=NextSerializer)
    def post(self, request: Request, slug: str, stage: str) -> Response:
        """An item by chance, as a labeler would see it; nobody holds it."""
        project = self.project_of(request, slug, stage)
        given = self.given(request, HoldingSerializer)
        return Response(trying.next_item(project=project, stage=stage, holding=given["holding"]))


class TrialJudgmentsView(_Trial):
    """An answer to try."""

    @extend_schema(parameters=[STAGE], request=SubmissionSerializer, responses=TriedSerializer)
    def post(self, request: Request, slug: str, stage: str) -> Response:
        """Check the answer as in earnest, and forget it."""
        project = self.project_of(request, slug, stage)
        given = self.given(request, SubmissionSerializer)
        said = trying.answer(
            project=project, stage=stage, task_id=given["assignment"], answer=given["answer"]
        )
        # The item that was answered is passed over once.
        holding = [*given["holding"], given["assignment"]]
        body = trying.next_item(project=project, stage=stage, holding=holding)
        if not given["want_next"]:
            body["item"] = None
        return Response(body | {"explained": said and asdict(said)})


class TrialSkipView(_Trial):
    """Passing over an item that one tries."""

    @extend_schema(parameters=[STAGE], request=SkipSerializer, responses=NextSerializer)
    def post(self, request: Request, slug: str, stage: str) -> Response:
        """Another item."""
        project = self.project_of(request, slug, stage)
        given = self.given(request, SkipSerializer)
        holding = [*given["holding"], given["assignment"]]
        return Response(trying.next_item(project=project, stage=stage, holding=holding))


class TrialNothingView(_Trial):
    """What is never done while one only tries: undo, drafts, reports, recent items."""

    @extend_schema(parameters=[STAGE], responses={200: list[dict[str, Any]]})
    def get(self, request: Request, slug: str, stage: str) -> Response:
        """No recent items."""
        self.project_of(request, slug, stage)
        return Response([])

    @extend_schema(parameters=[STAGE], request=None, responses=NextSerializer)
    def post(self, request: Request, slug: str, stage: str) -> Response:
        """No item comes back."""
        project = self.project_of(request, slug, stage)
        body = trying.next_item(project=project, stage=stage, holding=[])
        return Response(body | {"item": None})

    @extend_schema(parameters=[STAGE], request=None, responses={204: None})
    def put(self, request: Request, slug: str, stage: str) -> Response:
        """No draft is kept."""
        self.project_of(request, slug, stage)
        return Response(status=status.HTTP_204_NO_CONTENT)
