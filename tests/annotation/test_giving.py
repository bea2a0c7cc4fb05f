"""What comes next: items of the screening for those on their way in, work for all others."""

from __future__ import annotations

import pytest

from annotation import giving, queries
from annotation.assigning import LeaseError
from labelers import consenting, qualifying
from tests.annotation.making import make_tasks, submit
from tests.annotation.screening_making import expected, make_gold, screen


def test_where_nobody_is_screened_everything_is_work(project, labeler):
    make_tasks(project, 1)
    item, progress = giving.next_item(project=project, person=labeler)
    assert (item.purpose, progress) == ("work", None)
    assert giving.has_items_for(project, labeler)


def test_after_the_last_answer_comes_no_item_yet(project, labeler):
    screen(project, training_items=1, has_exam=False)
    make_gold(project, 2)
    make_tasks(project, 1)
    item, _progress = giving.next_item(project=project, person=labeler)
    judgment = submit(labeler, project, item, expected(item))
    item, progress = giving.next_item(project=project, person=labeler, after=judgment)
    assert (item, progress.stage, progress.state) == (None, "work", "over")
    assert giving.next_item(project=project, person=labeler)[0].purpose == "work"


def test_those_before_their_items_belong_on_the_page_of_first_steps(project, labeler, admin):
    consenting.publish_form(project=project, text="One.", created_by=admin)
    screen(project, training_items=1)
    make_gold(project, 2)
    assert not giving.has_items_for(project, labeler)
    assert giving.next_item(project=project, person=labeler)[1].state == "over"
    consenting.give_consent(project=project, person=labeler, version=1)
    assert giving.has_items_for(project, labeler)


def test_who_may_not_work_is_told_why(project, labeler, admin):
    screen(project, training_items=0, has_exam=False)
    make_tasks(project, 1)
    qualifying.record_stage(project=project, person=labeler, stage="suspended", recorded_by=admin)
    with pytest.raises(LeaseError, match="suspended"):
        giving.next_item(project=project, person=labeler)
    lifted = {"project": project, "person": labeler, "recorded_by": admin, "lifts": True}
    qualifying.record_stage(stage="declined", **lifted)
    assert giving.next_item(project=project, person=labeler)[1].stage == "declined"
    qualifying.record_stage(project=project, person=labeler, stage="qualified", recorded_by=admin)
    consenting.publish_form(project=project, text="One.", created_by=admin)
    with pytest.raises(LeaseError, match="first steps"):
        giving.next_item(project=project, person=labeler)


def test_a_paused_project_pauses_screening_too(project, labeler):
    screen(project, training_items=1)
    make_gold(project, 1)
    project.state = "paused"
    with pytest.raises(LeaseError, match="paused"):
        giving.next_item(project=project, person=labeler)


def test_gold_among_the_work_is_called_work(project, labeler):
    make_gold(project, 3)
    project.settings.gold_rate = 0.5
    project.settings.save()
    item = None
    while item is None:
        item, _progress = giving.next_item(project=project, person=labeler)
    assert item.task.is_gold
    assert queries.item_payload(item)["purpose"] == "work"
