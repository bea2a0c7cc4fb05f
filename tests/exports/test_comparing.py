"""What changed between two snapshots: came, went, turned, tied, another weight."""

import pytest

from annotation.consensus import aggregating
from annotation.models import Judgment
from exports import comparing
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks

pytestmark = pytest.mark.django_db(transaction=True)

A, B = A_IS_BETTER, B_IS_BETTER


def test_what_came_went_turned_and_moved(project, label, freeze, person_factory):
    project.settings.consensus_method = "majority"
    project.settings.save()
    tasks = label(project, [A, A, A, A], [A, A, A, A])
    first = freeze(project, "first")
    said = Judgment.objects.order_by("id")
    # One turns, one becomes a tie, one is less sure, one goes.
    said.filter(task=tasks[0]).update(answer=B)
    said.filter(task=tasks[1]).update(answer=TIE)
    said.filter(task=tasks[2]).last().delete()
    said.filter(task=tasks[3]).delete()
    make_tasks(project, 5)
    answer_next(person_factory("zoe", project, "labeler"), project, A)
    aggregating.refresh_consensus(project=project, at_once=True)
    second = freeze(project, "second")
    (found,) = comparing.compare(first, second, weight_change=0.05)
    assert (found.config, found.before) == ("preference", 4)
    assert (found.turned, found.moved, found.went) == (1, 1, 2 - (found.after > 3))
    assert found.listed["turned"][0]["item"] == tasks[0].pk
    assert found.listed["moved"][0]["item"] == tasks[2].pk
    assert found.listed["moved"][0]["before"] == 0.75
    assert {row["item"] for row in found.listed["went"]} >= {tasks[1].pk}
    assert found.tied == 1
    assert comparing.compare(first, second, weight_change=0.05) == [found]
    (calmer,) = comparing.compare(first, second, weight_change=0.2)
    assert calmer.moved == 0


def test_rankings_and_other_kinds(project_factory, label, freeze):
    project = project_factory("ranks", kind="ranking", gold_rate=0)
    label(project, [{"ranks": [1, 2, 3]}], k=3)
    first = freeze(project, "first")
    Judgment.objects.update(answer={"ranks": [2, 1, 3]})
    second = freeze(project, "second")
    pairs, rankings = comparing.compare(first, second)
    assert (pairs.turned, pairs.came, pairs.went) == (1, 0, 0)
    assert (rankings.config, rankings.turned) == ("ranking", 1)


def test_what_cannot_be_compared(project, project_factory, label, freeze):
    label(project, [A])
    other = project_factory("other", gold_rate=0)
    label(other, [A])
    first, elsewhere = freeze(project), freeze(other)
    with pytest.raises(comparing.CompareError, match="different projects"):
        comparing.compare(first, elsewhere)
    with pytest.raises(comparing.CompareError, match="one and the same"):
        comparing.compare(first, first)
