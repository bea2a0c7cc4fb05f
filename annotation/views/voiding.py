"""Voiding a labeler's answers: the form, what it would touch, the deed, and undoing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from annotation.models import Judgment, Voiding
from annotation.option_form import take_errors
from annotation.views.page import page_of
from annotation.watch import restoring, voiding
from annotation.watch.void_form import VoidForm
from labelers import roles
from labelers.models import Person, Project


@login_required
def void(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The form and the voidings there were; posting shows what it would touch, then does it."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    person = person_of(project, key)
    form = VoidForm(request.POST or None, initial={"since": request.GET.get("since")})
    context: dict[str, Any] = page_of(request, project, "quality", page="labelers")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if "confirmed" in request.POST:
            try:
                made = voiding.void(project=project, person=person, voided_by=request.user, **given)
            except ValidationError as problem:
                take_errors(form, problem, {})
            else:
                messages.success(request, _said(made.before["counts"]["judgments"]))
                return redirect("labeler-void", slug, key)
        else:
            context["preview"] = voiding.preview(
                project=project, person=person, since=given["since"]
            )
    context |= {
        "form": form,
        "person": person,
        "key": key,
        "voidings": voiding.voidings_of(project, person),
    }
    return render(request, "annotation/void.html", context)


def _said(count: int) -> str:
    said = ngettext("%(n)d answer no longer counts.", "%(n)d answers no longer count.", count)
    return said % {"n": count}


def person_of(project: Project, key: str) -> Person:
    """Whom the key of a labeler names.

    Raises:
        Http404: nobody of this project; an imported labeler is no person here.
    """
    kind, _colon, number = key.partition(":")
    if kind != "p" or not number.isdecimal() or len(number) > 18:
        raise Http404(_("No such labeler."))
    person = get_object_or_404(Person, pk=int(number))
    known = project.memberships.filter(person=person).exists()
    if not known and not Judgment.objects.filter(task__project=project, person=person).exists():
        raise Http404(_("No such labeler."))
    return person


@login_required
@require_POST
def restore(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Undo a voiding."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    made = get_object_or_404(Voiding.objects.defer("before"), pk=pk, project=project)
    try:
        counts = restoring.restore(voiding=made, restored_by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        said = _("Answers that count again: %(counted)d; whose place was taken: %(surplus)d.")
        messages.success(request, said % counts)
    return redirect("labeler-void", slug, f"p:{made.person_id}")
