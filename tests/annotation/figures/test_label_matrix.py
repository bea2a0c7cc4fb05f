"""The arrays of small projects: every kind, what is known of items, and who takes part."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from annotation import judging
from annotation.consensus import aggregating
from annotation.figures import label_matrix
from annotation.figures.label_matrix import FIRST, SECOND, TIE, UNASKED, UNKNOWN, week_name
from annotation.models import Judgment, Task
from tests.annotation.crowds import crowd_of
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks
from tests.annotation.making import TIE as TIED


def test_a_comparison_is_one_row_with_what_is_known_of_it(project, labeler):
    make_tasks(project, 3, language="ja", tags=["law", "long"])
    for answer in (A_IS_BETTER, B_IS_BETTER, TIED):
        answer_next(labeler, project, answer)
    found = label_matrix.read(project)
    assert (found.judgments, found.tasks, found.units) == (3, 3, 3)
    assert found.labelers == [f"p:{labeler.pk}"]
    assert found.said.tolist() == [FIRST, SECOND, TIE]
    assert found.signed.tolist() == [3, -2, 0]
    assert found.about.id.tolist() == sorted(Task.objects.values_list("pk", flat=True))
    assert [found.about.languages[n] for n in found.about.language] == ["ja"] * 3
    assert sorted(found.about.tags[n] for n in found.about.tag) == ["law"] * 3 + ["long"] * 3
    assert np.bincount(found.about.tag_task).tolist() == [2, 2, 2]
    sources = [[found.about.sources[n] for n in row] for row in found.unit_sources]
    placed = [
        [p.response.source.name for p in task.placed.all()] for task in Task.objects.order_by("id")
    ]
    assert sources == placed
    today = datetime.now(UTC).isocalendar()
    assert {week_name(w) for w in found.week.tolist()} == {f"{today.year}-W{today.week:02}"}


def test_the_order_on_screen(project, labeler):
    make_tasks(project, 4)
    given = [answer_next(labeler, project, A_IS_BETTER) for _ in range(4)]
    Judgment.objects.filter(pk=given[3].pk).update(display_order=[])
    found = label_matrix.read(project)
    expected = [FIRST if j.display_order == [0, 1] else SECOND for j in given[:3]]
    assert found.shown_first.tolist() == [*expected, UNKNOWN]


def test_a_ranking_is_all_its_pairs_and_its_mid_ranks(project_factory, person_factory):
    project = project_factory(kind="ranking", kind_options={"k": 3}, gold_rate=0)
    make_tasks(project, k=3)
    aya = person_factory("aya", project, "labeler")
    answer_next(aya, project, {"ranks": [2, 1, 2]})
    found = label_matrix.read(project)
    assert found.said.tolist() == [SECOND, TIE, FIRST]
    assert found.signed.tolist() == [UNASKED, 0, UNASKED]
    assert (found.task.tolist(), found.units) == ([0, 0, 0], 3)
    assert found.rankings.ranks.tolist() == [[2.5, 1, 2.5]]


@pytest.mark.parametrize(
    ("kind", "k", "answer", "said"),
    [
        ("thumbs", 1, {"good": False}, [SECOND]),
        ("best_of", 3, {"best": 1}, [SECOND, FIRST]),
        ("best_of", 3, {"best": None}, []),
        ("rating", 2, {"scores": [3, 5], "flags": [[], []]}, [SECOND]),
    ],
)
def test_every_kind_is_read_as_comparisons(project_factory, person_factory, kind, k, answer, said):
    options = {"k": k} if kind in ("best_of", "rating") else {}
    project = project_factory(kind=kind, kind_options=options, gold_rate=0)
    make_tasks(project, k=k)
    answer_next(person_factory("aya", project, "labeler"), project, answer)
    found = label_matrix.read(project)
    assert found.said.tolist() == said
    assert found.judgments == 1
    if kind == "thumbs":
        # Behind the response stands the bar, which has no source.
        assert found.unit_sources.tolist() == [[0, UNKNOWN]]


def test_only_current_answers_that_count_are_read(project, labeler, person_factory):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    answer_next(labeler, project, A_IS_BETTER)
    judging.undo_last(person=labeler, project=project)
    assert label_matrix.read(project).judgments == 1
    # Gold made of what was counted keeps those answers; other answers to it are graded only.
    Task.objects.update(is_gold=True)
    assert label_matrix.read(project).judgments == 1
    Judgment.objects.filter(is_current=True).update(standing="gold", slot=None)
    assert label_matrix.read(project).judgments == 0


def test_imported_labelers_and_researchers(project, person_factory):
    (task,) = make_tasks(project)
    rita = person_factory("rita", project, "labeler", "researcher")
    answer_next(rita, project, A_IS_BETTER)
    for name in ("w, 1", 'w"2\nx'):
        Judgment.objects.create(
            task=task, imported_labeler=name, standing="imported", answer=TIED, display_order=[0, 1]
        )
    found = label_matrix.read(project)
    assert found.labelers == [f"p:{rita.pk}", "i:w, 1", 'i:w"2\nx']
    assert found.researchers == {0}


def test_nothing_is_read_of_an_empty_project_or_one_that_writes(project, project_factory):
    for empty in (project, project_factory("stories", kind="demonstration", gold_rate=0)):
        found = label_matrix.read(empty)
        assert (found.judgments, found.tasks, found.units, found.labelers) == (0, 0, 0, [])


def test_the_matrix_says_what_the_answers_say(project_factory, person_factory):
    project = project_factory(overlap=3, gold_rate=0)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(5)]
    crowd_of(project, people, tasks=30)
    found = label_matrix.read(project)
    rows = zip(found.judgment, found.task, found.labeler, found.said, strict=True)
    judgments = list(Judgment.objects.select_related("task").order_by("task_id", "id"))
    assert len(found.said) == len(judgments) == 90
    for place, task, who, said in rows:
        judgment = judgments[place]
        (outcome,) = aggregating.outcomes_of(judgment, judgment.task.kind, 2)
        assert found.about.id[task] == judgment.task_id
        assert found.labelers[who] == f"p:{judgment.person_id}"
        assert said == {0: FIRST, 1: SECOND, None: TIE}[outcome.winner]


def test_some_of_the_rows_keep_their_numbers(project, labeler):
    make_tasks(project, 3)
    for answer in (A_IS_BETTER, B_IS_BETTER, TIED):
        answer_next(labeler, project, answer)
    found = label_matrix.read(project)
    some = found.where(found.said != FIRST)
    assert some.unit.tolist() == found.unit[1:].tolist()
    assert some.week.shape == some.signed.shape == (2,)
    assert (some.units, some.about) == (3, found.about)


def test_weeks_have_the_names_of_iso_8601():
    assert week_name(0) == "1970-W02"
    assert week_name((datetime(2026, 1, 1) - datetime(1970, 1, 5)).days // 7) == "2026-W01"
    assert week_name((datetime(2021, 1, 3) - datetime(1970, 1, 5)).days // 7) == "2020-W53"
