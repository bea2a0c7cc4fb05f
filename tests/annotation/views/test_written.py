"""Scoring texts on the page."""

from __future__ import annotations

from django.urls import reverse

from tests.annotation.making_exams import make_gold, make_written_exam


def test_texts_are_scored_one_by_one(client, project_factory, person_factory):
    project = project_factory("letters", kind="demonstration")
    admin = person_factory("ada", project, "admin")
    author = person_factory("chika", project, "labeler")
    make_written_exam(author, make_gold(project, 2, k=1, answer=None))
    client.force_login(admin)
    url = reverse("written", args=["letters"])
    page = client.get(url)
    assert b"2 texts wait" in page.content
    judgment = page.context["form"]["judgment"].value()
    refused = client.post(url, {"judgment": judgment, "note": "Kept."})
    assert b"This field is required." in refused.content
    assert b"Kept." in refused.content
    client.post(url, {"judgment": judgment, "score": 5})
    again = client.post(url, {"judgment": judgment, "score": 5})
    assert b"already" in again.content
    assert client.post(url, {"judgment": 10**9, "score": 5}).status_code == 404
