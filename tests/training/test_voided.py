"""Runs say when what they learned from was voided since, and so do those that go on from them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.models import Judgment
from exports.dataset_dir import LINEAGE
from exports.models import Snapshot
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from training import voided

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def family(done_run, run_factory):
    """A run, and one that goes on from its checkpoint."""
    return done_run, run_factory("second", parent=done_run.checkpoints.get(is_best=True))


@pytest.fixture
def answer(project, labeler, snapshot):
    """An answer that went into the snapshot."""
    make_tasks(project)
    judgment = answer_next(labeler, project, A_IS_BETTER)
    table = pa.table({"judgment": [str(judgment.pk)]})
    pq.write_table(table, snapshot.path / LINEAGE)
    return judgment


def other_snapshot(project, number=2):
    return Snapshot.objects.create(
        project=project,
        name=f"labels {number}",
        state="done",
        fractions={},
        folder="snapshots/none",
        digest="1" * 64,
        finished_at=timezone.now(),
    )


def test_nothing_is_said_while_nothing_is_voided(family, project):
    assert voided.voided_behind(project) == {}


def test_a_mark_reaches_all_that_was_built_on_it(family, project, snapshot):
    first, second = family
    clean = other_snapshot(project)
    type(second).objects.filter(pk=second.pk).update(snapshot=clean)
    Snapshot.objects.filter(pk=snapshot.pk).update(contains_voided=True)
    assert voided.voided_behind(project) == {first.pk: [snapshot], second.pk: [snapshot]}
    Snapshot.objects.filter(pk=snapshot.pk).update(contains_voided=False)
    Snapshot.objects.filter(pk=clean.pk).update(contains_voided=True)
    assert voided.voided_behind(project) == {second.pk: [clean]}


def test_where_answers_were_used_is_found(family, project, snapshot, answer):
    used = voided.used_by(project, [answer.pk])
    assert used.snapshots == [snapshot]
    assert [run.name for run in used.runs] == ["second", "finished"]
    assert voided.used_by(project, [answer.pk + 1]) == voided.Used([], [])


def test_pages_and_api_say_it(client, family, project, snapshot, engineer):
    first, second = family
    client.force_login(engineer)
    assert b"Voided labels" not in client.get(reverse("runs", args=[project.slug])).content
    Snapshot.objects.filter(pk=snapshot.pk).update(contains_voided=True)
    assert client.get(reverse("runs", args=[project.slug])).text.count("Voided labels") == 2
    page = client.get(reverse("run", args=[second.uid])).text
    assert "learned from answers that were voided" in page
    anew = reverse("snapshots", args=[project.slug]) + f"?like={snapshot.uid}"
    assert anew in page
    assert client.get(anew).status_code == 200
    rows = client.get(reverse("api-runs", args=[project.slug])).json()["results"]
    assert [row["contains_voided"] for row in rows] == [True, True]
    found = client.get(reverse("api-run-checkpoints", args=[first.uid])).json()["results"]
    assert {row["contains_voided"] for row in found} == {True}


def test_the_part_for_the_page_that_voids(
    client, family, project, snapshot, answer, admin, labeler
):
    client.force_login(admin)
    since = (timezone.now() - timedelta(days=1)).isoformat()
    asked = {"labeler": f"p:{labeler.pk}", "since": since}
    page = client.get(reverse("used-answers", args=[project.slug]), asked).text
    assert "1 snapshot holds some of them" in page
    assert "2 runs learned from them" in page
    found = client.get(reverse("api-used-answers", args=[project.slug]), asked).json()
    assert found["snapshots"] == [str(snapshot.uid)]
    Judgment.objects.update(created_at=timezone.now() - timedelta(days=2))
    page = client.get(reverse("used-answers", args=[project.slug]), asked).text
    assert "No snapshot holds any of them." in page


def test_what_is_asked_badly_is_refused(client, project, admin, labeler, engineer):
    address = reverse("used-answers", args=[project.slug])
    client.force_login(engineer)
    assert client.get(address).status_code == 403
    client.force_login(admin)
    assert client.get(address, {"labeler": "i:x", "since": "2026-01-01T00:00Z"}).status_code == 404
    asked = {"labeler": f"p:{labeler.pk}", "since": str(uuid.uuid4())}
    assert client.get(address, asked).status_code == 400
