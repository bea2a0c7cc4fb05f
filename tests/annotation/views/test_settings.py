"""Making a project and changing what it asks, on pages that need no script."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.models import ProjectSettings
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import AuditEvent, Project

URL = "/projects/essays/settings/"
FORM = {
    "name": "Essays",
    "description": "",
    "gold_rate": "0",
    "lease_minutes": "30",
    "consensus_method": "majority",
    "correction_hours": "24",
    "shows_gold_score": "on",
    "pauses_on_fall": "on",
    "next_by": "imported",
    "contested_below": "",
    "contested_more": "2",
    "contested_by_trusted": "on",
    "trusted_from": "",
    "covered_tags": "",
    "option_strength": "on",
    "option_strengths": ["significantly", "better", "slightly", "negligibly"],
    "option_tie": "on",
    "option_both_bad": "on",
    "option_criteria": "",
}


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("engineer", 403), ("labeler", 403), ("stranger", 404), (None, 302)],
)
def test_who_sees_and_changes_the_settings(request, client, project, role, status):
    if role:
        client.force_login(request.getfixturevalue(role))
    assert client.get(URL).status_code == status
    if status != 200:
        client.post(URL, FORM | {"name": "Taken over"})
        assert Project.objects.get(slug="essays").name == "Essays"


def test_what_is_changed_is_kept_and_nothing_else_is_touched(client, project, admin):
    # A minute and a half, which the page cannot show.
    ProjectSettings.objects.update(lease_seconds=90)
    client.force_login(admin)
    changed = FORM | {
        "name": "作文",
        "lease_minutes": "2",
        "correction_hours": "0",
        "shows_gold_score": "",
        "pauses_on_fall": "",
        "consensus_method": "reliability",
        "covered_tags": "violence\r\n 血 \r\n",
        "option_tie": "",
    }
    assert client.post(URL, changed).status_code == 302
    project.refresh_from_db()
    kept = project.settings
    assert project.name == "作文"
    assert (kept.lease_seconds, kept.correction_seconds, kept.shows_gold_score) == (90, 0, False)
    assert not kept.pauses_on_fall
    assert kept.covered_tags == ["violence", "血"]
    assert kept.consensus_method == "reliability"
    assert kept.kind_options["tie"] is False
    assert AuditEvent.objects.get(action="project.changed").detail["fields"] == [
        *("consensus_method", "correction_seconds", "covered_tags", "kind_options", "name"),
        *("pauses_on_fall", "shows_gold_score"),
    ]


def test_saving_without_a_change_writes_nothing(client, project, admin):
    client.force_login(admin)
    page = client.post(URL, FORM, follow=True).content.decode()
    assert "Nothing was changed." in page
    assert not AuditEvent.objects.filter(action="project.changed").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("gold_rate", "0.9"),
        ("lease_minutes", "0"),
        ("correction_hours", "721"),
        ("covered_tags", "x" * 61),
        ("option_strengths", []),
    ],
)
def test_bad_values_are_said_at_their_field_and_keep_nothing(client, project, admin, field, value):
    client.force_login(admin)
    page = client.post(URL, FORM | {"description": "New", field: value})
    assert page.status_code == 200
    both = (page.context["form"].errors, page.context["options"].errors)
    assert [name for errors in both for name in errors] == [field]
    project.refresh_from_db()
    assert project.description == ""


def test_the_kind_stays_and_the_overlap_has_a_page_of_its_own(client, project, admin):
    client.force_login(admin)
    html = client.get(URL).content.decode()
    assert "Pairwise comparison" in html
    assert "The kind stays" in html
    assert reverse("overlap", args=["essays"]) in html


@pytest.fixture
def staff(person_factory):
    return person_factory("root", is_staff=True)


def test_a_new_project_begins_with_its_kind(client, staff):
    client.force_login(staff)
    for query in ("", "?kind=dance"):
        html = client.get(reverse("project-new") + query).content.decode()
        assert all(f"?kind={name}" in html for name in TASK_KINDS)


@pytest.mark.parametrize("kind", list(TASK_KINDS))
def test_every_kind_has_a_form_with_its_options(client, staff, kind):
    client.force_login(staff)
    html = client.get(f"{reverse('project-new')}?kind={kind}").content.decode()
    assert all(f'name="option_{name}"' in html for name in TASK_KINDS[kind].options)


def test_a_project_is_made_with_the_options_of_its_kind(client, staff):
    client.force_login(staff)
    url = reverse("project-new") + "?kind=ranking"
    body = {
        **{"name": "Letters", "overlap": "3", "gold_rate": "0.2", "guidelines": "Be kind."},
        **{"option_k": "5", "option_criteria": "helpful\nharmless"},
    }
    wrong = client.post(url, body | {"option_k": "99", "overlap": "0"})
    assert list(wrong.context["options"].errors) == ["option_k"]
    assert list(wrong.context["form"].errors) == ["overlap"]
    assert not Project.objects.exists()
    assert client.post(url, body).status_code == 302
    made = Project.objects.get()
    assert made.settings.kind_options == {
        **{"k": 5, "ties": False, "criteria": ["helpful", "harmless"]},
    }
    assert made.guidelines.get().text == "Be kind."


def test_only_staff_make_projects(client, admin):
    client.force_login(admin)
    assert client.get(reverse("project-new")).status_code == 403
    assert client.post(reverse("project-new") + "?kind=ranking", {}).status_code == 403
