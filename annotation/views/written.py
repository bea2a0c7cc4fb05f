"""Scoring what candidates wrote: one text at a time, nobody's name, nobody else's score."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.entry import hiring, scoring_texts
from annotation.models import Judgment
from annotation.models.screening import BEST_SCORE
from annotation.option_form import take_errors
from annotation.views.hiring import written_html
from annotation.views.page import page_of
from annotation.views.texts import turns_of
from labelers import roles

WORDS = {
    1: gettext_lazy("very bad"),
    4: gettext_lazy("acceptable"),
    BEST_SCORE: gettext_lazy("ideal"),
}


class ScoreForm(forms.Form):
    """How good a text is, and what one noticed."""

    judgment = forms.IntegerField(widget=forms.HiddenInput)
    score = forms.TypedChoiceField(
        label=gettext_lazy("How good is this text?"),
        coerce=int,
        choices=[(score, score) for score in range(1, BEST_SCORE + 1)],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=scoring_texts.LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@login_required
def written(request: HttpRequest, slug: str) -> HttpResponse:
    """The next text that waits for one's score."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    form = ScoreForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        found = Judgment.objects.filter(task__project=project)
        judgment = get_object_or_404(found, pk=given["judgment"])
        try:
            scoring_texts.score_written(
                project=project,
                judgment=judgment,
                scorer=request.user,
                score=given["score"],
                note=given["note"],
            )
        except ValidationError as problem:
            take_errors(form, problem, {})
        else:
            messages.success(request, _("Your score is stored."))
            return redirect("written", slug)
    waiting = scoring_texts.waiting_for(project=project, scorer=request.user)
    context = page_of(request, project, "screening", page="written", left=len(waiting))
    context["policy"] = hiring.policy_of(project)
    if waiting:
        # What was refused is shown again with its own text, as long as that still waits.
        asked = str(form["judgment"].value() or "")
        text = next((text for text in waiting if str(text.pk) == asked), waiting[0])
        shown = form if form.is_bound and str(text.pk) == asked else None
        context |= {
            "form": shown or ScoreForm(initial={"judgment": text.pk}),
            "problems": form.errors if form.is_bound and shown is None else None,
            "prompt": turns_of(text.task.prompt.messages),
            "text": written_html(text.answer),
            "words": WORDS,
        }
    return render(request, "annotation/written.html", context)
