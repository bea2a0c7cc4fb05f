"""Pay: what a project pays, the period that is open, and closed payrolls."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from annotation.models import Payroll, PayrollRow
from annotation.option_form import take_errors
from annotation.pay import closing, rating_work, settling
from annotation.pay.money import Money
from annotation.pay.payroll_csv import payroll_file, workers_of
from annotation.pay.rate_form import CloseForm, RateForm, RefusalForm
from annotation.views.page import page_of
from labelers import roles
from labelers.csv_file import CONTENT_TYPE
from labelers.models import Person, Project


@login_required
def pay(request: HttpRequest, slug: str) -> HttpResponse:
    """The open period and closed payrolls; posted, the period is looked at or closed."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    form = CloseForm(request.POST or None)
    context = page_of(request, project, "pay", form=form)
    until = form.cleaned_data["until"] if form.is_valid() else None
    try:
        if form.is_valid() and "confirmed" in request.POST:
            made = closing.close_period(project=project, closed_by=request.user, until=until)
            messages.success(request, _("The period is closed. Everybody in it was told."))
            return redirect("payroll", slug, made.number)
        context["period"] = period = closing.preview(project=project, until=until)
    except ValidationError as problem:
        # A project that has no rate yet has no period either.
        if form.is_bound:
            take_errors(form, problem, {})
    else:
        context["is_chosen"] = form.is_valid()
        context["rows"] = _with_people(period)
    context["rate"] = rating_work.rate_at(project, timezone.now())
    context["rates"] = project.pay_rates.select_related("created_by")
    context["payrolls"] = [_summed(payroll) for payroll in project.payrolls.all()]
    return render(request, "annotation/pay.html", context)


def _with_people(period: closing.Period) -> list[dict[str, Any]]:
    people = Person.objects.in_bulk([row.person for row in period.rows])
    return [
        {
            "person": people[row.person],
            "row": row,
            **{
                name: Money(getattr(row, name), period.currency)
                for name in ("earned", "adjustment", "bonus", "total")
            },
        }
        for row in period.rows
    ]


def _summed(payroll: Payroll) -> dict[str, Any]:
    totals = dict.fromkeys(PayrollRow.State.values, 0)
    for state, total in payroll.rows.order_by().values_list("state", "total"):
        totals[state] += total
    return {
        "payroll": payroll,
        **{state: Money(total, payroll.currency) for state, total in totals.items()},
        "total": Money(sum(totals.values()), payroll.currency),
    }


@login_required
def pay_rate(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what the project pays from a time on."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    form = RateForm(request.POST or None, project.pay_rates.first(), project.settings.kind)
    if form.is_valid():
        try:
            rating_work.set_rate(project=project, set_by=request.user, **form.cleaned_data)
        except ValidationError as problem:
            take_errors(form, problem, {})
        else:
            messages.success(request, _("The rate is stored. What was done before keeps its own."))
            return redirect("pay", slug)
    context = page_of(request, project, "pay", form=form, rates=project.pay_rates.all())
    return render(request, "annotation/pay_rate.html", context)


@login_required
def payroll(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One closed payroll: who gets what, and what was paid."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    found = _payroll(project, number)
    workers = workers_of(found)
    rows = [
        {
            "row": row,
            "worker": workers.get(row.person_id),
            **{
                name: Money(getattr(row, name), found.currency)
                for name in ("earned", "adjustment", "bonus", "total")
            },
        }
        for row in found.rows.select_related("person")
    ]
    context = page_of(request, project, "pay", rows=rows, **_summed(found))
    context["refusal"] = RefusalForm(auto_id=False)
    context["has_workers"] = bool(workers)
    return render(request, "annotation/payroll.html", context)


def _payroll(project: Project, number: int) -> Payroll:
    return get_object_or_404(project.payrolls.select_related("closed_by"), number=number)


@login_required
def payroll_as_file(request: HttpRequest, slug: str, number: int) -> StreamingHttpResponse:
    """One payroll as CSV."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    return payroll_download(_payroll(project, number))


def payroll_download(found: Payroll) -> StreamingHttpResponse:
    """The CSV file of a payroll as a download."""
    name = f"{found.project.slug}-payroll-{found.number}.csv"
    return StreamingHttpResponse(
        payroll_file(found),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@login_required
@require_POST
def mark_paid(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Mark one row as paid, or all that are to be paid."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    given = request.POST.get("row", "")
    rows = [int(given)] if given.isascii() and given.isdigit() and len(given) < 19 else None
    count = settling.mark_paid(
        payroll=_payroll(project, number), marked_by=request.user, rows=rows if given else None
    )
    said = ngettext("%(n)d person was paid.", "%(n)d people were paid.", count)
    messages.success(request, said % {"n": count})
    return redirect("payroll", slug, number)


@login_required
@require_POST
def settle(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Refuse a row, or take a refusal back."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    row = get_object_or_404(PayrollRow, pk=pk, payroll__project=project)
    try:
        if "take_back" in request.POST:
            settling.take_back_refusal(row=row, taken_back_by=request.user)
            messages.success(request, _("It will be paid after all; the labeler was told."))
        else:
            settling.refuse(row=row, refused_by=request.user, reason=request.POST.get("reason", ""))
            messages.success(request, _("The payment was refused; the labeler was told why."))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("payroll", slug, row.payroll.number)
