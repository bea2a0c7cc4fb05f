"""The API of labelers: their scores, signals and evidence, and stopping or resuming their work."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import trusting
from annotation.api.work import AnyAccept
from annotation.views.labelers import file_of, found_labeler, found_person
from annotation.watch import labeler_figures, labelers_csv, pausing, watching
from annotation.watch.labeler_figures import Labeler
from labelers import roles
from labelers.models import Project
from labelers.problems import Problem

ORDER = OpenApiParameter(
    "order",
    enum=[sign + name for name in labeler_figures.ORDERS for sign in ("", "-")],
    description="With - from above.",
)


class LabelerScoreSerializer(serializers.Serializer):
    """A share with its 95% interval; ``n`` is how many certain comparisons it is worth."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.FloatField(required=False)


class LabelerSerializer(serializers.Serializer):
    """One labeler. ``key`` is p:ID of a person, i:NAME of an imported one; ``stage`` is suspended
    for somebody who is paused; ``evidence`` is the share of what a pause needs; ``signals`` are the
    titles of those raised, ``copies`` the names of whom they seem to repeat; ``trusted`` says why
    they get contested items: named by an admin, by their gold score, or empty for not."""

    key = serializers.CharField()
    name = serializers.CharField()
    stage = serializers.CharField(allow_blank=True)
    answers = serializers.IntegerField()
    last_at = serializers.DateTimeField(allow_null=True)
    gold = LabelerScoreSerializer()
    consensus = LabelerScoreSerializer()
    corrected = LabelerScoreSerializer()
    evidence = serializers.FloatField(allow_null=True)
    signals = serializers.ListField(child=serializers.CharField())
    copies = serializers.ListField(child=serializers.CharField())
    trusted = serializers.ChoiceField([trusting.NAMED, trusting.BY_GOLD, ""])


class LabelersSerializer(serializers.Serializer):
    """All labelers as of ``computed_at``; ``usual`` is the project's usual accuracy, ``pauses``
    whether those who fall are paused by themselves."""

    computed_at = serializers.DateTimeField(allow_null=True)
    usual = serializers.FloatField(allow_null=True)
    pauses = serializers.BooleanField()
    labelers = LabelerSerializer(many=True)


class SignalSerializer(LabelerScoreSerializer):
    """A habit: evidence, never a verdict. ``usual`` is what is normal, ``counts`` further numbers,
    ``judgments`` the answers behind it."""

    name = serializers.CharField()
    n = serializers.IntegerField()
    usual = serializers.FloatField(allow_null=True)
    raised = serializers.BooleanField()
    counts = serializers.DictField()
    examples = serializers.ListField(child=serializers.CharField())
    judgments = serializers.ListField(child=serializers.IntegerField())


class EvidencePathSerializer(serializers.Serializer):
    """The evidence of a fall after each answer, in nats, and where it is enough for a pause."""

    points = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    threshold = serializers.FloatField()
    good = serializers.FloatField(allow_null=True)
    crossed = serializers.IntegerField(allow_null=True)


class LabelerAgreementSerializer(LabelerScoreSerializer):
    """Agreement with another labeler on what both decided."""

    key = serializers.CharField()
    name = serializers.CharField()
    n = serializers.IntegerField()
    same = serializers.IntegerField()


class CopiedSerializer(serializers.Serializer):
    """Evidence that ``who`` repeats ``whom``, in nats against ``threshold``."""

    who = serializers.CharField()
    whom = serializers.CharField()
    evidence = serializers.FloatField()
    threshold = serializers.FloatField()
    shared = serializers.IntegerField()
    same = serializers.IntegerField()
    expected = serializers.FloatField()
    contradicted = serializers.IntegerField()
    repeated = serializers.IntegerField()


class OneLabelerSerializer(LabelerSerializer):
    """One labeler in full. ``rolling``: [answers so far, score, low, high] by score; ``sides``: how
    often right by what was chosen."""

    rolling = serializers.DictField()
    paths = serializers.DictField(child=EvidencePathSerializer())
    all_signals = SignalSerializer(many=True)
    seems_copied = CopiedSerializer(many=True)
    sides = serializers.DictField(child=LabelerScoreSerializer())
    pairs = LabelerAgreementSerializer(many=True)


class PauseReasonSerializer(serializers.Serializer):
    """Why; the labeler reads it."""

    reason = serializers.CharField(max_length=pausing.LONGEST_REASON)


class TrustSerializer(serializers.Serializer):
    """Whether they are to be trusted whatever their score is."""

    trusted = serializers.BooleanField()


class LabelersView(APIView):
    """The labelers of a project."""

    token_scope = "admin"

    @extend_schema(parameters=[ORDER], responses=LabelersSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Everybody with scores, signals and evidence."""
        project = roles.find_project(request.user, slug, roles.READING)
        order = request.query_params.get("order", "name")
        found = labeler_figures.table(project=project, order=order)
        return Response(LabelersSerializer(found).data)


class RefreshView(APIView):
    """Looking at everybody's work now."""

    token_scope = "admin"

    @extend_schema(request=None, responses=LabelersSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Measure now instead of within half a minute, pause who fell, and answer as GET does."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        watching.refresh(project=project)
        return Response(LabelersSerializer(labeler_figures.table(project=project)).data)


class LabelersFileView(APIView):
    """The labelers of a project as CSV."""

    token_scope = "admin"
    content_negotiation_class = AnyAccept

    @extend_schema(parameters=[ORDER], responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str) -> HttpResponse:
        """One line per labeler."""
        project = roles.find_project(request.user, slug, roles.READING)
        order = request.query_params.get("order", "name")
        found = labeler_figures.table(project=project, order=order)
        return file_of(labelers_csv.table_csv(found), f"{slug}-labelers.csv")


class LabelerView(APIView):
    """One labeler."""

    token_scope = "admin"

    @extend_schema(responses=OneLabelerSerializer)
    def get(self, request: Request, slug: str, key: str) -> Response:
        """Scores over time, every signal with the answers behind it, and every other labeler."""
        project = roles.find_project(request.user, slug, roles.READING)
        return Response(_in_full(project, found_labeler(project, key)))


class PauseView(APIView):
    """Stopping a labeler's work."""

    token_scope = "admin"

    @extend_schema(request=PauseReasonSerializer, responses=LabelerSerializer)
    def post(self, request: Request, slug: str, key: str) -> Response:
        """Give them no more work in this project; they and the admins are told."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = PauseReasonSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        person = found_person(project, key)
        try:
            pausing.pause(
                project=project,
                person=person,
                paused_by=request.user,
                **serializer.validated_data,
            )
        except ValidationError as problem:
            raise Problem(409, "Not possible", " ".join(problem.messages)) from problem
        return Response(LabelerSerializer(found_labeler(project, key)).data)


class TrustView(APIView):
    """Trusting a labeler with contested items."""

    token_scope = "admin"

    @extend_schema(request=TrustSerializer, responses=LabelerSerializer)
    def post(self, request: Request, slug: str, key: str) -> Response:
        """Trust them whatever their score on gold is, or only by that score again."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = TrustSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        person = found_person(project, key)
        try:
            trusting.set_trusted(
                project=project, person=person, set_by=request.user, **serializer.validated_data
            )
        except ValidationError as problem:
            raise Problem(409, "Not possible", " ".join(problem.messages)) from problem
        return Response(LabelerSerializer(found_labeler(project, key)).data)


class ResumeView(APIView):
    """Letting a paused labeler work again."""

    token_scope = "admin"

    @extend_schema(request=None, responses=LabelerSerializer)
    def post(self, request: Request, slug: str, key: str) -> Response:
        """Give them work again; only what they answer from now on is evidence."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        person = found_person(project, key)
        try:
            pausing.resume(project=project, person=person, resumed_by=request.user)
        except ValidationError as problem:
            raise Problem(409, "Not possible", " ".join(problem.messages)) from problem
        return Response(LabelerSerializer(found_labeler(project, key)).data)


def _in_full(project: Project, labeler: Labeler) -> dict[str, Any]:
    found = labeler.figures
    return OneLabelerSerializer(
        {
            **{name: value for name, value in asdict(labeler).items() if name != "figures"},
            "rolling": found.get("rolling", {}),
            "paths": found.get("paths", {}),
            "all_signals": found.get("signals", []),
            "seems_copied": found.get("copies", []),
            "sides": found.get("sides", {}),
            "pairs": labeler_figures.pairs_of(project=project, labeler=labeler),
        }
    ).data
