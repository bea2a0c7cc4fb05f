"""The form's own deeds: looking first, in place, and beginning with the settings of another run."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from training.models import Run, RunInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, engineer):
    client.force_login(engineer)
    return client


@pytest.fixture
def form(snapshot):
    return {"trainer": "reward_model", "snapshot": str(snapshot.uid), "model": "tiny"}


def test_looking_first_is_shown_in_place_from_waiting_to_what_was_found(signed_in, form) -> None:
    begun = signed_in.post(reverse("run-check", args=["essays"]), form).content.decode()
    check = Run.objects.get()
    address = reverse("run-check-state", args=[check.uid])
    assert check.is_check
    assert f'hx-get="{address}"' in begun
    assert "<html" not in begun
    report = {"warnings": ["Mind the gap."], "splits": {}, "estimate": {"steps": 12}}
    (check.path / "data_report.json").write_text(json.dumps(report))
    Run.objects.update(state="done", result={"state": "done"})
    found = signed_in.get(address).content.decode()
    assert "Mind the gap." in found
    assert "hx-get" not in found
    page = signed_in.get(reverse("runs", args=["essays"])).content.decode()
    assert "Nothing was trained here yet." in page


def test_a_look_that_failed_says_why(signed_in, form) -> None:
    signed_in.post(reverse("run-check", args=["essays"]), form)
    Run.objects.update(
        state="failed", error="The split test has no decided pair: choose another split."
    )
    found = signed_in.get(reverse("run-check-state", args=[Run.objects.get().uid]))
    assert "no decided pair" in found.content.decode()


def test_what_cannot_work_is_told_without_a_run(signed_in, form) -> None:
    answer = signed_in.post(reverse("run-check", args=["essays"]), form | {"epochs": "-1"})
    assert "<strong>Epochs</strong>: epochs is -1.0" in answer.content.decode()
    refused = signed_in.post(reverse("run-check", args=["essays"]), {"trainer": "nothing"})
    assert "Choose one of" in refused.content.decode()
    unable = signed_in.post(reverse("run-check", args=["essays"]), form | {"trainer": "raft"})
    assert "cannot look at data and cost first" in unable.content.decode()
    assert not Run.objects.exists()


def test_a_new_run_begins_with_the_settings_of_another(signed_in, run_factory, done_run) -> None:
    judge = done_run.checkpoints.first()
    run = run_factory("rm", trainer="evaluate", model=judge.path, limit=7)
    RunInput.objects.create(run=run, checkpoint=judge, role="reference")
    Run.objects.filter(pk=run.pk).update(config=run.config | {"reference": judge.path})
    text = signed_in.get(reverse("run-new", args=["essays"]), {"like": run.uid}).content.decode()
    assert 'name="limit" id="id_limit" value="7"' in text
    assert judge.path not in text
    for unknown in ("x", "00000000-0000-0000-0000-000000000000"):
        page = signed_in.get(reverse("run-new", args=["essays"]), {"like": unknown})
        assert "What shall be done?" in page.content.decode()
