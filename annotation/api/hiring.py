"""The API of hiring: the funnel, candidates with their evidence, decisions, texts to be scored."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.work import AnyAccept
from annotation.entry import evidence, exam_results, hiring, scoring_texts
from annotation.entry.funnel import funnel_of
from annotation.entry.journeys import PLACES, Journey, journey_of, journeys_of
from annotation.models import Exam, Judgment
from annotation.models.screening import BEST_SCORE
from annotation.views.hiring import streamed
from labelers import roles
from labelers.models import Person
from labelers.paging import PlaceCursorPagination
from labelers.problems import Problem


class FunnelStepSerializer(serializers.Serializer):
    """One stage: how many came so far, and the median hours it took them (null where unknown)."""

    name = serializers.CharField()
    title = serializers.CharField()
    count = serializers.IntegerField()
    hours = serializers.FloatField(allow_null=True)


class FunnelWeekSerializer(serializers.Serializer):
    """Those who came in one week, and what has become of them."""

    week = serializers.CharField()
    came = serializers.IntegerField()
    examined = serializers.IntegerField()
    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    waiting = serializers.IntegerField()


class FunnelSerializer(serializers.Serializer):
    """A project's candidates together."""

    steps = FunnelStepSerializer(many=True)
    weeks = FunnelWeekSerializer(many=True)
    open_places = serializers.IntegerField()
    hours_in_all = serializers.FloatField(allow_null=True)


class CandidateExamSerializer(serializers.ModelSerializer):
    """One attempt; ``accuracy`` comes with its 95% interval."""

    items = serializers.IntegerField(source="n_items")
    accuracy = serializers.SerializerMethodField()
    low = serializers.SerializerMethodField()
    high = serializers.SerializerMethodField()
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True, default=None)

    class Meta:
        model = Exam
        fields = [
            *("number", "verdict", "items", "right", "judged", "accuracy", "low", "high"),
            *("log_odds", "started_at", "finished_at", "decided_by", "decided_at", "note"),
        ]
        read_only_fields = fields

    def get_accuracy(self, exam: Any) -> float | None:
        """The share of comparisons that are right."""
        return exam_results.interval_of(exam, exam.n_items)[0]

    def get_low(self, exam: Any) -> float | None:
        """Its lower limit."""
        return exam_results.interval_of(exam, exam.n_items)[1]

    def get_high(self, exam: Any) -> float | None:
        """Its upper limit."""
        return exam_results.interval_of(exam, exam.n_items)[2]


class CandidateSerializer(serializers.Serializer):
    """Somebody who came to label; ``exams`` newest first, ``place`` is where they are now."""

    person = serializers.IntegerField(source="person.pk")
    labeler = serializers.CharField(source="person.username")
    pseudonym = serializers.CharField(source="person.pseudonym")
    came_at = serializers.DateTimeField()
    place = serializers.ChoiceField(list(PLACES), source="where")
    stage = serializers.CharField()
    waits = serializers.BooleanField()
    consented_at = serializers.DateTimeField(allow_null=True)
    trained = serializers.IntegerField()
    exams = CandidateExamSerializer(many=True)


class EvidenceItemSerializer(serializers.Serializer):
    """One item of an exam; answers in canonical order."""

    number = serializers.IntegerField()
    task = serializers.IntegerField()
    judgment = serializers.IntegerField()
    answer = serializers.JSONField(allow_null=True)
    expected = serializers.JSONField(allow_null=True)
    right = serializers.IntegerField()
    judged = serializers.IntegerField()
    seconds = serializers.FloatField(allow_null=True)
    difficulty = serializers.FloatField(allow_null=True)
    others_right = serializers.IntegerField()
    others_judged = serializers.IntegerField()
    others = serializers.IntegerField()
    scores = serializers.ListField(child=serializers.DictField())


class EvidenceSerializer(CandidateSerializer):
    """A candidate with the items of the last attempt."""

    items = EvidenceItemSerializer(many=True)


class ExamVerdictSerializer(serializers.Serializer):
    """An admin's word on an attempt; overruling one needs a note."""

    exam = serializers.IntegerField(min_value=1, help_text="The number of the attempt.")
    verdict = serializers.ChoiceField(["passed", "failed"])
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=hiring.LONGEST_NOTE, default=""
    )


class AnotherAttemptSerializer(serializers.Serializer):
    """Why somebody may try again."""

    note = serializers.CharField(
        required=False, allow_blank=True, max_length=hiring.LONGEST_NOTE, default=""
    )


class AttemptsAllowedSerializer(serializers.Serializer):
    """How many attempts somebody may make in all."""

    attempts_allowed = serializers.IntegerField()


class WrittenTextSerializer(serializers.Serializer):
    """A text that waits for one's score, without its author."""

    judgment = serializers.IntegerField(source="pk")
    prompt = serializers.JSONField(source="task.prompt.messages")
    answer = serializers.JSONField()


class WrittenScoreSerializer(serializers.Serializer):
    """How good a text is."""

    judgment = serializers.IntegerField(min_value=1, max_value=2**62)
    score = serializers.IntegerField(min_value=1, max_value=BEST_SCORE)
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=scoring_texts.LONGEST_NOTE, default=""
    )


class FunnelView(APIView):
    """The funnel."""

    token_scope = "admin"

    @extend_schema(responses=FunnelSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How many came how far, how long it took them, and week by week."""
        project = roles.find_project(request.user, slug, roles.READING)
        return Response(FunnelSerializer(funnel_of(project)).data)


class CandidatesView(generics.ListAPIView):
    """The candidates."""

    serializer_class = CandidateSerializer
    pagination_class = PlaceCursorPagination
    token_scope = "admin"

    def get_queryset(self) -> list[Journey]:
        """Everybody who came to label, those first who wait for a decision."""
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.READING)
        return journeys_of(project)


class CandidatesFileView(APIView):
    """The candidates as a table."""

    token_scope = "admin"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """The candidates as CSV, safe in spreadsheets."""
        return streamed(roles.find_project(request.user, slug, roles.READING))


def _journey(request: Request, slug: str, pk: int, allowed: Any) -> tuple[Any, Journey]:
    project = roles.find_project(request.user, slug, allowed)
    journey = journey_of(project, get_object_or_404(Person, pk=pk))
    if journey is None:
        raise Problem(404, "Not found", "This person is no candidate of the project.")
    return project, journey


class CandidateView(APIView):
    """One candidate."""

    token_scope = "admin"

    @extend_schema(responses=EvidenceSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The candidate, every attempt, and the evidence of the last one item by item.

        What is still to be scored blind by whoever asks has no answer here.
        """
        _project, journey = _journey(request, slug, pk, roles.READING)
        return Response(EvidenceSerializer(_with_items(journey, request.user)).data)


def _with_items(journey: Journey, viewer: Person) -> dict[str, Any]:
    exam, items = journey.exam, []
    if exam is not None:
        scores = scoring_texts.scores_for(viewer, exam)
        for item in evidence.items_of(exam):
            found = {**evidence.as_json(item), "scores": scores.get(item.judgment.pk, [])}
            if scoring_texts.is_hidden(exam, item.judgment, scores):
                found["answer"] = None
            items.append(found)
    names = ("person", "came_at", "where", "stage", "waits", "consented_at", "trained", "exams")
    return {name: getattr(journey, name) for name in names} | {"items": items}


class ExamDecisionView(APIView):
    """Deciding on an attempt."""

    token_scope = "admin"

    @extend_schema(request=ExamVerdictSerializer, responses=CandidateSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Pass or fail an attempt that is over; the labeler is told."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = ExamVerdictSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        exam = get_object_or_404(Exam, project=project, person=pk, number=given.pop("exam"))
        hiring.decide_exam(exam=exam, decided_by=request.user, **given)
        _project, journey = _journey(request, slug, pk, roles.MANAGING)
        return Response(CandidateSerializer(journey).data)


class ExamAttemptView(APIView):
    """Another attempt."""

    token_scope = "admin"

    @extend_schema(request=AnotherAttemptSerializer, responses=AttemptsAllowedSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Let somebody who failed take the exam once more, at once."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = AnotherAttemptSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        allowed = hiring.allow_attempt(
            project=project,
            person=get_object_or_404(Person, pk=pk),
            allowed_by=request.user,
            **serializer.validated_data,
        )
        return Response(AttemptsAllowedSerializer({"attempts_allowed": allowed}).data)


class WrittenView(generics.ListAPIView):
    """Texts of exams, blind."""

    serializer_class = WrittenTextSerializer
    pagination_class = PlaceCursorPagination
    token_scope = "admin"

    def get_queryset(self) -> list[Judgment]:
        """The texts that wait for one's score, in an order of one's own."""
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return scoring_texts.waiting_for(project=project, scorer=self.request.user)

    @extend_schema(request=WrittenScoreSerializer, responses={201: WrittenScoreSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Score a text, once."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = WrittenScoreSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        judgment = get_object_or_404(
            Judgment.objects.filter(task__project=project), pk=given.pop("judgment")
        )
        scoring_texts.score_written(
            project=project, judgment=judgment, scorer=request.user, **given
        )
        return Response(serializer.data, status=status.HTTP_201_CREATED)
