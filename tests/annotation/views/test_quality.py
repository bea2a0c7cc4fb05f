"""The pages of quality: who sees them, what leads where, and what they say while they wait."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.urls import reverse

from annotation.consensus import aggregating
from annotation.figures import keeping_figures
from annotation.figures.figure_tables import TABLES
from annotation.models import Judgment
from tests.annotation.crowds import crowd_of
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

PAGES = ["quality", "agreement", "over-time", "disagreement"]


@pytest.fixture
def crowd(project_factory, person_factory):
    """A project with a crowd of four, and its admin."""
    project = project_factory("essays", overlap=3, gold_rate=0)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(4)]
    crowd_of(project, people, tasks=40)
    aggregating.refresh_consensus(project=project)
    return project, person_factory("ada", project, "admin")


def shown(client, name, **query):
    answer = client.get(reverse(name, args=["essays"]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def chart(html, name):
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', html)
    return json.loads(found[1])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("engineer", 200), ("labeler", 403), ("stranger", 404), (None, 302)],
)
def test_who_sees_them(request, client, project, page, role, status):
    if role:
        client.force_login(request.getfixturevalue(role))
    assert client.get(reverse(page, args=["essays"])).status_code == status
    file = reverse("quality-file", args=["essays", "pairs"])
    assert client.get(file).status_code == status


@pytest.mark.parametrize("page", PAGES)
def test_they_say_as_of_when(client, crowd, page):
    client.force_login(crowd[1])
    assert "As of" in shown(client, page)


@pytest.mark.parametrize("page", PAGES)
def test_a_large_project_waits_for_its_first_figures(client, crowd, page, monkeypatch):
    monkeypatch.setattr(keeping_figures, "SMALL", -1)
    client.force_login(crowd[1])
    html = shown(client, page)
    assert "The figures are being computed." in html
    assert 'hx-trigger="every 2s"' in html
    file = client.get(reverse("quality-file", args=["essays", "weeks"]))
    assert file.status_code == 202
    keeping_figures.keep(project=crowd[0])
    html = shown(client, page)
    assert "being computed" not in html
    assert "hx-trigger" not in html.split('id="figures"')[1].split(">")[0]


def test_the_first_page_leads_from_each_figure_to_its_items(client, crowd):
    project, admin = crowd
    client.force_login(admin)
    html = shown(client, "quality")
    key = f"p:{project.memberships.get(person__username='l0').person_id}"
    for address in (
        reverse("labeler", args=["essays", key]),
        reverse("items", args=["essays"]) + f"?labeler={key.replace(':', '%3A')}",
        reverse("items", args=["essays"]) + "?disputed=1&amp;order=disagreement",
    ):
        assert address in html
    agreement = chart(html, "chart-agreement")
    assert agreement["bars"][0]["low"] < agreement["bars"][0]["value"]
    assert 0.3 < agreement["reference"]["value"] < 0.5
    assert chart(html, "chart-wins")["bars"][0]["link"].endswith("?source=model-0")


def test_the_matrix_leads_to_what_two_labelers_share(client, crowd):
    client.force_login(crowd[1])
    for show, title in (("kappa", "Cohen"), ("agreement", "Percent")):
        matrix = chart(shown(client, "agreement", show=show), "chart-matrix")
        assert title in matrix["title"]
        assert sorted(matrix["names"]) == ["l0", "l1", "l2", "l3"]
        assert len(matrix["cells"]) == 6
        assert matrix["link"] == "/projects/essays/items/?labeler=ROW&other=COLUMN"


def test_items_in_dispute_are_narrowed_down(client, crowd):
    _project, admin = crowd
    client.force_login(admin)
    everything = shown(client, "disagreement")
    japanese = shown(client, "disagreement", language="ja")
    wrong = shown(client, "disagreement", language="xx", tag="'><script>")
    counts = [html.count("/items/") for html in (everything, japanese, wrong)]
    assert counts[0] > counts[1] > counts[2]
    assert '<option value="ja" selected>' in japanese
    assert "There is no item that labelers disagree about." in wrong
    assert "<script>alert" not in wrong


@pytest.mark.parametrize("name", list(TABLES))
def test_every_table_is_a_file(client, crowd, name):
    client.force_login(crowd[1])
    answer = client.get(reverse("quality-file", args=["essays", name]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert header == list(TABLES[name].header)
    assert all(len(row) == len(header) for row in rows)
    assert rows or name == "strengths"
    assert f'filename="essays-{name}.csv"' in answer["Content-Disposition"]


def test_names_cannot_be_formulas(client, crowd):
    task = crowd[0].tasks.first()
    Judgment.objects.create(
        task=task,
        imported_labeler="=1+1",
        standing="imported",
        answer={"choice": "a", "strength": None},
        display_order=[0, 1],
    )
    client.force_login(crowd[1])
    answer = client.get(reverse("quality-file", args=["essays", "labelers"]))
    assert b",'=1+1," in b"".join(answer.streaming_content)


def test_a_table_that_is_not_there(client, crowd):
    client.force_login(crowd[1])
    assert client.get(reverse("quality-file", args=["essays", "secrets"])).status_code == 404


def test_bringing_it_up_to_date_measures_at_once(client, project, admin, labeler):
    make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER)
    client.force_login(admin)
    client.post(reverse("quality-refresh", args=["essays"]))
    assert "1 tasks refreshed" in shown(client, "quality")
    assert project.kept_figures.get(name="quality").figures["consensus"]["tasks"] == 1
