"""The API of quality: kept figures by name, and their tables as CSV.

Each answer says as of when its figures are; while they are first measured it is 202 without any.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.work import AnyAccept
from annotation.figures import figure_words, keeping_figures, refreshing
from annotation.views.quality import table_file
from labelers import roles


class IntervalSerializer(serializers.Serializer):
    """A value with its 95% interval; null where it is not defined."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class CoefficientSerializer(IntervalSerializer):
    """An agreement figure; ``reason`` says why there is no value."""

    name = serializers.ChoiceField(list(figure_words.TITLES))
    title = serializers.CharField()
    explained = serializers.CharField()
    is_share = serializers.BooleanField()
    n_items = serializers.IntegerField()
    n_judgments = serializers.IntegerField()
    reason = serializers.CharField(allow_null=True)
    chance = serializers.FloatField(required=False, allow_null=True)


class RightShareSerializer(IntervalSerializer):
    """``right`` of ``n`` comparisons."""

    right = serializers.IntegerField(required=False)
    n = serializers.IntegerField()


class LabelerFiguresSerializer(serializers.Serializer):
    """One labeler: ``key`` is ``p:id`` of a person or ``i:name`` of an imported labeler."""

    key = serializers.CharField()
    name = serializers.CharField()
    pseudonym = serializers.CharField(allow_blank=True)
    judgments = serializers.IntegerField()
    median_seconds = serializers.FloatField(allow_null=True)
    gold = RightShareSerializer()
    others = RightShareSerializer()
    researchers = RightShareSerializer()
    accuracy = IntervalSerializer(allow_null=True)


class ConsensusFiguresSerializer(serializers.Serializer):
    """How many comparisons the consensus decides."""

    tasks = serializers.IntegerField()
    decided = serializers.IntegerField()
    ties = serializers.IntegerField()
    cycles = serializers.IntegerField()


class WinRateSerializer(serializers.Serializer):
    """How often the first source wins against the second; a tie is half a win."""

    source_a = serializers.CharField()
    source_b = serializers.CharField()
    wins_a = serializers.IntegerField()
    wins_b = serializers.IntegerField()
    ties = serializers.IntegerField()
    rate = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class StrengthSerializer(serializers.Serializer):
    """A source on one scale, in log odds."""

    source = serializers.CharField()
    strength = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class KeptSerializer(serializers.Serializer):
    """As of when the figures are, and whether newer ones are being measured."""

    as_of = serializers.DateTimeField(allow_null=True)
    is_current = serializers.BooleanField()


class QualitySerializer(KeptSerializer):
    """The figures of the first page of quality."""

    judgments = serializers.IntegerField()
    tasks = serializers.IntegerField()
    agreement = CoefficientSerializer(many=True)
    labelers = LabelerFiguresSerializer(many=True)
    consensus = ConsensusFiguresSerializer()
    win_rates = WinRateSerializer(many=True)
    strengths = StrengthSerializer(many=True)


class AgreementPartSerializer(serializers.Serializer):
    """The agreement of the answers about one part of the items."""

    part = serializers.CharField(allow_blank=True)
    answers = serializers.IntegerField()
    items = serializers.IntegerField()
    percent = IntervalSerializer()
    alpha = IntervalSerializer(required=False)


class AgreementSerializer(KeptSerializer):
    """Every coefficient, and agreement by dimension (language, tag, ...)."""

    judgments = serializers.IntegerField()
    tasks = serializers.IntegerField()
    coefficients = CoefficientSerializer(many=True)
    gold = CoefficientSerializer()
    researchers = CoefficientSerializer()
    by = serializers.DictField(child=AgreementPartSerializer(many=True))


class LabelerPairsSerializer(KeptSerializer):
    """Every two labelers: ``[labeler, other, comparisons, agreement, kappa or null]``."""

    pairs = serializers.ListField(child=serializers.ListField())


class AgreementWeekSerializer(AgreementPartSerializer):
    """One week, named as in ISO 8601."""

    gold_answers = serializers.IntegerField()
    gold = RightShareSerializer()


class AgreementWeeksSerializer(KeptSerializer):
    """Week by week."""

    weeks = AgreementWeekSerializer(many=True)


class DisagreementItemSerializer(serializers.Serializer):
    """An item that labelers disagree about."""

    task = serializers.IntegerField()
    agreement = serializers.FloatField()
    answers = serializers.IntegerField()
    language = serializers.CharField(allow_blank=True)
    criterion = serializers.CharField(allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField())
    sources = serializers.ListField(child=serializers.CharField())


class DisagreementSerializer(KeptSerializer):
    """The items with the most disagreement, worst first."""

    items = DisagreementItemSerializer(many=True)


class RefreshedFiguresSerializer(serializers.Serializer):
    """How many tasks have a new consensus; ``is_measured`` is false while figures are measured."""

    tasks = serializers.IntegerField()
    is_measured = serializers.BooleanField()


class FiguresView(APIView):
    """Kept figures of one name."""

    token_scope = "export"
    figures = "quality"

    def answer(self, request: Request, slug: str) -> Response:
        """The figures in the reader's language, with as of when they are."""
        project = roles.find_project(request.user, slug, roles.READING)
        kept = keeping_figures.figures(project=project, name=self.figures)
        about = {"as_of": kept.computed_at, "is_current": kept.is_current}
        if kept.figures is None:
            return Response({**about, "is_current": False}, status=status.HTTP_202_ACCEPTED)
        return Response({**about, **_in_words(kept.figures)})


def _in_words(figures: dict[str, Any]) -> dict[str, Any]:
    found = dict(figures)
    for name in ("agreement", "coefficients"):
        if name in found:
            found[name] = figure_words.all_in_words(found[name])
    for name in ("gold", "researchers"):
        if name in found:
            found[name] = figure_words.in_words(found[name])
    return found


class QualityView(FiguresView):
    """Agreement, labelers, consensus and win rates."""

    figures = "quality"

    @extend_schema(responses={200: QualitySerializer, 202: KeptSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """Agreement, each labeler with gold and the others, consensus, and win rates."""
        return self.answer(request, slug)


class AgreementView(FiguresView):
    """Agreement in full."""

    figures = "agreement"

    @extend_schema(responses={200: AgreementSerializer, 202: KeptSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """Every coefficient with its interval, and agreement by what is known of items."""
        return self.answer(request, slug)


class MatrixView(FiguresView):
    """Every two labelers."""

    figures = "pairs"

    @extend_schema(responses={200: LabelerPairsSerializer, 202: KeptSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """Percent agreement and Cohen's kappa of every two labelers who share comparisons."""
        return self.answer(request, slug)


class WeeksView(FiguresView):
    """Quality over time."""

    figures = "weeks"

    @extend_schema(responses={200: AgreementWeeksSerializer, 202: KeptSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """Volume, agreement and agreement with gold, week by week."""
        return self.answer(request, slug)


class DisagreementView(FiguresView):
    """Where labelers disagree."""

    figures = "disagreement"

    @extend_schema(responses={200: DisagreementSerializer, 202: KeptSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """The items with the most disagreement: the worst of all and of every part."""
        return self.answer(request, slug)


class RefreshFiguresView(APIView):
    """Bringing consensus and figures up to date."""

    token_scope = "export"

    @extend_schema(request=None, responses={200: RefreshedFiguresSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Compute the consensus now; the figures of a large project follow in the background."""
        project = roles.find_project(request.user, slug, roles.READING)
        return Response(RefreshedFiguresSerializer(refreshing.refresh(project=project)).data)


class TableView(APIView):
    """A table of figures as a file."""

    token_scope = "export"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, table: str) -> HttpResponse:
        """One of: coefficients, parts, labelers, win-rates, strengths, pairs, weeks, items."""
        return table_file(roles.find_project(request.user, slug, roles.READING), table)
