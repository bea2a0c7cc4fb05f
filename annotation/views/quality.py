"""The pages of quality: figures, agreement, over time, disagreement; their tables as CSV.

They show kept figures (`keeping_figures`) and compute nothing. While figures are first measured a
page says so and asks again by itself.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation.figures import figure_words, keeping_figures, quality_charts, refreshing
from annotation.figures.figure_tables import TABLES
from annotation.figures.keeping_figures import Kept
from annotation.models import Task
from annotation.views.page import page_of
from labelers import roles
from labelers.csv_file import CONTENT_TYPE, rows_as_csv
from labelers.models import Person, Project

MOST_LABELERS = 50
MOST_ITEMS = 50
FILTERS = ("language", "criterion", "tag", "source")


def _shown(
    request: HttpRequest, slug: str, page: str, name: str
) -> tuple[Project, dict[str, Any], dict[str, Any] | None]:
    """The project, the context of its page, and the figures of that name once there are any."""
    project = roles.find_project(request.user, slug, roles.READING)
    kept = keeping_figures.figures(project=project, name=name)
    return project, page_of(request, project, "quality", page=page, kept=kept), kept.figures


@login_required
def quality(request: HttpRequest, slug: str) -> HttpResponse:
    """Agreement, consensus, labelers and sources at a glance."""
    _project, context, figures = _shown(request, slug, "overview", "quality")
    if figures is not None:
        most = sorted(figures["labelers"], key=lambda row: -row["judgments"])[:MOST_LABELERS]
        shown = {row["key"] for row in most}
        context["quality"] = {
            **figures,
            "agreement": figure_words.all_in_words(figures["agreement"]),
            "labelers": [row for row in figures["labelers"] if row["key"] in shown],
        }
        context["more_labelers"] = len(figures["labelers"]) - len(most)
        context["charts"] = {
            "agreement": quality_charts.agreement_chart(figures["agreement"], slug),
            "consensus": quality_charts.consensus_chart(figures["consensus"], slug),
            "labelers": quality_charts.labelers_chart(figures["labelers"], slug),
            "wins": quality_charts.win_chart(figures["win_rates"], slug),
            "strengths": quality_charts.strengths_chart(figures["strengths"], slug),
        }
    return render(request, "annotation/quality.html", context)


@login_required
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """Every coefficient, agreement by what is known of items, and every two labelers."""
    project, context, figures = _shown(request, slug, "agreement", "agreement")
    matrix = keeping_figures.figures(project=project, name="matrix").figures
    if figures is not None and matrix is not None:
        show = "agreement" if request.GET.get("show") == "agreement" else "kappa"
        percent = figures["coefficients"][0]
        context["quality"] = figures
        context["coefficients"] = figure_words.all_in_words(
            [*figures["coefficients"], figures["gold"], figures["researchers"]]
        )
        context["charts"] = [
            (f"by-{name}", quality_charts.breakdown_chart(name, rows, slug, percent))
            for name, rows in figures["by"].items()
            if rows
        ]
        context["matrix"], context["show"] = matrix, show
        context["matrix_chart"] = quality_charts.matrix_chart(
            matrix, names_of(matrix["labelers"]), slug, show
        )
    return render(request, "annotation/agreement.html", context)


@login_required
def over_time(request: HttpRequest, slug: str) -> HttpResponse:
    """Agreement, volume and gold score by week."""
    _project, context, figures = _shown(request, slug, "over-time", "weeks")
    if figures is not None:
        context["weeks"] = figures["weeks"][::-1]
        context["charts"] = quality_charts.week_charts(figures["weeks"])
    return render(request, "annotation/over_time.html", context)


@login_required
def disagreement(request: HttpRequest, slug: str) -> HttpResponse:
    """Where labelers disagree most: which parts, and which items, narrowed down as one likes."""
    project, context, figures = _shown(request, slug, "disagreement", "disagreement")
    agreed = keeping_figures.figures(project=project, name="agreement").figures
    if figures is not None and agreed is not None:
        chosen = {name: request.GET.get(name, "") for name in FILTERS}
        items = [item for item in figures["items"] if _fits(item, chosen)]
        context["quality"] = agreed
        context["chosen"], context["choices"] = chosen, _choices(figures["items"])
        context["items"], context["found"] = _with_prompts(items[:MOST_ITEMS]), len(items)
        context["charts"] = [
            (f"by-{name}", _worst_first(name, rows, slug, agreed["coefficients"][0]))
            for name, rows in agreed["by"].items()
            if rows
        ]
    return render(request, "annotation/disagreement.html", context)


def _worst_first(name: str, rows: Any, slug: str, whole: Any) -> dict[str, Any]:
    known = [row for row in rows if row["percent"]["value"] is not None]
    worst = sorted(known, key=lambda row: row["percent"]["value"])[:12]
    return quality_charts.breakdown_chart(name, worst, slug, whole)


def _fits(item: dict[str, Any], chosen: dict[str, str]) -> bool:
    return all(
        not wanted
        or (wanted in item[f"{name}s"] if name in ("tag", "source") else wanted == item[name])
        for name, wanted in chosen.items()
    )


def _choices(items: list[dict[str, Any]]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Of each filter its name, its label and what can be chosen; one choice is none."""
    labels = {
        "language": _("Language"),
        "criterion": _("Criterion"),
        "tag": _("Tag"),
        "source": _("Source"),
    }
    found = []
    for name, label in labels.items():
        values = {
            value
            for item in items
            for value in (item[f"{name}s"] if name in ("tag", "source") else [item[name]])
            if value
        }
        if len(values) > 1:
            named = [(value, figure_words.part_name(name, value)) for value in sorted(values)]
            found.append((name, label, named))
    return found


def _with_prompts(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items with the beginning of what was asked."""
    rows = Task.objects.filter(pk__in=[item["task"] for item in items]).values_list(
        "pk", "prompt__messages", "prompt__language"
    )
    texts = {pk: (messages[-1]["content"][:160], language) for pk, messages, language in rows}
    return [
        {**item, "prompt": texts[item["task"]][0], "lang": texts[item["task"]][1]}
        for item in items
        if item["task"] in texts
    ]


def names_of(keys: list[str]) -> dict[str, str]:
    """What people among the labelers are called, by key."""
    people = Person.objects.filter(pk__in=[int(key[2:]) for key in keys if key.startswith("p:")])
    return {f"p:{pk}": username for pk, username in people.values_list("pk", "username")}


@login_required
def quality_file(request: HttpRequest, slug: str, table: str) -> HttpResponse:
    """One table of figures as CSV."""
    return table_file(roles.find_project(request.user, slug, roles.READING), table)


def table_file(project: Project, name: str) -> HttpResponse:
    """The table of that name as a download; 202 while its figures are first measured."""
    if name not in TABLES:
        raise Http404(_("There is no table of this name; there are: %s.") % ", ".join(TABLES))
    table = TABLES[name]
    kept: Kept = keeping_figures.figures(project=project, name=table.figures)
    if kept.figures is None:
        return HttpResponse(_("The figures are being computed; ask again soon."), status=202)
    lines = rows_as_csv(table.header, table.rows(kept.figures))
    answer = StreamingHttpResponse(lines, content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-{name}.csv"'
    return answer


@login_required
@require_POST
def refresh(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring consensus and figures up to date now."""
    project = roles.find_project(request.user, slug, roles.READING)
    tasks = refreshing.refresh(project=project).tasks
    messages.success(request, _("Consensus is up to date: %d tasks refreshed.") % tasks)
    return redirect("quality", slug)
