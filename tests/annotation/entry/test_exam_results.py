"""An exam in numbers."""

from __future__ import annotations

import pytest

from annotation.entry.exam_results import interval_of, mean_score, scores_of, texts_of_exams
from annotation.models import Exam
from annotation.stats.bootstrap import wilson_interval
from tests.annotation.making_exams import make_exam, make_gold, make_written_exam


def test_an_interval_goes_by_items_and_not_by_comparisons():
    exam = Exam(right=48, judged=60)  # ten rankings of four
    assert interval_of(exam, 10) == (0.8, *wilson_interval(8, 10))
    assert interval_of(Exam(), 3) == (None, None, None)


def test_what_is_kept_with_a_qualification(project, labeler):
    exam = make_exam(labeler, make_gold(project, 4), "rrrw")
    found = scores_of(exam)
    assert (found["exam"], found["items"], found["right"], found["judged"]) == (1, 4, 3, 4)
    assert (found["accuracy"], found["written"]) == (0.75, None)
    assert list(texts_of_exams([exam])) == []


def test_a_mean_needs_a_score_of_every_text(project_factory, person_factory):
    project = project_factory("letters", kind="demonstration")
    ada, bob = (person_factory(name, project, "admin") for name in ("ada", "bob"))
    exam = make_written_exam(
        person_factory("chika", project, "labeler"), make_gold(project, 2, k=1, answer=None)
    )
    first, second = texts_of_exams([exam])
    first.written_scores.create(scorer=ada, score=7)
    first.written_scores.create(scorer=bob, score=4)
    assert mean_score(exam) is None
    second.written_scores.create(scorer=ada, score=3)
    assert mean_score(exam) == pytest.approx((5.5 + 3) / 2)
    assert scores_of(exam)["written"] == mean_score(exam)
