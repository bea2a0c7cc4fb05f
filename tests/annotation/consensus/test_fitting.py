"""What is learned of labelers: from which answers, kept how long, and the same for the same."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotation.consensus import aggregating, fitting
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.models import Consensus, Gold, Judgment, KeptFigures, Task
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks

FITTING = [name for name, method in CONSENSUS_METHODS.items() if method.fit]


@pytest.fixture
def crowd(project_factory, person_factory):
    """Four people about twelve pairs: three agree but once, the fourth says the opposite."""
    project = project_factory(overlap=4, gold_rate=0, consensus_method="reliability")
    people = [person_factory(f"p{n}", project, "labeler") for n in range(4)]
    make_tasks(project, 12)
    for person in people:
        for number in range(12):
            first = number % 2 == 0
            if person is people[0] and number == 5:
                first = not first
            if person is people[3]:
                first = not first
            answer_next(person, project, A_IS_BETTER if first else B_IS_BETTER)
    return project, people


def answers_of(project):
    with connection.cursor() as cursor:
        return fitting.answers_of(cursor, fitting.everything_of(project))


@pytest.mark.parametrize("method", FITTING)
def test_who_says_the_opposite_is_found(crowd, method):
    project, people = crowd
    learned = fitting.fit(answers_of(project), method)
    reliable = [learned.of(f"p:{person.pk}")["reliability"] for person in people]
    assert min(reliable[:3]) > 0.6
    assert reliable[3] < 0.4
    for values in learned.labelers.values():
        assert 0 <= values["low"] <= values["reliability"] <= values["high"] <= 1
        assert values["answers"] == 12


@pytest.mark.parametrize("method", FITTING)
def test_the_same_answers_teach_the_same(crowd, method):
    project, _people = crowd
    one, two = (fitting.fit(answers_of(project), method).as_dict() for _ in range(2))
    assert one == two


def test_a_majority_learns_nothing(crowd):
    assert fitting.fit(answers_of(crowd[0]), "majority") is None


@pytest.mark.parametrize("method", FITTING)
def test_before_anybody_answers_there_is_something_to_go_by(project, method):
    learned = fitting.fit(answers_of(project), method)
    assert 0.5 < learned.of("p:1")["reliability"] < 1
    assert learned.of("a:p:1")["reliability"] > learned.of("p:1")["reliability"]


def test_gold_teaches_where_nobody_else_answers(project_factory, person_factory):
    project = project_factory(overlap=1, gold_rate=0)
    good, bad = (person_factory(name, project, "labeler") for name in ("gil", "bo"))
    for task in make_tasks(project, 20):
        Task.objects.filter(pk=task.pk).update(is_gold=True)
        Gold.objects.create(task=task, answer=A_IS_BETTER)
        for person, answer in ((good, A_IS_BETTER), (bad, B_IS_BETTER)):
            Judgment.objects.create(
                task=task,
                person=person,
                standing="gold",
                answer=answer,
                display_order=[0, 1],
                client_id=f"00000000-0000-0000-{person.pk:04d}-{task.pk:012d}",
            )
    learned = fitting.fit(answers_of(project), "reliability")
    assert learned.of(f"p:{good.pk}")["reliability"] > 0.75
    assert learned.of(f"p:{bad.pk}")["reliability"] < 0.4


def test_an_adjudicator_counts_for_more_than_one_of_the_crowd(crowd):
    project, people = crowd
    task = project.tasks.first()
    before = consensus_of(project, task)
    adjudicate(task, people[3], B_IS_BETTER)
    # The same person's answers as a labeler are still held to be the opposite.
    after = consensus_of(project, task)
    learned = fitting.fit(answers_of(project), "reliability")
    key = f"p:{people[3].pk}"
    assert learned.of(f"a:{key}")["reliability"] > 0.6 > learned.of(key)["reliability"]
    assert after["p_j"] > before["p_j"] + 0.05


def adjudicate(task, person, answer):
    Judgment.objects.filter(task=task, person=person).update(is_current=False)
    Judgment.objects.create(
        task=task,
        person=person,
        revision=2,
        standing="adjudication",
        answer=answer,
        display_order=[0, 1],
        client_id="00000000-0000-0000-0000-000000000001",
    )


def consensus_of(project, task):
    aggregating.refresh_consensus(project=project, at_once=True)
    return Consensus.objects.get(task=task).comparisons[0]


def test_a_fit_is_kept_and_rests(crowd):
    project, people = crowd
    first = fitting.fitted(project)
    assert fitting.fitted(project) == first
    kept = KeptFigures.objects.get(project=project, name="reliability")
    make_tasks(project, 13)
    answer_next(people[0], project, TIE)
    # A minute has not passed.
    fitting.fitted(project)
    assert KeptFigures.objects.get(pk=kept.pk).basis == kept.basis
    rested = {**kept.figures, "tried_at": (timezone.now() - timedelta(hours=1)).isoformat()}
    KeptFigures.objects.filter(pk=kept.pk).update(figures=rested)
    fitting.fitted(project)
    assert KeptFigures.objects.get(pk=kept.pk).basis != kept.basis


def test_all_consensus_follows_when_somebody_moved(crowd):
    project, people = crowd
    assert aggregating.refresh_consensus(project=project) == 12
    assert aggregating.refresh_consensus(project=project) == 0
    # The first of them takes everything back but one, so who is right is less clear.
    Judgment.objects.filter(person=people[0]).exclude(task=project.tasks.first()).update(
        is_current=False, standing="withdrawn", slot=None
    )
    assert aggregating.refresh_consensus(project=project, at_once=True) == 12


def test_a_small_move_leaves_the_rest_alone(crowd):
    project, _people = crowd
    aggregating.refresh_consensus(project=project)
    one = fitting.fitted(project).reliabilities
    moved = {k: {**v, "reliability": v["reliability"] + 0.005} for k, v in one.labelers.items()}
    near = type(one)(one.method, one.shared, moved)
    assert fitting.moved(one, near) == pytest.approx(0.005)
    assert fitting.moved(one, near) < fitting.NOTICEABLE


def test_changing_the_method_computes_everything_anew(crowd):
    project, _people = crowd
    aggregating.refresh_consensus(project=project)
    task = project.tasks.first()
    weighed = Consensus.objects.get(task=task)
    assert weighed.method == "reliability"
    # One of four contradicts: a majority is less sure than who knows that they always do.
    assert max(weighed.comparisons[0]["p_i"], weighed.comparisons[0]["p_j"]) > 0.85
    project.settings.consensus_method = "majority"
    project.settings.save()
    assert aggregating.refresh_consensus(project=project) == 12
    plain = Consensus.objects.get(task=task)
    assert (plain.method, plain.comparisons[0]["p_i"]) == ("majority", pytest.approx(4 / 6))
