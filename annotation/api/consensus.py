"""The API of consensus: the figures of its page, and reliabilities as CSV."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.work import AnyAccept
from annotation.consensus import consensus_figures
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.views.consensus import labelers_as_csv
from labelers import roles

METHODS = list(CONSENSUS_METHODS)


class ReliabilitySerializer(serializers.Serializer):
    """One labeler: ``key`` is ``p:id`` of a person or ``i:name`` of an imported labeler.

    ``reliability`` is how often they are right where two things differ and they take a side, with
    its 95% interval; 0.5 is chance. Somebody who adjudicates has a second row.
    """

    key = serializers.CharField()
    name = serializers.CharField()
    adjudicates = serializers.BooleanField()
    answers = serializers.IntegerField()
    reliability = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class CalibrationBinSerializer(serializers.Serializer):
    """Of ``n`` decisions stated with a mean probability ``stated``, the share ``right`` holds."""

    stated = serializers.FloatField()
    right = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()


class CalibrationCurveSerializer(serializers.Serializer):
    """A reliability curve; ``error`` is its expected calibration error."""

    bins = CalibrationBinSerializer(many=True)
    error = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class CalibrationSerializer(serializers.Serializer):
    """Stated confidence against labelers who were left out, and against gold."""

    others = CalibrationCurveSerializer()
    gold = CalibrationCurveSerializer()


class UndecidedExamplesSerializer(serializers.Serializer):
    """Some of the tasks where nothing is decided."""

    undecided = serializers.ListField(child=serializers.IntegerField())
    tied = serializers.ListField(child=serializers.IntegerField())
    cycles = serializers.ListField(child=serializers.IntegerField())


class ConsensusSerializer(serializers.Serializer):
    """How answers are weighed and what that decides.

    ``edges`` and ``counts`` are a histogram of the posterior of the better side; ``differing``
    counts the comparisons that ``other_method`` decides otherwise.
    """

    method = serializers.ChoiceField(METHODS)
    tasks = serializers.IntegerField()
    decided = serializers.IntegerField()
    tied = serializers.IntegerField()
    undecided = serializers.IntegerField()
    cycles = serializers.IntegerField()
    examples = UndecidedExamplesSerializer()
    edges = serializers.ListField(child=serializers.FloatField())
    counts = serializers.ListField(child=serializers.IntegerField())
    other_method = serializers.ChoiceField(METHODS)
    differing = serializers.IntegerField()
    differing_tasks = serializers.ListField(child=serializers.IntegerField())
    labelers = ReliabilitySerializer(many=True)
    calibration = CalibrationSerializer()
    computed_at = serializers.DateTimeField()


class ConsensusView(APIView):
    """The consensus of a project."""

    token_scope = "export"

    @extend_schema(responses={200: ConsensusSerializer, 202: None})
    def get(self, request: Request, slug: str) -> Response:
        """What is decided, who is reliable, and whether what is stated as certain holds."""
        project = roles.find_project(request.user, slug, roles.READING)
        found = consensus_figures.figures(project)
        if found is None:
            return Response(status=status.HTTP_202_ACCEPTED)
        return Response(ConsensusSerializer(found).data)


class ReliabilityFileView(APIView):
    """Reliabilities as a file."""

    token_scope = "export"
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str) -> HttpResponse:
        """One line per labeler, the most reliable first."""
        return labelers_as_csv(roles.find_project(request.user, slug, roles.READING))
