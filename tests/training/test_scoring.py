"""From open items to a score run and back: what is written beside it, and the order after it."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from annotation import going_on, valuing
from annotation.models import ProjectSettings, ResponseScore, Task
from tests.annotation.making import make_tasks
from training import scoring
from training.models import Run
from training.queueing import request_run
from training.running import follow


@pytest.fixture
def score_run(project, admin):
    return request_run(
        project=project,
        created_by=admin,
        trainer="score",
        config={"model": "SmolLM2-135M-Instruct"},
        snapshot=None,
    )


def lines_of(run) -> list[dict]:
    text = (run.path / "inputs" / "responses.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_the_responses_of_open_items_are_written_once(project, score_run):
    opened, closed, gold = make_tasks(project, 3)
    Task.objects.filter(pk=closed.pk).update(state="closed", free_slots=0)
    Task.objects.filter(pk=gold.pk).update(is_gold=True)
    scoring.write_responses(score_run)
    [line] = lines_of(score_run)
    assert line["prompt"] == opened.prompt.messages
    assert [each["id"] for each in line["responses"]] == sorted(
        opened.placed.values_list("response", flat=True)
    )
    Task.objects.filter(pk=closed.pk).update(state="open", free_slots=1)
    scoring.write_responses(score_run)
    assert len(lines_of(score_run)) == 1


def test_very_many_responses_are_on_several_lines(project, score_run, monkeypatch):
    monkeypatch.setattr(scoring, "MOST_RESPONSES", 2)
    make_tasks(project, 1, k=5)
    scoring.write_responses(score_run)
    assert [len(line["responses"]) for line in lines_of(score_run)] == [2, 2, 1]


def test_a_run_that_has_ended_orders_the_items(project, admin, score_run, settings):
    ProjectSettings.objects.filter(project=project).update(next_by="uncertain")
    sure, unsure = make_tasks(project, 2)
    scoring.write_responses(score_run)
    outputs = score_run.path / "outputs"
    outputs.mkdir()
    with open(outputs / "scores.jsonl", "w") as file:
        for task, apart in ((sure, 4.0), (unsure, 0.0)):
            for place in task.placed.all():
                mean = apart * place.position
                line = {"response": place.response_id, "mean": mean, "spread": 0.0}
                file.write(json.dumps(line) + "\n")
    result = {"state": "done", "metrics": {"responses": 4}, "checkpoint": None, "outputs": {}}
    (score_run.path / "result.json").write_text(json.dumps(result))
    follow(score_run.uid, interval=0.01)
    score_run.refresh_from_db()
    assert score_run.state == Run.State.DONE
    assert ResponseScore.objects.filter(scorer=f"run:{score_run.uid}").count() == 4
    going_on.go_on(change=project.long_changes.get().pk)
    in_order = project.tasks.order_by("-value").values_list("pk", "value")
    assert list(in_order) == [(unsure.pk, 0.0), (sure.pk, pytest.approx(-0.964028, abs=1e-6))]
    # Whoever takes them once more changes nothing.
    assert scoring.take_scores(score_run) == 4
    assert ResponseScore.objects.count() == 4
    assert valuing.UNSCORED not in project.tasks.values_list("value", flat=True)


def test_further_models_are_checked_like_the_first(project, admin, tmp_path):
    with pytest.raises(ValidationError) as refused:
        request_run(
            project=project,
            created_by=admin,
            trainer="score",
            config={"model": "org/one", "others": f"org/two, {tmp_path}"},
            snapshot=None,
        )
    assert "others" in refused.value.message_dict
    with pytest.raises(ValidationError) as refused:
        request_run(
            project=project,
            created_by=admin,
            trainer="score",
            config={"model": "org/one", "responses_file": "/etc/passwd"},
            snapshot=None,
        )
    assert "responses_file" in refused.value.message_dict
    assert not Run.objects.exists()


def test_the_page_and_the_api_ask_for_no_snapshot(project, admin, client):
    client.force_login(admin)
    address = reverse("run-new", args=[project.slug])
    page = client.get(address, {"trainer": "score"}).content.decode()
    assert 'name="snapshot"' not in page
    made = client.post(address, {"trainer": "score", "model": "org/one", "name": "first"})
    assert made.status_code == 302
    assert client.get(made.url).status_code == 200
    answer = client.post(
        f"/api/v1/projects/{project.slug}/runs/",
        {"trainer": "score", "config": {"model": "org/one", "others": "org/two"}},
        content_type="application/json",
    )
    assert answer.status_code == 201
    assert answer.json()["config"]["others"] == "org/two"
    refused = client.post(
        f"/api/v1/projects/{project.slug}/runs/",
        {"trainer": "evaluate", "config": {"model": "org/one"}},
        content_type="application/json",
    )
    assert refused.status_code == 400
