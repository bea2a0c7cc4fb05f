"""The items of a project for those who read it: a list that can be narrowed, and one of them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation import wording
from annotation.explore import exploring, item_filters, item_story, items_csv
from annotation.explore.item_filters import FilterError, Filters
from annotation.kind_words import CHOICES
from annotation.views.page import page_of
from annotation.views.texts import texts_of
from labelers import csv_file, roles
from labelers.models import Person, Project

FILTERS = {
    "labeler": gettext_lazy("Labeler"),
    "other": gettext_lazy("Other labeler"),
    "source": gettext_lazy("Source"),
    "tag": gettext_lazy("Tag"),
    "language": gettext_lazy("Language"),
    "week": gettext_lazy("Week"),
    "said": gettext_lazy("Said"),
    "strength": gettext_lazy("Strength"),
    "standing": gettext_lazy("Standing"),
    "disputed": gettext_lazy("Disputed"),
    "gold": gettext_lazy("Gold"),
    "wrong": gettext_lazy("Answered against gold"),
    "contested": gettext_lazy("Asked of more people"),
    "order": gettext_lazy("Order"),
    "cursor": gettext_lazy("Page"),
}
VALUES = {
    "said": {
        "first": gettext_lazy("the first is better"),
        "second": gettext_lazy("the second is better"),
        "tie": gettext_lazy("neither is better"),
    },
    "strength": {name: CHOICES[name] for name in item_filters.STRENGTHS},
    "standing": {
        "counted": gettext_lazy("counted"),
        "surplus": gettext_lazy("more than were wanted"),
        "gold": gettext_lazy("about gold"),
        "practice": gettext_lazy("practice"),
        "imported": gettext_lazy("imported"),
        "adjudication": gettext_lazy("second look"),
        "withdrawn": gettext_lazy("taken back"),
        "voided": gettext_lazy("voided"),
    },
    "order": {
        "newest": gettext_lazy("newest first"),
        "disagreement": gettext_lazy("most disputed first"),
    },
}
FLAGS = ("disputed", "gold", "wrong", "contested")
PARTS = {
    "good": gettext_lazy("good"),
    "bad": gettext_lazy("bad"),
    "tie": gettext_lazy("tie"),
    "none": gettext_lazy("none"),
}


@login_required
def items(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of the items that the query string asks for."""
    project = roles.find_project(request.user, slug, roles.READING)
    context = page_of(request, project, "quality", page="items")
    given = request.GET.dict()
    cursor = given.pop("cursor", "")
    try:
        filters = item_filters.parse(given)
        page = exploring.page_of_items(project=project, filters=filters, cursor=cursor)
    except FilterError as problem:
        name = FILTERS.get(problem.name, "")
        context |= {"problem": str(problem), "problem_in": name, "form": _form(project, Filters())}
        return render(request, "annotation/items.html", context, status=400)
    context |= {
        "items": [_row(item) for item in page.items],
        "chips": _chips(project, filters),
        "form": _form(project, filters),
        "query": urlencode(filters.given),
        "is_first": not cursor,
    }
    if page.next_cursor:
        context["next_query"] = urlencode({**filters.given, "cursor": page.next_cursor})
    return render(request, "annotation/items.html", context)


def _row(item: exploring.Item) -> dict[str, Any]:
    return {
        "item": item,
        "kind": wording.KINDS[item.task.kind],
        "criterion": wording.CRITERIA.get(item.task.criterion, item.task.criterion),
        "parts": [
            {
                "name": PARTS.get(part.name, part.name),
                "count": part.count,
                "x": round(100 * part.offset, 3),
                "width": round(100 * part.share, 3),
                "colour": "tie" if part.name in ("tie", "none") else place % 6,
            }
            for place, part in enumerate(item.split)
        ],
    }


def _chips(project: Project, filters: Filters) -> list[dict[str, str]]:
    """Each filter in words, with the query without it."""
    chips = []
    for name, value in filters.given.items():
        rest = {other: said for other, said in filters.given.items() if other != name}
        words = str(VALUES.get(name, {}).get(value, value))
        if name in ("labeler", "other"):
            words = _name_of(value)
        label = str(FILTERS[name])
        chips.append(
            {"words": label if name in FLAGS else f"{label}: {words}", "without": urlencode(rest)}
        )
    return chips


def _name_of(key: str) -> str:
    if key.startswith("i:"):
        return key[2:] or _("not named")
    return Person.objects.filter(pk=int(key[2:])).values_list("username", flat=True).first() or key


def _form(project: Project, filters: Filters) -> dict[str, Any]:
    """What the form shows: each filter with its value, and the choices there are."""
    given = filters.given
    return {
        "texts": [
            {"name": name, "label": FILTERS[name], "value": given.get(name, "")}
            for name in ("labeler", "other", "tag", "language", "week")
        ],
        "choices": [
            {
                "name": name,
                "label": FILTERS[name],
                "value": getattr(filters, name),
                "options": list(VALUES[name].items()),
            }
            for name in ("said", "strength", "standing", "order")
        ],
        "flags": [
            {"name": name, "label": FILTERS[name], "on": getattr(filters, name)} for name in FLAGS
        ],
        "sources": list(
            project.response_sources.order_by("name").values_list("name", flat=True)[:200]
        ),
        "source": filters.source,
    }


@login_required
def items_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The same items as CSV."""
    project = roles.find_project(request.user, slug, roles.READING)
    try:
        return streamed(project, item_filters.parse(request.GET.dict()))
    except FilterError:
        return redirect(f"{request.path.removesuffix('.csv')}/?{request.GET.urlencode()}")


def streamed(project: Project, filters: Filters) -> StreamingHttpResponse:
    """The CSV file of the items that `filters` ask for, as a download.

    Raises:
        FilterError: a filter names what is not there.
    """
    # Checked now: a problem that comes up while the file is under way can no longer be said.
    item_filters.matching(project, filters)
    return StreamingHttpResponse(
        items_csv.items_file(project=project, filters=filters),
        content_type=csv_file.CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{project.slug}-items.csv"'},
    )


@login_required
def item(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One item with its texts, every answer, and what came of them."""
    project = roles.find_project(request.user, slug, roles.READING)
    story = item_story.story_of(project=project, pk=pk)
    if story is None:
        raise Http404(_("No such item."))
    context = page_of(request, project, "quality", page="items", story=story, task=story.task)
    context |= {
        "texts": texts_of(story.task),
        "kind": wording.KINDS[story.task.kind],
        "criterion": wording.CRITERIA.get(story.task.criterion, story.task.criterion),
        "standings": VALUES["standing"],
        "method": story.consensus and wording.CONSENSUS_METHODS.get(story.consensus.method, ""),
        "compared": [
            {"c": c, "second": _("the bar") if item_story.has_bar(story.task) else c.second}
            for c in story.compared
        ],
        "state": {
            "open": _("open"),
            "closed": _("complete") if story.task.overlap else _("nobody is asked"),
            "retired": _("taken out"),
        }[story.task.state],
    }
    return render(request, "annotation/item.html", context)
