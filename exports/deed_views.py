"""What may be done with a snapshot besides: compare it, trace it, send it elsewhere, replace it.

Pages, as doors to `comparing`, `tracing`, `pushing` and `withdrawing`; the API is `deed_api`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from rest_framework.request import Request

from exports import comparing, pushing, queries, tracing, withdrawing, wording
from exports.downloading import NotReadyError, require_done
from exports.formats.catalog import FORMATS
from exports.models import Snapshot
from labelers import roles
from labelers.models import Project


class PushForm(forms.Form):
    """Where to send a snapshot, and with which key."""

    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("For example hf://datasets/OWNER/NAME, s3://BUCKET/FOLDER or file:///FOLDER"),
    )
    format = forms.ChoiceField(
        label=_("What to send"),
        required=False,
        choices=[
            ("", _("The whole folder")),
            *((name, _(each.title)) for name, each in FORMATS.items()),
        ],
    )
    credential = forms.CharField(
        label=_("Token of the hub"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted until the push ends, then forgotten."),
    )


@login_required
@require_GET
def compare(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What changed from another snapshot, ``?from=``, to this one."""
    found = queries.find_snapshot(request.user, uid, roles.READING)
    others = [each for each in tracing.with_files(found.project) if each.pk != found.pk]
    before = next((each for each in others if str(each.uid) == request.GET.get("from")), None)
    changes, error = None, ""
    if before is not None:
        try:
            changes = comparing.compare(before, found, weight_change=change_of(request.GET))
        except (comparing.CompareError, NotReadyError) as problem:
            error = wording.sentence_of(str(problem))
    context = {
        **_frame(request, found.project),
        "snapshot": found,
        "others": others,
        "before": before,
        "changes": [(wording.CONFIGS[each.config], each) for each in changes or []],
        "asked": change_of(request.GET),
        "error": error,
    }
    return render(request, "exports/compare.html", context)


@login_required
@require_GET
def lineage(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The records of a snapshot with their judgments, page by page."""
    found = with_files(request, uid)
    records, after = tracing.records_after(found, after_of(request.GET))
    context = {
        **_frame(request, found.project),
        "snapshot": found,
        "records": [(wording.CONFIGS[each.config], each) for each in records],
        "after": after,
    }
    return render(request, "exports/lineage.html", context)


@login_required
def pushes(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Where a snapshot was sent; posting sends it once more."""
    allowed = roles.TRAINING if request.method == "POST" else roles.READING
    found = queries.find_snapshot(request.user, uid, allowed)
    form = PushForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            pushing.request_push(snapshot=found, asked_by=request.user, **form.cleaned_data)
        except NotReadyError as problem:
            form.add_error(None, wording.sentence_of(str(problem)))
        except ValidationError as problem:
            for field, told in problem.message_dict.items():
                form.add_error(field, [wording.sentence_of(each) for each in told])
        else:
            return redirect("snapshot-pushes", uid)
    context = {
        **_frame(request, found.project),
        "snapshot": found,
        "form": form,
        "pushes": [(push, wording.sentence_of(push.error)) for push in found.pushes.all()[:50]],
    }
    return render(request, "exports/pushes.html", context)


@login_required
@require_POST
def freeze_again(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Make it again with the same filters; the old one is withdrawn."""
    found = queries.find_snapshot(request.user, uid, roles.TRAINING)
    try:
        made = withdrawing.freeze_again(snapshot=found, asked_by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(wording.sentence_of(t) for t in problem.messages))
        return redirect("snapshot", uid)
    return redirect("snapshot", made.uid)


@login_required
@require_POST
def delete_files(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Delete the files of a withdrawn snapshot."""
    found = queries.find_snapshot(request.user, uid, roles.MANAGING)
    try:
        withdrawing.delete_files(
            snapshot=found, asked_by=request.user, confirmed_name=request.POST.get("name", "")
        )
    except ValidationError as problem:
        messages.error(request, " ".join(wording.sentence_of(t) for t in problem.messages))
    return redirect("snapshot", uid)


def with_files(request: HttpRequest | Request, uid: UUID) -> Snapshot:
    """The snapshot `uid`, if it may be read and has files; else nothing is there."""
    found = queries.find_snapshot(request.user, uid, roles.READING)
    try:
        require_done(found)
    except NotReadyError as error:
        raise Http404(str(error)) from error
    return found


def after_of(asked: Mapping[str, str]) -> int:
    """From which row on: ``?after=``."""
    text = asked.get("after", "0")
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def change_of(asked: Mapping[str, str]) -> float:
    """From when on a weight counts as changed: ``?weight_change=``."""
    try:
        found = float(asked.get("weight_change", ""))
    except ValueError:
        return comparing.WEIGHT_CHANGE
    return round(found, 3) if 0 <= found <= 1 else comparing.WEIGHT_CHANGE


def _frame(request: HttpRequest, project: Project) -> dict[str, Any]:
    held = roles.roles_in(request.user, project)
    return {"project": project, "roles": held, "tab": "snapshots"}
