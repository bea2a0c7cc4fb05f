"""Locks against guessing: by person, by address, in many processes at once, and lifting them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from labelers.models import AuditEvent, SignInTries
from labelers.signing_in import guarding
from tests.at_once import at_once


def tries(name, count, address="192.0.2.1"):
    """How many of so many tries were let through."""
    through = 0
    for _ in range(count):
        try:
            guarding.count_try(username=name, address=address)
        except guarding.TooManyTriesError:
            continue
        through += 1
    return through


def test_a_name_that_nobody_has_is_locked_like_any_other_and_not_written_down(db, labeler):
    assert tries("aiko", 12) == tries("a secret typed wrongly", 12) == guarding.BY_PERSON
    assert not SignInTries.objects.filter(key__contains="secret").exists()


def test_an_address_is_locked_after_many_names(db):
    through = sum(tries(f"name{number}", 1) for number in range(guarding.BY_ADDRESS + 9))
    assert through == guarding.BY_ADDRESS
    assert tries("somebody", 1, "192.0.2.2") == 1
    assert tries("one", 1, "2001:db8:1:2::1") == 1
    assert SignInTries.objects.filter(key="address:2001:db8:1:2::/64").exists()


def test_a_lock_ends_by_itself(db, labeler):
    tries("aiko", 9)
    past = timezone.now() - guarding.WINDOW - timedelta(seconds=1)
    SignInTries.objects.update(since=past, locked_until=past + guarding.WINDOW)
    assert tries("aiko", 1) == 1
    assert guarding.forget_old(now=timezone.now() + 2 * guarding.WINDOW) == 2


def test_a_right_password_gives_back_only_its_own_try_of_the_address(db, labeler):
    tries("nobody", 3)
    guarding.forgive(guarding.count_try(username="aiko", address="192.0.2.1"))
    assert list(SignInTries.objects.filter(key__startswith="address").values_list("count")) == [
        (3,)
    ]
    assert not SignInTries.objects.filter(person=labeler).exists()


@pytest.mark.django_db(transaction=True)
def test_many_tries_at_once_are_no_more_than_one_after_the_other(labeler):
    through: list[int] = []
    assert at_once(*[lambda: through.append(tries("aiko", 3))] * 10) == []
    assert sum(through) == guarding.BY_PERSON
    assert AuditEvent.objects.filter(action="sign_in.locked").count() == 1


def test_staff_lift_locks_by_page_api_and_command(client, labeler, person_factory):
    boss = person_factory("boss", is_staff=True)
    client.force_login(boss)
    page, api = reverse("sign-in-locks"), reverse("api-sign-in-locks")
    unlock = reverse("api-sign-in-unlock")
    key = f"person:{labeler.pk}"
    tries("aiko", 9)
    assert "aiko" in client.get(page).content.decode()
    assert client.get(api).json()[0]["username"] == "aiko"
    assert client.post(page, {"key": key}).status_code == 302
    assert tries("aiko", 1) == 1
    tries("aiko", 9)
    assert client.post(unlock, {"key": key}, "application/json").status_code == 204
    assert client.post(unlock, {"key": key}, "application/json").status_code == 404
    tries("aiko", 9)
    call_command("unlock_sign_in", "aiko")
    assert tries("aiko", 1) == 1
    assert AuditEvent.objects.filter(action="sign_in.unlocked").count() == 3


def test_only_staff_see_locks(client, admin):
    client.force_login(admin)
    assert client.get(reverse("sign-in-locks")).status_code == 403
    assert client.get(reverse("api-sign-in-locks")).status_code == 403
    assert (
        client.post(reverse("api-sign-in-unlock"), {"key": "x"}, "application/json").status_code
        == 403
    )
