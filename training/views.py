"""The pages of training: the list of runs, a run with its live parts, and its buttons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from labelers import roles
from labelers.models import Project
from training import (
    curves,
    data_report,
    queries,
    queueing,
    report_charts,
    run_files,
    run_report,
    sample_texts,
    sampling,
    voided,
    watching,
    wording,
)
from training.launching import log_tail
from training.models import Run
from training.run_dir import RunDir
from training.trainers.catalog import TRAINERS

LISTED_RUNS = 200
FILES_ON_A_PAGE = 200
LOG_LINES = 300


@login_required
@require_GET
def runs(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's runs with their live state."""
    project = roles.find_project(request.user, slug, roles.READING)
    snapshot = queries.find_snapshot(project, request.GET.get("snapshot", ""))
    listed = list(queries.runs_of(project, snapshot)[:LISTED_RUNS])
    context = _context(request, project) | {
        "snapshot": snapshot,
        "runs": [
            (run, wording.TRAINERS[run.trainer].title, run_report.headline(run))
            for run in listed
            if run.trainer in TRAINERS
        ],
        "voided": voided.voided_behind(project),
        "live": any(run.is_live for run in listed),
    }
    part = "training/_runs_table.html" if request.htmx else "training/runs.html"
    return render(request, part, context)


@login_required
@require_GET
def run(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Everything about one run."""
    found = queries.find_run(request.user, uid, roles.READING)
    results = run_report.telling_first(run_report.result_rows(found.result.get("metrics", {})))
    report = run_report.read_object(found.path / "outputs" / "report.json")
    evaluated = report_charts.charts(found)
    files = run_files.listed(found) if not found.is_live else []
    lineage = queries.lineage(found)
    entry = TRAINERS.get(found.trainer)
    context = (
        _context(request, found.project)
        | _state(found)
        | {
            "lineage": lineage,
            "inputs": [(wording.name_of(use.role), use.checkpoint) for use in lineage.inputs],
            "files": Paginator(files, FILES_ON_A_PAGE).get_page(request.GET.get("page")),
            "learns_from_labels": entry and entry.makes_model and "prompts" not in entry.consumes,
            "made_files": entry and entry.makes_files,
            "voided": voided.voided_behind(found.project).get(found.pk, []),
            "settings": run_report.settings(found),
            "results": results,
            "leading": run_report.leading(results),
            "verdicts": run_report.verdicts(found.result),
            "accuracy_chart": None if evaluated else run_report.accuracy_chart(results),
            "is_evaluated": bool(evaluated),
            "is_of_labels": report_charts.is_of_labels(found),
            "policy": run_report.result_rows(report.get("policy") or {}),
            "report": data_report.read(found),
            "has_curves": not found.is_check and (bool(found.metrics) or found.is_live),
            "texts": sample_texts.read(found, request.GET),
            "makes_tasks": found.trainer == "generate" and found.state == Run.State.DONE,
        }
    )
    return render(request, "training/run.html", context)


@login_required
@require_GET
def run_progress(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The live part of a run's page; the whole page is loaded anew once the run has ended."""
    found = queries.find_run(request.user, uid, roles.READING)
    context = _context(request, found.project) | _state(found)
    response = render(request, "training/_run_state.html", context)
    if not found.is_live:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def run_curves(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The charts of a run as JSON; unchanged ones are answered with 304."""
    found = queries.find_run(request.user, uid, roles.READING)
    folder = RunDir(found.path)
    size = folder.progress_path.stat().st_size if folder.progress_path.exists() else 0
    tag = f'"{size}-{found.state}-{request.LANGUAGE_CODE}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    records, _offset = folder.read_progress()
    answer = curves.answer(curves.charts(records), live=found.is_live)
    return JsonResponse(answer, headers={"ETag": tag, "Cache-Control": "private, no-cache"})


@login_required
@require_GET
def run_evaluation(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The charts of the latest evaluation as JSON; unchanged ones are answered with 304."""
    found = queries.find_run(request.user, uid, roles.READING)
    tag = f'"{report_charts.written(found)}-{found.state}-{request.LANGUAGE_CODE}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    answer = {"charts": report_charts.charts(found), "live": found.is_live}
    return JsonResponse(answer, headers={"ETag": tag, "Cache-Control": "private, no-cache"})


@login_required
@require_GET
def run_samples(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What the model wrote to the same prompts, at first and at the step that is asked for."""
    found = queries.find_run(request.user, uid, roles.READING)
    context = {"texts": sample_texts.read(found, request.GET), "run": found}
    return render(request, "training/_samples.html", context)


@login_required
@require_GET
def run_log(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The last lines of the trainer's log."""
    found = queries.find_run(request.user, uid, roles.READING)
    lines = log_tail(found.path / "log.txt", lines=LOG_LINES)
    return render(request, "training/_log.html", {"lines": lines, "run": found})


@login_required
@require_POST
def run_cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask a run to stop."""
    found = queries.find_run(request.user, uid, roles.TRAINING)
    try:
        queueing.request_cancel(run=found, requested_by=request.user)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    return redirect("run", uid)


@login_required
@require_POST
def run_resume(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Let a stopped run go on."""
    found = queries.find_run(request.user, uid, roles.TRAINING)
    try:
        queueing.request_resume(run=found, requested_by=request.user)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    return redirect("run", uid)


@login_required
def run_to_tasks(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Make a run's responses into blind comparisons for labelers."""
    found = queries.find_run(request.user, uid, roles.TRAINING)
    projects = queries.projects_for_tasks(request.user)
    slug = request.POST.get("project") or request.GET.get("project") or found.project.slug
    target = get_object_or_404(projects, slug=slug)
    error = ""
    if request.method == "POST":
        try:
            counts = sampling.make_tasks(
                project=target,
                run=found,
                against=_against(request),
                requested_by=request.user,
            )
        except ValidationError as problem:
            error = problem.messages[0]
        else:
            messages.success(request, _told(counts))
            return redirect("project", target.slug)
    context = _context(request, found.project) | {
        "run": found,
        "target": target,
        "projects": projects,
        "others": queries.generated_runs(found.project).exclude(pk=found.pk),
        "sources": queries.compared_sources(target),
        "error": error,
        "against": request.POST.get("against", ""),
    }
    return render(request, "training/run_to_tasks.html", context, status=400 if error else 200)


def _against(request: HttpRequest) -> Run | str:
    kind, _colon, name = request.POST.get("against", "").partition(":")
    if kind == "source" and name:
        return name
    try:
        return queries.find_run(request.user, name, roles.TRAINING)
    except (Http404, ValidationError):
        raise ValidationError(_("Choose what the responses are compared with.")) from None


def _told(counts: dict[str, int]) -> str:
    made = ngettext("%(count)d task was made.", "%(count)d tasks were made.", counts["tasks"]) % {
        "count": counts["tasks"]
    }
    if counts["same"]:
        made += " " + ngettext(
            "%(count)d pair reads the same on both sides and was left out.",
            "%(count)d pairs read the same on both sides and were left out.",
            counts["same"],
        ) % {"count": counts["same"]}
    return made


def _context(request: HttpRequest, project: Project) -> dict[str, Any]:
    return {"project": project, "roles": roles.roles_in(request.user, project), "tab": "runs"}


def _state(found: Run) -> dict[str, Any]:
    records, _offset = RunDir(found.path).read_progress() if found.is_live else ([], 0)
    checkpoints = watching.listed(found, found.checkpoints.filter(available=True).order_by("-step"))
    return {
        "run": found,
        "words": wording.TRAINERS.get(found.trainer),
        "phase": wording.phase_of(found.phase),
        "error": wording.sentence_of(found.error),
        "seconds_left": curves.seconds_left(records),
        "figures": run_report.figures(found),
        "checkpoints": checkpoints,
        "why_best": watching.why_best(found, checkpoints),
        "alarms": watching.alarms(found),
    }
