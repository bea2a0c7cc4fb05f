"""The list and the overview tell a labeler what they may do and what they still need."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation import configuring, guiding
from labelers import qualifying
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

PAGES = ["projects", "project"]


@pytest.fixture(params=PAGES)
def show(request, client, labeler):
    """The text of the list or of the overview, as `labeler` sees it."""
    args = [] if request.param == "projects" else ["essays"]

    def get():
        client.force_login(labeler)
        return client.get(reverse(request.param, args=args)).content.decode()

    return get


def test_progress_and_the_way_on(show, project, labeler):
    make_tasks(project, 2)
    assert "Start labeling" in show()
    answer_next(labeler, project, A_IS_BETTER)
    assert "Go on labeling" in show()
    answer_next(labeler, project, A_IS_BETTER)
    html = show()
    assert "Nothing to label at the moment." in html
    assert "button primary" not in html


def test_a_suspended_labeler_reads_why_and_whom_to_ask(show, project, labeler, admin):
    make_tasks(project, 1)
    qualifying.record_stage(
        project=project,
        person=labeler,
        stage="suspended",
        recorded_by=admin,
        reason="Too <fast>.",
    )
    html = show()
    assert "You are suspended in this project." in html
    assert "Too &lt;fast&gt;." in html
    assert "Ask ada what to do." in html
    assert "Start labeling" not in html


def test_what_is_still_to_come_is_named(show, project, labeler, admin):
    qualifying.record_stage(project=project, person=labeler, stage="examined", recorded_by=admin)
    assert "Steps to come: Qualified" in show()


def test_a_paused_project_says_so(show, project):
    make_tasks(project, 1)
    project.state = "paused"
    project.save()
    html = show()
    assert "This project is paused." in html
    assert "Start labeling" not in html


def test_changed_guidelines_are_announced_until_they_are_read(show, project, labeler, admin):
    configuring.publish_guidelines(project=project, text="Be kind.", created_by=admin)
    assert "You have not read the guidelines yet." in show()
    guiding.read_guidelines(project=project, person=labeler, version=1)
    assert "guidelines yet" not in show()
    configuring.publish_guidelines(
        project=project, text="Be brief.", note="Length counts.", created_by=admin
    )
    html = show()
    assert "changed since you last read" in html
    assert "Length counts." in html


def test_those_who_do_not_label_see_no_work_of_their_own(client, project, engineer):
    client.force_login(engineer)
    for page, args in zip(PAGES, ([], ["essays"]), strict=True):
        assert "Left for you" not in client.get(reverse(page, args=args)).content.decode()


def test_twenty_projects_take_no_more_queries_than_two(client, labeler, project_factory, project):
    def queries() -> int:
        client.force_login(labeler)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("projects"))
        return len(captured)

    def join(number):
        made = project_factory(f"p{number}", gold_rate=0)
        make_tasks(made, 1)
        configuring.publish_guidelines(project=made, text="Be kind.", created_by=None)
        labeler.memberships.create(project=made, role="labeler")
        qualifying.record_stage(project=made, person=labeler, stage="suspended", recorded_by=None)

    join(1)
    # The first look at a project counts what is left in it.
    queries()
    few = queries()
    for number in range(2, 20):
        join(number)
    queries()
    assert queries() == few
    assert few <= 18
