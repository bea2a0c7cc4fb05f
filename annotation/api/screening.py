"""The API of the way in: one's own state, and taking the steps before training and exam.

Items of training and exam come and go over the API of labeling. Nothing here tells the right
choice of a quiz before it was chosen.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.screening_state import OwnScreeningSerializer, state_of
from annotation.assigning import LeaseError
from annotation.entry import examining, quizzes, screening
from annotation.entry.screening_stages import way_of
from labelers import consenting, grouping, roles
from labelers.models import Project
from labelers.problems import Problem


class AgreedFormSerializer(serializers.Serializer):
    """The version that was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class SurveySerializer(serializers.Serializer):
    """Answers by question and groups by dimension; leave out whatever one would rather not say."""

    answers = serializers.DictField(
        child=serializers.CharField(max_length=60, allow_blank=True), required=False, default=dict
    )
    groups = serializers.DictField(
        child=serializers.CharField(max_length=60), required=False, default=dict
    )


class GroupsSerializer(serializers.Serializer):
    """The groups to be counted in from now on; none withdraws from all."""

    groups = serializers.DictField(child=serializers.CharField(max_length=60))


class TopicsSerializer(serializers.Serializer):
    """By topic: 0 (not at all) to 3 (very well)."""

    levels = serializers.DictField(child=serializers.IntegerField())


class QuizAnswersSerializer(serializers.Serializer):
    """The place of the chosen one of each question, null for none."""

    answers = serializers.ListField(
        child=serializers.IntegerField(allow_null=True, min_value=0, max_value=100),
        max_length=quizzes.MOST_QUESTIONS,
    )
    version = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="The version of the guidelines that one has read before.",
    )


class MarkedQuestionSerializer(serializers.Serializer):
    """One question after a try; ``explanation`` is there where the choice was wrong."""

    question = serializers.CharField()
    chosen = serializers.IntegerField(allow_null=True)
    is_right = serializers.BooleanField()
    explanation = serializers.CharField(allow_blank=True)


class QuizResultSerializer(serializers.Serializer):
    """What came of a try."""

    passed = serializers.BooleanField()
    share = serializers.FloatField()
    marked = MarkedQuestionSerializer(many=True)


class ScreeningStepView(APIView):
    """What all of these share: the role, the scope, and steps that cannot be taken now."""

    token_scope = "label"

    def taken(self, request: Request, slug: str, serializer_class: type) -> tuple[Project, Any]:
        """The project to come into and the validated body."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        serializer = serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return project, serializer.validated_data

    def state(self, request: Request, project: Project) -> Response:
        """Where one is after a deed."""
        return Response(OwnScreeningSerializer(state_of(way_of(project, request.user))).data)

    def handle_exception(self, problem: Exception) -> Response:
        """A step that cannot be taken now is a conflict."""
        if isinstance(problem, LeaseError):
            problem = Problem(409, "Not available", str(problem))
        return super().handle_exception(problem)


class OwnScreeningView(ScreeningStepView):
    """One's own way in."""

    @extend_schema(responses=OwnScreeningSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The steps of this project, how far one is, and what the present ones ask."""
        return self.state(request, roles.find_project(request.user, slug, roles.LABELING))


class ConsentView(ScreeningStepView):
    """One's consent."""

    @extend_schema(request=AgreedFormSerializer, responses=OwnScreeningSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Agree to the form in force."""
        project, given = self.taken(request, slug, AgreedFormSerializer)
        screening.agree(project=project, person=request.user, **given)
        return self.state(request, project)

    @extend_schema(request=None, responses={200: OwnScreeningSerializer})
    def delete(self, request: Request, slug: str) -> Response:
        """Take one's consent back; one is given no more work here, and what was done stays."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        consenting.withdraw_consent(project=project, person=request.user)
        return self.state(request, project)


class SurveyView(ScreeningStepView):
    """The voluntary questions."""

    @extend_schema(request=SurveySerializer, responses=OwnScreeningSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Answer what one likes, or nothing; only the first time counts."""
        project, given = self.taken(request, slug, SurveySerializer)
        screening.pass_survey(project=project, person=request.user, **given)
        return self.state(request, project)


class GroupsView(ScreeningStepView):
    """The coarse groups that one is counted in."""

    @extend_schema(request=GroupsSerializer, responses=OwnScreeningSerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Be counted in these groups and no others; an empty object withdraws from all."""
        project, given = self.taken(request, slug, GroupsSerializer)
        grouping.choose_groups(project=project, person=request.user, **given)
        return self.state(request, project)


class TopicsView(ScreeningStepView):
    """What one knows well."""

    @extend_schema(request=TopicsSerializer, responses=OwnScreeningSerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Say of every topic of the project how well one judges it."""
        project, given = self.taken(request, slug, TopicsSerializer)
        screening.assess_topics(project=project, person=request.user, **given)
        return self.state(request, project)


class QuizView(ScreeningStepView):
    """The quiz about the guidelines."""

    @extend_schema(request=QuizAnswersSerializer, responses=QuizResultSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Have one's choices marked; one may try again."""
        project, given = self.taken(request, slug, QuizAnswersSerializer)
        result = screening.take_quiz(project=project, person=request.user, **given)
        return Response(QuizResultSerializer(result).data)


class ExamView(ScreeningStepView):
    """The exam."""

    @extend_schema(request=None, responses={201: OwnScreeningSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Begin the next attempt; its items come over labeling."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        examining.begin_exam(project=project, person=request.user)
        answer = self.state(request, project)
        answer.status_code = status.HTTP_201_CREATED
        return answer
