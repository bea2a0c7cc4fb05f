"""The API of reports: a labeler's word about an item, and an admin's decision."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import reporting
from annotation.assigning import LeaseError
from annotation.models import Report
from labelers import roles
from labelers.problems import Problem


class NewReportSerializer(serializers.Serializer):
    """What is wrong with an item that one was given."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.ChoiceField(Report.Reason.choices)
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=reporting.LONGEST_NOTE, default=""
    )


class ReportSerializer(serializers.ModelSerializer):
    """A report; ``decision`` is empty while it is open."""

    person = serializers.CharField(source="person.username")
    decision = serializers.ChoiceField(Report.Decision.choices, allow_blank=True)
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True, default=None)

    class Meta:
        model = Report
        fields = [
            *("id", "task", "person", "reason", "note", "created_at"),
            *("decision", "decided_by", "decided_at"),
        ]
        read_only_fields = fields


class ReportDecisionSerializer(serializers.Serializer):
    """What becomes of the reported item."""

    decision = serializers.ChoiceField(Report.Decision.choices)


class NewReportView(APIView):
    """Reporting an item."""

    token_scope = "label"

    @extend_schema(request=NewReportSerializer, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        """Report an item; doing it again mends the report while nobody has decided on it."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        serializer = NewReportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        try:
            reporting.report(
                project=project,
                assignment_id=given["assignment"],
                person=request.user,
                reason=given["reason"],
                note=given["note"],
            )
        except LeaseError as problem:
            raise Problem(409, "Not available", str(problem)) from problem
        return Response({}, status=status.HTTP_201_CREATED)


class ReportsView(generics.ListAPIView):
    """The reports of a project."""

    serializer_class = ReportSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return Report.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        reports = Report.objects.filter(task__project=project)
        return reports.select_related("person", "decided_by")


class DecisionView(APIView):
    """Deciding on a report."""

    token_scope = "admin"

    @extend_schema(request=ReportDecisionSerializer, responses=ReportSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Keep, cover or retire the item; all its open reports get the decision."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        report = get_object_or_404(Report, pk=pk, task__project=project)
        serializer = ReportDecisionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        reporting.decide(report=report, decided_by=request.user, **serializer.validated_data)
        report.refresh_from_db()
        return Response(ReportSerializer(report).data)
