"""An admin sees what labelers see, of every kind, and nothing of it stays."""

from __future__ import annotations

import json
import uuid

import pytest
from django.urls import reverse

from annotation.models import (
    Assignment,
    Gold,
    Judgment,
    ProjectSettings,
    ScreeningPolicy,
    ScreeningProgress,
    Task,
)
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import consenting
from labelers.models import AuditEvent, Consent, Project
from tests.annotation.making import A_IS_BETTER, make_tasks

JSON = {"content_type": "application/json"}


def ask(client, project, deed="next", stage="work", **body):
    return client.post(reverse(f"api-trial-{deed}", args=[project.slug, stage]), body, **JSON)


def stored() -> list[int]:
    """How many rows there are of all that trying could leave."""
    models = (Assignment, Judgment, AuditEvent, ScreeningProgress, Consent)
    return [model.objects.count() for model in models]


@pytest.mark.parametrize("kind", TASK_KINDS)
def test_items_of_every_kind_are_seen_and_nothing_stays(
    client, project_factory, person_factory, kind
):
    project = project_factory("tried", kind=kind, gold_rate=0.5)
    admin = person_factory("ada", project, "admin")
    make_tasks(project, 3, k=TASK_KINDS[kind].min_responses)
    client.force_login(admin)
    before = stored()
    page = client.get(reverse("trial-label", args=[project.slug, "work"]))
    assert "You see this as a labeler would" in page.text
    found = ask(client, project).json()
    assert found["item"]["kind"] == kind
    assert found["screening"] is None
    other = ask(client, project, holding=[found["item"]["assignment"]]).json()
    assert other["item"]["assignment"] != found["item"]["assignment"]
    assert ask(client, project, "skip", assignment=other["item"]["assignment"]).status_code == 200
    assert stored() == before
    assert set(Task.objects.values_list("free_slots", "counted")) == {(1, 0)}


@pytest.fixture
def screened(project, admin):
    """A project with every step, and gold."""
    Project.objects.filter(pk=project.pk).update(is_screened=True)
    ScreeningPolicy.objects.create(
        project=project,
        topics=["law"],
        quiz=[{"question": "Q?", "choices": ["a", "b"], "right": 0, "explanation": "E"}],
    )
    consenting.publish_form(project=project, text="I agree", created_by=admin)
    tasks = make_tasks(project, 3)
    Task.objects.filter(pk=tasks[0].pk).update(is_gold=True)
    Gold.objects.create(task=tasks[0], answer=A_IS_BETTER, explanation="Because")
    return Project.objects.get(pk=project.pk)


def test_every_step_is_shown_and_inert(client, screened, admin):
    client.force_login(admin)
    before = stored()
    page = client.get(reverse("trial", args=[screened.slug])).text
    for text in (
        "I agree",
        "About you",
        "law",
        "Q?",
        "Begin to practise",
        "no item can be skipped",
    ):
        assert text in page
    assert page.count('<fieldset class="bare" disabled>') == 6
    assert reverse("trial-label", args=[screened.slug, "training"]) in page
    assert f'href="{reverse("label", args=[screened.slug])}">Begin' not in page
    assert stored() == before


def test_practice_explains_as_in_earnest(client, screened, admin):
    client.force_login(admin)
    before = stored()
    found = ask(client, screened, stage="training").json()
    assert found["screening"]["stage"] == "training"
    submission = {
        "assignment": found["item"]["assignment"],
        "client_id": str(uuid.uuid4()),
        "answer": {"choice": "a", "strength": "better"},
    }
    said = ask(client, screened, "judgments", "training", **submission).json()["explained"]
    assert said["explanation"] == "Because"
    assert said["verdict"] in ("right", "wrong")
    exam = ask(client, screened, "judgments", "exam", **submission).json()
    assert exam["explained"] is None
    refused = ask(client, screened, "judgments", "training", **submission | {"answer": {"x": 1}})
    assert refused.status_code == 422
    assert stored() == before


def test_what_a_labeler_may_do_does_nothing_here(client, screened, admin):
    client.force_login(admin)
    before = stored()
    nothing = reverse("api-trial-nothing", args=[screened.slug, "work"])
    assert client.get(nothing).json() == []
    assert client.post(nothing).json()["item"] is None
    assert client.put(nothing, json.dumps({"draft": {}}), **JSON).status_code in (200, 204, 400)
    assert (
        ask(
            client, screened, "judgments", assignment=1, client_id=str(uuid.uuid4()), answer={}
        ).status_code
        == 409
    )
    assert stored() == before


def test_a_project_without_items_says_so(client, project, admin):
    client.force_login(admin)
    assert ask(client, project).json()["item"] is None
    assert ask(client, project, stage="exam").json()["screening"]["state"] == "short"


def test_it_is_for_admins(client, project, labeler, stranger):
    ProjectSettings.objects.filter(project=project).update(overlap=1)
    for person, status in ((labeler, 403), (stranger, 404)):
        client.force_login(person)
        for name, args in (("trial", []), ("trial-label", ["work"])):
            assert client.get(reverse(name, args=[project.slug, *args])).status_code == status
        assert ask(client, project).status_code == status
