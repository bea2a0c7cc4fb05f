"""The API of gold: what is in force and what speaks against it, making, changing and retiring."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.work import AnyAccept
from annotation.gold import gold_proposals, gold_review, gold_rows, keeping_gold
from annotation.gold.gold_evidence import Evidence, evidence_of
from annotation.models import Gold, Task
from annotation.views.gold import PROPOSALS, file_of, gold_or_404
from annotation.views.gold_making import task_or_404
from labelers import roles
from labelers.models import Project
from labelers.paging import PlaceCursorPagination

SHOWN = (gold_rows.IN_FORCE, gold_rows.TO_RETIRE, gold_rows.RETIRED)


class GoldSerializer(serializers.Serializer):
    """A gold item. ``right`` of ``judged`` comparisons meet it, ``low`` and ``high`` are the 95%
    interval of that share; ``proposed`` says why it should be looked at."""

    item = serializers.IntegerField(source="gold.task_id")
    state = serializers.ChoiceField([gold_rows.IN_FORCE, gold_rows.RETIRED])
    proposed = serializers.ListField(child=serializers.CharField())
    kind = serializers.CharField(source="gold.task.kind")
    criterion = serializers.CharField(source="gold.task.criterion")
    origin = serializers.ChoiceField(Gold.Origin.choices, source="gold.origin")
    answer = serializers.JSONField(source="gold.answer", allow_null=True)
    explanation = serializers.CharField(source="gold.explanation")
    answers = serializers.IntegerField(source="evidence.answers")
    right = serializers.IntegerField(source="evidence.right")
    judged = serializers.IntegerField(source="evidence.judged")
    share = serializers.FloatField(source="evidence.share", allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    good_labelers = serializers.IntegerField(source="evidence.good")
    good_labelers_against = serializers.IntegerField(source="evidence.against")
    too_easy = serializers.BooleanField(source="evidence.is_too_easy")
    difficulty = serializers.FloatField(source="gold.difficulty", allow_null=True)
    guideline_version = serializers.IntegerField(source="gold.guideline_version", allow_null=True)
    made_at = serializers.DateTimeField(source="gold.created_at")
    affirmed_at = serializers.DateTimeField(source="gold.affirmed_at", allow_null=True)
    last_shown = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(source="gold.retired_at", allow_null=True)
    retired_reason = serializers.CharField(source="gold.retired_reason")


class GoldAnswerSerializer(serializers.Serializer):
    """The expected answer in canonical order, null where people write, and why it is right."""

    answer = serializers.JSONField(allow_null=True, required=False, default=None)
    explanation = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=keeping_gold.LONGEST_EXPLANATION,
    )


class NewGoldSerializer(GoldAnswerSerializer):
    """Which item becomes gold, and with which answer."""

    item = serializers.IntegerField(min_value=1, max_value=2**62)


class GoldDeedSerializer(serializers.Serializer):
    """What becomes of a gold item; retiring needs a reason."""

    deed = serializers.ChoiceField(["affirm", "retire", "bring_back"])
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class GoldProposalSerializer(serializers.Serializer):
    """An item that all labelers answered alike."""

    item = serializers.IntegerField(source="task.pk")
    answer = serializers.JSONField()
    judgments = serializers.SerializerMethodField()

    def get_judgments(self, found: gold_proposals.Proposed) -> list[dict[str, Any]]:
        """What each labeler said, with their reason."""
        return [
            {
                "id": judgment.pk,
                "labeler": (judgment.person and judgment.person.username)
                or judgment.imported_labeler,
                "answer": judgment.answer,
                "reason": judgment.reason,
            }
            for judgment in found.judgments
        ]


class GoldProposalDecisionSerializer(serializers.Serializer):
    """Whether a proposed consensus becomes gold."""

    decision = serializers.ChoiceField(["confirm", "dismiss"])
    explanation = serializers.CharField(required=False, allow_blank=True, default="")


class GoldPoolSerializer(serializers.Serializer):
    """How far the gold reaches for the labelers of the last two weeks."""

    gold = serializers.IntegerField()
    labelers = serializers.IntegerField()
    least = serializers.IntegerField(allow_null=True)
    median = serializers.IntegerField(allow_null=True)
    few = serializers.IntegerField()
    is_low = serializers.BooleanField()


class GoldBalanceSerializer(serializers.Serializer):
    """How often a rule without reading would meet the gold."""

    longer = serializers.IntegerField()
    compared = serializers.IntegerField()
    longer_share = serializers.FloatField(allow_null=True)
    good = serializers.IntegerField()
    judged_alone = serializers.IntegerField()
    good_share = serializers.FloatField(allow_null=True)
    is_one_sided = serializers.BooleanField()
    difficulty = serializers.DictField(child=serializers.IntegerField())


class GoldSummarySerializer(serializers.Serializer):
    """The gold of a project as a whole."""

    pool = GoldPoolSerializer()
    balance = GoldBalanceSerializer()


def one_row(gold: Gold) -> dict[str, Any]:
    """A gold item as the API shows it."""
    project = gold.task.project
    evidence = evidence_of(project)
    to_retire = gold_review.to_retire(project, evidence)
    found = Gold.objects.filter(pk=gold.pk)
    return GoldSerializer(gold_rows.rows_of(found, evidence, to_retire)[0]).data


class GoldsView(generics.ListAPIView):
    """The gold of a project."""

    serializer_class = GoldSerializer
    token_scope = "admin"

    def get_queryset(self) -> QuerySet[Gold]:
        """Newest first; ``?show=`` in_force (the default), to_retire or retired."""
        if getattr(self, "swagger_fake_view", False):
            return Gold.objects.none()
        self.project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        show = self.request.query_params.get("show", gold_rows.IN_FORCE)
        if show not in SHOWN:
            raise serializers.ValidationError({"show": f"Choose one of {', '.join(SHOWN)}."})
        self.evidence: dict[int, Evidence] = evidence_of(self.project)
        self.to_retire = gold_review.to_retire(self.project, self.evidence)
        found = gold_rows.gold_of(self.project, show, self.to_retire)
        return found.select_related("task__prompt", "created_by", "retired_by")

    @extend_schema(parameters=[OpenApiParameter("show", OpenApiTypes.STR, enum=SHOWN)])
    def get(self, request: Request, slug: str) -> Response:
        """Gold items with their evidence."""
        golds = self.paginate_queryset(self.get_queryset())
        rows = gold_rows.rows_of(golds, self.evidence, self.to_retire)
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(request=NewGoldSerializer, responses={201: GoldSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Make an item gold."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = NewGoldSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        task = Task.objects.filter(project=project, pk=given.pop("item")).first()
        if task is None:
            raise ValidationError({"item": "This project has no such item."})
        made = keeping_gold.make(task=task, made_by=request.user, **given)
        return Response(one_row(made), status=status.HTTP_201_CREATED)


class GoldView(APIView):
    """One gold item."""

    token_scope = "admin"

    @extend_schema(responses=GoldSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The gold of an item, with its evidence."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        return Response(one_row(gold_or_404(project, pk)))

    @extend_schema(request=GoldAnswerSerializer, responses=GoldSerializer)
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Give it another answer or explanation."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        found = gold_or_404(project, pk)
        serializer = GoldAnswerSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        keeping_gold.change(gold=found, changed_by=request.user, **serializer.validated_data)
        return Response(one_row(found))

    @extend_schema(request=GoldDeedSerializer, responses=GoldSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Affirm, retire or bring it back."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        found = gold_or_404(project, pk)
        serializer = GoldDeedSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        deed, reason = (serializer.validated_data[name] for name in ("deed", "reason"))
        if deed == "retire":
            keeping_gold.retire(gold=found, reason=reason, retired_by=request.user)
        elif deed == "affirm":
            keeping_gold.affirm(gold=found, affirmed_by=request.user)
        else:
            keeping_gold.bring_back(gold=found, brought_back_by=request.user)
        return Response(one_row(found))


class TenToAPage(PlaceCursorPagination):
    """Proposals take long to find and to read."""

    page_size = PROPOSALS


class ProposalsView(generics.ListAPIView):
    """Items that all labelers answered alike."""

    serializer_class = GoldProposalSerializer
    pagination_class = TenToAPage
    token_scope = "admin"

    def get_queryset(self) -> QuerySet[Task]:
        """Those with most answers first."""
        if getattr(self, "swagger_fake_view", False):
            return Task.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return gold_proposals.candidates(project)

    def get(self, request: Request, slug: str) -> Response:
        """Ten of them to a page, those with most answers first."""
        found = gold_proposals.proposals_of(self.paginate_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(found, many=True).data)


class ProposalView(APIView):
    """One such item."""

    token_scope = "admin"

    @extend_schema(
        request=GoldProposalDecisionSerializer, responses={200: GoldSerializer, 204: None}
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Make its consensus gold, or do not propose it again."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        task = task_or_404(project, pk)
        serializer = GoldProposalDecisionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        if given["decision"] == "dismiss":
            keeping_gold.dismiss(task=task, dismissed_by=request.user)
            return Response(status=status.HTTP_204_NO_CONTENT)
        made = keeping_gold.confirm(
            task=task, explanation=given["explanation"], confirmed_by=request.user
        )
        return Response(one_row(made))


class GoldSummaryView(APIView):
    """The gold of a project as a whole."""

    token_scope = "admin"

    @extend_schema(responses=GoldSummarySerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How far it reaches, and how balanced it is."""
        project: Project = roles.find_project(request.user, slug, roles.MANAGING)
        found = {
            "pool": gold_review.pool_of(project),
            "balance": gold_review.balance_of(project),
        }
        return Response(GoldSummarySerializer(found).data)


class GoldFileView(APIView):
    """The gold of a project as a file."""

    token_scope = "admin"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Every gold item with its evidence, as CSV."""
        return file_of(roles.find_project(request.user, slug, roles.MANAGING))
