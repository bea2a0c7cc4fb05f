"""The page of one's own work and its file: who sees them, and what they never show."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation import own_work
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from tests.annotation.test_own_work import answer_gold, make_gold, move

ROLES = [("admin", 200), ("engineer", 403), ("labeler", 200), ("stranger", 404), (None, 302)]


@pytest.mark.parametrize("page", ["work", "work-file"])
@pytest.mark.parametrize(("role", "status"), ROLES)
def test_who_sees_their_own_work(request, client, project, page, role, status):
    if role:
        client.force_login(request.getfixturevalue(role))
    assert client.get(reverse(page, args=["essays"])).status_code == status


def show(client, person, query=""):
    client.force_login(person)
    return client.get(reverse("work", args=["essays"]) + query).content.decode()


def test_the_page_shows_ones_own_items_and_the_way_to_correct_them(
    client, project, labeler, person_factory
):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    other = person_factory("bo", project, "labeler")
    html = show(client, labeler)
    assert "Question 1?" in html
    assert "/label/?correct=" in html
    assert "Download all my work" in html
    assert "Question" not in show(client, other)


def test_odd_places_to_go_on_from_show_the_newest(client, project, labeler):
    make_tasks(project, 1)
    judgment = answer_next(labeler, project, A_IS_BETTER)
    for before in ("", "x", "-1", "9" * 400, "²"):
        assert "Question 1?" in show(client, labeler, f"?before={before}")
    assert "Question 1?" not in show(client, labeler, f"?before={judgment.pk}")


def test_earlier_items_are_a_page_away(client, project, labeler, monkeypatch):
    monkeypatch.setattr(own_work, "PAGE_SIZE", 1)
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    last = answer_next(labeler, project, A_IS_BETTER)
    assert f"?before={last.pk}" in show(client, labeler)
    assert "Newest items" in show(client, labeler, f"?before={last.pk}")


def test_agreement_with_gold_is_shown_only_where_it_may_be(client, project, labeler):
    make_gold(project, 5)
    answers = list(answer_gold(labeler, project, 5))
    assert "It appears once" in show(client, labeler)
    for judgment in answers:
        move(judgment, days=1)
    html = show(client, labeler)
    assert "Comparisons that agree" in html
    assert "100.0%" in html
    project.settings.shows_gold_score = False
    project.settings.save()
    assert "This project does not show it." in show(client, labeler)


def test_hostile_text_stays_text(client, project, labeler):
    make_tasks(project, 1)
    project.tasks.first().prompt.__class__.objects.update(
        messages=[{"role": "user", "content": "<script>alert(1)</script>"}]
    )
    answer_next(labeler, project, A_IS_BETTER)
    assert "<script>alert" not in show(client, labeler)


def test_the_file_is_a_download(client, project, labeler):
    make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER)
    client.force_login(labeler)
    answer = client.get(reverse("work-file", args=["essays"]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="essays-work.csv"' in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content).count(b"\r\n") == 2
