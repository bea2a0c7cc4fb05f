"""The training pages: who gets in, the form from end to end, live parts, and a strict CSP."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from exports.models import Snapshot
from training.models import Run
from training.run_dir import RunDir
from training.run_inputs import is_filled_in
from training.trainers.catalog import TRAINERS

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, engineer):
    client.force_login(engineer)
    return client


def pages(run: Run) -> list[tuple[str, str]]:
    names = ["run", "run-progress", "run-curves", "run-evaluation", "run-samples", "run-log"]
    names += ["run-check-state", "run-to-tasks"]
    return [
        ("get", reverse("runs", args=["essays"])),
        ("get", reverse("run-new", args=["essays"])),
        ("get", reverse("runs-compare", args=["essays"])),
        ("get", reverse("runs-compare-charts", args=["essays"])),
        *(("get", reverse(name, args=[run.uid])) for name in names),
        ("post", reverse("run-cancel", args=[run.uid])),
        ("post", reverse("run-resume", args=[run.uid])),
    ]


def test_who_gets_in(client, run_factory, engineer, labeler, stranger) -> None:
    everything = pages(run_factory())
    for method, address in everything:
        assert getattr(client, method)(address).status_code == 302, "sign in first"
    for person, expected in ((labeler, 403), (stranger, 404)):
        client.force_login(person)
        for method, address in everything:
            assert getattr(client, method)(address).status_code == expected, address
    client.force_login(engineer)
    for method, address in everything:
        assert getattr(client, method)(address).status_code == (200 if method == "get" else 302)


def test_an_empty_list_says_what_a_run_is(signed_in, project) -> None:
    page = signed_in.get(reverse("runs", args=["essays"])).content.decode()
    assert "Nothing was trained here yet." in page
    assert "every 3s" not in page


def test_the_list_of_one_snapshot(signed_in, run_factory, snapshot) -> None:
    run_factory("my run")
    address = reverse("runs", args=["essays"])
    text = signed_in.get(address, {"snapshot": str(snapshot.uid)}).content.decode()
    assert "my run" in text
    assert "first labels" in text
    assert f"snapshot={snapshot.uid}" in text, "the poll asks for the same list"
    assert signed_in.get(address, {"snapshot": "x"}).status_code == 404


def test_a_live_list_polls_its_own_fragment(signed_in, run_factory) -> None:
    run_factory("my run")
    address = reverse("runs", args=["essays"])
    fragment = signed_in.get(address, HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in fragment
    assert "my run" in fragment
    assert "every 3s" in fragment


@pytest.mark.parametrize("trainer", TRAINERS)
def test_every_trainer_has_a_form(signed_in, snapshot, trainer) -> None:
    page = signed_in.get(reverse("run-new", args=["essays"]), {"trainer": trainer})
    text = page.content.decode()
    assert TRAINERS[trainer].title in text
    for info in TRAINERS[trainer].config.options():
        assert (f'id="id_{info.name}"' in text) == (not is_filled_in(info))
    assert not re.search(r"\sstyle=|<style|onclick=", text)


def test_a_run_is_made_from_the_form(signed_in, snapshot) -> None:
    address = reverse("run-new", args=["essays"])
    form = {
        "trainer": "reward_model", "name": "tiny one", "snapshot": str(snapshot.uid),
        "parent": "", "model": "tiny", "epochs": "0.5", "max_steps": "",
    }  # fmt: skip
    refused = signed_in.post(address, form | {"epochs": "many", "model": "../up"})
    assert refused.status_code == 400
    text = refused.content.decode()
    assert 'value="many"' in text
    assert "epochs must be a number" in text
    assert "is no model" in text
    made = signed_in.post(address, form)
    run = Run.objects.get()
    assert made.url == reverse("run", args=[run.uid])
    assert (run.name, run.config["epochs"], run.config["model"]) == ("tiny one", 0.5, "tiny")
    assert run.config["max_steps"] == 0


def test_a_snapshot_of_another_project_cannot_be_chosen(
    signed_in, snapshot, project_factory
) -> None:
    other = Snapshot.objects.create(project=project_factory("other"), name="x", fractions={})
    form = {"trainer": "reward_model", "snapshot": str(other.uid), "model": "tiny"}
    assert signed_in.post(reverse("run-new", args=["essays"]), form).status_code == 400
    assert not Run.objects.exists()


def test_the_page_of_a_finished_run_tells_everything_safely(signed_in, run_factory) -> None:
    run = run_factory("<script>alert(1)</script>")
    folder = RunDir(run.path)
    folder.append_samples({"step": 3, "prompt": "<img src=x onerror=alert(1)>", "response": "ok"})
    (run.path / "data_report.json").write_text(json.dumps({"rows_kept": 1234}))
    Run.objects.update(
        state="done", step=6, total_steps=6,
        result={"metrics": {"accuracy": 0.625, "accuracy_low": 0.5, "accuracy_high": 0.75}},
    )  # fmt: skip
    text = signed_in.get(reverse("run", args=[run.uid])).content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    for wanted in ("62.5%", "50.0% – 75.0%", "1,234", "first labels", "After step 3"):
        assert wanted in text
    assert "hx-get" in text
    assert "every 2s" not in text
    assert not re.search(r"\sstyle=|<style|onclick=", text)
    words = re.search(r"data-words='([^']*)'", text)
    assert words is not None
    assert set(json.loads(words[1])) == {"table", "empty", "failed", "name", "low", "high"}


def test_the_live_part_polls_and_reloads_the_page_at_the_end(signed_in, run_factory) -> None:
    run = run_factory()
    address = reverse("run-progress", args=[run.uid])
    Run.objects.update(state="running", step=2, total_steps=4, started_at=timezone.now())
    for step in (1, 2):
        RunDir(run.path).append_progress({"step": step, "total_steps": 4, "time": 100.0 + step})
    live = signed_in.get(address)
    assert "about 2 s left" in live.content.decode()
    assert "HX-Refresh" not in live
    Run.objects.update(state="done")
    assert signed_in.get(address)["HX-Refresh"] == "true"


def test_curves_are_json_and_unchanged_ones_are_not_sent_again(signed_in, run_factory) -> None:
    run = run_factory()
    RunDir(run.path).append_progress({"step": 1, "metrics": {"loss": 0.5}})
    address = reverse("run-curves", args=[run.uid])
    first = signed_in.get(address)
    assert first.json()["charts"][0]["series"][0]["points"] == [[1, 0.5]]
    assert first.json()["live"] is True
    assert signed_in.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    RunDir(run.path).append_progress({"step": 2, "metrics": {"loss": 0.4}})
    assert signed_in.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_charts_of_the_latest_evaluation_are_json(signed_in, run_factory) -> None:
    run = run_factory()
    address = reverse("run-evaluation", args=[run.uid])
    assert signed_in.get(address).json() == {"charts": [], "live": True}
    (run.path / "outputs").mkdir()
    report = {"overall": {"accuracy": 0.6}, "policy": {"kl_k1": {"value": 0.25}}}
    (run.path / "outputs" / "report.json").write_text(json.dumps(report))
    found = signed_in.get(address)
    assert [chart["id"] for chart in found.json()["charts"]] == ["overall"]
    assert signed_in.get(address, headers={"If-None-Match": found["ETag"]}).status_code == 304
    page = signed_in.get(reverse("run", args=[run.uid])).content.decode()
    assert address in page
    assert "0.25" in page


def test_buttons_cancel_and_resume(signed_in, run_factory) -> None:
    run = run_factory()
    signed_in.post(reverse("run-cancel", args=[run.uid]))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "Resume" in signed_in.get(reverse("run", args=[run.uid])).content.decode()
    signed_in.post(reverse("run-resume", args=[run.uid]))
    run.refresh_from_db()
    assert run.state == "queued"
    told = signed_in.post(reverse("run-resume", args=[run.uid]), follow=True).content.decode()
    assert "only a cancelled or failed run can go on" in told


def test_responses_become_tasks_on_a_page(signed_in, run_factory, project) -> None:
    runs = []
    for name, temperature in (("cold", 0.1), ("hot", 1.0)):
        run = run_factory(name, trainer="generate", temperature=temperature)
        (run.path / "outputs").mkdir()
        line = {
            "prompt": [{"role": "user", "content": "Why?"}],
            "response": [{"role": "assistant", "content": name}],
        }
        (run.path / "outputs" / "responses.jsonl").write_text(json.dumps(line) + "\n")
        runs.append(run)
    Run.objects.update(state="done")
    address = reverse("run-to-tasks", args=[runs[0].uid])
    assert "hot" in signed_in.get(address).content.decode()
    for against in ("", "run:none", f"run:{runs[0].uid}", "source:nobody"):
        assert signed_in.post(address, {"against": against}).status_code == 400
    made = signed_in.post(address, {"against": f"run:{runs[1].uid}"})
    assert made.url == reverse("project", args=["essays"])
    assert project.tasks.count() == 1
