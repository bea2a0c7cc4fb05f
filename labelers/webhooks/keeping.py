"""Making, changing and removing webhooks, their secrets, tests and resends.

Each function is one transaction with its audit row. Addresses are checked here, and again by every
request that goes there.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labelers import audit
from labelers.inviting import hash_token
from labelers.models import Person, Project, Webhook, WebhookDelivery, WebhookSecret, WebhookWaiting
from labelers.models.webhooks import MOST_IN_A_REQUEST
from labelers.reaching import UnreachableError, check_url
from labelers.webhooks import signing
from labelers.webhooks.events import EVENTS

MOST_OF_A_PROJECT = 20
TRIED_FOR = timedelta(days=1)
"""How long a delivery is tried again."""
BOTH_SECRETS_HOLD = timedelta(days=1)
"""How long the former secret signs, too, after it was replaced."""


@transaction.atomic
def create_webhook(
    *,
    project: Project | None,
    created_by: Person,
    name: str,
    url: str,
    events: list[str],
    batch_size: int = 50,
) -> tuple[Webhook, str]:
    """Make a webhook of `project`, or of the whole site; returns it with its secret, shown once.

    Raises:
        ValidationError: by field, what cannot be.
    """
    if Webhook.objects.filter(project=project).count() >= MOST_OF_A_PROJECT:
        raise ValidationError(
            _("There can be at most {count} webhooks here. Remove one first.").format(
                count=MOST_OF_A_PROJECT
            )
        )
    webhook = Webhook(project=project, created_by=created_by)
    _set(webhook, name=name, url=url, events=events, batch_size=batch_size)
    webhook.save()
    secret = _new_secret(webhook)
    _write_down(webhook, created_by, "webhook.created", events=webhook.events)
    return webhook, secret


@transaction.atomic
def change_webhook(
    *,
    webhook: Webhook,
    changed_by: Person,
    name: str | None = None,
    url: str | None = None,
    events: list[str] | None = None,
    batch_size: int | None = None,
    is_on: bool | None = None,
) -> Webhook:
    """Change what is given. Switched on again, it goes on with what still waits.

    Raises:
        ValidationError: by field, what cannot be.
    """
    locked = _locked(webhook)
    given = {"name": name, "url": url, "events": events, "batch_size": batch_size}
    _set(locked, **{field: value for field, value in given.items() if value is not None})
    if is_on is not None and is_on != locked.is_on:
        locked.is_on = is_on
        locked.off_because = "" if is_on else Webhook.Reason.PERSON
        locked.failures, locked.failing_since = 0, None
    if url is not None or is_on:
        # Whoever mended it need not wait until it is tried again.
        locked.failed_connections, locked.quiet_until = 0, None
    locked.save()
    fields = [field for field, value in {**given, "is_on": is_on}.items() if value is not None]
    _write_down(locked, changed_by, "webhook.changed", fields=sorted(fields))
    return locked


@transaction.atomic
def remove_webhook(*, webhook: Webhook, removed_by: Person) -> None:
    """Delete it with its log and all that waits."""
    locked = _locked(webhook)
    _write_down(locked, removed_by, "webhook.removed")
    WebhookWaiting.objects.filter(webhook=locked).delete()
    locked.delete()


@transaction.atomic
def rotate_secret(*, webhook: Webhook, rotated_by: Person) -> str:
    """Make a new secret, shown once; the one before it goes on signing for a day beside it.

    Older ones end at once, so asking twice ends a secret that others have learned.
    """
    locked = _locked(webhook)
    now = timezone.now()
    former = locked.secrets.filter(expires_at=None).first()
    locked.secrets.exclude(pk=former and former.pk).delete()
    locked.secrets.update(expires_at=now + BOTH_SECRETS_HOLD)
    secret = _new_secret(locked)
    _write_down(locked, rotated_by, "webhook.secret_rotated")
    return secret


@transaction.atomic
def send_test(*, webhook: Webhook, sent_by: Person) -> WebhookDelivery:
    """Queue a delivery that tells nothing, even where the webhook is switched off."""
    locked = _locked(webhook)
    locked.quiet_until = None
    now = timezone.now()
    made = WebhookDelivery.objects.create(
        webhook=locked,
        kind=WebhookDelivery.Kind.TEST,
        sequence=locked.next_sequence,
        next_at=now,
        # A test that fails is no reason to go on for a day.
        give_up_at=now,
    )
    locked.next_sequence += 1
    locked.save(update_fields=["next_sequence", "quiet_until"])
    _write_down(locked, sent_by, "webhook.tested", delivery=str(made.uid))
    return made


@transaction.atomic
def resend(*, delivery: WebhookDelivery, sent_by: Person) -> WebhookDelivery:
    """Queue a delivery again under the id that it had, for a day more.

    Raises:
        ValidationError: the webhook is switched off, or the delivery is under way anyway.
    """
    webhook = _locked(delivery.webhook)
    found = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    is_test = found.kind == WebhookDelivery.Kind.TEST
    if not webhook.is_on and not is_test:
        raise ValidationError(_("Switch the webhook on first."))
    now = timezone.now()
    if found.leased_until is not None and found.leased_until > now:
        raise ValidationError(_("It is being sent at this moment."))
    found.state, found.finished_at, found.leased_until = WebhookDelivery.State.WAITING, None, None
    found.next_at, found.give_up_at = now, now if is_test else now + TRIED_FOR
    found.attempt_count = 0
    found.save()
    webhook.quiet_until = None
    webhook.save(update_fields=["quiet_until"])
    _write_down(webhook, sent_by, "webhook.resent", delivery=str(found.uid))
    return found


def _set(webhook: Webhook, **given: object) -> None:
    """Take over checked values; raises ValidationError naming the field."""
    for field, value in given.items():
        try:
            setattr(webhook, field, _CHECKS[field](value))
        except ValidationError as problem:
            raise ValidationError({field: problem.messages}) from problem


def _checked_name(value: object) -> str:
    name = str(value).strip()
    if not name or len(name) > 80 or "\0" in name:
        raise ValidationError(_("Give a name of 1 to 80 characters."))
    return name


def _checked_url(value: object) -> str:
    try:
        return check_url(str(value).strip()).url
    except UnreachableError as problem:
        raise ValidationError(str(problem)) from problem


def _checked_events(value: object) -> list[str]:
    chosen = {str(event) for event in value} if isinstance(value, list) else set()
    unknown = sorted(chosen - set(EVENTS))
    if unknown:
        raise ValidationError(
            _("There is no event called {name}. Choose from the list.").format(name=unknown[0][:60])
        )
    if not chosen:
        raise ValidationError(_("Choose at least one event."))
    return [event for event in EVENTS if event in chosen]


def _checked_size(value: object) -> int:
    if not isinstance(value, int) or not 1 <= value <= MOST_IN_A_REQUEST:
        raise ValidationError(_("Give a number from 1 to {most}.").format(most=MOST_IN_A_REQUEST))
    return value


_CHECKS = {
    "name": _checked_name,
    "url": _checked_url,
    "events": _checked_events,
    "batch_size": _checked_size,
}


def _locked(webhook: Webhook) -> Webhook:
    return Webhook.objects.select_for_update().select_related(None).get(pk=webhook.pk)


def _new_secret(webhook: Webhook) -> str:
    seed = signing.new_seed()
    secret = signing.secret_of(seed)
    WebhookSecret.objects.create(webhook=webhook, seed=seed, secret_hash=hash_token(secret))
    return secret


def _write_down(webhook: Webhook, actor: Person, action: str, **detail: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        project=webhook.project,
        subject=f"webhook:{webhook.uid}",
        **detail,
    )
