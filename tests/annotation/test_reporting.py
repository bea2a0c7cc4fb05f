"""Reports are made of one's own items, gathered by item, and decided on once."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation import assigning, reporting
from annotation.assigning import LeaseError
from annotation.models import Report
from labelers.models import AuditEvent
from tests.annotation.making import A_IS_BETTER, make_tasks, submit


@pytest.fixture
def held(project, labeler):
    """An item that `labeler` holds."""
    make_tasks(project, 1)
    project.tasks.update(overlap=3, free_slots=3)
    return assigning.next_assignment(project=project, person=labeler)


def report(assignment, reason="disturbing", note="", **fields):
    return reporting.report(
        assignment_id=assignment.pk, person=assignment.person, reason=reason, note=note, **fields
    )


def test_a_second_report_mends_the_first(project, held):
    report(held)
    report(held, "broken", "The table is cut.")
    found = Report.objects.get()
    assert (found.reason, found.note, found.decision) == ("broken", "The table is cut.", "")
    assert AuditEvent.objects.filter(action="task.reported").count() == 2


def test_an_answered_item_can_be_reported_too(project, held, labeler):
    submit(labeler, project, held, A_IS_BETTER)
    report(held)
    assert Report.objects.count() == 1


def test_only_ones_own_items_of_that_project_can_be_reported(project, held, stranger):
    with pytest.raises(LeaseError, match="not yours"):
        reporting.report(assignment_id=held.pk, person=stranger, reason="other")
    elsewhere = stranger.memberships.first().project
    with pytest.raises(LeaseError, match="another project"):
        report(held, project=elsewhere)
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("field", "fields"), [("reason", {"reason": "ugly"}), ("note", {"note": "x" * 1001})]
)
def test_bad_input_names_its_field(held, field, fields):
    with pytest.raises(ValidationError) as caught:
        report(held, **fields)
    assert list(caught.value.message_dict) == [field]


@pytest.mark.parametrize(
    ("decision", "covered", "state"),
    [("keep", False, "open"), ("cover", True, "open"), ("retire", False, "retired")],
)
def test_a_decision_is_about_the_item_and_all_its_open_reports(
    project, held, admin, person_factory, decision, covered, state
):
    other = person_factory("bo", project, "labeler")
    first = report(held)
    report(assigning.next_assignment(project=project, person=other), "other")
    count = reporting.decide(report=first, decided_by=admin, decision=decision)
    task = project.tasks.get()
    assert (count, task.is_covered, task.state) == (2, covered, state)
    assert set(Report.objects.values_list("decision", "decided_by")) == {(decision, admin.pk)}
    assert all(made.decided_at for made in Report.objects.all())
    event = AuditEvent.objects.get(action="report.decided")
    assert event.detail == {"decision": decision, "reports": 2}


def test_what_was_taken_out_is_given_to_nobody(project, held, admin, person_factory):
    reporting.decide(report=report(held), decided_by=admin, decision="retire")
    other = person_factory("bo", project, "labeler")
    assert assigning.next_assignment(project=project, person=other) is None


def test_nobody_decides_twice_and_who_was_heard_reports_no_more(project, held, admin):
    made = report(held)
    with pytest.raises(ValidationError, match="Choose one of"):
        reporting.decide(report=made, decided_by=admin, decision="burn")
    reporting.decide(report=made, decided_by=admin, decision="keep")
    with pytest.raises(ValidationError, match="already decided"):
        reporting.decide(report=made, decided_by=admin, decision="retire")
    with pytest.raises(ValidationError, match="already looked at"):
        report(held)
    assert project.tasks.get().state == "open"


def test_open_reports_are_gathered_by_item_those_of_most_people_first(
    project, labeler, person_factory, django_assert_max_num_queries
):
    make_tasks(project, 3)
    project.tasks.update(overlap=3, free_slots=3)
    tasks = list(project.tasks.order_by("id"))
    for number, name in enumerate(["bo", "cy", "di"]):
        person = person_factory(name, project, "labeler")
        for task in tasks[number:]:
            Report.objects.create(task=task, person=person, reason="other")
    assert reporting.open_count(project) == 3
    with django_assert_max_num_queries(4):
        found = reporting.open_reports(project)
        for reported in found:
            assert [placed.response for placed in reported.task.placed.all()]
    assert [(r.task, len(r.reports)) for r in found] == [
        (tasks[2], 3),
        (tasks[1], 2),
        (tasks[0], 1),
    ]
