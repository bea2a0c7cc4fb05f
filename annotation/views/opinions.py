"""The pages of whose opinions a project holds and of the biases of its data set; their files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from annotation.figures import bias_charts, biases, keeping_figures
from annotation.models import ScreeningPolicy
from annotation.views.page import page_of
from annotation.voices import opinion_tables, opinions, populating
from labelers import roles
from labelers.csv_file import CONTENT_TYPE, rows_as_csv
from labelers.models import Project


class PopulationForm(forms.Form):
    """The target population: a percentage for every value of every dimension, or none."""

    def __init__(self, kept: dict[str, dict[str, float]], given: Any = None) -> None:
        super().__init__(given)
        self.parts = []
        for name, (title, values) in populating.dimensions().items():
            for value, label in values.items():
                share = kept.get(name, {}).get(value)
                self.fields[f"{name}:{value}"] = forms.FloatField(
                    label=label,
                    required=False,
                    min_value=0,
                    max_value=100,
                    initial=None if share is None else round(100 * share, 2),
                    widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
                )
            self.parts.append((name, title, [f"{name}:{value}" for value in values]))

    def fieldsets(self) -> list[dict[str, Any]]:
        """The fields by dimension, with what is wrong with the dimension as a whole."""
        wrong = self.errors.get("__all__", []) if self.is_bound else []
        return [
            {
                "title": title,
                "fields": [self[field] for field in names],
                "wrong": [
                    str(m).partition(": ")[2] for m in wrong if str(m).startswith(f"{name}:")
                ],
                "filled": any(self[field].value() not in (None, "") for field in names),
            }
            for name, title, names in self.parts
        ]

    def population(self) -> dict[str, dict[str, float]]:
        """What was entered, as shares."""
        found: dict[str, dict[str, float]] = {}
        for field, percent in self.cleaned_data.items():
            name, _colon, value = field.partition(":")
            if percent is not None:
                found.setdefault(name, {})[value] = percent / 100
        return found


@login_required
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Who took part, and whether groups judge alike; admins say whom they are after."""
    project = roles.find_project(request.user, slug, roles.READING)
    policy = ScreeningPolicy.objects.filter(project=project).first()
    form = PopulationForm(policy.population if policy else {}, request.POST or None)
    if request.method == "POST":
        roles.require(request.user, project, roles.MANAGING)
        if form.is_valid():
            try:
                populating.change_population(
                    project=project, changed_by=request.user, population=form.population()
                )
            except ValidationError as problem:
                for name, said in problem.message_dict.items():
                    form.add_error(None, [f"{name}: {sentence}" for sentence in said])
            else:
                messages.success(request, _("The target population is saved."))
                return redirect("opinions", slug)
    found = opinions.opinions_of(project)
    figures = opinion_tables.in_words(found.figures)
    for row in figures["groups"]:
        row["chart"] = bias_charts.tags_chart(row["tags"], slug)
    context = page_of(request, project, "quality", page="opinions", form=form)
    context |= {"opinions": figures, "computed_at": found.computed_at}
    return render(request, "annotation/opinions.html", context)


@login_required
def opinions_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Every figure of opinions as CSV."""
    return streamed(roles.find_project(request.user, slug, roles.READING))


def streamed(project: Project) -> StreamingHttpResponse:
    """The figures of opinions as a download."""
    found = opinions.opinions_of(project)
    lines = rows_as_csv(opinion_tables.HEADER, opinion_tables.rows_of(found.figures))
    return StreamingHttpResponse(
        lines,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{project.slug}-opinions.csv"'},
    )


@login_required
def show_biases(request: HttpRequest, slug: str) -> HttpResponse:
    """Position and length bias of the whole data set."""
    project = roles.find_project(request.user, slug, roles.READING)
    kept = keeping_figures.figures(project=project, name="biases")
    context = page_of(request, project, "quality", page="biases", kept=kept)
    if kept.figures is not None:
        length = kept.figures["length"]
        context |= {
            "position": kept.figures["position"],
            "length": length,
            "advice": biases.advice(length),
            "charts": {
                **bias_charts.position_charts(kept.figures["position"], slug),
                **bias_charts.length_charts(length, slug),
            },
        }
    return render(request, "annotation/biases.html", context)
