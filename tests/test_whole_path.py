"""The whole path on real input: what comes in goes out, and a click ends in a checkpoint."""

from __future__ import annotations

import gzip
import io
import json
import uuid
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from annotation import importing
from annotation.consensus import aggregating
from annotation.figures import winning
from exports.downloading import open_download
from exports.snapshotting import build_snapshot, request_snapshot
from training import running, sampling
from training.models import Checkpoint, Run
from training.queueing import request_run

ROOT = Path(__file__).resolve().parent.parent
HH = ROOT.parent / "shared" / "data" / "hh_rlhf_harmless_test" / "test.jsonl.gz"


def bring_in(project, data: bytes, name: str, format: str):
    batch = importing.receive_file(
        project=project,
        file=io.BytesIO(data),
        file_name=name,
        format=format,
        created_by=None,
        in_background=False,
    )
    batch = importing.run_import(uid=str(batch.uid))
    assert batch.state == "done", batch.error
    return batch


def freeze(project, **options):
    snapshot = request_snapshot(project=project, created_by=None, name="first", **options)
    snapshot = build_snapshot(snapshot_uid=snapshot.uid)
    assert snapshot.state == "done", snapshot.error
    return snapshot


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not HH.exists(), reason="the public HH-RLHF test file is not here")
def test_hh_rlhf_goes_out_as_it_came_in(project):
    data = HH.read_bytes()
    assert bring_in(project, data, "test.jsonl.gz", "hh_rlhf").rows_total == 2312
    download = open_download(snapshot=freeze(project), asked_by=None, format="hh_rlhf")
    assert b"".join(download.pieces) == gzip.decompress(data)


def answer_by_length(client, project, *, preferred):
    """Label everything there is; `preferred` picks the position of the better text."""
    url = f"/api/v1/projects/{project.slug}/labeling/"
    item = client.post(f"{url}next/", {}, format="json").json()["item"]
    answered = 0
    while item:
        texts = [response["messages"][0]["text"] for response in item["responses"]]
        sent = {
            "assignment": item["assignment"],
            "client_id": str(uuid.uuid4()),
            "answer": {"choice": "ab"[preferred(texts)], "strength": "better"},
        }
        item = client.post(f"{url}judgments/", sent, format="json").json()["item"]
        answered += 1
    return answered


def trained(project, trainer, snapshot, parent=None, **config) -> Run:
    """A run of a real trainer process, followed to its end."""
    run = request_run(
        project=project,
        created_by=None,
        trainer=trainer,
        name="",
        config=config,
        snapshot=snapshot,
        parent=parent,
    )
    running.follow(run.uid)
    run.refresh_from_db()
    assert run.state == "done", run.error
    return run


@pytest.mark.django_db(transaction=True)
def test_a_click_ends_in_a_checkpoint_and_the_checkpoint_in_new_clicks(project, person_factory):
    rows = [
        {"prompt": f"Name thing {n}.", "responses": [f"Yes, it is number {n}.", f"No {n}"]}
        for n in range(30)
    ]
    bring_in(project, b"\n".join(json.dumps(row).encode() for row in rows), "a.jsonl", "accord")
    person = person_factory("aya", project, "labeler")
    client = APIClient()
    client.force_login(person)
    assert answer_by_length(client, project, preferred=lambda t: t[1].startswith("Yes")) == 30

    snapshot = freeze(project, fractions={"train": 0.6, "validation": 0.2, "test": 0.2})
    reward = trained(project, "reward_model", snapshot, model="tiny", tuning="full", epochs=1)
    checkpoint = Checkpoint.objects.filter(run=reward).first()
    assert (checkpoint.run.snapshot, checkpoint.produces) == (snapshot, "reward_model")

    policy = trained(project, "dpo", snapshot, model="tiny", tuning="full", epochs=1)
    generated = trained(
        project,
        "generate",
        snapshot,
        parent=Checkpoint.objects.filter(run=policy).last(),
        split="test",
        max_new_tokens=8,
    )
    counts = sampling.make_tasks(
        project=project, run=generated, against="a", requested_by=None, priority=1
    )
    # Both responses of each prompt come from the file, so each meets the new one.
    assert counts["tasks"] + counts["same"] > 0
    second = APIClient()
    second.force_login(person_factory("ben", project, "labeler"))
    answered = answer_by_length(second, project, preferred=lambda t: len(t[1]) > len(t[0]))
    assert answered == counts["tasks"]
    aggregating.refresh_consensus(project=project)
    (rate,) = winning.win_rates(project)
    assert rate.wins_a + rate.wins_b + rate.ties == answered
