"""Letters reach a real mail server, say what they should, and never go out twice."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from labelers import inviting, notifying, preferences
from labelers.mailing import choosing, sending, stopping
from labelers.models import Invitation, Letter, Person
from tests.labelers.mailing.smtp import serving


@pytest.fixture
def mail(settings):
    """A mail server that listens, and settings that name it."""
    with serving() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 5
        settings.DEFAULT_FROM_EMAIL = "Accord <accord@lab.example>"
        settings.PUBLIC_URL = "https://lab.example"
        yield server


@pytest.fixture
def reader(person_factory, project) -> Person:
    """A labeler with an address."""
    return person_factory("aiko", project, "labeler", email="aiko@home.example")


def tell(person, project, kind="paused", **detail):
    with transaction.atomic():
        notifying.notify(person=person, project=project, kind=kind, detail=detail)


def states() -> list[str]:
    return list(Letter.objects.order_by("id").values_list("state", flat=True))


def body(message, kind="plain") -> str:
    return message.get_body((kind,)).get_content()


def test_a_notice_goes_out_once_in_text_and_html(mail, project, reader):
    tell(reader, project, note="<b>Read</b> this\nSubject: x")
    assert sending.send_due() == 1
    assert sending.send_due() == 0
    [message] = mail.messages
    assert mail.recipients == ["aiko@home.example"]
    assert message["Subject"] == "Accord: about whether you may work"
    assert "Your work in Essays is paused" in body(message)
    assert "> <b>Read</b> this" in body(message)
    assert "https://lab.example/projects/essays/" in body(message)
    assert "&lt;b&gt;Read&lt;/b&gt;" in body(message, "html")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@lab.example>")
    assert states() == ["sent"]


def test_it_speaks_the_language_of_its_reader(mail, project, reader):
    Person.objects.filter(pk=reader.pk).update(language="ja")
    tell(reader, project)
    sending.send_due()
    # The sentence of the notice is in the catalogue of the site.
    assert "Your work in" not in body(mail.messages[0])


def test_what_people_wrote_is_never_in_a_subject(mail, project, reader):
    project.name = "Evil\r\nBcc: all@lab.example"
    project.save()
    for kind in ("paused", "judgments_voided", "pay_paid", "exam_waits"):
        tell(reader, project, kind=kind, note="secret")
        Letter.objects.update(due_at=timezone.now())
        sending.send_due()
    assert len(mail.messages) == 4
    for message in mail.messages:
        assert "Evil" not in message["Subject"]
        assert message["Bcc"] is None
        assert mail.recipients[0] == "aiko@home.example"


def test_several_at_once_are_one_message(mail, project, reader):
    tell(reader, project, kind="paused")
    tell(reader, project, kind="may_work_again")
    tell(reader, project, kind="pay_paid", amount="1.00 USD")
    assert sending.send_due() == 1
    [message] = mail.messages
    assert message["Subject"] == "Accord: news for you"
    assert "You were paid 1.00 USD" in body(message)
    assert states() == ["sent"] * 3


def test_daily_letters_wait_for_the_morning_and_leave_out_what_was_read(mail, project, reader):
    for count in (1, 2):
        tell(reader, project, kind="judgments_voided", count=count)
    assert sending.send_due() == 0
    due = Letter.objects.first().due_at
    assert timedelta(0) < due - timezone.now() <= timedelta(days=1)
    notifying.mark_read(person=reader, notices=[notifying.unread_of(reader).first().pk])
    Letter.objects.update(due_at=timezone.now())
    assert sending.send_due() == 1
    assert states() == ["sent", "left_out"]
    assert "no longer count: 1" in body(mail.messages[0])


@pytest.mark.parametrize("without", ["address", "server", "wish"])
def test_who_wants_or_has_no_letters_gets_none(mail, settings, project, reader, without):
    if without == "address":
        Person.objects.filter(pk=reader.pk).update(email="")
    if without == "server":
        settings.EMAIL_HOST = ""
    if without == "wish":
        preferences.save_preferences(person=reader, changes={"mail": {"standing": "none"}})
    tell(reader, project)
    assert not Letter.objects.exists()
    assert notifying.unread_of(reader).count() == 1


def test_one_click_stops_them(mail, client, project, reader):
    tell(reader, project)
    sending.send_due()
    [message] = mail.messages
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # Not every mail program decodes what a header was folded into.
    link = re.search(rb"List-Unsubscribe:\s+<(\S*)>\r\n", mail.as_sent[0])[1].decode()
    path = urlsplit(link).path
    assert "Stop these letters" in client.get(path).text
    assert choosing.choices_of(Person.objects.get(pk=reader.pk))["standing"] == "at_once"
    # A mail program sends this, without a cookie or a token of ours.
    strict = type(client)(enforce_csrf_checks=True)
    assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    chosen = choosing.choices_of(Person.objects.get(pk=reader.pk))
    assert (chosen["standing"], chosen["pay"]) == ("none", "at_once")
    tell(reader, project, kind="may_work_again")
    assert sending.send_due() == 0


def test_a_link_that_was_tampered_with_stops_nothing(client, reader):
    path = stopping.address_for(reader, "pay")
    assert client.post(path[:-3] + "xx/").status_code == 404
    assert choosing.choices_of(Person.objects.get(pk=reader.pk)) == choosing.DEFAULTS


def test_what_is_refused_for_now_is_tried_again_and_then_given_up(mail, project, reader):
    mail.answers["RCPT"] = "451 later"
    tell(reader, project)
    for tries in range(1, len(sending.RETRIES) + 1):
        assert sending.send_due() == 0
        letter = Letter.objects.get()
        assert (letter.state, letter.attempts) == ("waiting", tries)
        assert letter.due_at > timezone.now()
        Letter.objects.update(due_at=timezone.now())
    sending.send_due()
    assert states() == ["failed"]
    assert "451 later" in Letter.objects.get().problem


def test_what_is_refused_for_good_is_not_tried_again(mail, project, reader):
    mail.answers["RCPT"] = "550 nobody"
    tell(reader, project)
    sending.send_due()
    assert states() == ["failed"]


def test_a_letter_that_may_have_arrived_is_not_sent_again(mail, project, reader, person_factory):
    mail.answers["END"] = "close"
    tell(reader, project)
    other = person_factory("ben", project, "labeler", email="ben@home.example")
    tell(other, project)
    sending.send_due()
    assert states() == ["unknown", "waiting"]
    mail.answers.clear()
    assert sending.send_due() == 1
    assert mail.recipients == ["aiko@home.example", "ben@home.example"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_sends_nothing_twice(mail, project, reader, monkeypatch):
    tell(reader, project)

    def killed(*_args):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_settle", killed)
        with pytest.raises(SystemExit):
            sending.send_due()
    assert (len(mail.messages), states()) == (1, ["sending"])
    sending.send_due()
    Letter.objects.update(begun_at=timezone.now() - timedelta(hours=1))
    sending.send_due()
    assert (len(mail.messages), states()) == (1, ["unknown"])


def test_a_server_that_is_away_costs_no_try(settings, mail, project, reader):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    tell(reader, project)
    assert sending.send_due() == 0
    assert (states(), Letter.objects.get().attempts) == (["waiting"], 0)
    settings.EMAIL_PORT = port
    assert sending.send_due() == 1


def test_invitations_go_out_each_with_its_own_link(mail, client, project, admin):
    client.force_login(admin)
    given = {
        "form": "mail",
        "role": "labeler",
        "addresses": "a@x.example, b@x.example\na@x.example",
    }
    assert client.post(reverse("people", args=[project.slug]), given).status_code == 302
    assert sending.send_due() == 2
    links = [re.search(r"http\S+/invitations/\S+/", body(message))[0] for message in mail.messages]
    assert len(set(links)) == 2
    assert mail.recipients == ["a@x.example", "b@x.example"]
    # Nobody can read them here any more.
    assert set(Letter.objects.values_list("link", flat=True)) == {""}
    client.logout()
    assert "Essays" in client.get(urlsplit(links[0]).path).text


def test_one_bad_address_invites_nobody(mail, client, project, admin):
    client.force_login(admin)
    door = reverse("api-invitations-by-mail", args=[project.slug])
    given = {"role": "labeler", "addresses": ["a@x.example", "no address"]}
    answer = client.post(door, given, content_type="application/json")
    assert answer.status_code == 400
    assert "no address" in answer.json()["detail"]
    assert not Invitation.objects.exists()
    answer = client.post(
        door, {**given, "addresses": ["a@x.example"]}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()) == (202, {"invited": 1})


def test_a_withdrawn_invitation_stays_at_home(mail, project, admin):
    [made] = inviting.invite_by_mail(
        project=project,
        role="labeler",
        addresses=["a@x.example"],
        created_by=admin,
        language="en",
        link=str,
    )
    inviting.revoke(invitation=made, revoked_by=admin)
    assert sending.send_due() == 0
    assert states() == ["left_out"]


def test_without_a_server_nobody_is_invited(settings, project, admin):
    settings.EMAIL_HOST = ""
    with pytest.raises(ValidationError, match="No mail server"):
        inviting.invite_by_mail(
            project=project,
            role="labeler",
            addresses=["a@x.example"],
            created_by=admin,
            language="en",
            link=str,
        )


def test_letters_are_chosen_on_the_account_page(mail, client, reader):
    client.force_login(reader)
    page = reverse("account")
    assert "aiko@home.example" in client.get(page).text
    given = dict.fromkeys(choosing.GROUPS, "none") | {"form": "mail", "pay": "daily"}
    client.post(page, given)
    chosen = choosing.choices_of(Person.objects.get(pk=reader.pk))
    assert chosen == dict.fromkeys(choosing.GROUPS, "none") | {"pay": "daily"}


@pytest.mark.parametrize("mail_choice", [{"pay": "hourly"}, {"rain": "none"}, ["pay"]])
def test_other_choices_are_refused(reader, mail_choice):
    with pytest.raises(ValidationError):
        preferences.save_preferences(person=reader, changes={"mail": mail_choice})


def test_staff_sees_the_log(mail, client, project, reader, person_factory):
    tell(reader, project)
    sending.send_due()
    client.force_login(reader)
    assert client.get(reverse("letters")).status_code == 403
    assert client.get(reverse("api-letters")).status_code == 403
    client.force_login(person_factory("root", is_staff=True))
    assert "aiko" in client.get(reverse("letters")).text
    [row] = client.get(reverse("api-letters")).json()["results"]
    assert (row["person"], row["state"], row["about"]) == ("aiko", "sent", "standing")


def test_old_letters_are_forgotten(mail, project, reader):
    tell(reader, project)
    sending.send_due()
    assert sending.forget_old() == 0
    Letter.objects.update(created_at=timezone.now() - timedelta(days=91))
    assert sending.forget_old() == 1
