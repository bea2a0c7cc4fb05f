"""The page of consensus, its API and its file: who sees them and what they say."""

from __future__ import annotations

import pytest

from annotation.consensus import aggregating, consensus_figures
from annotation.models import KeptFigures
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks

URL, FILE = "/projects/essays/consensus/", "/projects/essays/consensus.csv"
API = "/api/v1/projects/essays/consensus"


@pytest.fixture
def labeled(project, person_factory):
    """Three people about thirty pairs, the third of whom says the opposite."""
    project.settings.overlap, project.settings.consensus_method = 3, "reliability"
    project.settings.save()
    make_tasks(project, 30)
    for name in ("ann", "bea", "=cy"):
        person = person_factory(name, project, "labeler")
        for number in range(30):
            first = (number % 2 == 0) != (name == "=cy")
            answer_next(person, project, A_IS_BETTER if first else B_IS_BETTER)
    aggregating.refresh_consensus(project=project)
    return project


@pytest.mark.parametrize("address", [URL, FILE, f"{API}/", f"{API}.csv"])
@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("engineer", 200), ("labeler", 403), ("stranger", 404)]
)
def test_who_sees_it(request, client, project, address, role, status):
    client.force_login(request.getfixturevalue(role))
    assert client.get(address).status_code == status


def test_an_empty_project_says_so(client, project, admin):
    client.force_login(admin)
    assert "No judgments yet." in client.get(URL).content.decode()


def test_the_page_says_method_decisions_and_reliabilities(client, labeled, admin):
    client.force_login(admin)
    page = client.get(URL)
    figures = page.context["figures"]
    assert (figures["decided"], figures["tied"], figures["undecided"]) == (30, 0, 0)
    assert [row["name"] for row in figures["labelers"]][-1] == "=cy"
    assert figures["labelers"][-1]["reliability"] < 0.4
    text = page.content.decode()
    assert "Weighed by reliability" in text
    assert "A plain majority would decide 0 comparisons otherwise." in text
    assert figures["calibration"]["others"]["n"] > 0


def test_the_api_says_the_same(client, labeled, admin):
    client.force_login(admin)
    found = client.get(f"{API}/").json()
    shown = consensus_figures.figures(labeled)
    assert found["labelers"] == shown["labelers"]
    assert found["counts"] == shown["counts"]
    assert sum(found["counts"]) == 30


def test_the_file_is_safe_in_spreadsheets(client, labeled, admin):
    client.force_login(admin)
    text = b"".join(client.get(FILE).streaming_content).decode()
    lines = text.lstrip("\ufeff").splitlines()
    assert lines[0] == "labeler,key,adjudicates,answers,reliability,low,high"
    assert len(lines) == 4
    assert lines[-1].startswith("'=cy,")
    api = b"".join(client.get(f"{API}.csv").streaming_content).decode()
    assert api == text


def test_a_majority_is_held_against_reliability(client, labeled, admin):
    labeled.settings.consensus_method = "majority"
    labeled.settings.save()
    aggregating.refresh_consensus(project=labeled)
    client.force_login(admin)
    page = client.get(URL)
    assert page.context["figures"]["labelers"] == []
    assert "Weighed by reliability, 0 comparisons would be decided otherwise." in (
        page.content.decode()
    )


def test_figures_are_kept_until_something_changes(labeled):
    consensus_figures.figures(labeled)
    kept = KeptFigures.objects.get(project=labeled, name="consensus")
    consensus_figures.figures(labeled)
    assert KeptFigures.objects.get(pk=kept.pk).computed_at == kept.computed_at
    assert consensus_figures.keep_changed(labeled) is False
    labeled.settings.consensus_method = "majority"
    labeled.settings.save()
    consensus_figures.figures(labeled)
    assert KeptFigures.objects.get(pk=kept.pk).figures["method"] == "majority"
