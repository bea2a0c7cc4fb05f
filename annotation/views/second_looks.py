"""The pages of second looks: the queue, and the frame in which one item is looked at."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import ensure_csrf_cookie

from annotation import kind_words, queries, wording
from annotation.conversing import options_of
from annotation.models import Judgment, Task
from annotation.rendering import render_document
from annotation.review import adjudicating, second_looks
from annotation.review.second_looks import Narrowing, Worth
from annotation.views.labeling import page_texts
from annotation.views.page import page_of
from labelers import roles
from labelers.models import Project


class NarrowingForm(forms.Form):
    """Which part of the queue; what is no choice is as if nothing was chosen."""

    why = forms.ChoiceField(label=gettext_lazy("Why"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    tag = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)
    again = forms.BooleanField(
        label=gettext_lazy("Those that somebody has decided on"), required=False
    )

    def __init__(self, project: Project, given: Any) -> None:
        super().__init__(given)
        choices = second_looks.choices_of(project)
        every = [("", gettext_lazy("All"))]
        for name, known in (
            ("why", list(second_looks.WHYS.items())),
            ("language", [(language, language) for language in choices["languages"]]),
            ("tag", [(tag, tag) for tag in choices["tags"]]),
        ):
            self.fields[name].choices = every + known

    def narrowing(self) -> Narrowing:
        """What was chosen."""
        self.is_valid()
        return Narrowing(**self.cleaned_data)


def _query(narrowing: Narrowing) -> str:
    """The narrowing as the query of an address, with its question mark."""
    chosen = {name: value for name, value in vars(narrowing).items() if value}
    return f"?{urlencode(chosen)}" if chosen else ""


@login_required
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """The items worth a second look, and one's own last decisions."""
    project = roles.find_project(request.user, slug, roles.ADJUDICATING)
    form = NarrowingForm(project, request.GET)
    narrowing = form.narrowing()
    number = request.GET.get("page", "1")
    page = max(int(number), 1) if number.isdecimal() and len(number) < 7 else 1
    found = second_looks.queue_of(
        project=project,
        person=request.user,
        narrowing=narrowing,
        offset=(page - 1) * second_looks.PAGE,
    )
    progress = second_looks.progress_of(project=project, person=request.user)
    context = page_of(request, project, "second-looks", form=form, progress=progress)
    context |= {
        "items": _listed(project, found.items),
        "waiting": found.waiting,
        "in_all": found.waiting + progress.decided + progress.in_hand,
        "query": _query(narrowing),
        "narrowed": narrowing != Narrowing(),
        "judges": project.settings.kind in second_looks.JUDGING,
        "decisions": [_decision(judgment) for judgment in _own(request, project)],
        "pages": _pages(page, found.waiting),
    }
    return render(request, "annotation/second_looks.html", context)


def _own(request: HttpRequest, project: Project) -> list[Judgment]:
    return adjudicating.own_decisions(person=request.user, project=project)


def _pages(page: int, waiting: int) -> dict[str, int | None]:
    more = page * second_looks.PAGE < waiting
    return {"before": page - 1 if page > 1 else None, "after": page + 1 if more else None}


def _listed(project: Project, items: list[Worth]) -> list[dict[str, Any]]:
    tasks = Task.objects.select_related("prompt").in_bulk([worth.task for worth in items])
    return [
        {
            "worth": worth,
            "why": worth.why(),
            "excerpt": _excerpt(tasks[worth.task], project),
            "prompt": tasks[worth.task].prompt,
        }
        for worth in items
    ]


def _excerpt(task: Task, project: Project) -> str:
    """How the prompt ends; nothing of a covered one."""
    if queries.is_covered(task, project.settings):
        return _("(covered)")
    messages = task.prompt.messages
    return kind_words.excerpt(messages[-1]["content"]) if messages else ""


def _decision(judgment: Judgment) -> dict[str, Any]:
    return {"judgment": judgment, "excerpt": _excerpt(judgment.task, judgment.task.project)}


@login_required
@ensure_csrf_cookie
def look(request: HttpRequest, slug: str, pk: int = 0) -> HttpResponse:
    """The frame of a second look; with `pk` at that item, else at the next of the queue."""
    project = roles.find_project(request.user, slug, roles.ADJUDICATING)
    narrowing = NarrowingForm(project, request.GET).narrowing()
    guidelines = queries.current_guidelines(project)
    context = page_of(request, project, "second-looks", guidelines=guidelines)
    context |= {
        "options": options_of(project.settings),
        "kind_template": f"annotation/kinds/{project.settings.kind}.html",
        # The renderer sieves what it returns.
        "guidelines_html": guidelines and mark_safe(render_document(guidelines.text)),  # noqa: S308
        "back": reverse("second-looks", args=[slug]) + _query(narrowing),
        "config": {
            "person": request.user.pk,
            "task": pk or None,
            "narrowing": vars(narrowing),
            "criteria": {name: str(title) for name, title in wording.CRITERIA.items()},
            "urls": _urls(project),
            "texts": page_texts() | _texts(),
        },
    }
    return render(request, "annotation/second_look.html", context)


def _urls(project: Project) -> dict[str, str]:
    names = ("claim", "decide", "pass")
    return {
        **{name: reverse(f"api-second-looks-{name}", args=[project.slug]) for name in names},
        "draft": reverse("api-labeling-draft", args=[project.slug]),
        # The number of the item is filled in by the page.
        "comments": reverse("comments", args=[project.slug, 0]),
    }


def _texts() -> dict[str, str]:
    """What the page's script says besides what the labeling page says."""
    return {
        "labeler": _("Labeler {letter}"),
        "adjudicator": _("Adjudicator {letter}"),
        "ownLetters": _("On their own screen: {list}."),
        "ownLetter": _("{here} here was {theirs}"),
        "noReason": _("No reason given."),
        "decided": _("Decided. This is the next item."),
        "passedOver": _("Given back. This is the next item."),
        "whyFirst": _("Say in a few words why; it is what others learn from."),
        "notSent": _("The server does not answer. What you entered is kept; decide again."),
        "itemNumber": _("Item {number}"),
    }
