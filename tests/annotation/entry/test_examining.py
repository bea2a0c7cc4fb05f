"""Training and exam: gold by lease, answers that lock, an exam that ends by itself."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning, giving, judging, openings
from annotation.assigning import LeaseError
from annotation.entry import examining
from annotation.entry.screening_stages import way_of
from annotation.models import Assignment, Exam, Judgment, ScreeningProgress
from labelers import qualifying
from labelers.models import Notice, Qualification
from tests.annotation.making import candidate, make_tasks, submit
from tests.annotation.screening_making import (
    answer_item,
    answer_items,
    expected,
    make_gold,
    opposite,
    screen,
)
from tests.at_once import at_once


@pytest.fixture
def screened(project):
    """Two training items, then an exam, with gold enough for both."""
    screen(project, training_items=2)
    make_gold(project, 100)
    make_tasks(project, 3)
    return project


@pytest.fixture
def examinee(screened, labeler):
    """Somebody who is through training and has begun an exam."""
    answer_items(labeler, screened, 2)
    examining.begin_exam(project=screened, person=labeler)
    return labeler


def stage_of(person):
    return Qualification.objects.get(person=person).stage


def right_of(item) -> int:
    """The canonical place of the response that is expected to be chosen."""
    return "ab".index(item.task.gold.answer["choice"])


def test_training_explains_every_answer_and_counts_nowhere(screened, labeler):
    item, progress = giving.next_item(project=screened, person=labeler)
    assert (item.purpose, item.slot, progress.stage, progress.done, progress.most) == (
        *("training", None, "training", 0, 2),
    )
    judgment = submit(labeler, screened, item, opposite(expected(item)))
    assert (judgment.standing, judgment.slot) == ("practice", None)
    said = examining.explained(judgment)
    assert (said.verdict, said.right, said.judged) == ("wrong", 0, 1)
    side = "AB"[item.display_order.index(right_of(item))]
    assert said.expected == f"{side} is better"
    assert said.expected_answer["choice"] == side.lower()
    assert said.given.startswith("BA"["AB".index(side)])
    assert said.explanation == "It answers what was asked."
    item, progress = giving.next_item(project=screened, person=labeler)
    assert progress.done == 1
    assert examining.explained(submit(labeler, screened, item, expected(item))).verdict == "right"
    assert stage_of(labeler) == "training"
    assert way_of(screened, labeler).present == "exam"


def test_a_client_that_holds_the_item_gets_none_beside_it(screened, labeler):
    item, _progress = giving.next_item(project=screened, person=labeler)
    beside, progress = giving.next_item(project=screened, person=labeler, holding=[item.pk])
    assert (beside, progress.state) == (None, "open")
    again, _progress = giving.next_item(project=screened, person=labeler)
    assert again == item


def test_an_item_is_there_again_on_another_day_with_its_draft(screened, labeler):
    item, _progress = giving.next_item(project=screened, person=labeler)
    assigning.save_draft(assignment_id=item.pk, person=labeler, draft={"reason": "half"})
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assigning.release_expired(project=screened)
    again, _progress = giving.next_item(project=screened, person=labeler)
    assert (again, again.state, again.draft) == (item, "live", {"reason": "half"})


def test_an_answer_locks_at_once(screened, labeler):
    item, _progress = giving.next_item(project=screened, person=labeler)
    submit(labeler, screened, item, expected(item))
    with pytest.raises(LeaseError, match="stay as they are"):
        submit(labeler, screened, item, expected(item))
    assert judging.undo_last(person=labeler, project=screened) is None
    assert Judgment.objects.count() == 1


def test_items_cannot_be_skipped_unless_they_were_reported(screened, labeler):
    item, _progress = giving.next_item(project=screened, person=labeler)
    with pytest.raises(LeaseError, match="cannot be skipped"):
        assigning.skip(assignment_id=item.pk, person=labeler)
    item.task.reports.create(person=labeler, reason="disturbing")
    assigning.skip(assignment_id=item.pk, person=labeler)
    other, progress = giving.next_item(project=screened, person=labeler)
    assert (other.task != item.task, progress.done) == (True, 0)


def test_a_good_labeler_passes_early_and_works(examinee, screened):
    asked = answer_items(examinee, screened)
    exam = Exam.objects.get()
    assert (exam.verdict, exam.right, exam.judged) == ("passed", asked, asked)
    assert 12 <= asked < 20
    assert stage_of(examinee) == "qualified"
    assert Qualification.objects.get().scores["items"] == asked
    assert qualifying.may_work(project=screened, person=examinee)
    item, progress = giving.next_item(project=screened, person=examinee)
    assert (item.purpose, progress) == ("work", None)


def test_items_of_training_and_exam_never_come_again(examinee, screened):
    answer_items(examinee, screened)
    given = Assignment.objects.filter(person=examinee)
    assert given.count() == given.values("task").distinct().count()
    screened.settings.gold_rate = 0.5
    screened.settings.save()
    known = set(given.values_list("task", flat=True))
    assert not known & set(
        openings.unseen(screened, examinee).filter(is_gold=True).values_list("pk", flat=True)
    )


def test_an_exam_is_balanced_by_side_and_length(examinee, screened):
    for turn in range(24):
        answer_item(examinee, screened, right=turn % 3 > 0)
    items = Exam.objects.get().items.filter(state="answered")
    left = [item.display_order[0] == right_of(item) for item in items]
    longer = []
    for item in items:
        sizes = [len(p.response.messages[0]["content"]) for p in item.task.placed.all()]
        longer.append(sizes[right_of(item)] == max(sizes))
    assert abs(2 * sum(left) - len(left)) <= 2
    assert abs(2 * sum(longer) - len(longer)) <= 2


def test_who_fails_waits_and_then_may_try_once_more(examinee, screened):
    answer_items(examinee, screened, right=False)
    assert stage_of(examinee) == "examined"
    state = way_of(screened, examinee).exam
    assert (state.state, state.allowed) == ("resting", 2)
    with pytest.raises(LeaseError, match="no attempt to begin"):
        examining.begin_exam(project=screened, person=examinee)
    item, progress = giving.next_item(project=screened, person=examinee)
    assert (item, progress.state) == (None, "over")
    Exam.objects.update(finished_at=timezone.now() - timedelta(hours=25))
    assert examining.begin_exam(project=screened, person=examinee).number == 2
    answer_items(examinee, screened, right=False)
    assert stage_of(examinee) == "declined"
    assert way_of(screened, examinee).closed == "declined"
    assert not qualifying.may_work(project=screened, person=examinee)


def test_an_admin_can_give_another_attempt_at_once(examinee, screened):
    answer_items(examinee, screened, right=False)
    ScreeningProgress.objects.update(attempts_allowed=2)
    assert examining.begin_exam(project=screened, person=examinee).number == 2


def test_who_is_neither_waits_for_an_admin(examinee, screened, admin):
    for turn in range(200):
        if answer_item(examinee, screened, right=turn % 4 > 0) is None:
            break
    exam = Exam.objects.get()
    assert (exam.verdict, exam.items.count()) == ("borderline", 80)
    assert way_of(screened, examinee).exam.state == "waiting"
    notice = Notice.objects.get(person=admin)
    assert (notice.kind, notice.detail["person"]) == ("exam_waits", examinee.pk)


def test_without_gold_it_waits_and_the_admins_know(project, labeler, admin):
    screen(project, training_items=2)
    item, progress = giving.next_item(project=project, person=labeler)
    assert (item, progress.state) == (None, "short")
    assert Notice.objects.get(person=admin).kind == "gold_low"
    make_gold(project, 5)
    assert answer_items(labeler, project, 2) == 2
    Notice.objects.all().delete()
    with pytest.raises(LeaseError, match="not enough items"):
        examining.begin_exam(project=project, person=labeler)
    assert Notice.objects.get(person=admin).kind == "gold_low"
    assert not Exam.objects.exists()


def test_an_exam_that_uses_up_the_gold_goes_to_an_admin(project, labeler):
    screen(project, training_items=0)
    make_gold(project, 20)
    examining.begin_exam(project=project, person=labeler)
    for turn in range(30):
        answer_item(labeler, project, right=turn % 4 > 0)
    assert Exam.objects.get().verdict == "borderline"


def test_a_gold_tie_examines_nobody(project, labeler):
    screen(project, training_items=0)
    make_gold(project, 14)
    for task in project.tasks.all()[:2]:
        task.gold.answer = {"choice": "tie", "strength": None}
        task.gold.save()
    examining.begin_exam(project=project, person=labeler)
    answer_items(labeler, project)
    assert not Exam.objects.get().items.filter(task__gold__answer__choice="tie").exists()


def test_where_people_write_admins_read_the_exam(project_factory, person_factory):
    from annotation import tasking
    from annotation.models import Gold, Task

    project = project_factory("essays", kind="demonstration", gold_rate=0)
    person = person_factory("aya", project, "labeler")
    screen(project, training_items=0, written_items=2)
    tasking.add_candidates(
        project=project, added_by=None, candidates=[candidate(n, 0) for n in range(4)]
    )
    Task.objects.update(is_gold=True)
    Gold.objects.bulk_create(Gold(task=task) for task in Task.objects.all())
    examining.begin_exam(project=project, person=person)
    for _ in range(2):
        item, progress = giving.next_item(project=project, person=person)
        assert progress.most == 2
        submit(person, project, item, {"text": "A careful answer."})
    assert Exam.objects.get().verdict == "borderline"
    assert giving.next_item(project=project, person=person)[0] is None


def test_without_an_exam_training_qualifies(project, labeler):
    screen(project, training_items=1, has_exam=False)
    make_gold(project, 3)
    make_tasks(project, 1)
    answer_items(labeler, project, 1)
    assert stage_of(labeler) == "qualified"
    assert giving.next_item(project=project, person=labeler)[0].purpose == "work"


def test_with_nothing_asked_one_works_at_once(project, labeler):
    screen(project, training_items=0, has_exam=False)
    make_tasks(project, 1)
    item, progress = giving.next_item(project=project, person=labeler)
    assert (item.purpose, progress, stage_of(labeler)) == ("work", None, "qualified")


def test_those_who_lead_the_project_are_not_screened(screened, admin):
    assert giving.next_item(project=screened, person=admin)[0].purpose == "work"


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_get_one_item_and_store_one_answer(screened, labeler):
    answer_items(labeler, screened, 2)
    examining.begin_exam(project=screened, person=labeler)
    given, stored = [], []

    def label():
        for _ in range(5):
            item, _progress = examining.next_item(project=screened, person=labeler)
            if item is None:
                break
            given.append(item.pk)
            with suppress(LeaseError):
                stored.append(submit(labeler, screened, item, expected(item)).pk)

    assert at_once(*[label] * 4) == []
    exam = Exam.objects.get()
    answered = exam.items.filter(state="answered").count()
    assert len(stored) == len(set(stored)) == answered == exam.right == exam.judged
    assert exam.log_odds == pytest.approx(answered * 0.268263, abs=1e-4)
    live = exam.items.filter(state="live").count()
    assert live <= 1


def test_a_ranking_is_examined_by_its_comparisons(project_factory, person_factory):
    from annotation import tasking
    from annotation.candidates import KnownAnswer

    project = project_factory("essays", kind="ranking", gold_rate=0)
    person = person_factory("aya", project, "labeler")
    screen(project, training_items=0, exam_least=2)
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[candidate(n, 4, gold=KnownAnswer([1, 2, 3, 3])) for n in range(20)],
    )
    examining.begin_exam(project=project, person=person)
    while (item := giving.next_item(project=project, person=person)[0]) and item.purpose == "exam":
        submit(person, project, item, {"ranks": item.task.gold.answer["ranks"]})
    exam = Exam.objects.get()
    answered = exam.items.filter(state="answered").count()
    # Five of six comparisons are decided: the tie is neutral.
    assert (exam.verdict, exam.judged) == ("passed", 5 * answered)
    assert answered < 12


@pytest.mark.django_db(transaction=True)
def test_beginning_in_two_tabs_begins_one_exam(screened, labeler):
    answer_items(labeler, screened, 2)
    begun = []

    def begin():
        begun.append(examining.begin_exam(project=screened, person=labeler).pk)

    assert at_once(*[begin] * 4) == []
    assert len(set(begun)) == Exam.objects.count() == 1
