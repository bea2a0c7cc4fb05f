"""What should be looked at, how far the gold reaches, how balanced it is, and who is told of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import configuring, jobs
from annotation.gold import gold_review, keeping_gold
from annotation.gold.gold_evidence import Evidence
from annotation.models import Gold, Guidelines
from labelers import qualifying
from labelers.models import Notice
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, candidate, make_tasks


def make(task, answer=A_IS_BETTER):
    return keeping_gold.make(task=task, answer=answer, made_by=None)


def age(gold, days):
    Gold.objects.filter(pk=gold.pk).update(affirmed_at=timezone.now() - timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "changed_days_ago", "is_stale"),
    [(89, 1, False), (91, 1, True), (91, 100, False), (91, None, False), (181, None, True)],
)
def test_gold_gets_stale_with_time_and_sooner_with_new_guidelines(
    project, admin, days, changed_days_ago, is_stale
):
    gold = make(make_tasks(project)[0])
    if changed_days_ago is not None:
        configuring.publish_guidelines(project=project, text="x", created_by=admin, note="")
        at = timezone.now() - timedelta(days=changed_days_ago)
        Guidelines.objects.update(created_at=at)
    age(gold, days)
    assert gold_review.stale(project).exists() is is_stale
    keeping_gold.affirm(gold=gold, affirmed_by=admin)
    assert not gold_review.stale(project).exists()


def test_each_proposal_says_why(project):
    first, second = (make(task) for task in make_tasks(project, 2))
    age(first, 200)
    against = Evidence(answers=4, right=0, judged=4, good=4, against=4)
    found = gold_review.to_retire(project, {first.task_id: against, second.task_id: Evidence()})
    assert found == {first.task_id: ["contradicted", "stale"]}


def test_the_pool_is_what_active_labelers_have_left(project, labeler, person_factory):
    tasks = make_tasks(project, 8)
    golds = [make(task) for task in tasks[:6]]
    assert (gold_review.pool_of(project).gold, gold_review.pool_of(project).labelers) == (6, 0)
    other = person_factory("bo", project, "labeler")
    for person in (labeler, other):
        answer_next(person, project, A_IS_BETTER)
    assert not gold_review.pool_of(project).is_low
    for gold in golds[:2]:
        gold.task.assignments.create(
            person=other, display_order=[0, 1], expires_at=timezone.now(), state="answered"
        )
    found = gold_review.pool_of(project)
    assert (found.labelers, found.least, found.few, found.is_low) == (2, 4, 1, True)
    qualifying.record_stage(project=project, person=other, stage="suspended", recorded_by=None)
    assert gold_review.pool_of(project).labelers == 1


def test_one_sided_gold_is_told_by_length(project):
    from annotation import tasking

    rows = [candidate(number) for number in range(12)]
    for row in rows:
        row.responses[1][0][0]["content"] += " And much more about it."
    tasking.add_candidates(project=project, added_by=None, candidates=rows)
    for number, task in enumerate(project.tasks.order_by("id")):
        sizes = [len(p.response.messages[0]["content"]) for p in task.placed.all()]
        longer = "ab"[sizes[1] > sizes[0]]
        other = {"a": "b", "b": "a"}[longer]
        make(task, {"choice": other if number < 2 else longer, "strength": "better"})
    found = gold_review.balance_of(project)
    assert (found.longer, found.compared) == (10, 12)
    assert found.longer_share == pytest.approx(10 / 12)
    assert found.is_one_sided
    assert found.difficulty == {"unknown": 12}


def test_thumbs_are_balanced_by_good_and_bad(project_factory):
    project = project_factory(kind="thumbs", gold_rate=0)
    for number, task in enumerate(make_tasks(project, 10, 1)):
        make(task, {"good": number % 2 == 0})
    found = gold_review.balance_of(project)
    assert (found.compared, found.good_share, found.is_one_sided) == (0, 0.5, False)


@pytest.mark.parametrize(
    ("difficulty", "band"), [(None, "unknown"), (-3.0, "easy"), (-1.5, "medium"), (0.0, "hard")]
)
def test_bands(difficulty, band):
    assert gold_review.band_of(difficulty) == band


def test_admins_are_told_once_of_what_is_new(project, admin, labeler):
    project.settings.gold_rate = 0.1
    project.settings.save()
    first, second, _third = (make(task) for task in make_tasks(project, 4)[:3])
    age(first, 200)
    jobs.look_at_gold(timestamp=0)
    assert kinds(admin) == ["gold_proposed"]
    Notice.objects.update(read_at=timezone.now())
    jobs.look_at_gold(timestamp=0)
    assert kinds(admin) == ["gold_proposed"]
    project.settings.gold_rate = 0
    project.settings.save()
    answer_next(labeler, project, B_IS_BETTER)
    jobs.look_at_gold(timestamp=0)
    assert kinds(admin) == ["gold_proposed"], "where no gold is wanted, none can be missing"
    project.settings.gold_rate = 0.1
    project.settings.save()
    age(second, 200)
    for _ in range(2):
        jobs.look_at_gold(timestamp=0)
    assert kinds(admin) == ["gold_proposed", "gold_proposed", "gold_low"]


def kinds(person):
    return list(person.notices.order_by("id").values_list("kind", flat=True))


def test_a_project_without_gold_is_left_alone(project, admin):
    jobs.look_at_gold(timestamp=0)
    assert kinds(admin) == []
