"""The page of a project's gold: what is in force, what should be looked at, and what is retired."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from annotation import kind_words
from annotation.gold import gold_proposals, gold_review, gold_rows, keeping_gold
from annotation.gold.gold_evidence import evidence_of
from annotation.grading import grade_judgment
from annotation.models import Gold, Judgment, Task
from annotation.views.page import page_of
from annotation.views.texts import texts_of
from labelers import roles
from labelers.csv_file import CONTENT_TYPE, rows_as_csv
from labelers.models import Project

PAGE_SIZE = 30
PROPOSALS = 10
MOST_ANSWERS = 100
CONSENSUS = "consensus"
SHOWS = {
    gold_rows.IN_FORCE: gettext_lazy("In force"),
    gold_rows.TO_RETIRE: gettext_lazy("To be looked at"),
    CONSENSUS: gettext_lazy("Proposed from consensus"),
    gold_rows.RETIRED: gettext_lazy("Retired"),
}


@login_required
@require_GET
def gold(request: HttpRequest, slug: str) -> HttpResponse:
    """The gold of a project, by what is to be seen of it."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    show = request.GET.get("show", "")
    show = show if show in SHOWS else gold_rows.IN_FORCE
    evidence = evidence_of(project)
    to_retire = gold_review.to_retire(project, evidence)
    context = page_of(request, project, "screening", page="gold", show=show)
    counts = {
        name: gold_rows.gold_of(project, name, to_retire).count()
        for name in SHOWS
        if name != CONSENSUS
    } | {CONSENSUS: gold_proposals.candidates(project).count()}
    context["shows"] = [(name, title, counts[name]) for name, title in SHOWS.items()]
    if show == CONSENSUS:
        shown = Paginator(gold_proposals.candidates(project), PROPOSALS).get_page(
            request.GET.get("page")
        )
        start = max(shown.start_index() - 1, 0)
        found = gold_proposals.proposed(project, PROPOSALS, start)
        context["proposals"] = [_proposal(each) for each in found]
    else:
        listed = gold_rows.gold_of(project, show, to_retire)
        shown = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
        context["rows"] = gold_rows.rows_of(shown.object_list, evidence, to_retire)
    context |= {
        "shown": shown,
        "pool": gold_review.pool_of(project),
        "balance": gold_review.balance_of(project),
        "any_gold": sum(counts.values()),
    }
    return render(request, "annotation/gold.html", context)


def _proposal(found: gold_proposals.Proposed) -> dict[str, Any]:
    return {
        "task": found.task,
        "texts": texts_of(found.task),
        "excerpt": kind_words.excerpt(found.task.prompt.messages[-1]["content"]),
        "answer": kind_words.answer_in_words(found.answer),
        "judgments": [
            (judgment, kind_words.answer_in_words(judgment.answer)) for judgment in found.judgments
        ],
    }


@login_required
@require_GET
def gold_file(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """All gold of a project as CSV."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    return file_of(project)


def file_of(project: Project) -> StreamingHttpResponse:
    """The CSV file of a project's gold as a download."""
    evidence = evidence_of(project)
    to_retire = gold_review.to_retire(project, evidence)
    listed = Gold.objects.filter(task__project=project, task__is_gold=True).order_by("task_id")
    rows = gold_rows.rows_of(listed, evidence, to_retire)
    return StreamingHttpResponse(
        rows_as_csv(gold_rows.COLUMNS, gold_rows.as_table(rows)),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{project.slug}-gold.csv"'},
    )


@login_required
@require_GET
def said(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The texts of a gold item and who said what of it: a part of the page, on demand."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    found = gold_or_404(project, pk)
    judgments = (
        Judgment.objects.filter(task=pk, is_current=True, standing=Judgment.Standing.GOLD)
        .select_related("task__gold", "person")
        .order_by("-id")[:MOST_ANSWERS]
    )
    answers = [
        {
            "judgment": judgment,
            "key": f"p:{judgment.person_id}",
            "answer": kind_words.answer_in_words(judgment.answer),
            "share": grade_judgment(judgment).share,
        }
        for judgment in judgments
    ]
    # What contradicts the gold comes first.
    answers.sort(key=lambda row: (row["share"] is None, row["share"] or 0))
    context = {"project": project, "texts": texts_of(found.task), "answers": answers}
    return render(request, "annotation/gold_said.html", context)


def gold_or_404(project: Project, task: int) -> Gold:
    """The gold of a task of `project`."""
    golds = Gold.objects.select_related("task__prompt", "task__project")
    return get_object_or_404(golds, task=task, task__project=project, task__is_gold=True)


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Keep, retire or bring back a gold item."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    found, deed = gold_or_404(project, pk), request.POST.get("deed", "")
    try:
        if deed == "retire":
            reason = request.POST.get("reason", "")
            keeping_gold.retire(gold=found, reason=reason, retired_by=request.user)
            said = _("Item %(number)d is retired.")
        elif deed == "bring_back":
            keeping_gold.bring_back(gold=found, brought_back_by=request.user)
            said = _("Item %(number)d is in force again.")
        else:
            keeping_gold.affirm(gold=found, affirmed_by=request.user)
            said = _("Item %(number)d holds, as of today.")
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, said % {"number": pk})
    return _back(request, slug, gold_rows.IN_FORCE)


@login_required
@require_POST
def decide_proposal(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make an unanimous consensus gold, or do not propose it again."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    task = get_object_or_404(Task, pk=pk, project=project)
    try:
        if request.POST.get("decision") == "confirm":
            explanation = request.POST.get("explanation", "")
            keeping_gold.confirm(task=task, explanation=explanation, confirmed_by=request.user)
            said = _("Item %(number)d is gold now. Its answers stay counted.")
        else:
            keeping_gold.dismiss(task=task, dismissed_by=request.user)
            said = _("Item %(number)d is not proposed again.")
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, said % {"number": pk})
    return _back(request, slug, CONSENSUS)


def _back(request: HttpRequest, slug: str, show: str) -> HttpResponse:
    wanted = request.POST.get("show", show)
    return redirect(f"{reverse('gold', args=[slug])}?show={wanted if wanted in SHOWS else show}")
