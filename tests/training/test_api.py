"""The training API: who gets in, what it refuses by field, and a run from request to tasks."""

from __future__ import annotations

import uuid

import pytest
from rest_framework.test import APIClient

from labelers.tokens import create_token
from training.models import Run
from training.run_dir import RunDir
from training.trainers.catalog import TRAINERS

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/projects/essays/runs/"


@pytest.fixture
def client_of():
    def make(person) -> APIClient:
        client = APIClient()
        client.force_login(person)
        return client

    return make


@pytest.fixture
def body(snapshot):
    return {"trainer": "reward_model", "snapshot": str(snapshot.uid), "config": {"model": "tiny"}}


def addresses(run: Run) -> list[tuple[str, str]]:
    base = f"/api/v1/runs/{run.uid}/"
    reads = ["", "progress/", "log/", "checkpoints/"]
    writes = ["cancel/", "resume/", "tasks/"]
    return [
        ("get", RUNS),
        ("post", RUNS),
        *(("get", base + part) for part in reads),
        *(("post", base + part) for part in writes),
    ]


def test_strangers_find_nothing_labelers_are_refused_and_nobody_anonymous_enters(
    run_factory, client_of, stranger, labeler
) -> None:
    for method, address in addresses(run_factory()):
        for person, expected in ((stranger, 404), (labeler, 403)):
            response = getattr(client_of(person), method)(address)
            assert response.status_code == expected, (method, address)
            assert response["Content-Type"] == "application/problem+json"
        assert getattr(APIClient(), method)(address).status_code in (401, 403)
    assert Run.objects.get().state == "queued"


def test_a_researcher_reads_and_does_not_write(
    run_factory, client_of, person_factory, project
) -> None:
    reader = client_of(person_factory("rei", project, "researcher"))
    for method, address in addresses(run_factory()):
        expected = 200 if method == "get" else 403
        assert getattr(reader, method)(address).status_code == expected, address


def test_a_token_needs_the_scope_train(client_of, engineer, run_factory) -> None:
    run = run_factory()
    for scope, expected in (("train", 200), ("label", 403)):
        _token, secret = create_token(person=engineer, name=scope, scopes=[scope])
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert client.get(f"/api/v1/runs/{run.uid}/").status_code == expected


def test_a_run_is_made_listed_cancelled_and_resumed(client_of, engineer, body) -> None:
    client = client_of(engineer)
    made = client.post(RUNS, body | {"name": "first"}, format="json")
    assert made.status_code == 201
    run = made.json()
    assert (run["state"], run["name"], run["project"]) == ("queued", "first", "essays")
    assert run["created_by"] == "erik"
    assert [row["uid"] for row in client.get(RUNS).json()["results"]] == [run["uid"]]
    on_it = client.get(RUNS, {"snapshot": body["snapshot"]}).json()["results"]
    assert len(on_it) == 1
    for unknown in (str(uuid.uuid4()), "no-uuid"):
        assert client.get(RUNS, {"snapshot": unknown}).status_code == 404
    base = f"/api/v1/runs/{run['uid']}/"
    assert client.post(base + "cancel/").json()["state"] == "cancelled"
    again = client.post(base + "cancel/")
    assert (again.status_code, "already ended" in again.json()["detail"]) == (400, True)
    assert client.post(base + "resume/").json()["state"] == "queued"


def test_refusals_name_their_field(client_of, engineer, body, project_factory) -> None:
    client = client_of(engineer)
    for change, field in [
        ({"config": {"epochs": -1}}, "epochs"),
        ({"config": {"model": "/etc"}}, "model"),
        ({"config": {"dataset": "/etc"}}, "dataset"),
        (
            {"trainer": "ppo", "config": {"rules": "json", "reward_function": "os:system"}},
            "reward_function",
        ),
        ({"snapshot": str(uuid.uuid4())}, "snapshot"),
        ({"parent": str(uuid.uuid4())}, "parent"),
        ({"trainer": "rm -rf"}, "trainer"),
    ]:
        refused = client.post(RUNS, body | change, format="json")
        assert refused.status_code == 400, change
        assert list(refused.json()["errors"]) == [field]
    assert not Run.objects.exists()


def test_progress_goes_on_from_an_offset(client_of, engineer, run_factory) -> None:
    run, client = run_factory(), client_of(engineer)
    folder = RunDir(run.path)
    folder.append_progress({"step": 1, "metrics": {"loss": 0.5}})
    first = client.get(f"/api/v1/runs/{run.uid}/progress/").json()
    assert [record["step"] for record in first["records"]] == [1]
    folder.append_progress({"step": 2, "metrics": {}})
    later = client.get(f"/api/v1/runs/{run.uid}/progress/?after={first['next']}").json()
    assert [record["step"] for record in later["records"]] == [2]
    assert client.get(f"/api/v1/runs/{run.uid}/progress/?after=x").status_code == 400


def test_the_log_and_the_trainers_can_be_read(client_of, engineer, run_factory) -> None:
    run, client = run_factory(), client_of(engineer)
    (run.path / "log.txt").write_text("one\ntwo\n")
    assert client.get(f"/api/v1/runs/{run.uid}/log/").json() == {"lines": ["one", "two"]}
    trainers = client.get("/api/v1/trainers/").json()
    assert [trainer["name"] for trainer in trainers] == list(TRAINERS)
    assert trainers[0]["config"]["properties"]["epochs"]["minimum"] == 0.001


def test_tasks_want_exactly_one_other_side(client_of, engineer, run_factory) -> None:
    run = run_factory(trainer="generate")
    client, address = client_of(engineer), f"/api/v1/runs/{run.uid}/tasks/"
    for body in ({}, {"against_source": "a", "against_run": str(run.uid)}):
        assert client.post(address, body, format="json").status_code == 400
    refused = client.post(address, {"against_source": "nobody"}, format="json")
    assert (refused.status_code, "not done yet" in refused.json()["detail"]) == (400, True)
    refused = client.post(
        address, {"against_source": "nobody", "project": "elsewhere"}, format="json"
    )
    assert refused.status_code == 404
