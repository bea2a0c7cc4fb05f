"""Forgotten passwords and addresses: one letter, one use, and the same answer to everybody."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from labelers import jobs
from labelers.models import AuditEvent
from labelers.signing_in import guarding, passwords

NEW = "another long phrase"


@pytest.fixture(autouse=True)
def mail_server(settings):
    """Letters go out; Django's test runner keeps them."""
    settings.EMAIL_HOST, settings.PUBLIC_URL = "mail.example.org", "https://accord.example.org"


@pytest.fixture
def owner(labeler):
    labeler.email = "aiko@example.org"
    labeler.save()
    return labeler


def ask(client, email):
    return client.post(reverse("account_reset_password"), {"email": email}, follow=True)


def letters():
    """Do what the worker does with what was asked for; returns the letters."""
    asked = ProcrastinateJob.objects.filter(task_name="labelers.send_reset_letters")
    for job in asked:
        jobs.send_reset_letters(**job.args)
    return mail.outbox


def link_in(letter) -> str:
    return re.search(r"https://accord\.example\.org(/\S+)", letter.body)[1]


def test_a_forgotten_password_is_set_anew_by_the_letter_once(client, owner):
    client.post("/sign-in/", {"username": "aiko", "password": "wrong"})
    ask(client, "AIKO@example.org")
    [letter] = letters()
    assert letter.to == ["aiko@example.org"]
    form = client.get(link_in(letter), follow=True)
    address = form.request["PATH_INFO"]
    assert address.endswith("-set-password/")
    weak = client.post(address, {"password1": "aaaaaaaa", "password2": "aaaaaaaa"})
    assert "too short" in weak.content.decode()
    done = client.post(address, {"password1": NEW, "password2": NEW})
    assert done.url == reverse("account_reset_password_from_key_done")
    assert not client.session.get("_auth_user_id")
    assert client.post("/sign-in/", {"username": "aiko", "password": NEW}).status_code == 302
    client.post(reverse("sign-out"))
    assert "used already" in client.get(link_in(letter), follow=True).content.decode()
    assert AuditEvent.objects.filter(action="password.changed", actor=owner).exists()


def test_the_page_says_the_same_whoever_asks_and_does_the_same_work(
    client, owner, django_assert_num_queries
):
    ask(client, "warm@example.org")
    pages = [ask(client, email).content for email in ("aiko@example.org", "nobody@example.org")]
    assert re.sub(rb"[A-Za-z0-9]{64}", b"", pages[0]) == re.sub(rb"[A-Za-z0-9]{64}", b"", pages[1])
    assert ProcrastinateJob.objects.count() == 3
    assert len(letters()) == 1


def test_a_host_that_somebody_made_up_is_in_no_letter(client, owner, settings):
    settings.ALLOWED_HOSTS = ["*"]
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    client.post(reverse("account_reset_password"), {"email": owner.email}, headers=headers)
    [letter] = letters()
    assert "evil" not in letter.body + letter.subject
    assert link_in(letter).startswith("/password/new/")


def test_without_a_mail_server_nothing_is_promised_and_nothing_written(
    client, owner, settings, caplog, capfd
):
    settings.EMAIL_HOST = ""
    address = reverse("account_reset_password")
    assert "make a link for a new password" in client.get(address).content.decode()
    refused = client.post(address, {"email": owner.email})
    assert "no mail server" in refused.content.decode()
    client.force_login(owner)
    assert "no mail server" in client.get(reverse("safety")).content.decode()
    assert letters() == []
    assert "/password/new/" not in "".join([caplog.text, *capfd.readouterr()])


def test_what_is_not_sent_is_not_printed_either():
    code = "from config import settings; print(settings.EMAIL_BACKEND)"
    env = {name: v for name, v in os.environ.items() if name != "ACCORD_SMTP_HOST"}
    found = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert found.stdout.strip() == "django.core.mail.backends.dummy.EmailBackend"


def test_staff_make_a_link_and_hand_it_over(client, owner, person_factory, settings):
    settings.EMAIL_HOST = ""
    staff = person_factory("boss", is_staff=True)
    client.force_login(staff)
    page = reverse("sign-in-locks")
    asked = client.post(page, {"forgotten": "aiko"})
    assert asked.status_code == 302, "a stolen session of staff opens every account"
    made = client.post(asked.url, {"password": "a long phrase"}).content.decode()
    link = re.search(r"http://testserver(/password/new/[^<\s]+)", made)[1]
    assert AuditEvent.objects.filter(action="password.link_made", actor=staff).exists()
    assert owner.notices.get().kind == "password_link"
    for nobody in ("", "nobody"):
        refused = client.post(page, {"forgotten": nobody}).content.decode()
        assert "Nobody with this name" in refused
    browser = Client()
    address = browser.get(link).url
    browser.post(address, {"password1": NEW, "password2": NEW})
    assert browser.post("/sign-in/", {"username": "aiko", "password": NEW}).status_code == 302
    assert browser.post(page, {"forgotten": "boss"}).status_code == 403


def test_one_address_gets_few_letters(client, owner):
    statuses = [ask(client, "aiko@example.org").status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2


def test_a_new_password_lifts_the_lock(client, owner):
    for number in range(guarding.BY_PERSON + 1):
        client.post(
            "/sign-in/", {"username": "aiko", "password": "no"}, REMOTE_ADDR=f"192.0.2.{number}"
        )
    assert guarding.locked().exists()
    ask(client, owner.email)
    client.get(link_in(letters()[0]), follow=True)
    address = f"{link_in(letters()[0]).rsplit('-', 2)[0]}-set-password/"
    client.post(address, {"password1": NEW, "password2": NEW})
    assert not guarding.locked().filter(person=owner).exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}])
def test_closed_accounts_and_empty_addresses_get_no_letter(owner, change):
    for name, value in change.items():
        setattr(owner, name, value)
    owner.save()
    assert passwords.send_reset_letters(email=owner.email or "aiko@example.org") == 0


def test_an_address_is_ones_own_once_the_link_was_opened(client, labeler, admin):
    client.force_login(labeler)
    asked = client.post(reverse("safety"), {"email": "new@example.org"})
    assert not mail.outbox, "a stolen session is enough to take the account over"
    client.post(asked.url, {"password": "a long phrase"})
    labeler.refresh_from_db()
    assert labeler.email == ""
    link = link_in(mail.outbox[0])
    client.force_login(admin)
    assert client.post(link).status_code == 410
    client.force_login(labeler)
    assert client.get(link).status_code == 200
    assert client.post(link).status_code == 302
    labeler.refresh_from_db()
    assert labeler.email == "new@example.org"
    assert client.post(link).status_code == 410
    client.post(reverse("email-remove"))
    labeler.refresh_from_db()
    assert labeler.email == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short phrase", ""),
        ("elevenchars", "too short"),
        ("password1234", "too common"),
        ("736251948372", "entirely numeric"),
        ("aiko-aiko-aiko", ""),
    ],
)
def test_password_rules(labeler, client, password, why):
    client.force_login(labeler)
    page = client.post(
        reverse("account"),
        {
            "form": "password",
            "old_password": "a long phrase",
            "new_password1": password,
            "new_password2": password,
        },
    )
    assert (page.status_code == 302) if not why else (why in page.content.decode())


def test_guessing_ones_own_password_from_a_stolen_session_is_slow(client, labeler):
    client.force_login(labeler)
    form = {"form": "password", "old_password": "x", "new_password1": NEW, "new_password2": NEW}
    assert [client.post(reverse("account"), form).status_code for _ in range(6)][-1] == 429
