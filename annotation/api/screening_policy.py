"""The API of the screening policy: what is asked of labelers, and how long the exam must be."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.entry import exam_length, hiring
from annotation.models import ScreeningPolicy
from labelers import consenting, roles
from labelers.models import ConsentForm


class QuizQuestionAndAnswerSerializer(serializers.Serializer):
    """One question of the quiz; ``right`` is the place of the right choice, from 0."""

    question = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())
    right = serializers.IntegerField()
    explanation = serializers.CharField(required=False, allow_blank=True)


class ScreeningPolicySerializer(serializers.ModelSerializer):
    """The policy and whether it is in force."""

    is_screened = serializers.BooleanField(source="project.is_screened")
    quiz = QuizQuestionAndAnswerSerializer(many=True)

    class Meta:
        model = ScreeningPolicy
        fields = ["is_screened", *hiring.CHANGEABLE]


class ScreeningPolicyChangeSerializer(serializers.ModelSerializer):
    """What is to change. ``present_labelers`` is needed where screening is switched on while
    labelers are there: ``qualified`` or ``screened``."""

    is_screened = serializers.BooleanField(required=False)
    present_labelers = serializers.ChoiceField(list(hiring.PRESENT), required=False)
    quiz = serializers.JSONField(required=False)

    class Meta:
        model = ScreeningPolicy
        fields = ["is_screened", "present_labelers", *hiring.CHANGEABLE]


class ConsentVersionSerializer(serializers.ModelSerializer):
    """One version of the consent form; an empty text asks for nothing."""

    class Meta:
        model = ConsentForm
        fields = ["version", "text", "created_at"]
        read_only_fields = ["version", "created_at"]
        extra_kwargs = {"text": {"allow_blank": True, "max_length": consenting.LONGEST_FORM}}


class ExamNumbersSerializer(serializers.ModelSerializer):
    """Numbers to try; what is left out is as the policy has it."""

    class Meta:
        model = ScreeningPolicy
        fields = [
            *("good_accuracy", "poor_accuracy", "false_pass", "false_fail"),
            *("exam_least", "exam_most", "attempts", "training_items"),
        ]


class LabelerLengthSerializer(serializers.Serializer):
    """What becomes of labelers of one accuracy."""

    name = serializers.ChoiceField(["good", "between", "poor", "random"])
    accuracy = serializers.FloatField()
    passed = serializers.FloatField()
    failed = serializers.FloatField()
    borderline = serializers.FloatField()
    hired = serializers.FloatField(help_text="Passed in any of the allowed attempts.")
    items = serializers.FloatField(help_text="Items of one attempt, on average.")


class FixedExamSerializer(serializers.Serializer):
    """An exam of fixed length."""

    items = serializers.IntegerField()
    pass_at = serializers.IntegerField()


class ExamPoolSerializer(serializers.Serializer):
    """The gold there is, and what one labeler may use up."""

    gold = serializers.IntegerField()
    once = serializers.IntegerField()
    most = serializers.IntegerField()
    is_enough = serializers.BooleanField()
    is_enough_for_all = serializers.BooleanField()


class ExamLengthSerializer(serializers.Serializer):
    """How long the exam is and whom it lets pass; ``curve`` holds (accuracy, share that passes)."""

    labelers = LabelerLengthSerializer(many=True)
    curve = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    worst_items = serializers.FloatField()
    least = serializers.IntegerField()
    most = serializers.IntegerField()
    fixed = FixedExamSerializer(allow_null=True)
    pool = ExamPoolSerializer(allow_null=True)


class PolicyView(APIView):
    """The screening policy."""

    token_scope = "admin"

    @extend_schema(responses=ScreeningPolicySerializer)
    def get(self, request: Request, slug: str) -> Response:
        """What is asked of labelers before they work."""
        project = roles.find_project(request.user, slug, roles.READING)
        return Response(ScreeningPolicySerializer(hiring.policy_of(project)).data)

    @extend_schema(request=ScreeningPolicyChangeSerializer, responses=ScreeningPolicySerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Change it; what is left out stays."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = ScreeningPolicyChangeSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        policy = hiring.change_policy(
            project=project, changed_by=request.user, **serializer.validated_data
        )
        return Response(ScreeningPolicySerializer(policy).data)


class ConsentFormsView(generics.ListAPIView):
    """What labelers agree to."""

    serializer_class = ConsentVersionSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Every version, newest first."""
        if getattr(self, "swagger_fake_view", False):
            return ConsentForm.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.READING)
        return project.consent_forms.all()

    @extend_schema(request=ConsentVersionSerializer, responses={201: ConsentVersionSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Put a new version in force; everybody is asked again."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = ConsentVersionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = consenting.publish_form(
            project=project, created_by=request.user, **serializer.validated_data
        )
        return Response(ConsentVersionSerializer(made).data, status=status.HTTP_201_CREATED)


class ExamLengthView(APIView):
    """How long an exam must be."""

    token_scope = "admin"

    @extend_schema(parameters=[ExamNumbersSerializer], responses=ExamLengthSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Exact figures for the policy's exam, or for the numbers in the query."""
        project = roles.find_project(request.user, slug, roles.READING)
        serializer = ExamNumbersSerializer(data=request.query_params, partial=True)
        serializer.is_valid(raise_exception=True)
        tried = hiring.policy_of(project)
        for name, value in serializer.validated_data.items():
            setattr(tried, name, value)
        found: dict[str, Any] = exam_length.as_json(exam_length.length_of(tried, project))
        return Response(ExamLengthSerializer(found).data)
