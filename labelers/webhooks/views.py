"""The pages of webhooks: those of one place, and one of them with its log."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labelers import reachable, reaching, roles
from labelers.models import Person, Project, Webhook, WebhookDelivery
from labelers.models.webhooks import MOST_IN_A_REQUEST
from labelers.sentences import in_words
from labelers.webhooks import delivering, keeping, payloads, queries
from labelers.webhooks.events import EVENTS

SHOWN = 50
SENTENCES = (*reaching.SENTENCES, *reachable.SENTENCES, delivering.NO_SECRET)
"""What an attempt may say where nothing answered."""


class WebhookForm(forms.Form):
    """Who is told of what. `keeping` says what cannot be."""

    name = forms.CharField(label=gettext_lazy("What it is for"), max_length=80)
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        help_text=gettext_lazy("It begins with https:// and can be reached from the internet."),
    )
    batch_size = forms.IntegerField(
        label=gettext_lazy("Events in one request, at most"),
        min_value=1,
        max_value=MOST_IN_A_REQUEST,
        initial=50,
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(name, event.title) for name, event in EVENTS.items()],
    )

    def groups(self) -> list[dict[str, Any]]:
        """The events by group, each with its title and whether it is chosen."""
        chosen = set(self["events"].value() or ())
        groups: dict[str, list[dict[str, Any]]] = {}
        for name, event in EVENTS.items():
            row = {"name": name, "title": event.title, "chosen": name in chosen}
            groups.setdefault(str(event.group), []).append(row)
        return [{"title": title, "events": events} for title, events in groups.items()]


@login_required
def webhooks(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """The webhooks of a project, or of the whole site, and the making of one."""
    project = queries.place_of(request.user, slug)
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = keeping.create_webhook(
                project=project, created_by=request.user, **form.cleaned_data
            )
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            return _page_of_one(request, made, secret=secret)
    context = {
        **_frame(request.user, project),
        "form": form,
        "webhooks": queries.webhooks_of(project),
    }
    return render(request, "labelers/webhooks.html", context)


def _frame(person: Person, project: Project | None) -> dict[str, Any]:
    """What the page around needs: the tabs of a project, or nothing but the site's header."""
    if project is None:
        return {"project": None, "frame": "labelers/webhooks_of_site.html"}
    return {
        "project": project,
        "roles": roles.roles_in(person, project),
        "tab": "webhooks",
        "frame": "labelers/project_base.html",
    }


@login_required
def webhook(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One webhook: how it fares, its log, and all that can be done with it."""
    found = queries.find_webhook(request.user, uid)
    deed = DEEDS.get(request.POST.get("deed", ""))
    if deed is None:
        return _page_of_one(request, found)
    try:
        return deed(request, found)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("webhook", uid)


def _page_of_one(
    request: HttpRequest, found: Webhook, form: WebhookForm | None = None, secret: str = ""
) -> HttpResponse:
    shown = queries.webhooks_of(found.project).get(pk=found.pk)
    now = {name: getattr(shown, name) for name in ("name", "url", "batch_size", "events")}
    context = {
        **_frame(request.user, found.project),
        "webhook": shown,
        "secret": secret,
        "form": form or WebhookForm(initial=now),
        "log": [_shown(delivery) for delivery in queries.log_of(shown)[:SHOWN]],
        "events_waiting": queries.events_waiting(shown),
        "former": shown.secrets.exclude(expires_at=None).first(),
    }
    return render(request, "labelers/webhook.html", context)


def _shown(delivery: WebhookDelivery) -> WebhookDelivery:
    """The delivery with what its attempts say in the viewer's language."""
    for attempt in delivery.attempts:
        attempt["said"] = in_words(attempt["error"], SENTENCES)
        attempt["when"] = datetime.fromisoformat(attempt["at"])
    return delivery


def _change(request: HttpRequest, found: Webhook) -> HttpResponse:
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            keeping.change_webhook(webhook=found, changed_by=request.user, **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook", found.uid)
    return _page_of_one(request, found, form=form)


def _switch(request: HttpRequest, found: Webhook) -> HttpResponse:
    on = request.POST.get("on") == "1"
    keeping.change_webhook(webhook=found, changed_by=request.user, is_on=on)
    said = _("The webhook is on.") if on else _("The webhook is off.")
    messages.success(request, said)
    return redirect("webhook", found.uid)


def _test(request: HttpRequest, found: Webhook) -> HttpResponse:
    keeping.send_test(webhook=found, sent_by=request.user)
    messages.success(request, _("A test is on its way. What came of it stands in the log."))
    return redirect("webhook", found.uid)


def _new_secret(request: HttpRequest, found: Webhook) -> HttpResponse:
    secret = keeping.rotate_secret(webhook=found, rotated_by=request.user)
    return _page_of_one(request, found, secret=secret)


def _resend(request: HttpRequest, found: Webhook) -> HttpResponse:
    number = request.POST.get("sequence", "")
    delivery = get_object_or_404(found.deliveries, sequence=number if number.isdigit() else 0)
    keeping.resend(delivery=delivery, sent_by=request.user)
    messages.success(request, _("It is being sent again."))
    return redirect("webhook", found.uid)


def _remove(request: HttpRequest, found: Webhook) -> HttpResponse:
    keeping.remove_webhook(webhook=found, removed_by=request.user)
    messages.success(request, _("The webhook was removed."))
    if found.project is None:
        return redirect("site-webhooks")
    return redirect("webhooks", found.project.slug)


DEEDS: dict[str, Callable[[HttpRequest, Webhook], HttpResponse]] = {
    "change": _change,
    "switch": _switch,
    "test": _test,
    "secret": _new_secret,
    "resend": _resend,
    "remove": _remove,
}
"""By what a form of the page sends as ``deed``."""


@login_required
def delivery(request: HttpRequest, uid: UUID, sequence: int) -> HttpResponse:
    """One delivery: what it says, and every attempt."""
    found = queries.find_webhook(request.user, uid)
    shown = get_object_or_404(queries.log_of(found), sequence=sequence)
    said = json.loads(payloads.bodies([shown])[shown.pk])
    context = {
        **_frame(request.user, found.project),
        "webhook": found,
        "delivery": _shown(shown),
        "body": json.dumps(said, ensure_ascii=False, indent=2),
    }
    return render(request, "labelers/webhook_delivery.html", context)
