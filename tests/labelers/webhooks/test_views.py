"""The pages of webhooks."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from labelers.models import Webhook
from labelers.webhooks.delivering import claim
from labelers.webhooks.settling import Outcome, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


def filled(receiver, **fields):
    return {
        **{"name": "Hook", "url": receiver.url + "/", "batch_size": 5},
        **{"events": ["task.skipped", "run.done"], **fields},
    }


def test_making_one_shows_its_secret_once(as_admin, receiver, project):
    made = as_admin.post(reverse("webhooks", args=["essays"]), filled(receiver))
    hook = Webhook.objects.get()
    assert b"whsec_" in made.content
    assert (hook.project, hook.batch_size, hook.events) == (
        *(project, 5),
        ["task.skipped", "run.done"],
    )
    page = as_admin.get(reverse("webhook", args=[hook.uid])).content.decode()
    assert "whsec_" not in page
    assert page.count(" checked") == 2
    assert "Hook" in as_admin.get(reverse("webhooks", args=["essays"])).content.decode()


def test_what_is_wrong_stands_at_its_field(as_admin, receiver, project):
    page = as_admin.post(
        reverse("webhooks", args=["essays"]), filled(receiver, url="https://10.0.0.1/")
    ).content.decode()
    assert "inside a network" in page
    assert "checked" in page
    assert not Webhook.objects.exists()


def test_all_deeds(as_admin, receiver, make_webhook, happen):
    hook, _secret = make_webhook()
    page = reverse("webhook", args=[hook.uid])

    def do(deed, **fields):
        return as_admin.post(page, {"deed": deed, **fields})

    assert do("change", **filled(receiver, name="Other")).status_code == 302
    assert do("switch", on="0").status_code == 302
    hook.refresh_from_db()
    assert (hook.name, hook.is_on) == ("Other", False)
    do("switch", on="1")
    do("test")
    assert hook.deliveries.get().kind == "test"
    assert b"whsec_" in do("secret").content
    [request] = claim(webhook=hook.pk)
    refused = as_admin.post(page, {"deed": "resend", "sequence": "1"}, follow=True)
    assert "at this moment" in refused.content.decode()
    settle(delivery=request.delivery, outcome=Outcome(500, 0.1, response="<b>no</b>"))
    do("resend", sequence="1")
    assert hook.deliveries.get().state == "waiting"
    assert do("resend", sequence="77").status_code == 404
    assert b"inside" in do("change", **filled(receiver, url="https://10.0.0.1/")).content
    assert do("nonsense").status_code == 200
    assert do("remove").status_code == 302
    assert not Webhook.objects.exists()


def test_a_delivery_and_its_attempts_in_both_languages(as_admin, make_webhook, happen, admin):
    hook, _secret = make_webhook()
    happen()
    [request] = claim(webhook=hook.pk)
    error = "receiver.example did not answer in time."
    settle(delivery=request.delivery, outcome=Outcome(0, 10.0, error=error))
    settle(delivery=request.delivery, outcome=Outcome(500, 0.1, response="<b>no</b>"))
    address = reverse("webhook-delivery", args=[hook.uid, 1])
    page = as_admin.get(address).content.decode()
    assert "task.skipped" in page
    assert error in page
    assert "&lt;b&gt;no" in page
    with translation.override("ja"):
        as_admin.cookies["django_language"] = "ja"
        assert as_admin.get(address).status_code == 200
