"""The guidelines of a project: the text in force, its history, and a form to change it.

Notes for labelers that wait in the threads of items stand beside the form; what is published with
some of them chosen is the change that they asked for.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from annotation import configuring, guiding
from annotation.models import Comment, Guidelines
from annotation.rendering import render_document
from annotation.review import commenting
from annotation.views.page import page_of
from labelers import roles


class GuidelinesForm(forms.Form):
    """A new version of the guidelines."""

    text = forms.CharField(
        label=gettext_lazy("Guidelines (Markdown)"),
        max_length=configuring.LONGEST_GUIDELINES,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16}),
    )
    note = forms.CharField(
        label=gettext_lazy("What changed, in a sentence"),
        max_length=200,
        help_text=gettext_lazy("Labelers read it in the notice that the guidelines changed."),
    )
    # The version that the text was begun from: nobody overwrites what they have not seen.
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    notes = forms.TypedMultipleChoiceField(required=False, coerce=int)


def _form(
    current: Guidelines | None, waiting: list[Comment], posted: Any = None, chosen: str = ""
) -> GuidelinesForm:
    """The form with the present text, and the note with the key `chosen` chosen."""
    begun = {"text": current.text, "after": current.version} if current else {"after": 0}
    form = GuidelinesForm(posted, initial={**begun, "notes": [chosen]})
    form.fields["notes"].choices = [(note.pk, note.text) for note in waiting]
    if current is None:
        del form.fields["note"]
    return form


@login_required
def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """Read the guidelines or one of their earlier versions; admins publish new ones."""
    project = roles.find_project(request.user, slug, roles.ANY)
    context = page_of(request, project, "guidelines")
    versions = list(project.guidelines.select_related("created_by"))
    current = versions[0] if versions else None
    manages = bool(context["roles"] & roles.MANAGING)
    waiting = list(commenting.open_notes(project)) if manages else []
    chosen = request.GET.get("note", "")
    form = _form(current, waiting, chosen=chosen)
    if request.method == "POST":
        roles.require(request.user, project, roles.MANAGING)
        form = _form(current, waiting, request.POST)
        if form.is_valid():
            try:
                made = commenting.publish_change(
                    project=project, created_by=request.user, **form.cleaned_data
                )
            except ValidationError as problem:
                form.add_error(None, ValidationError(problem.messages))
            else:
                messages.success(request, _("Version %d is in force.") % made.version)
                return redirect("guidelines", slug)
    shown = _asked_for(versions, request.GET.get("version", ""))
    context |= {"versions": versions, "current": current, "shown": shown, "form": form}
    context |= {"notes": _notes(form, waiting), "opens": bool(chosen)}
    if shown:
        context |= _reading(request, project, versions, shown, context["roles"])
    return render(request, "annotation/guidelines.html", context)


def _notes(form: GuidelinesForm, waiting: list[Comment]) -> list[dict[str, Any]]:
    """The notes that wait, and whether each is chosen."""
    chosen = {str(value) for value in form["notes"].value() or []}
    return [{"note": note, "chosen": str(note.pk) in chosen} for note in waiting]


def _asked_for(versions: list[Guidelines], number: str) -> Guidelines | None:
    if not number:
        return versions[0] if versions else None
    found = next((made for made in versions if str(made.version) == number), None)
    if found is None:
        raise Http404(_("There is no such version of the guidelines."))
    return found


def _reading(
    request: HttpRequest,
    project: Any,
    versions: list[Guidelines],
    shown: Guidelines,
    held: set[str],
) -> dict[str, Any]:
    """The text of `shown`, and what changed: since the last reading, else since the one before."""
    unread = None
    if shown == versions[0] and held & roles.LABELING:
        unread = guiding.unread_change(request.user, project)
    base = unread.since if unread and unread.is_change else shown.version - 1
    before = next((made for made in versions if made.version == base), None)
    return {
        # The renderer sieves what it returns.
        "html": mark_safe(render_document(shown.text)),  # noqa: S308
        "unread": unread,
        "before": before,
        "difference": before and guiding.difference(before.text, shown.text),
    }


@login_required
@require_POST
def mark_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Write down that one has read a version."""
    project = roles.find_project(request.user, slug, roles.ANY)
    number = request.POST.get("version", "")
    # What is no number is no version either.
    version = int(number) if number.isdecimal() and len(number) < 7 else 0
    try:
        guiding.read_guidelines(project=project, person=request.user, version=version)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("Noted: you have read version %d.") % version)
    return redirect("guidelines", slug)
