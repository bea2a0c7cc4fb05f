"""The page where a labeler begins: the steps before the work, the present one open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.assigning import LeaseError
from annotation.entry import examining, hiring, screening
from annotation.entry.exam_length import judges
from annotation.entry.screening_stages import STEPS, Way, way_of
from annotation.rendering import render_document
from annotation.views.page import page_of
from labelers import consenting, grouping, roles, surveying
from labelers.models import Project

LEVELS = (
    (0, gettext_lazy("Not well")),
    (1, gettext_lazy("A little")),
    (2, gettext_lazy("Well")),
    (3, gettext_lazy("Very well")),
)
"""How well somebody says they judge a topic."""


@login_required
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """The steps before the work, the present one open; forms say by ``step`` which one they are."""
    project = roles.find_project(request.user, slug, roles.LABELING)
    take = FORMS.get(request.POST.get("step", "")) if request.method == "POST" else None
    if take is None:
        return _page(request, project)
    try:
        return take(request, project) or redirect("start", slug)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    except LeaseError as problem:
        messages.error(request, str(problem))
    return redirect("start", slug)


def _page(request: HttpRequest, project: Project, **more: Any) -> HttpResponse:
    way = way_of(project, request.user)
    context = page_of(request, project, "start", way=way, policy=way.policy)
    context["steps"] = [
        {
            "name": name,
            "title": title,
            "state": way.state_of(name),
            "template": f"annotation/start/{name}.html",
        }
        for name, title in STEPS.items()
        if name in way.steps
    ]
    context["writes"] = not judges(project.settings.kind)
    for name in {way.present, *_changeable(way)} & set(SHOWN):
        context |= SHOWN[name](way)
    context["changeable"] = _changeable(way)
    return render(request, "annotation/start.html", context | more)


def _changeable(way: Way) -> list[str]:
    """What was said on the way and may be changed at any time."""
    said = {
        "topics": way.done.get("topics", False) or (way.is_exempt and bool(way.policy.topics)),
        "groups": way.policy.asks_groups and way.progress.survey_seen,
        "consent": way.has_consented,
    }
    return [name for name, has_been in said.items() if has_been]


# -------------------------------------------------------------------------- what each step shows


def _html(text: str) -> str:
    # The renderer sieves what it returns.
    return mark_safe(render_document(text))  # noqa: S308


def _show_consent(way: Way) -> dict[str, Any]:
    return {"form": way.form, "form_html": way.form and _html(way.form.text)}


def _show_about(way: Way) -> dict[str, Any]:
    questions = surveying.QUESTIONS.items() if way.policy.asks_survey else []
    return {
        "questions": [(name, one) for name, one in questions if not one.is_satisfaction],
        "satisfaction": [(name, one) for name, one in questions if one.is_satisfaction],
        **_show_groups(way),
    }


def _show_groups(way: Way) -> dict[str, Any]:
    own = grouping.own_groups(project=way.project, person=way.person)
    listed = grouping.DIMENSIONS.items() if way.policy.asks_groups else []
    return {"dimensions": [(name, one, own.get(name, "")) for name, one in listed]}


def _show_topics(way: Way) -> dict[str, Any]:
    levels = screening.levels_of(way.project, way.person)
    return {
        "topics": [(topic, levels.get(topic)) for topic in way.policy.topics],
        "levels": LEVELS,
    }


def _show_guidelines(way: Way) -> dict[str, Any]:
    return {
        "guidelines": way.guidelines,
        "guidelines_html": way.guidelines and _html(way.guidelines.text),
        "quiz": [(number, asked, None) for number, asked in enumerate(way.policy.quiz)],
    }


def _show_exam(way: Way) -> dict[str, Any]:
    can_begin = way.exam.state == "ready" and examining.has_enough_gold(way)
    return {"exam": way.exam, "can_begin": can_begin}


SHOWN: Mapping[str, Callable[[Way], dict[str, Any]]] = {
    "consent": _show_consent,
    "about": _show_about,
    "groups": _show_groups,
    "topics": _show_topics,
    "guidelines": _show_guidelines,
    "exam": _show_exam,
}


# ------------------------------------------------------------------------------ taking the steps


def _chosen(request: HttpRequest, names: Any, prefix: str = "") -> dict[str, str]:
    """What was chosen of `names`; an empty choice is one that somebody would rather not make."""
    given = {name: request.POST.get(prefix + name, "") for name in names}
    return {name: value for name, value in given.items() if value}


def _number(request: HttpRequest, name: str) -> int:
    """A number of a hidden field; what is no number is no version either."""
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 0


def _agree(request: HttpRequest, project: Project) -> None:
    screening.agree(project=project, person=request.user, version=_number(request, "version"))


def _withdraw(request: HttpRequest, project: Project) -> None:
    consenting.withdraw_consent(project=project, person=request.user)
    messages.success(request, _("You no longer agree. What you have done is kept."))


def _tell_about(request: HttpRequest, project: Project) -> None:
    # Whoever pressed "Go on without" said nothing, whatever stands in the fields.
    says = "rather_not" not in request.POST
    counted = says and "counted" in request.POST
    screening.pass_survey(
        project=project,
        person=request.user,
        answers=_chosen(request, surveying.QUESTIONS) if says else {},
        groups=_chosen(request, grouping.DIMENSIONS, "group-") if counted else {},
    )


def _change_groups(request: HttpRequest, project: Project) -> None:
    keeps = "withdraw" not in request.POST
    groups = _chosen(request, grouping.DIMENSIONS, "group-") if keeps else {}
    grouping.choose_groups(project=project, person=request.user, groups=groups)
    messages.success(
        request,
        _("You are counted in these groups from now on.")
        if groups
        else _("You are counted in no group any more."),
    )


def _assess(request: HttpRequest, project: Project) -> None:
    given = {
        topic: request.POST.get(f"topic-{number}", "")
        for number, topic in enumerate(hiring.policy_of(project).topics)
    }
    levels = {topic: int(value) for topic, value in given.items() if value in ("0", "1", "2", "3")}
    screening.assess_topics(project=project, person=request.user, levels=levels)


def _read(request: HttpRequest, project: Project) -> None:
    screening.confirm_guidelines(
        project=project, person=request.user, version=_number(request, "version")
    )


def _take_quiz(request: HttpRequest, project: Project) -> HttpResponse:
    quiz = hiring.policy_of(project).quiz
    given = [request.POST.get(f"question-{number}", "") for number in range(len(quiz))]
    answers = [
        int(one) if one.isascii() and one.isdigit() and len(one) < 3 else None for one in given
    ]
    result = screening.take_quiz(
        project=project,
        person=request.user,
        answers=answers,
        version=_number(request, "version") or None,
    )
    marked = list(zip(range(len(quiz)), quiz, result.marked, strict=True))
    # Shown at once: what was wrong is explained nowhere else.
    return _page(request, project, result=result, **({} if result.passed else {"quiz": marked}))


def _begin_exam(request: HttpRequest, project: Project) -> HttpResponse:
    examining.begin_exam(project=project, person=request.user)
    return redirect(reverse("label", args=[project.slug]))


FORMS: Mapping[str, Callable[[HttpRequest, Project], HttpResponse | None]] = {
    "consent": _agree,
    "withdraw": _withdraw,
    "about": _tell_about,
    "groups": _change_groups,
    "topics": _assess,
    "read": _read,
    "quiz": _take_quiz,
    "exam": _begin_exam,
}
