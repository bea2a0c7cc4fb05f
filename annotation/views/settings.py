"""What a project asks: making one in two steps (the kind first), and changing one under way."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation import configuring, contesting, kind_words, wording
from annotation.models import LongChange, ProjectSettings
from annotation.option_form import Lines, OptionsForm, take_errors
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.views.page import page_of
from annotation.views.running import changes_of
from labelers import roles
from labelers.models import Project


def _gold_rate() -> forms.FloatField:
    return forms.FloatField(
        label=gettext_lazy("Share of gold items"),
        min_value=0,
        max_value=0.5,
        initial=0.1,
        help_text=gettext_lazy("Items with a known answer, mixed in unseen."),
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )


class NameForm(forms.Form):
    """What a project is called and what it is for."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("What it is for"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class NewProjectForm(NameForm):
    """What a new project needs beside its kind."""

    overlap = forms.IntegerField(
        label=gettext_lazy("Labelers per task"), min_value=1, max_value=50, initial=2
    )
    gold_rate = _gold_rate()
    guidelines = forms.CharField(
        label=gettext_lazy("Guidelines (Markdown)"),
        required=False,
        max_length=configuring.LONGEST_GUIDELINES,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class SettingsForm(NameForm):
    """What can be changed while people label."""

    gold_rate = _gold_rate()
    lease_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes an item is kept for whoever opened it"),
        min_value=1,
        max_value=24 * 60,
        help_text=gettext_lazy("Then it goes to somebody else; what was entered is kept."),
    )
    correction_hours = forms.IntegerField(
        label=gettext_lazy("Hours in which an answer may be corrected"),
        min_value=0,
        max_value=30 * 24,
    )
    shows_gold_score = forms.BooleanField(
        label=gettext_lazy("Labelers see how they agree with gold"),
        required=False,
        help_text=gettext_lazy("In all and once a day, never on which items."),
    )
    pauses_on_fall = forms.BooleanField(
        label=gettext_lazy("Labelers whose answers clearly fall off are paused at once"),
        required=False,
        help_text=gettext_lazy("They and the admins are told; an admin lets them work again."),
    )
    consensus_method = forms.ChoiceField(
        label=gettext_lazy("How answers become one"),
        choices=list(wording.CONSENSUS_METHODS.items()),
        help_text=gettext_lazy(
            "Majority counts every answer the same. The others learn how reliable each labeler is "
            "and weigh what they say by it; the consensus of all items is then computed anew in "
            "the background. Snapshots that are there stay as they are."
        ),
    )
    next_by = forms.ChoiceField(
        label=gettext_lazy("Which item is asked next"),
        choices=ProjectSettings.Order.choices,
        help_text=gettext_lazy(
            "Least judged first gives every item its first answer before any gets a second. Most "
            "uncertain first asks what the reward model can tell least; it needs a run that scores "
            "the open items, and what has no scores comes after. An item's priority goes before."
        ),
    )
    contested_below = forms.FloatField(
        label=gettext_lazy("Ask more people where the answers are less sure than"),
        required=False,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        help_text=gettext_lazy(
            "A share from 0 to 1, empty for never: how sure the consensus of a complete item is "
            "(by majority, the share of the most common answer). Each item is asked of more people "
            "once at most."
        ),
    )
    contested_more = forms.IntegerField(
        label=gettext_lazy("How many more people"), min_value=1, max_value=10
    )
    contested_by_trusted = forms.BooleanField(
        label=gettext_lazy("Only trusted labelers are asked about them"), required=False
    )
    trusted_from = forms.FloatField(
        label=gettext_lazy("Trust whose score on gold is surely above"),
        required=False,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        help_text=gettext_lazy(
            "The lower end of the score's interval counts. Empty: only those whom an admin marks "
            "as trusted on their page."
        ),
    )
    covered_tags = Lines(
        label=gettext_lazy("Tags whose texts are covered first"),
        required=False,
        help_text=gettext_lazy("One per line. Labelers uncover such a text when they are ready."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


SECONDS = {"lease_minutes": ("lease_seconds", 60), "correction_hours": ("correction_seconds", 3600)}
"""Fields that show seconds in a larger unit."""


@login_required
def project_new(request: HttpRequest) -> HttpResponse:
    """Make a project: choose its kind, then say the rest."""
    if not request.user.is_staff:
        raise PermissionDenied(_("Only staff may make projects."))
    kind = TASK_KINDS.get(request.GET.get("kind", ""))
    if kind is None:
        kinds = [(name, title, kind_words.DESCRIPTIONS[name]) for name, title in _titles()]
        return render(request, "annotation/project_kind.html", {"kinds": kinds})
    posted = request.POST or None
    form, options = NewProjectForm(posted), OptionsForm(kind, posted)
    # Both are looked at, so that all that is wrong is said at once.
    if posted and all([form.is_valid(), options.is_valid()]):
        try:
            made = configuring.create_project(
                created_by=request.user,
                kind=kind.name,
                kind_options=options.options,
                **form.cleaned_data,
            )
        except ValidationError as problem:
            take_errors(form, problem, {})
        else:
            messages.success(request, _("The project is there. Import prompts to make tasks."))
            return redirect("data", made.slug)
    context = {"form": form, "options": options, "title": wording.KINDS[kind.name]}
    return render(request, "annotation/project_new.html", context)


def _titles() -> list[tuple[str, Any]]:
    return [(name, wording.KINDS[name]) for name in TASK_KINDS]


@login_required
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what a project asks."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    kept = ProjectSettings.objects.get(project=project)
    posted = request.POST or None
    form = SettingsForm(posted, initial=_as_shown(project, kept))
    options = OptionsForm(TASK_KINDS[kept.kind], posted, kept.kind_options)
    if posted and all([form.is_valid(), options.is_valid()]):
        changes = _changes(form, options)
        try:
            if changes:
                configuring.change_settings(project=project, changed_by=request.user, **changes)
        except ValidationError as problem:
            take_errors(form, problem, {seconds: name for name, (seconds, _n) in SECONDS.items()})
            # What was refused must not stand in the heading.
            project.refresh_from_db()
        else:
            said = _("The settings are saved.") if changes else _("Nothing was changed.")
            messages.success(request, said)
            return redirect("settings", slug)
    context = page_of(request, project, "settings", form=form, options=options, kept=kept)
    context |= changes_of(project, LongChange.Kind.ORDER, most=1)
    if kept.contested_below is not None:
        context["contested"] = contesting.counts(project)
    return render(request, "annotation/settings.html", context)


def _as_shown(project: Project, kept: ProjectSettings) -> dict[str, Any]:
    shown = {"name": project.name, "description": project.description}
    shown |= {
        name: getattr(kept, name)
        for name in (
            *("gold_rate", "shows_gold_score", "pauses_on_fall"),
            *("consensus_method", "covered_tags", "next_by", "contested_below"),
            *("contested_more", "contested_by_trusted", "trusted_from"),
        )
    }
    return shown | {
        name: round(getattr(kept, seconds) / unit) for name, (seconds, unit) in SECONDS.items()
    }


def _changes(form: SettingsForm, options: OptionsForm) -> dict[str, Any]:
    """What was changed, and nothing else: a stored minute and a half stays what it is."""
    changes: dict[str, Any] = {}
    for name in form.changed_data:
        value = form.cleaned_data[name]
        field, unit = SECONDS.get(name, (name, None))
        changes[field] = value * unit if unit else value
    if options.has_changed():
        changes["kind_options"] = options.options
    return changes
