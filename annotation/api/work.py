"""The API of one's own work in a project: figures, and the CSV file."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import own_work
from annotation.models import ProjectSettings
from annotation.views.work import streamed
from labelers import roles


class AmountSerializer(serializers.Serializer):
    """How many items, and the active seconds spent on them."""

    items = serializers.IntegerField()
    seconds = serializers.FloatField()


class DayAmountSerializer(AmountSerializer):
    """What was done on one day."""

    day = serializers.DateField()


class MonthAmountSerializer(AmountSerializer):
    """What was done in one month, named by its first day."""

    month = serializers.DateField()
    hours = serializers.FloatField()


class GoldScoreSerializer(serializers.Serializer):
    """The share of comparisons that agree with known answers, of the days before today."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    comparisons = serializers.IntegerField()


class OwnWorkSerializer(serializers.Serializer):
    """One's own work; ``gold`` is null where the project hides it or it is too early."""

    today = AmountSerializer()
    week = AmountSerializer()
    in_all = AmountSerializer()
    days = DayAmountSerializer(many=True)
    months = MonthAmountSerializer(many=True)
    gold = GoldScoreSerializer(allow_null=True)


class AnyAccept(BaseContentNegotiation):
    """Sends the file whatever type of answer is asked for; a refusal is JSON as elsewhere."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """The first renderer."""
        return renderers[0], renderers[0].media_type


class OwnWorkView(APIView):
    """One's own work."""

    token_scope = "label"

    @extend_schema(responses=OwnWorkSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How much one has done, by day and month, and how it agrees with known answers."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        figures = own_work.figures_of(person=request.user, project=project)
        gold = None
        if ProjectSettings.objects.get(project=project).shows_gold_score:
            gold = own_work.gold_score(person=request.user, project=project)
        body = {
            "today": figures.today,
            "week": figures.week,
            "in_all": figures.in_all,
            "days": [
                {"day": day, "items": done.items, "seconds": done.seconds}
                for day, done in figures.days
            ],
            "months": [
                {"month": month, "items": done.items, "seconds": done.seconds, "hours": done.hours}
                for month, done in figures.months
            ],
            "gold": gold,
        }
        return Response(OwnWorkSerializer(body).data)


class OwnWorkFileView(APIView):
    """One's own work as a file."""

    token_scope = "label"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Every answer that one sent, oldest first, as CSV."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        return streamed(request.user, project)
