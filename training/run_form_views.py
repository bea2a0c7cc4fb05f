"""The new run's form: choose a trainer, its inputs and settings, look at the data, start."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exports.models import Snapshot
from labelers import roles
from labelers.models import Project
from training import checking, data_report, queries, queueing, wording
from training.models import Checkpoint, Run
from training.recipes import RECIPES
from training.run_form import form_groups, given_settings, settings_like
from training.run_inputs import is_filled_in
from training.trainers.catalog import TRAINERS


@login_required
def run_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a trainer, then its inputs and settings."""
    project = roles.find_project(request.user, slug, roles.TRAINING)
    asked = request.POST if request.method == "POST" else request.GET
    like = _like(request, project)
    trainer = like.trainer if like else asked.get("trainer", "")
    context = {
        "project": project,
        "roles": roles.roles_in(request.user, project),
        "tab": "runs",
        "trainers": wording.TRAINERS,
        "asked": {name: asked.get(name, "") for name in ("name", "snapshot", "parent")},
    }
    if trainer not in TRAINERS:
        return render(request, "training/run_choose.html", context)
    entry = TRAINERS[trainer]
    # A link may fill settings in, as that of a reward model which is to judge.
    given = {
        info.name: request.GET[info.name]
        for info in entry.config.options()
        if info.name in request.GET and not is_filled_in(info)
    }
    errors: dict[str, list[str]] = {}
    if like:
        given = settings_like(like)
        context["asked"] = _inputs_of(like)
    if request.method == "POST":
        given = given_settings(entry, request.POST)
        try:
            run = queueing.request_run(
                name=request.POST.get("name", ""), **_asked_for(request, project, trainer, given)
            )
        except ValidationError as problem:
            errors = _in_words(problem)
        else:
            messages.success(request, _("%(name)s waits for a worker.") % {"name": run.name})
            return redirect("run", run.uid)
    checkpoints = queries.usable_checkpoints(project)
    context |= {
        "trainer": trainer,
        "words": wording.TRAINERS[trainer],
        "entry": entry,
        "recipes": RECIPES.get(trainer, ()),
        "can_check": entry.config.can_check,
        "groups": form_groups(entry, given, errors, checkpoints),
        "errors": errors,
        "snapshots": queries.ready_snapshots(project),
        "checkpoints": checkpoints,
    }
    return render(request, "training/run_new.html", context, status=400 if errors else 200)


@login_required
@require_POST
def run_check(request: HttpRequest, slug: str) -> HttpResponse:
    """Have data, model and settings of the form looked at: the part under the form."""
    project = roles.find_project(request.user, slug, roles.TRAINING)
    trainer = request.POST.get("trainer", "")
    entry = TRAINERS.get(trainer)
    given = given_settings(entry, request.POST) if entry else {}
    try:
        check = checking.request_check(**_asked_for(request, project, trainer, given))
    except ValidationError as problem:
        refusals = [
            (wording.name_of(field), sentences) for field, sentences in _in_words(problem).items()
        ]
        return render(request, "training/_check.html", {"refusals": refusals})
    return _check_part(request, check)


@login_required
@require_GET
def run_check_state(request: HttpRequest, uid: UUID) -> HttpResponse:
    """How far a check is, and in the end what it found."""
    return _check_part(request, queries.find_run(request.user, uid, roles.READING))


def _check_part(request: HttpRequest, check: Run) -> HttpResponse:
    context = {
        "check": check,
        "phase": wording.phase_of(check.phase),
        "error": wording.sentence_of(check.error),
        "waits_for": queries.run_at_work(check),
        "report": None if check.is_live else data_report.read(check),
    }
    return render(request, "training/_check.html", context)


def _asked_for(
    request: HttpRequest, project: Project, trainer: str, given: dict[str, str]
) -> dict[str, Any]:
    snapshots, checkpoints = queries.ready_snapshots(project), queries.usable_checkpoints(project)
    return {
        "project": project,
        "created_by": request.user,
        "trainer": trainer,
        "config": given,
        "snapshot": _chosen(snapshots, request.POST.get("snapshot", ""), "snapshot"),
        "parent": _chosen(checkpoints, request.POST.get("parent", ""), "parent"),
        "as_text": True,
    }


def _chosen(among: Any, uid: str, field: str) -> Any:
    if not uid:
        return None
    try:
        return among.get(uid=uid)
    except (Snapshot.DoesNotExist, Checkpoint.DoesNotExist, ValidationError):
        raise ValidationError({field: [_("This can no longer be chosen.")]}) from None


def _in_words(problem: ValidationError) -> dict[str, list[str]]:
    return {
        field: [wording.sentence_of(sentence) for sentence in sentences]
        for field, sentences in problem.message_dict.items()
    }


def _like(request: HttpRequest, project: Project) -> Run | None:
    """The run whose settings the form shall begin with."""
    uid = request.GET.get("like", "")
    try:
        return project.runs.filter(uid=uid, trainer__in=TRAINERS).first() if uid else None
    except ValidationError:
        return None


def _inputs_of(run: Run) -> dict[str, str]:
    return {
        "name": "",
        "snapshot": str(run.snapshot.uid) if run.snapshot else "",
        "parent": str(run.parent.uid) if run.parent else "",
    }
