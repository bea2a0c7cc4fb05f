"""The page where people label. Items come and go over the API; this is its frame."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie

from annotation import giving, guiding, queries, wording
from annotation.conversing import options_of
from annotation.models import Report
from annotation.rendering import render_document
from labelers import recognizing, roles
from labelers.models import Project
from labelers.preferences import TEXT_SIZES

MODULES = (
    "preferences.js",
    *(
        f"annotation/{name}.js"
        for name in (
            *("active_time", "dialogs", "diff", "explanation", "item", "keys", "kept_items"),
            *("outbox", "pasting", "server"),
            *(
                "keep_page",
                "shortcuts",
                "status",
                "supply",
                "forms/fields",
                "forms/rank_board",
                "forms/dragging",
            ),
        )
    ),
)
"""What the page's script imports, so that a browser asks for all of it at once."""


@login_required
@ensure_csrf_cookie
def label(request: HttpRequest, slug: str) -> HttpResponse:
    """Label in a project; ``?correct=ID`` goes back to one of one's own items.

    Whoever has to take another step before is led to it.
    """
    project = roles.find_project(request.user, slug, roles.LABELING)
    if project.state == Project.State.ARCHIVED:
        # What this device still holds is sent from there as well.
        return redirect("project", slug)
    if not giving.has_items_for(project, request.user):
        return redirect("start", slug)
    unread = guiding.unread_change(person=request.user, project=project)
    context = context_of(request, project)
    guidelines = context["guidelines"]
    context |= {
        "unread": unread if unread and unread.is_change else None,
        "work": queries.work_of(request.user, project),
        "crowd": recognizing.crowd_settings_of(project),
    }
    context["config"] |= {
        "guidelinesRead": guidelines and not unread and guidelines.version,
        "correct": _assignment(request),
        "urls": _urls(project),
    }
    return render(request, "annotation/label.html", context)


def context_of(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What the page needs whoever looks at it, in earnest or not (`views.trying`)."""
    guidelines = queries.current_guidelines(project)
    return {
        "project": project,
        "options": options_of(project.settings),
        "modules": MODULES,
        "kind_template": f"annotation/kinds/{project.settings.kind}.html",
        "guidelines": guidelines,
        # The renderer sieves what it returns.
        "guidelines_html": guidelines and mark_safe(render_document(guidelines.text)),  # noqa: S308
        "text_sizes": TEXT_SIZES,
        "report_reasons": Report.Reason.choices,
        "config": {
            "project": project.slug,
            "person": request.user.pk,
            "username": request.user.username,
            "guidelines": guidelines and guidelines.version,
            "criteria": {name: str(title) for name, title in wording.CRITERIA.items()},
            "texts": page_texts(),
            "explained": _explained(),
        },
    }


def _assignment(request: HttpRequest) -> int | None:
    given = request.GET.get("correct", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _urls(project: Project) -> dict[str, str]:
    names = ("next", "judgments", "undo", "skip", "draft", "recent", "correct")
    return {
        **{name: reverse(f"api-labeling-{name}", args=[project.slug]) for name in names},
        "report": reverse("api-labeling-skip", args=[project.slug]).replace("skip", "report"),
        "guidelines_read": reverse("api-guidelines-read", args=[project.slug]),
        "me": reverse("api-me"),
        "worker": reverse("label-worker"),
        "start": reverse("start", args=[project.slug]),
    }


def worker(request: HttpRequest) -> HttpResponse:
    """The service worker that opens the labeling page without a line.

    It is served from the root of the site because it can only see pages below its own address.
    """
    response = render(request, "annotation/worker.js", content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


def _explained() -> dict[str, str]:
    """What is said of an answer of a training, by the verdict on it."""
    return {
        "right": _("Right."),
        "wrong": _("Not what was expected."),
        "partly": _("Partly right: {right} of {judged} comparisons."),
        "undecided": _("Your answer decides nothing here."),
        "written": _("Thank you. This is what a good answer holds:"),
    }


def page_texts() -> dict[str, str]:
    """What the page's script says."""
    return {
        "user": _("User"),
        "assistant": _("Assistant"),
        "system": _("System"),
        "topic": _("What to write about"),
        "prompt": _("Prompt"),
        "inPrompt": _("the prompt"),
        "response": _("Response {letter}"),
        "table": _("Table"),
        "hiddenFound": _("Hidden characters were made visible: {where}."),
        "coveredTitle": _("This text may be disturbing"),
        "coveredNotice": _("Show it when you are ready, or skip the item."),
        "show": _("Show"),
        "differencesNone": _("There are no two responses to compare."),
        "differencesTooLong": _("The responses are too long to be compared word by word."),
        "differencesNothing": _("The responses read the same."),
        "differencesTwo": _("Differences are marked; the responses are {percent} the same."),
        "differencesMany": _("Differences from A are marked; the same as A: {list}."),
        "blank": _("(This response is empty.)"),
        "chooseFirst": _("Choose an answer first."),
        "placeAll": _("Give every response a place first."),
        "notRanked": _("Nothing ranked yet."),
        "placeOf": _("Place of response {letter}"),
        "answerEach": _("Give every response its score first."),
        "writeMore": _("Write the text first."),
        "changeSomething": _("Change something first; skip the item if nothing can be better."),
        "writeAsUser": _("Write what the user says"),
        "writeAsAssistant": _("Write what the assistant says"),
        "writeTurns": _("Write at least {count} turns first."),
        "tooManyTurns": _("There are more turns than asked for; take one back."),
        "uncoverFirst": _("Uncover the text first, or skip the item."),
        "covered": _("(covered)"),
        "corrected": _("corrected"),
        "correctedNow": _("Your answer was corrected."),
        "tooLate": _("can no longer be corrected"),
        "reported": _("Reported. Thank you."),
        "notSaved": _("This setting could not be kept; the server does not answer."),
        "changeKey": _("Change"),
        "pressNewKey": _("Press the new key. Escape leaves it as it is."),
        "keyTaken": _("That key is taken; press another one."),
        "keySet": _("The key is set, on all your devices."),
        "keysReset": _("All keys are as they were."),
        "waiting": _(
            "Answers waiting to be sent: {count}. They are kept on this device; come back to this "
            "page if you close it."
        ),
        "storageFull": _(
            "This browser has no room to keep the answer. Free some and submit again."
        ),
        "nothingToUndo": _("There is nothing to take back."),
        "undone": _("Your last answer is back. Change it and submit again."),
        "training": _("Practice: {done} of {most} done"),
        "exam": _("Exam: {done} answered, ends by itself, at most {most}"),
        "goldIsMissing": _(
            "Items are missing at the moment; the admins know of it. What you have done is kept."
        ),
        "noUndo": _("An answer of practice or exam cannot be taken back."),
        "noSkip": _("An item of practice or exam cannot be skipped; say what you think is best."),
        "elsewhere": _("You answered that item in another tab."),
        "offline": _("The server does not answer. You can go on with what is here."),
        "serverError": _("The server has a problem ({status}). It is tried again by itself."),
    }
