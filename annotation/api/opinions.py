"""The API of whose opinions a project holds, of its target population, and of its biases."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.quality import IntervalSerializer, KeptSerializer
from annotation.api.work import AnyAccept
from annotation.figures import biases, keeping_figures
from annotation.models import ScreeningPolicy
from annotation.views.opinions import streamed
from annotation.voices import opinions, populating
from labelers import roles


class GroupCellSerializer(serializers.Serializer):
    """One group: null where it is held back; ``value`` is empty for those who told none."""

    value = serializers.CharField(allow_blank=True)
    people = serializers.IntegerField(allow_null=True)
    share = serializers.FloatField(allow_null=True)
    target = serializers.FloatField(allow_null=True)


class SurveyDimensionSerializer(serializers.Serializer):
    """Who answered one question of the survey how."""

    dimension = serializers.CharField()
    cells = GroupCellSerializer(many=True)


class OpinionSurveySerializer(serializers.Serializer):
    """The anonymous survey; ``answered`` is null for fewer than five."""

    answered = serializers.IntegerField(allow_null=True)
    dimensions = SurveyDimensionSerializer(many=True)


class GroupPairSerializer(IntervalSerializer):
    """Agreement of two groups, or within one; null where it is held back."""

    one = serializers.CharField()
    other = serializers.CharField()


class ApartSerializer(serializers.Serializer):
    """Agreement within groups, between them, and the first less the second."""

    within = IntervalSerializer()
    between = IntervalSerializer()
    gap = IntervalSerializer()


class OpinionTagSerializer(ApartSerializer):
    """The same of the items with one tag."""

    tag = serializers.CharField()


class OpinionGroupsSerializer(SurveyDimensionSerializer):
    """One dimension of the groups that labelers consented to be counted in."""

    agreement = GroupPairSerializer(many=True)
    apart = ApartSerializer(allow_null=True)
    tags = OpinionTagSerializer(many=True)


class OpinionsSerializer(serializers.Serializer):
    """Whose opinions: no figure is of fewer than ``least`` people."""

    as_of = serializers.DateTimeField()
    least = serializers.IntegerField()
    survey = OpinionSurveySerializer()
    groups = OpinionGroupsSerializer(many=True)


class PopulationSerializer(serializers.Serializer):
    """The target: {dimension: {value: share}}; the shares of a dimension add up to 1."""

    population = serializers.DictField(
        child=serializers.DictField(child=serializers.FloatField(min_value=0, max_value=1))
    )


class CountedSerializer(IntervalSerializer):
    """A share or slope with its interval and the number of comparisons."""

    n = serializers.IntegerField()


class StrengthShareSerializer(CountedSerializer):
    """The share of what stood first among preferences of one strength."""

    strength = serializers.CharField()


class PositionPlaceSerializer(CountedSerializer):
    """How the responses at one place on screen fared."""

    place = serializers.IntegerField()


class PositionSerializer(serializers.Serializer):
    """How often what stood first is preferred; a tie is half."""

    share = CountedSerializer()
    ties = serializers.IntegerField()
    strengths = StrengthShareSerializer(many=True)
    places = PositionPlaceSerializer(many=True)


class LengthBinSerializer(CountedSerializer):
    """One bin of the ratio of the longer to the shorter; the last has no ``to``."""

    to = serializers.FloatField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """With ``from``, which Python keeps for itself."""
        return {"from": serializers.FloatField(), **super().get_fields()}


class LengthPartSerializer(serializers.Serializer):
    """The longer one within one language or source."""

    language = serializers.CharField(required=False, allow_blank=True)
    source = serializers.CharField(required=False)
    share = CountedSerializer()
    slope = CountedSerializer()


class LengthSerializer(serializers.Serializer):
    """How often the longer one is preferred.

    ``slope`` is in log odds per doubling of the ratio; ``agreement`` is that of labelers on the
    same comparisons; ``advice`` says what it means for a reward model.
    """

    share = CountedSerializer()
    decided = CountedSerializer()
    ties = serializers.IntegerField()
    slope = CountedSerializer()
    agreement = serializers.FloatField(allow_null=True)
    verdict = serializers.ChoiceField(["learns", "leans", "shorter", "fair", "unknown"])
    advice = serializers.ListField(child=serializers.CharField())
    curve = LengthBinSerializer(many=True)
    languages = LengthPartSerializer(many=True)
    sources = LengthPartSerializer(many=True)


class BiasesSerializer(KeptSerializer):
    """Position and length bias of the whole data set."""

    judgments = serializers.IntegerField()
    position = PositionSerializer()
    length = LengthSerializer()


class OpinionsView(APIView):
    """Whose opinions a project holds."""

    token_scope = "export"

    @extend_schema(responses=OpinionsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Who took part, and whether groups judge alike; brought up to date once a day."""
        project = roles.find_project(request.user, slug, roles.READING)
        found = opinions.opinions_of(project)
        return Response(OpinionsSerializer({"as_of": found.computed_at, **found.figures}).data)


class OpinionsFileView(APIView):
    """The same figures as a file."""

    token_scope = "export"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str) -> HttpResponse:
        """One row per figure."""
        return streamed(roles.find_project(request.user, slug, roles.READING))


class PopulationView(APIView):
    """The target population."""

    token_scope = "admin"

    @extend_schema(responses=PopulationSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The wanted shares by group."""
        project = roles.find_project(request.user, slug, roles.READING)
        policy = ScreeningPolicy.objects.filter(project=project).first()
        return Response({"population": policy.population if policy else {}})

    @extend_schema(request=PopulationSerializer, responses=PopulationSerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Say whose opinions the project is after."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = PopulationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        kept = populating.change_population(
            project=project, changed_by=request.user, **serializer.validated_data
        )
        return Response({"population": kept})


class BiasesView(APIView):
    """Position and length bias."""

    token_scope = "export"

    @extend_schema(responses={200: BiasesSerializer, 202: KeptSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """How far preferences go by position and by length, and what that means."""
        project = roles.find_project(request.user, slug, roles.READING)
        kept = keeping_figures.figures(project=project, name="biases")
        about = {"as_of": kept.computed_at, "is_current": kept.is_current}
        if kept.figures is None:
            return Response({**about, "is_current": False}, status=status.HTTP_202_ACCEPTED)
        length = kept.figures["length"]
        length = {**length, "advice": biases.advice(length)}
        return Response(BiasesSerializer({**about, **kept.figures, "length": length}).data)
