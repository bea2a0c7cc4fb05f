"""Runs side by side on a page and for programs."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/essays/runs/compare/"


@pytest.fixture
def signed_in(client, engineer):
    client.force_login(engineer)
    return client


@pytest.fixture
def two(run_factory):
    made = run_factory("one"), run_factory("two", epochs=2.0)
    for accuracy, run in zip((0.5, 0.75), made, strict=True):
        (run.path / "outputs").mkdir()
        report = json.dumps({"overall": {"accuracy": accuracy}})
        (run.path / "outputs" / "report.json").write_text(report)
        right = int(4 * accuracy)
        lines = [json.dumps({"prompt": f"p{n}", "pairs": 4, "correct": right}) for n in range(5)]
        (run.path / "outputs" / "outcomes.jsonl").write_text("\n".join(lines) + "\n")
    return made


def test_the_list_leads_to_two_runs_side_by_side(signed_in, two) -> None:
    listed = signed_in.get(reverse("runs", args=["essays"])).content.decode()
    address = reverse("runs-compare", args=["essays"])
    assert f'action="{address}"' in listed
    assert listed.count('form="compare"') == 2
    text = signed_in.get(address, {"run": [run.uid for run in two]}).content.decode()
    for wanted in ("Epochs", "50.0%", "75.0%", "+25.0", "more than chance"):
        assert wanted in text
    charts = signed_in.get(
        reverse("runs-compare-charts", args=["essays"]), {"run": [run.uid for run in two]}
    ).json()
    assert [chart["id"] for chart in charts["charts"]] == ["overall"]


def test_fewer_than_two_are_asked_for_more_and_strange_ones_not_found(
    signed_in, two, project_factory
) -> None:
    address = reverse("runs-compare", args=["essays"])
    assert "Tick two to 4 runs" in signed_in.get(address, {"run": two[0].uid}).content.decode()
    for unknown in ("x", "00000000-0000-0000-0000-000000000000"):
        assert signed_in.get(address, {"run": [two[0].uid, unknown]}).status_code == 404


def test_programs_get_the_same(engineer, two) -> None:
    client = APIClient()
    client.force_login(engineer)
    found = client.get(API, {"run": [run.uid for run in two]}).json()
    assert found["runs"] == [str(run.uid) for run in two]
    assert found["settings"] == [{"name": "Epochs", "values": [1.0, 2.0]}]
    assert [figure["value"] for figure in found["figures"][0]["figures"]] == [0.5, 0.75]
    (difference,) = found["differences"]
    assert (difference["run"], difference["value"]) == (str(two[1].uid), 0.25)
    refused = client.get(API, {"run": [two[0].uid]})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["run"])
