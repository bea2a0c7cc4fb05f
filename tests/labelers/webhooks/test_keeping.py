"""Making and changing webhooks: what is refused, what is written down, and secrets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from labelers.models import AuditEvent, Webhook, WebhookWaiting
from labelers.webhooks import keeping, signing
from labelers.webhooks.delivering import claim
from labelers.webhooks.settling import Outcome, settle

pytestmark = pytest.mark.django_db


def valid_secrets(webhook):
    now = timezone.now()
    return [
        signing.find_secret(secret.seed, secret.secret_hash)
        for secret in webhook.secrets.all()
        if secret.expires_at is None or secret.expires_at > now
    ]


def test_a_webhook_is_made_with_a_secret_that_is_stored_nowhere(make_webhook, admin, project):
    hook, secret = make_webhook(events=["task.skipped", "task.reported", "task.skipped"])
    assert secret.startswith("whsec_")
    assert len(secret) == 6 + 64
    assert valid_secrets(hook) == [secret]
    assert hook.events == ["task.skipped", "task.reported"]
    stored = [str(value) for value in hook.secrets.values().get().values()]
    assert not any(secret in value or secret[6:] in value for value in stored)
    row = AuditEvent.objects.get(action="webhook.created")
    assert (row.actor, row.project, row.subject) == (admin, project, f"webhook:{hook.uid}")
    assert secret not in str(row.detail)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "a" * 81}, "name"),
        ({"url": "http://8.8.8.8/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["person.created"]}, "events"),
        ({"events": "task.skipped"}, "events"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 101}, "batch_size"),
    ],
)
def test_what_cannot_be_is_refused_by_field(project, admin, fields, field):
    given = {"name": "Hook", "url": "https://8.8.8.8/", "events": ["task.skipped"], **fields}
    with pytest.raises(ValidationError) as refused:
        keeping.create_webhook(project=project, created_by=admin, **given)
    assert list(refused.value.message_dict) == [field]
    assert not Webhook.objects.exists()


def test_there_are_not_too_many(make_webhook, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_OF_A_PROJECT", 1)
    make_webhook()
    with pytest.raises(ValidationError, match="at most 1"):
        make_webhook()


def test_a_change_keeps_what_is_not_given(make_webhook, admin, receiver):
    hook, _secret = make_webhook()
    changed = keeping.change_webhook(webhook=hook, changed_by=admin, name="Other")
    assert (changed.name, changed.url, changed.is_on) == ("Other", receiver.url + "/", True)
    off = keeping.change_webhook(webhook=hook, changed_by=admin, is_on=False)
    assert (off.is_on, off.off_because) == (False, "person")
    rows = AuditEvent.objects.filter(action="webhook.changed").order_by("id")
    assert [row.detail["fields"] for row in rows] == [["name"], ["is_on"]]


class TestSecrets:
    """Two hold while one replaces the other; a changed key of the site is noticed."""

    def test_rotation(self, make_webhook, admin):
        hook, first = make_webhook()
        second = keeping.rotate_secret(webhook=hook, rotated_by=admin)
        assert valid_secrets(hook) == [second, first]
        third = keeping.rotate_secret(webhook=hook, rotated_by=admin)
        assert valid_secrets(hook) == [third, second]
        hook.secrets.exclude(expires_at=None).update(expires_at=timezone.now())
        assert valid_secrets(hook) == [third]

    def test_a_former_key_of_the_site_still_holds(self, make_webhook, settings):
        hook, secret = make_webhook()
        former, settings.SECRET_KEY = settings.SECRET_KEY, "another"
        assert valid_secrets(hook) == [None]
        settings.SECRET_KEY_FALLBACKS = [former]
        assert valid_secrets(hook) == [secret]

    def test_without_a_secret_nothing_is_sent(
        self, make_webhook, happen, settings, session, receiver
    ):
        from labelers.webhooks.delivering import send

        hook, _secret = make_webhook()
        happen()
        settings.SECRET_KEY = "another"
        [request] = claim(webhook=hook.pk)
        assert "make a new secret" in send(request, session).error
        assert receiver.got == []


class TestResending:
    """The same id once more, from the beginning."""

    def test_what_failed_or_arrived(self, make_webhook, happen, admin):
        hook, _secret = make_webhook()
        happen()
        [request] = claim(webhook=hook.pk)
        delivery = hook.deliveries.get()
        with pytest.raises(ValidationError, match="at this moment"):
            keeping.resend(delivery=delivery, sent_by=admin)
        settle(delivery=delivery.pk, outcome=Outcome(200, 0.1))
        again = keeping.resend(delivery=delivery, sent_by=admin)
        assert (again.state, again.uid) == ("waiting", delivery.uid)
        assert again.give_up_at - timezone.now() > timedelta(hours=23)
        [second] = claim(webhook=hook.pk)
        assert second.body == request.body

    def test_not_while_it_is_off(self, make_webhook, happen, admin):
        hook, _secret = make_webhook()
        happen()
        claim(webhook=hook.pk)
        keeping.change_webhook(webhook=hook, changed_by=admin, is_on=False)
        hook.deliveries.update(leased_until=None)
        with pytest.raises(ValidationError, match="on first"):
            keeping.resend(delivery=hook.deliveries.get(), sent_by=admin)


def test_removing_leaves_nothing(make_webhook, happen, admin):
    hook, _secret = make_webhook()
    happen(3)
    claim(webhook=hook.pk)
    happen(3)
    keeping.remove_webhook(webhook=hook, removed_by=admin)
    assert not Webhook.objects.exists()
    assert not WebhookWaiting.objects.exists()
    assert AuditEvent.objects.filter(action="webhook.removed").count() == 1
