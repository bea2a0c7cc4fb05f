"""The admin's side of screening: the funnel, the candidates, and one candidate's evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation.entry import evidence, exam_length, hiring, journeys_csv, scoring_texts
from annotation.entry.funnel import funnel_of
from annotation.entry.journeys import PLACES, Journey, journey_of, journeys_of
from annotation.models import Exam
from annotation.views.page import page_of
from annotation.views.texts import texts_of, turns_of
from labelers import csv_file, roles
from labelers.models import Person, Project

PAGE_SIZE = 100


@login_required
def screening(request: HttpRequest, slug: str) -> HttpResponse:
    """The funnel, and everybody in it, those first who wait for a decision."""
    project = roles.find_project(request.user, slug, roles.READING)
    journeys = journeys_of(project)
    funnel = funnel_of(project, journeys)
    shown = Paginator(journeys, PAGE_SIZE).get_page(request.GET.get("page"))
    policy = hiring.policy_of(project)
    context = page_of(request, project, "screening", page="candidates", funnel=funnel)
    context |= {
        "chart": chart_of(funnel),
        "waiting": [_row(journey) for journey in journeys if journey.waits],
        "shown": shown,
        "rows": [_row(journey) for journey in shown],
        "policy": policy,
        "pool": exam_length.pool_of(project, policy),
    }
    return render(request, "annotation/screening.html", context)


def chart_of(funnel: Any) -> dict[str, Any]:
    """The funnel as `charts.js` draws it."""
    bars = [{"name": str(step.title), "value": step.count} for step in funnel.steps]
    return {
        "type": "bars",
        "title": _("Candidates by stage"),
        "y_label": _("How many"),
        "bars": bars,
    }


def _row(journey: Journey) -> dict[str, Any]:
    accuracy, low, high = journey.figures
    return {
        "journey": journey,
        "person": journey.person,
        "place": PLACES[journey.where],
        "accuracy": accuracy,
        "low": low,
        "high": high,
    }


@login_required
def candidates_file(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The candidates as CSV."""
    return streamed(roles.find_project(request.user, slug, roles.READING))


def streamed(project: Project) -> StreamingHttpResponse:
    """The CSV file of a project's candidates as a download."""
    return StreamingHttpResponse(
        journeys_csv.file_of(project),
        content_type=csv_file.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{project.slug}-candidates.csv"'},
    )


class DecisionForm(forms.Form):
    """Why somebody is taken or not; the button says which."""

    note = forms.CharField(
        required=False,
        max_length=hiring.LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@login_required
def candidate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One candidate: the way so far, every attempt, and the evidence of one of them."""
    project = roles.find_project(request.user, slug, roles.READING)
    person = get_object_or_404(Person, pk=pk)
    journey = journey_of(project, person)
    if journey is None:
        raise Http404(_("This person is no candidate of the project."))
    exam = _chosen(journey, request.GET.get("attempt", ""))
    context = page_of(request, project, "screening", page="candidate", journey=journey, exam=exam)
    context |= {
        "row": _row(journey),
        "policy": hiring.policy_of(project),
        "key": f"p:{person.pk}",
    }
    if exam is not None:
        context |= _shown(request.user, project, exam)
    return render(request, "annotation/candidate.html", context)


def _chosen(journey: Journey, number: str) -> Exam | None:
    """The attempt that is asked for, else the last."""
    return next((exam for exam in journey.exams if str(exam.number) == number), journey.exam)


def _shown(viewer: Person, project: Project, exam: Exam) -> dict[str, Any]:
    test = exam_length.sequential_test(hiring.policy_of(project))
    scores = scoring_texts.scores_for(viewer, exam)
    items = evidence.items_of(exam)
    return {
        "items": [_item(item, scores, exam) for item in items],
        "wrong": sum(item.is_wrong for item in items),
        "seconds": _median([i.judgment.seconds for i in items if i.judgment.seconds is not None]),
        "judges": exam_length.judges(project.settings.kind),
        "pass_at": test.pass_at,
        "fail_at": test.fail_at,
        "is_last": not exam.project.exams.filter(
            person=exam.person_id, number__gt=exam.number
        ).exists(),
        "written_mean": _mean_seen(scores) if len(scores) == len(items) else None,
    }


def _item(item: evidence.Item, scores: dict[int, Any], exam: Exam) -> dict[str, Any]:
    """An item with its texts; a text that is still to be scored blind is not shown by name."""
    writes = item.task.gold.answer is None
    hidden = scoring_texts.is_hidden(exam, item.judgment, scores)
    shown: dict[str, Any] = {
        "item": item,
        "hidden": hidden,
        "writes": writes,
        "texts": texts_of(item.task),
        "scores": scores.get(item.judgment.pk, []),
    }
    if writes and not hidden:
        shown["written"] = written_html(item.judgment.answer)
    return shown


def written_html(answer: dict[str, Any]) -> Any:
    """What somebody wrote, as turns of (who, HTML); one of them where it is a single text."""
    if "turns" in answer:
        return turns_of(answer["turns"])
    return turns_of([{"role": "", "content": answer.get("text", "")}])


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None


def _mean_seen(scores: dict[int, Any]) -> float | None:
    means = [sum(row["score"] for row in rows) / len(rows) for rows in scores.values()]
    return sum(means) / len(means) if means else None


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Pass or fail an attempt."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    given = request.POST.get("exam", "")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    exam = get_object_or_404(Exam, pk=number, project=project, person=pk)
    form = DecisionForm(request.POST)
    try:
        hiring.decide_exam(
            exam=exam,
            decided_by=request.user,
            verdict=request.POST.get("verdict", ""),
            note=_note(form),
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("Your decision is stored, and the labeler is told."))
    return redirect("candidate", slug, pk)


@login_required
@require_POST
def allow(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let somebody take the exam once more."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    person = get_object_or_404(Person, pk=pk)
    form = DecisionForm(request.POST)
    try:
        hiring.allow_attempt(
            project=project, person=person, allowed_by=request.user, note=_note(form)
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("Another attempt is allowed from now on."))
    return redirect("candidate", slug, pk)


def _note(form: DecisionForm) -> str:
    """The note, with what is wrong with it as the function would say it."""
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    return str(form.cleaned_data["note"])
