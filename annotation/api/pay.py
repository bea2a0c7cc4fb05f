"""The API of pay: rates, the open period, payrolls and what becomes of them, one's own earnings."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.pay_shapes import (
    EarningsSerializer,
    NewPayrollSerializer,
    PaidSerializer,
    PayrollSerializer,
    PeriodSerializer,
    RateSerializer,
    RefusalSerializer,
    WholePayrollSerializer,
)
from annotation.api.work import AnyAccept
from annotation.models import PayRate, Payroll, PayrollRow
from annotation.pay import closing, rating_work, settling
from annotation.pay.earnings import earnings_of
from annotation.pay.payroll_csv import workers_of
from annotation.views.pay import payroll_download
from annotation.watch.void_form import since_of
from labelers import roles
from labelers.models import Project


class RatesView(generics.ListCreateAPIView):
    """What a project pays, by version."""

    serializer_class = RateSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return PayRate.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return project.pay_rates.all()

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Store what is paid from a time on; what was done before keeps its rate."""
        project = roles.find_project(request.user, kwargs["slug"], roles.MANAGING)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = rating_work.set_rate(
            project=project, set_by=request.user, **serializer.validated_data
        )
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


class PeriodView(APIView):
    """The open period."""

    token_scope = "admin"

    @extend_schema(
        parameters=[OpenApiParameter("until", OpenApiTypes.DATETIME)], responses=PeriodSerializer
    )
    def get(self, request: Request, slug: str) -> Response:
        """What closing it at ``until``, or now, would make."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        given = request.query_params.get("until", "")
        until = since_of(given) if given else None
        period = closing.preview(project=project, until=until)
        return Response(PeriodSerializer(period, context={"currency": period.currency}).data)


class PayrollsView(generics.ListCreateAPIView):
    """The payrolls of a project."""

    serializer_class = PayrollSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return Payroll.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return project.payrolls.all()

    @extend_schema(request=NewPayrollSerializer, responses={201: PayrollSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Close the open period; its figures never change any more."""
        project = roles.find_project(request.user, kwargs["slug"], roles.MANAGING)
        serializer = NewPayrollSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = closing.close_period(
            project=project, closed_by=request.user, **serializer.validated_data
        )
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


class _OfPayroll(APIView):
    """What all views of one payroll share."""

    token_scope = "admin"

    def payroll(self, request: Request, slug: str, number: int) -> Payroll:
        """The payroll of the address, for an admin."""
        project: Project = roles.find_project(request.user, slug, roles.MANAGING)
        return get_object_or_404(project.payrolls.select_related("project"), number=number)

    def whole(self, found: Payroll) -> Response:
        """The payroll with everybody in it."""
        context = {"currency": found.currency, "workers": workers_of(found)}
        return Response(WholePayrollSerializer(found, context=context).data)


class PayrollView(_OfPayroll):
    """One payroll."""

    @extend_schema(responses=WholePayrollSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Who gets what, and what was paid."""
        return self.whole(self.payroll(request, slug, number))


class PayrollFileView(_OfPayroll):
    """One payroll as a file."""

    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, number: int) -> StreamingHttpResponse:
        """Everybody's row as CSV."""
        return payroll_download(self.payroll(request, slug, number))


class PaidView(_OfPayroll):
    """Marking as paid."""

    @extend_schema(request=PaidSerializer, responses=WholePayrollSerializer)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Write down that rows were paid; the labelers are told."""
        found = self.payroll(request, slug, number)
        serializer = PaidSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        settling.mark_paid(payroll=found, marked_by=request.user, **serializer.validated_data)
        return self.whole(found)


class PaymentView(_OfPayroll):
    """Refusing one row of a payroll."""

    @extend_schema(request=RefusalSerializer, responses=WholePayrollSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Refuse to pay it, with a reason that the labeler reads."""
        serializer = RefusalSerializer(data=request.data)
        row = self._row(request, slug, pk)
        serializer.is_valid(raise_exception=True)
        settling.refuse(row=row, refused_by=request.user, **serializer.validated_data)
        return self.whole(row.payroll)

    @extend_schema(responses={200: WholePayrollSerializer})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Take the refusal back."""
        row = self._row(request, slug, pk)
        settling.take_back_refusal(row=row, taken_back_by=request.user)
        return self.whole(row.payroll)

    def _row(self, request: Request, slug: str, pk: int) -> PayrollRow:
        project = roles.find_project(request.user, slug, roles.MANAGING)
        rows = PayrollRow.objects.select_related("payroll__project")
        return get_object_or_404(rows, pk=pk, payroll__project=project)


class EarningsView(APIView):
    """One's own earnings."""

    token_scope = "label"

    @extend_schema(responses=EarningsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """By day and month, and what is pending, to be paid, paid or refused."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        earnings = earnings_of(person=request.user, project=project)
        if earnings is None:
            raise NotFound("This project has not said what it pays.")
        return Response(EarningsSerializer(earnings).data)
