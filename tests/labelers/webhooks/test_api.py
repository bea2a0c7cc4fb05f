"""The API of webhooks: everything that the pages do, for those who manage the place."""

from __future__ import annotations

import pytest
from django.urls import reverse

from labelers import tokens
from labelers.models import Webhook
from labelers.webhooks.delivering import deliver

pytestmark = pytest.mark.django_db
JSON = "application/json"
JSON_BODY = {"content_type": JSON}


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


def new(receiver, **fields):
    return {"name": "Hook", "url": receiver.url + "/", "events": ["task.skipped"], **fields}


def test_the_life_of_a_webhook(as_admin, project, receiver, happen, session):
    place = reverse("api-webhooks", args=["essays"])
    made = as_admin.post(place, new(receiver), JSON)
    assert made.status_code == 201
    body = made.json()
    assert body["secret"].startswith("whsec_")
    one = reverse("api-webhook", args=[body["uid"]])
    assert "secret" not in as_admin.get(one).json()
    assert [row["uid"] for row in as_admin.get(place).json()["results"]] == [body["uid"]]

    test = as_admin.post(reverse("api-webhook-test", args=[body["uid"]]))
    assert (test.status_code, test.json()["kind"]) == (202, "test")
    happen(2)
    deliver(seconds=30, session=session)
    log = as_admin.get(reverse("api-webhook-deliveries", args=[body["uid"]])).json()["results"]
    assert [(row["sequence"], row["state"], row["events"]) for row in log] == [
        (2, "delivered", 2),
        (1, "delivered", 0),
    ]
    address = [body["uid"], log[0]["uid"]]
    shown = as_admin.get(reverse("api-webhook-delivery", args=address)).json()
    assert shown["body"].encode() in {got[2] for got in receiver.got}
    again = as_admin.post(reverse("api-webhook-resend", args=address))
    assert (again.status_code, again.json()["state"]) == (202, "waiting")

    secret = as_admin.post(reverse("api-webhook-secret", args=[body["uid"]])).json()
    assert secret["secret"] != body["secret"]
    assert secret["former_until"] is not None

    changed = as_admin.patch(one, {"is_on": False, "batch_size": 7}, JSON).json()
    assert (changed["is_on"], changed["off_because"], changed["batch_size"]) == (False, "person", 7)
    assert changed["deliveries_waiting"] == 1
    assert as_admin.delete(one).status_code == 204
    assert as_admin.get(one).status_code == 404


def test_what_is_wrong_is_said_by_field(as_admin, project, receiver):
    place = reverse("api-webhooks", args=["essays"])
    for fields, field in (
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"events": ["nothing"]}, "events"),
        ({"events": []}, "events"),
        ({"name": ""}, "name"),
        ({"batch_size": 1000}, "batch_size"),
    ):
        refused = as_admin.post(place, new(receiver, **fields), JSON)
        assert refused.status_code == 400
        assert list(refused.json()["errors"]) == [field]
    assert not Webhook.objects.exists()


def test_the_events(as_admin, project):
    events = as_admin.get(reverse("api-webhook-events")).json()
    assert {"event": "judgment.submitted", "title": "An answer came in", "group": "Answers"} in (
        events
    )


class TestWhoMay:
    """Admins in their project, staff in the whole site, nobody else."""

    @pytest.fixture
    def addresses(self, make_webhook, happen):
        hook, _secret = make_webhook()
        happen()
        deliver(seconds=30)
        from labelers.webhooks.delivering import claim

        claim(webhook=hook.pk)
        delivery = hook.deliveries.get()
        return [
            ("get", reverse("api-webhooks", args=["essays"])),
            ("post", reverse("api-webhooks", args=["essays"])),
            ("get", reverse("api-webhook", args=[hook.uid])),
            ("patch", reverse("api-webhook", args=[hook.uid])),
            ("delete", reverse("api-webhook", args=[hook.uid])),
            ("post", reverse("api-webhook-secret", args=[hook.uid])),
            ("post", reverse("api-webhook-test", args=[hook.uid])),
            ("get", reverse("api-webhook-deliveries", args=[hook.uid])),
            ("get", reverse("api-webhook-delivery", args=[hook.uid, delivery.uid])),
            ("post", reverse("api-webhook-resend", args=[hook.uid, delivery.uid])),
            ("get", reverse("webhooks", args=["essays"])),
            ("post", reverse("webhook", args=[hook.uid])),
            ("get", reverse("webhook-delivery", args=[hook.uid, 1])),
        ]

    @pytest.mark.parametrize(
        ("who", "status"), [("engineer", 403), ("labeler", 403), ("stranger", 404)]
    )
    def test_others_may_not(self, client, addresses, who, status, request):
        client.force_login(request.getfixturevalue(who))
        found = {
            (method, address): getattr(client, method)(address, **JSON_BODY).status_code
            for method, address in addresses
        }
        assert set(found.values()) == {status}, found

    def test_a_webhook_of_the_site_is_for_staff(self, client, admin, make_webhook, person_factory):
        hook, _secret = make_webhook(project=None)
        staff = person_factory("boss", is_staff=True)
        for person, of_site, of_one in ((admin, 403, 404), (staff, 200, 200)):
            client.force_login(person)
            for name in ("api-site-webhooks", "site-webhooks"):
                assert client.get(reverse(name)).status_code == of_site
            for name in ("api-webhook", "webhook"):
                assert client.get(reverse(name, args=[hook.uid])).status_code == of_one

    def test_a_delivery_of_another_webhook_is_not_found(self, as_admin, make_webhook, admin):
        from labelers.webhooks import keeping

        one, other = make_webhook()[0], make_webhook()[0]
        test = keeping.send_test(webhook=other, sent_by=admin)
        for name in ("api-webhook-delivery", "api-webhook-resend"):
            address = reverse(name, args=[one.uid, test.uid])
            ask = as_admin.post if "resend" in name else as_admin.get
            assert ask(address).status_code == 404

    @pytest.mark.parametrize(("scope", "status"), [("admin", 200), ("export", 403)])
    def test_a_token_needs_its_scope(self, client, admin, make_webhook, scope, status):
        make_webhook()
        _token, secret = tokens.create_token(person=admin, name="t", scopes=[scope])
        headers = {"Authorization": f"Bearer {secret}"}
        answer = client.get(reverse("api-webhooks", args=["essays"]), headers=headers)
        assert answer.status_code == status
