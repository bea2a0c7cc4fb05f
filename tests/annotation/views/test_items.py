"""The pages of items say what was asked for, refuse in words, and are for those who read."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.candidates import KnownAnswer
from annotation.consensus import aggregating
from tests.annotation.making import make_tasks


@pytest.fixture
def show(client, admin):
    client.force_login(admin)

    def get(name="items", query="", **kwargs):
        return client.get(reverse(name, kwargs={"slug": "essays", **kwargs}) + query)

    return get


def test_the_list_shows_how_answers_divide(show, project):
    known = [KnownAnswer([1, 2], labeler="w1"), KnownAnswer([2, 1], labeler="w2")]
    make_tasks(project, 1, known=known, tags=["cooking"], language="en")
    aggregating.refresh_consensus(project=project)
    html = show().content.decode()
    for text in ("Question 1?", "A 1", "B 1", "agreement 0.0%", "cooking", "model-0", "2 answers"):
        assert text in html
    assert 'style="' not in html


def test_filters_stand_above_the_list_and_can_be_left_out(show, project):
    make_tasks(project, 30, known=[KnownAnswer([1, 2], labeler="w & 1")])
    html = show(query="?labeler=i:w+%26+1&said=&order=newest").content.decode()
    assert "Labeler: w &amp; 1" in html
    # The next page keeps what narrows the list, and leaves out what does not.
    assert 'href="?labeler=i%3Aw+%26+1&amp;cursor=' in html
    assert 'href="?"' in html


def test_a_bad_filter_is_said_in_words(show, project):
    answer = show(query="?week=<b>")
    assert answer.status_code == 400
    assert "Week: Write a week like 2026-W47." in answer.content.decode()
    assert "<b>" not in answer.content.decode()
    assert show(query="?user__password__startswith=p").status_code == 400


def test_a_file_with_a_bad_filter_leads_to_the_words(show, project):
    answer = show("items-file", query="?week=x")
    assert answer.status_code == 302
    assert answer["Location"] == "/projects/essays/items/?week=x"


def test_one_item_shows_who_said_what_and_why(show, project):
    known = [KnownAnswer([1, 2], "better", "w/1", "because <it> is", seconds=12, shown=[1, 0])]
    (task,) = make_tasks(project, 1, known=known)
    aggregating.refresh_consensus(project=project)
    html = show("item", pk=task.pk).content.decode()
    for text in ("w/1", "because &lt;it&gt; is", "12 s", "shown as", "imported", "66.7%"):
        assert text in html


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("ranking", {"ranks": [1, 2, 3]}),
        ("best_of", {"best": None}),
        ("rating", {"scores": [1, 2, 3]}),
        ("thumbs", {"good": True}),
        ("demonstration", {"text": "So it is."}),
        ("prompt_writing", {"text": "So it is?"}),
        ("conversation", {"turns": [{"role": "user", "content": "Hello."}]}),
    ],
)
def test_items_of_every_kind(client, project_factory, person_factory, kind, answer):
    project = project_factory("of-a-kind", kind=kind)
    k = {"thumbs": 1}.get(kind, 3 if "ranks" in answer or "scores" in answer else 2)
    k = 0 if kind in ("demonstration", "prompt_writing", "conversation") else k
    (task,) = make_tasks(project, 1, k=k, known=[KnownAnswer(answer=answer, labeler="w")])
    aggregating.refresh_consensus(project=project)
    client.force_login(person_factory("kim", project, "researcher"))
    assert client.get("/projects/of-a-kind/items/").status_code == 200
    assert "<bdi>w</bdi>" in client.get(f"/projects/of-a-kind/items/{task.pk}/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("adjudicator", 403), ("labeler", 403)])
def test_named_answers_are_not_for_those_who_judge(client, project, person_factory, role, status):
    (task,) = make_tasks(project, 1)
    client.force_login(person_factory("jo", project, role))
    for name, more in (("items", {}), ("items-file", {}), ("item", {"pk": task.pk})):
        assert client.get(reverse(name, kwargs={"slug": "essays", **more})).status_code == status


def test_an_item_of_another_project_is_not_found(show, project, project_factory):
    (task,) = make_tasks(project_factory("other"), 1)
    assert show("item", pk=task.pk).status_code == 404
