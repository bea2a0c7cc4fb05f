"""The page where people label. Items come and go over the API; this is its frame."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie

from annotation import queries
from annotation.rendering import render_document
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import roles

MARKS = {"significantly": "+++", "better": "++", "slightly": "+", "negligibly": "≈"}


@login_required
@ensure_csrf_cookie
def label(request: HttpRequest, slug: str) -> HttpResponse:
    """Label in a project."""
    project = roles.find_project(request.user, slug, roles.LABELING)
    kind = TASK_KINDS[project.settings.kind]
    options = {**kind.default_options, **project.settings.kind_options}
    guidelines = queries.current_guidelines(project)
    context = {
        "project": project,
        "options": options,
        "scale": _scale(strength=bool(options.get("strength"))),
        "kind_template": f"annotation/kinds/{kind.name}.html",
        "keys_template": f"annotation/kinds/{kind.name}_keys.html",
        "guidelines": guidelines,
        # The renderer sieves what it returns.
        "guidelines_html": guidelines and mark_safe(render_document(guidelines.text)),  # noqa: S308
        "work": queries.work_of(request.user, project),
        "config": {
            "kind": kind.name,
            "options": options,
            "project": project.slug,
            "person": request.user.pk,
            "username": request.user.username,
            "csrf": get_token(request),
            "urls": {
                "me": reverse("api-me"),
                **{
                    name: reverse(f"api-labeling-{name}", args=[slug])
                    for name in ("next", "judgments", "undo", "skip", "draft")
                },
            },
            "texts": _texts(),
        },
    }
    return render(request, "annotation/label.html", context)


def _scale(*, strength: bool) -> list[dict[str, Any]]:
    """The choices for A and B in the order of the scale, strongest at both ends."""
    if not strength:
        return [
            {"choice": side.lower(), "side": side, "words": _("is better"), "label": label}
            for side, label in (("A", _("A is better")), ("B", _("B is better")))
        ]
    words = {
        "significantly": _("significantly better"),
        "better": _("better"),
        "slightly": _("slightly better"),
        "negligibly": _("negligibly better or unsure"),
    }
    return [
        {
            "choice": side.lower(),
            "side": side,
            "strength": name,
            "mark": MARKS[name],
            "words": words[name],
            "label": f"{side}: {words[name]}",
        }
        for side, names in (("A", list(words)), ("B", list(reversed(words))))
        for name in names
    ]


def _texts() -> dict[str, str]:
    """What the page's script says."""
    return {
        "user": _("User"),
        "assistant": _("Assistant"),
        "system": _("System"),
        "response": _("Response {letter}"),
        "blank": _("(This response is empty.)"),
        "chooseFirst": _("Choose an answer first."),
        "placeAll": _("Give every response a place first."),
        "notRanked": _("Nothing ranked yet: press a place on each response."),
        "waiting": _(
            "Answers waiting to be sent: {count}. They are kept on this device; come back to this "
            "page if you close it."
        ),
        "storageFull": _(
            "This browser has no room to keep the answer. Free some and submit again."
        ),
        "nothingToUndo": _("There is nothing to take back."),
        "undone": _("Your last answer is back. Change it and submit again."),
        "elsewhere": _("You answered that item in another tab."),
        "offline": _("The server does not answer. You can go on with what is here."),
        "serverError": _("The server has a problem ({status}). It is tried again by itself."),
    }
