"""What is asked of labelers before they work: the policy, the consent form, the exam's length."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from annotation.entry import exam_length, hiring, screening_forms
from annotation.models import ScreeningPolicy
from annotation.option_form import take_errors
from annotation.rendering import render_document
from annotation.views.page import page_of
from labelers import consenting, roles
from labelers.models import Project

NAMES = {
    "good": gettext_lazy("a good one"),
    "between": gettext_lazy("one between the two"),
    "poor": gettext_lazy("a poor one"),
    "random": gettext_lazy("one who guesses"),
}
"""The labelers of whom the length of an exam is told."""


class ConsentForm(forms.Form):
    """What labelers agree to."""

    text = forms.CharField(
        label=gettext_lazy("Text (Markdown)"),
        required=False,
        max_length=consenting.LONGEST_FORM,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy(
            "Everybody is asked again when it changes. Without a text nothing is asked."
        ),
    )


@login_required
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what is asked; readers may look."""
    project = roles.find_project(request.user, slug, roles.READING)
    kept = hiring.policy_of(project)
    posted = request.POST or None
    if posted:
        roles.require(request.user, project, roles.MANAGING)
    form = screening_forms.policy_form(kept, posted)
    quiz = screening_forms.quiz_forms(kept, posted)
    # Both are looked at, so that all that is wrong is said at once.
    if posted and all([form.is_valid(), quiz.is_valid()]) and _saved(request, project, form, quiz):
        return redirect("screening-policy", slug)
    context = page_of(request, project, "screening", page="policy", form=form, quiz=quiz, kept=kept)
    context |= {
        "present": 0 if project.is_screened else hiring.present_labelers(project).count(),
        "tried_names": ",".join(screening_forms.ExamNumbers.base_fields),
        "judges": exam_length.judges(project.settings.kind),
        "consent_form": ConsentForm(initial={"text": _text_in_force(project)}),
        "consents": _consents(project),
        **_length(project, kept),
    }
    return render(request, "annotation/screening_policy.html", context)


def _saved(request: HttpRequest, project: Project, form: Any, quiz: Any) -> bool:
    """Change the policy; what was refused goes to the fields."""
    changes = form.changes()
    questions = screening_forms.questions_of(quiz)
    if questions != hiring.policy_of(project).quiz:
        changes["quiz"] = questions
    switched = {}
    if form.cleaned_data["is_screened"] != project.is_screened:
        switched = {
            "is_screened": form.cleaned_data["is_screened"],
            "present_labelers": form.cleaned_data["present_labelers"],
        }
    try:
        if changes or switched:
            hiring.change_policy(project=project, changed_by=request.user, **changes, **switched)
    except ValidationError as problem:
        take_errors(form, problem, {})
        return False
    said = _("The screening is saved.") if changes or switched else _("Nothing was changed.")
    messages.success(request, said)
    return True


def _text_in_force(project: Project) -> str:
    form = consenting.form_in_force(project)
    return form.text if form else ""


def _consents(project: Project) -> list[dict[str, Any]]:
    """Every version of the consent form, newest first."""
    return [
        {
            "form": form,
            # The renderer sieves what it returns.
            "html": mark_safe(render_document(form.text)),  # noqa: S308
            "agreed": form.consents.filter(withdrawn_at=None).count(),
        }
        for form in project.consent_forms.select_related("created_by")
    ]


@login_required
@require_POST
def publish_consent(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a new version of the consent form in force."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    form = ConsentForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        made = consenting.publish_form(
            project=project, text=form.cleaned_data["text"], created_by=request.user
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("Version %d of the consent is in force.") % made.version)
    return redirect("screening-policy", slug)


@login_required
def length(request: HttpRequest, slug: str) -> HttpResponse:
    """The panel about the exam's length, for the numbers that stand in the form right now."""
    project = roles.find_project(request.user, slug, roles.READING)
    form = screening_forms.ExamNumbers(request.GET)
    # The values of one request, never saved.
    tried = hiring.policy_of(project)
    if form.is_valid():
        for name, value in form.cleaned_data.items():
            setattr(tried, name, value)
        context = _length(project, tried)
    else:
        context = {"length": None, "problems": [_("Complete the numbers above.")]}
    return render(request, "annotation/exam_length.html", {"project": project, **context})


def _length(project: Project, tried: ScreeningPolicy) -> dict[str, Any]:
    try:
        found = exam_length.length_of(tried, project)
    except ValidationError as problem:
        return {"length": None, "problems": problem.messages}
    return {
        "length": found,
        "labelers": [(NAMES[each.name], each) for each in found.labelers],
        "curve": {
            "type": "line",
            "title": _("Who passes one attempt"),
            "x_label": _("Accuracy, %"),
            "y_label": _("Share that passes"),
            "format": "percent",
            "series": [
                {"name": _("Passes"), "points": [[round(100 * x), y] for x, y in found.curve]}
            ],
        },
    }
