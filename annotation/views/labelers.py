"""The pages of labelers: all of them, one of them, and stopping or resuming their work."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from annotation import trusting
from annotation.views.page import page_of
from annotation.watch import (
    labeler_charts,
    labeler_figures,
    labelers_csv,
    pausing,
    signal_words,
    voiding,
    watching,
)
from annotation.watch.labeler_figures import Labeler
from labelers import roles
from labelers.csv_file import CONTENT_TYPE
from labelers.models import Person, Project, Role

COLUMNS = (
    ("name", gettext_lazy("Labeler"), ""),
    ("answers", gettext_lazy("Answers"), "number"),
    ("gold", signal_words.SCORES["gold"], ""),
    ("consensus", signal_words.SCORES["consensus"], ""),
    ("corrected", signal_words.SCORES["corrected"], ""),
    ("evidence", gettext_lazy("Evidence of a fall"), ""),
    ("signals", gettext_lazy("Signals"), ""),
    ("last_at", gettext_lazy("Last answer"), ""),
)
PAGE_SIZE = 100
FIRST_FROM_ABOVE = ("answers", "evidence", "signals", "last_at")


@login_required
def watches(request: HttpRequest, slug: str) -> HttpResponse:
    """All labelers with their scores and signals, in the order that was asked for."""
    project = roles.find_project(request.user, slug, roles.READING)
    order = request.GET.get("order", "name")
    found = labeler_figures.table(project=project, order=order)
    shown = Paginator(found.labelers, PAGE_SIZE).get_page(request.GET.get("page"))
    context = page_of(request, project, "quality", page="labelers", found=found, shown=shown)
    context["order"] = order
    context["columns"] = [_column(name, title, shape, order) for name, title, shape in COLUMNS]
    return render(request, "annotation/labelers.html", context)


def _column(name: str, title: Any, shape: str, order: str) -> dict[str, Any]:
    """A heading that sorts: once more turns the order round."""
    start = f"-{name}" if name in FIRST_FROM_ABOVE else name
    turned = name if start.startswith("-") else f"-{name}"
    current = order.removeprefix("-") == name
    sorted_as = ("descending" if order.startswith("-") else "ascending") if current else ""
    return {
        "title": title,
        "shape": shape,
        "order": turned if order == start else start,
        "sorted": sorted_as,
    }


@login_required
def watches_file(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The table as CSV."""
    project = roles.find_project(request.user, slug, roles.READING)
    order = request.GET.get("order", "name")
    found = labeler_figures.table(project=project, order=order)
    return file_of(labelers_csv.table_csv(found), f"{slug}-labelers.csv")


def file_of(pieces: Any, name: str) -> StreamingHttpResponse:
    """CSV to be kept as a file."""
    return StreamingHttpResponse(
        pieces,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def found_labeler(project: Project, key: str) -> Labeler:
    """The labeler that a key names.

    Raises:
        Http404: nobody of this project.
    """
    labeler = labeler_figures.one(project=project, key=key)
    if labeler is None:
        raise Http404(_("No such labeler."))
    return labeler


def found_person(project: Project, key: str) -> Person:
    """The person that a key names.

    Raises:
        Http404: nobody of this project, or an imported labeler, who is no person here.
    """
    labeler = found_labeler(project, key)
    if not labeler.key.startswith("p:"):
        raise Http404(_("No such labeler."))
    return Person.objects.get(pk=int(labeler.key[2:]))


@login_required
@require_POST
def refresh(request: HttpRequest, slug: str) -> HttpResponse:
    """Look at everybody's work now instead of within half a minute."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    done = watching.refresh(project=project)
    messages.success(
        request,
        ngettext(
            "The figures are up to date; %(n)d labeler was paused.",
            "The figures are up to date; %(n)d labelers were paused.",
            len(done.paused),
        )
        % {"n": len(done.paused)}
        if done.paused
        else _("The figures are up to date."),
    )
    return redirect("watches", slug)


@login_required
def labeler(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One labeler: scores, evidence, signals and what was done about them."""
    project = roles.find_project(request.user, slug, roles.READING)
    found = found_labeler(project, key)
    context = page_of(request, project, "quality", page="labelers")
    context |= {
        "labeler": found,
        "key": key,
        "scores": [
            (title, getattr(found, name), found.figures.get("rolling", {}).get(name))
            for name, title in signal_words.SCORES.items()
        ],
        "charts": labeler_charts.charts_of(found.figures),
        "paths": found.figures.get("paths", {}),
        "signals": labeler_figures.signals_of(found),
        "copies": labeler_figures.copies_of(project=project, labeler=found),
        "pairs": labeler_figures.pairs_of(project=project, labeler=found),
        "sides": [
            (title, found.figures["sides"][name])
            for name, title in signal_words.SIDES.items()
            if found.figures.get("sides", {}).get(name, {}).get("n")
        ],
        "pausing": labeler_figures.pausing_of(project=project, labeler=found),
        "history": labeler_figures.history_of(project=project, labeler=found),
    }
    if key.startswith("p:"):
        person = Person.objects.get(pk=int(key[2:]))
        context["voidings"] = voiding.voidings_of(project, person)
        context["is_labeler"] = project.memberships.filter(
            person=person, role=Role.LABELER
        ).exists()
    return render(request, "annotation/labeler.html", context)


@login_required
def labeler_file(request: HttpRequest, slug: str, key: str) -> StreamingHttpResponse:
    """One labeler beside every other one as CSV."""
    project = roles.find_project(request.user, slug, roles.READING)
    found = found_labeler(project, key)
    pieces = labelers_csv.pairs_csv(project=project, labeler=found)
    return file_of(pieces, f"{slug}-labeler-pairs.csv")


@login_required
@require_POST
def pause(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Stop giving them work."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    person = found_person(project, key)
    try:
        pausing.pause(
            project=project,
            person=person,
            paused_by=request.user,
            reason=request.POST.get("reason", ""),
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("%s is paused and was told.") % person.username)
    return redirect("labeler", slug, key)


@login_required
@require_POST
def trust(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Trust them with contested items, or no longer."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    person = found_person(project, key)
    try:
        trusting.set_trusted(
            project=project,
            person=person,
            trusted=request.POST.get("trusted") == "yes",
            set_by=request.user,
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("labeler", slug, key)


@login_required
@require_POST
def resume(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Let them work again."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    person = found_person(project, key)
    try:
        pausing.resume(project=project, person=person, resumed_by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("%s may work again and was told.") % person.username)
    return redirect("labeler", slug, key)
