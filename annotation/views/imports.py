"""Pages of what comes in: a file or a data set sent, previewed, watched, held and ended."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from rest_framework.exceptions import NotFound

from annotation import importing, queries, wording
from annotation.api.imports import refused_rows
from annotation.intake import previewing
from annotation.intake.batches import AT_WORK, State
from annotation.models import ImportBatch
from annotation.readers.catalog import READERS
from annotation.readers.files import SUFFIXES
from annotation.views.labeling import page_texts
from annotation.views.page import page_of
from labelers import roles
from labelers.models import Project

FORMATS = [
    (name, format_lazy("{}: {}", wording.READER_TITLES[name], wording.READERS[name]))
    for name in READERS
]
PERSONAL = {
    "email": gettext_lazy("E-mail addresses"),
    "phone": gettext_lazy("Telephone numbers"),
    "card": gettext_lazy("Payment cards"),
    "iban": gettext_lazy("Bank accounts (IBAN)"),
    "ip": gettext_lazy("IP addresses"),
    "my_number": gettext_lazy("My Numbers (Japan)"),
    "ssn": gettext_lazy("Social security numbers (USA)"),
    "address": gettext_lazy("Postal addresses"),
}
SCRIPTS = {
    "Latn": gettext_lazy("Latin script"),
    "Jpan": gettext_lazy("Japanese script"),
    "Kore": gettext_lazy("Korean script"),
    "Hani": gettext_lazy("Chinese characters"),
    "Cyrl": gettext_lazy("Cyrillic script"),
    "Arab": gettext_lazy("Arabic script"),
    "Hebr": gettext_lazy("Hebrew script"),
    "Deva": gettext_lazy("Devanagari script"),
    "Thai": gettext_lazy("Thai script"),
    "Grek": gettext_lazy("Greek script"),
}


class HowReadForm(forms.Form):
    """How rows are read."""

    format = forms.ChoiceField(label=gettext_lazy("Format"))
    personal = forms.ChoiceField(
        label=gettext_lazy("Rows with personal data"),
        choices=ImportBatch.Personal.choices,
        required=False,
        help_text=gettext_lazy(
            "E-mail addresses, telephone, card and account numbers and the like; names are not "
            "found."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guess = (importing.GUESS, gettext_lazy("As the first row looks"))
        self.fields["format"].choices = [guess, *FORMATS]  # type: ignore[attr-defined]

    def clean_personal(self) -> str:
        """What becomes of such rows; they are kept where nobody says."""
        return self.cleaned_data["personal"] or str(ImportBatch.Personal.KEEP)


class WhatBecomesForm(HowReadForm):
    """How rows are read, and what becomes of them."""

    skip_bad = forms.BooleanField(
        label=gettext_lazy("Skip bad rows"),
        required=False,
        help_text=gettext_lazy("Otherwise nothing of a file with bad rows is kept."),
    )
    ask_people = forms.TypedChoiceField(
        label=gettext_lazy("Whom to ask"),
        required=False,
        choices=[
            ("", gettext_lazy("Labelers, about items without judgments")),
            ("yes", gettext_lazy("Labelers, about all items")),
            ("no", gettext_lazy("Nobody")),
        ],
        coerce=lambda value: value == "yes",
        empty_value=None,
        help_text=gettext_lazy(
            "Items that came with judgments of named labelers are otherwise only looked at."
        ),
    )


class ImportForm(WhatBecomesForm):
    """A file to be imported."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("JSON Lines, JSON, CSV or Parquet; also packed."),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(SUFFIXES) + ",.gz,.zst"}),
    )
    field_order = ("file", "format")


class DatasetForm(WhatBecomesForm):
    """A data set of the hub."""

    dataset = forms.CharField(
        label=gettext_lazy("Data set"),
        max_length=200,
        help_text=gettext_lazy("Its id at the Hugging Face hub: owner/name."),
    )
    split = forms.CharField(
        label=gettext_lazy("Split"),
        required=False,
        max_length=96,
        help_text=gettext_lazy("Without it train, where there are splits."),
    )
    config = forms.CharField(label=gettext_lazy("Configuration"), required=False, max_length=96)
    revision = forms.CharField(label=gettext_lazy("Revision"), required=False, max_length=96)
    field_order = ("dataset", "split", "config", "revision", "format")


@login_required
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """What came in, and the way to bring in more."""
    found = roles.find_project(request.user, slug, roles.READING)
    from_hub = "dataset" in request.POST
    form = ImportForm(*_given(request, not from_hub))
    dataset_form = DatasetForm(*_given(request, from_hub), auto_id="id_hub_%s")
    if request.method == "POST":
        roles.require(request.user, found, roles.MANAGING)
        if (batch := _received(request, found, dataset_form if from_hub else form)) is not None:
            return redirect("import", slug, batch.uid)
    context = page_of(request, found, "data", form=form, imports=found.imports.all()[:50])
    context |= {"dataset_form": dataset_form, "from_hub": from_hub}
    context["standing"] = queries.standing_of(found)
    return render(request, "annotation/data.html", context)


def _given(request: HttpRequest, meant: bool) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" and meant else (None, None)


def _received(request: HttpRequest, project: Project, form: WhatBecomesForm) -> ImportBatch | None:
    """The import that the form asks for; None where it cannot be, which the form then says."""
    if not form.is_valid():
        return None
    given = form.cleaned_data | {"previews": request.POST.get("then") == "preview"}
    receive = importing.receive_dataset if "dataset" in given else importing.receive_file
    if "file" in given:
        given["file_name"] = given["file"].name
    try:
        return receive(project=project, created_by=request.user, **given)
    except importing.ImportRefused as problem:
        field, _colon, _rest = str(problem).partition(":")
        form.add_error(field if field in form.fields else None, wording.sentence_of(str(problem)))
        return None


@login_required
def import_page(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """One import: its preview, its progress while it runs, what was wrong, what came of it."""
    found = roles.find_project(request.user, slug, roles.READING)
    batch = get_object_or_404(found.imports.select_related("project"), uid=uid)
    context = page_of(request, found, "data", batch=batch, running=batch.state in AT_WORK)
    context["error"] = wording.sentence_of(batch.error)
    context["problems"] = [_in_words(problem) for problem in batch.problems]
    context["pace"] = previewing.pace(batch)
    context["can"] = {
        "pause": batch.state in (State.QUEUED, State.CHECKING, State.WRITING),
        "resume": batch.state == State.PAUSED,
        "cancel": batch.state in (*AT_WORK, State.PAUSED, State.PREVIEW),
    }
    context["refused"] = previewing.has_refused(batch) is not None
    if batch.findings and batch.format in READERS:
        context |= _found(batch)
    if request.htmx:
        return render(request, "annotation/import_progress.html", context)
    if batch.state == State.PREVIEW:
        context |= _preview(batch, found)
    return render(request, "annotation/import.html", context)


def _in_words(problem: dict[str, Any]) -> dict[str, Any]:
    return {**problem, "problem": wording.sentence_of(problem["problem"])}


def _found(batch: ImportBatch) -> dict[str, Any]:
    """What the check found, in the viewer's language."""
    summary = previewing.summary(batch)
    return {
        "summary": summary,
        "left_out": [_in_words(reason) for reason in summary["left_out"]],
        "personal": [{**found, "kind": PERSONAL[found["kind"]]} for found in summary["personal"]],
        "in_languages": [(SCRIPTS.get(name, name), count) for name, count in summary["languages"]],
    }


def _preview(batch: ImportBatch, project: Project) -> dict[str, Any]:
    """The first items, and the ways to read the file in another way."""
    initial = {"format": batch.format, "personal": batch.personal}
    summary = previewing.summary(batch)
    chosen = {**summary["guessed"], **summary["mapped"]}
    return {
        "items": previewing.items(batch),
        "read_form": HowReadForm(initial=initial),
        "mapping": [
            (field, chosen.get(field, field if field in summary["columns"] else ""))
            for field in summary["fields"]
            # Nine responses are not asked after where there are three columns.
            if int(field[-1] if field[-1].isdigit() else 0) <= len(summary["columns"])
        ],
        "preview_config": {
            "texts": page_texts() | {"itemOf": _("Item {number} of {count}")},
            "coverFirst": False,
        },
    }


@login_required
@require_POST
def read_again(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Read the file of a preview in another way."""
    found = roles.find_project(request.user, slug, roles.MANAGING)
    batch = get_object_or_404(found.imports.select_related("project"), uid=uid)
    form = HowReadForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the formats."))
        return redirect("import", slug, uid)
    given = form.cleaned_data
    same = given["format"] == batch.format
    columns = {
        name.removeprefix("column-"): value
        for name, value in request.POST.items()
        if same and name.startswith("column-") and value and value != name.removeprefix("column-")
    }
    return _done(
        request,
        batch,
        lambda: importing.preview_again(
            batch=batch, changed_by=request.user, columns=columns, **given
        ),
    )


@login_required
@require_POST
def confirm(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Store what was previewed."""
    batch = _managed(request, slug, uid)
    skip_bad = True if request.POST.get("skip_bad") else None
    return _done(
        request,
        batch,
        lambda: importing.confirm(batch=batch, confirmed_by=request.user, skip_bad=skip_bad),
    )


@login_required
@require_POST
def pause(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Hold an import."""
    batch = _managed(request, slug, uid)
    return _done(request, batch, lambda: importing.pause(batch=batch, paused_by=request.user))


@login_required
@require_POST
def resume(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """Let an import go on."""
    batch = _managed(request, slug, uid)
    return _done(request, batch, lambda: importing.resume(batch=batch, resumed_by=request.user))


@login_required
@require_POST
def cancel(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponse:
    """End an import."""
    batch = _managed(request, slug, uid)
    return _done(request, batch, lambda: importing.cancel(batch=batch, cancelled_by=request.user))


@login_required
def refused(request: HttpRequest, slug: str, uid: uuid.UUID) -> HttpResponseBase:
    """The refused rows as JSON lines."""
    try:
        return refused_rows(_managed(request, slug, uid))
    except NotFound as problem:
        raise Http404(str(problem)) from problem


def _managed(request: HttpRequest, slug: str, uid: uuid.UUID) -> ImportBatch:
    found = roles.find_project(request.user, slug, roles.MANAGING)
    return get_object_or_404(found.imports.select_related("project"), uid=uid)


def _done(request: HttpRequest, batch: ImportBatch, deed: Any) -> HttpResponse:
    try:
        deed()
    except importing.ImportRefused as problem:
        messages.error(request, wording.sentence_of(str(problem)))
    return redirect("import", batch.project.slug, batch.uid)
