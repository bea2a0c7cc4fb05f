"""Notices are told once, say their sentence in the reader's language, and lead somewhere."""

from __future__ import annotations

import string

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from labelers import notifying
from labelers.models import Notice
from labelers.notice_words import NOTICES


def test_the_same_unread_notice_is_not_repeated(project, labeler):
    for count in (2, 2, 3):
        notifying.notify(
            person=labeler, project=project, kind="judgments_voided", detail={"count": count}
        )
    assert [notice.detail["count"] for notice in notifying.unread_of(labeler)] == [3, 2]
    assert notifying.mark_read(person=labeler) == 2
    notifying.notify(person=labeler, project=project, kind="judgments_voided", detail={"count": 2})
    assert notifying.unread_of(labeler).count() == 1


def test_admins_of_the_project_are_told_and_nobody_else(project, admin, labeler, stranger):
    notifying.notify_admins(project=project, kind="gold_low")
    assert set(Notice.objects.values_list("person__username", flat=True)) == {"ada"}


def test_nobody_reads_for_another(project, admin, labeler):
    notifying.notify(person=labeler, project=project, kind="paused")
    notice = notifying.unread_of(labeler).get()
    assert notifying.mark_read(person=admin, notices=[notice.pk]) == 0
    assert notifying.mark_read(person=labeler, notices=[notice.pk]) == 1


def test_an_unknown_kind_is_refused(project, labeler):
    with pytest.raises(ValueError, match="known are"):
        notifying.notify(person=labeler, project=project, kind="rain")


@pytest.mark.django_db(transaction=True)
def test_a_notice_belongs_to_a_deed(project, labeler):
    with pytest.raises(RuntimeError, match="outside the transaction"):
        notifying.notify(person=labeler, project=project, kind="paused")
    with transaction.atomic():
        notifying.notify(person=labeler, project=project, kind="paused")
    assert Notice.objects.count() == 1


@pytest.mark.parametrize("kind", NOTICES)
def test_sentences_name_only_what_details_may_hold(kind):
    found = NOTICES[kind]
    for sentence in (found.sentence, *found.by_verdict.values()):
        named = {name for _text, name, _spec, _how in string.Formatter().parse(str(sentence))}
        assert named - {None} <= {"project", "labeler", "count", "name", "amount", "tries"}


def test_the_verdict_chooses_the_sentence(project, labeler):
    said = [
        notifying.sentence_of(
            Notice(person=labeler, project=project, kind="exam_decided", detail=detail)
        )
        for detail in ({"verdict": "passed"}, {"verdict": "failed"}, {})
    ]
    assert "You passed" in said[0]
    assert "did not pass" in said[1]
    assert "decided" in said[2]


def test_what_is_missing_breaks_nothing(project, labeler):
    notice = Notice(person=labeler, project=project, kind="snapshot_holds_voided", detail={})
    assert "–" in notifying.sentence_of(notice)
    assert notifying.address_of(notice) == ""
    gone = Notice(person=labeler, project=None, kind="of another age", detail={})
    assert (notifying.sentence_of(gone), notifying.address_of(gone)) == ("", "")


def test_the_page_shows_and_clears_them(client, project, labeler):
    client.force_login(labeler)
    assert "There is nothing to tell you." in client.get(reverse("notices")).text
    notifying.notify(
        person=labeler, project=project, kind="note_for_labelers", detail={"note": "Read <b>2</b>"}
    )
    page = client.get(reverse("notices")).text
    assert "Read &lt;b&gt;2&lt;/b&gt;" in page
    assert "Notices: 1 new" in page
    notice = notifying.unread_of(labeler).get()
    answer = client.post(reverse("notices-read"), {"notice": notice.pk})
    assert answer.url == reverse("guidelines", args=[project.slug])
    assert "Notices: 1 new" not in client.get(reverse("notices")).text


@pytest.mark.parametrize("given", ["999999", "x", "1e3"])
def test_what_is_not_ones_own_leads_nowhere(client, labeler, given):
    client.force_login(labeler)
    answer = client.post(reverse("notices-read"), {"notice": given})
    assert answer.url == reverse("notices")


def test_all_are_read_at_once(client, project, labeler):
    client.force_login(labeler)
    for kind in ("paused", "may_work_again"):
        notifying.notify(person=labeler, project=project, kind=kind)
    client.post(reverse("notices-read"))
    assert not notifying.unread_of(labeler).exists()


def test_the_api_lists_and_marks(client, project, labeler):
    client.force_login(labeler)
    notifying.notify(person=labeler, project=project, kind="paused", detail={"note": "Look"})
    with translation.override("en"):
        found = client.get(reverse("api-notices") + "?unread").json()["results"]
    assert [(row["kind"], row["project"], row["read_at"]) for row in found] == [
        ("paused", "essays", None)
    ]
    assert "Essays" in found[0]["sentence"]
    assert found[0]["address"] == reverse("project", args=["essays"])
    answer = client.post(
        reverse("api-notices-read"), {"notices": [found[0]["id"]]}, content_type="application/json"
    )
    assert answer.json() == {"read": 1}
    assert client.get(reverse("api-notices") + "?unread").json()["results"] == []
