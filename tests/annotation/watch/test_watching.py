"""Watching: figures that follow the work, pauses that are told, and nothing done twice."""

from __future__ import annotations

import random
import uuid

import pytest

from annotation.models import Gold, Judgment, KeptFigures, Task, Watch
from annotation.watch import pausing, watching
from labelers import qualifying
from labelers.models import AuditEvent, Notice, Qualification
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, make_tasks

pytestmark = pytest.mark.django_db


def make_gold(tasks: list[Task]) -> None:
    for task in tasks:
        Task.objects.filter(pk=task.pk).update(is_gold=True, free_slots=0)
        Gold.objects.create(task=task, answer=A_IS_BETTER)


def say(person, task, answer, standing="gold", **fields) -> Judgment:
    """A judgment as it would be stored, without the way there."""
    fields = {"display_order": [0, 1], "client_id": uuid.uuid4(), "seconds": 20.0} | fields
    return Judgment.objects.create(
        task=task, person=person, answer=answer, standing=standing, **fields
    )


@pytest.fixture
def crew(project, person_factory):
    """Five good labelers and a guesser, thirty gold items answered by each."""
    tasks = make_tasks(project, 30)
    make_gold(tasks)
    people = [person_factory(f"p{n}", project, "labeler") for n in range(6)]
    chance = random.Random(4)
    for task in tasks:
        for n, person in enumerate(people):
            right = chance.random() < (0.93 if n < 5 else 0.5)
            answer = A_IS_BETTER if right else B_IS_BETTER
            say(person, task, answer, display_order=chance.sample([0, 1], 2))
    return people


def figures_of(person) -> dict:
    return Watch.objects.get(person=person).figures


def test_scores_of_gold_with_intervals(project, crew):
    watching.refresh(project=project)
    good, bad = figures_of(crew[0]), figures_of(crew[5])
    right = Judgment.objects.filter(person=crew[0], answer=A_IS_BETTER).count()
    assert good["gold"]["value"] == pytest.approx(right / 30, abs=1e-4)
    assert good["gold"]["n"] == 30
    assert good["gold"]["low"] < right / 30 < good["gold"]["high"]
    assert good["consensus"]["value"] is None
    assert good["corrected"]["low"] < good["corrected"]["value"] < good["corrected"]["high"]
    assert bad["corrected"]["value"] < 0.75 < good["corrected"]["value"]
    assert good["rolling"]["gold"][-1][0] == good["answers"] == 30
    assert all(pair[1] == 30 for pair in good["pairs"])


def test_who_guesses_is_paused_and_told_and_so_are_the_admins(project, admin, crew):
    done = watching.refresh(project=project)
    assert done.paused == (crew[5].pk,)
    record = Qualification.objects.get(project=project, person=crew[5])
    assert record.stage == "suspended"
    assert record.scores["pausing"]["why"] == "fell"
    assert record.scores["pausing"]["after"] <= 30
    assert Notice.objects.get(person=crew[5]).kind == "paused"
    told = Notice.objects.get(person=admin)
    assert (told.kind, told.detail["key"]) == ("labeler_paused", f"p:{crew[5].pk}")
    assert AuditEvent.objects.filter(action="labeler.paused", actor=None).count() == 1
    assert not qualifying.may_work(project=project, person=crew[5])
    assert watching.refresh(project=project).paused == ()
    assert Notice.objects.filter(person=crew[5]).count() == 1


def test_the_reason_is_in_the_labelers_language(project, crew):
    crew[5].language = "ja"
    crew[5].save()
    watching.refresh(project=project)
    reason = Qualification.objects.get(person=crew[5]).reason
    assert reason
    assert Notice.objects.get(person=crew[5]).detail["note"] == reason


def test_a_project_may_want_no_pauses_and_admins_are_never_paused(project, crew, person_factory):
    project.settings.pauses_on_fall = False
    project.settings.save()
    assert watching.refresh(project=project).paused == ()
    assert figures_of(crew[5])["paths"]["usual"]["crossed"]
    project.settings.pauses_on_fall = True
    project.settings.save()
    project.memberships.create(person=crew[5], role="adjudicator")
    assert watching.refresh(project=project).paused == ()


def test_let_in_again_only_new_answers_are_evidence(project, admin, crew):
    watching.refresh(project=project)
    pausing.resume(project=project, person=crew[5], resumed_by=admin)
    assert Qualification.objects.get(person=crew[5]).stage == "qualified"
    assert Notice.objects.filter(person=crew[5], kind="may_work_again").exists()
    assert watching.refresh(project=project).paused == ()
    assert figures_of(crew[5])["gold"]["n"] == 30
    assert figures_of(crew[5])["paths"] == {}
    assert qualifying.may_work(project=project, person=crew[5])


def test_how_hard_gold_is_is_kept(project, crew):
    hard = Task.objects.filter(project=project).first()
    Judgment.objects.filter(task=hard).update(answer=B_IS_BETTER)
    watching.refresh(project=project)
    kept = dict(Gold.objects.values_list("task_id", "difficulty"))
    assert max(kept, key=kept.get) == hard.pk
    assert all(value is not None for value in kept.values())


def test_retired_gold_is_no_gold_but_what_others_say_of_it_counts(project, crew):
    Gold.objects.update(retired_at="2026-01-01T00:00:00Z")
    watching.refresh(project=project)
    assert figures_of(crew[0])["gold"]["value"] is None
    assert figures_of(crew[0])["consensus"]["value"] > figures_of(crew[5])["consensus"]["value"]


def test_consensus_and_signals_of_ordinary_work(project, person_factory):
    project.settings.overlap = 3
    project.settings.save()
    people = [person_factory(f"p{n}", project, "labeler") for n in range(3)]
    for task in make_tasks(project, 40):
        for n, person in enumerate(people):
            order = [0, 1] if n < 2 or task.pk % 2 else [1, 0]
            # The last one always takes what stands left.
            answer = A_IS_BETTER if n < 2 or order == [0, 1] else B_IS_BETTER
            say(person, task, answer, "counted", slot=n + 1, display_order=order)
    watching.refresh(project=project)
    lefty = figures_of(people[2])
    signals = {signal["name"]: signal for signal in lefty["signals"]}
    assert signals["position"]["raised"]
    assert signals["position"]["value"] == 1.0
    behind = Judgment.objects.filter(pk__in=signals["position"]["judgments"])
    assert {judgment.person_id for judgment in behind} == {people[2].pk}
    assert signals["straight_lining"]["raised"]
    assert lefty["consensus"]["value"] < figures_of(people[0])["consensus"]["value"]
    assert lefty["consensus"]["low"] is not None


def test_what_was_written_is_looked_at(project, labeler):
    for n, task in enumerate(make_tasks(project, 8)):
        reason = f"Response {n} is clear, helpful and well written, too!"
        say(labeler, task, A_IS_BETTER, "counted", slot=1, reason=reason, pasted=45)
    watching.refresh(project=project)
    signals = {signal["name"]: signal for signal in figures_of(labeler)["signals"]}
    assert signals["duplicates"]["raised"]
    assert signals["pasting"]["value"] == 1.0
    assert len(signals["duplicates"]["judgments"]) == 8


def test_who_only_writes_is_shown_with_what_they_wrote(project_factory, person_factory):
    project = project_factory("texts", kind="demonstration", gold_rate=0)
    person = person_factory("wu", project, "labeler")
    for task in make_tasks(project, 6, k=1):
        say(person, task, {"text": "own words " * 20}, "surplus", display_order=[])
    watching.refresh(project=project)
    found = figures_of(person)
    assert (found["answers"], found["gold"]["value"]) == (6, None)
    assert {signal["name"] for signal in found["signals"]} >= {"repeated", "machine_look"}


def test_nothing_is_measured_twice(project, crew, django_assert_max_num_queries):
    assert watching.refresh_changed() >= 1
    KeptFigures.objects.update(computed_at="2126-01-01T00:00:00Z", seconds=0)
    before = list(Watch.objects.values_list("pk", "computed_at"))
    with django_assert_max_num_queries(12):
        assert watching.refresh_changed() == 0
    assert list(Watch.objects.values_list("pk", "computed_at")) == before


def test_figures_that_stay_the_same_are_not_written_again(project, crew):
    project.settings.pauses_on_fall = False
    project.settings.save()
    watching.refresh(project=project)
    before = dict(Watch.objects.values_list("pk", "computed_at"))
    watching.refresh(project=project)
    assert dict(Watch.objects.values_list("pk", "computed_at")) == before


def test_admins_are_told_once_of_somebody_who_seems_to_copy(project, admin, person_factory):
    tasks = make_tasks(project, 60)
    make_gold(tasks)
    people = [person_factory(f"p{n}", project, "labeler") for n in range(5)]
    chance = random.Random(2)
    for task in tasks:
        for n, person in enumerate(people):
            answer = A_IS_BETTER if chance.random() < 0.75 else B_IS_BETTER
            if n == 4:
                answer = Judgment.objects.get(task=task, person=people[0]).answer
            say(person, task, answer)
    watching.refresh(project=project)
    told = Notice.objects.get(person=admin, kind="labeler_repeats")
    assert (told.detail["labeler"], told.detail["name"]) == ("p4", "p0")
    Notice.objects.update(read_at="2026-01-01T00:00:00Z")
    watching.refresh(project=project)
    assert Notice.objects.filter(person=admin, kind="labeler_repeats").count() == 1
    assert qualifying.may_work(project=project, person=people[4])


def test_an_empty_project_has_no_figures(project):
    assert watching.refresh(project=project).labelers == 0
