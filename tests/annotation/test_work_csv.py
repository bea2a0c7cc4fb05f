"""The CSV of one's own work: complete, honest, safe in a spreadsheet, silent about gold."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

from django.utils import timezone

from annotation import judging, work_csv
from annotation.models import Judgment
from labelers import csv_file
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks
from tests.annotation.test_own_work import answer_gold, correct, make_gold, void_all


def rows_of(person, project):
    content = b"".join(work_csv.own_work(person=person, project=project))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_every_revision_is_there_and_only_the_last_is_stored(project, labeler, person_factory):
    make_tasks(project, 3)
    first = answer_next(labeler, project, A_IS_BETTER, seconds=12.34, reason="短い")
    correct(first, B_IS_BETTER)
    answer_next(labeler, project, A_IS_BETTER)
    judging.undo_last(person=labeler, project=project)
    voided = answer_next(labeler, project, A_IS_BETTER)
    Judgment.objects.filter(pk=voided.pk).update(standing="voided", is_current=False, slot=None)
    answer_next(person_factory("bo", project, "labeler"), project, A_IS_BETTER)
    rows = rows_of(labeler, project)
    assert [(row["revision"], row["status"]) for row in rows] == [
        ("1", "replaced"),
        ("2", "stored"),
        ("1", "withdrawn"),
        ("2", "voided"),
    ]
    assert list(rows[0]) == list(work_csv.COLUMNS)
    assert (rows[0]["judgment"], rows[0]["project"]) == (str(first.pk), "essays")
    assert (rows[0]["kind"], rows[0]["seconds"], rows[0]["reason"]) == ("pairwise", "12.3", "短い")
    assert rows[1]["seconds"] == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", rows[0]["submitted_at"])


def test_a_voided_answer_says_why(project, labeler):
    make_tasks(project)
    answer_next(labeler, project, A_IS_BETTER)
    void_all(project, labeler, since=timezone.now() - timedelta(days=1))
    (row,) = rows_of(labeler, project)
    assert (row["status"], row["voided_because"]) == ("voided", "Answered too fast")


def test_gold_is_stored_like_the_rest(project, labeler):
    make_gold(project, 1)
    make_tasks(project, 1)
    list(answer_gold(labeler, project))
    answer_next(labeler, project, A_IS_BETTER)
    assert [row["status"] for row in rows_of(labeler, project)] == ["stored", "stored"]


def test_no_cell_is_a_formula(project, labeler):
    reasons = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "＝1", 'say "hi",\nthen =1']
    make_tasks(project, len(reasons))
    for reason in reasons:
        answer_next(labeler, project, A_IS_BETTER, reason=reason)
    kept = [row["reason"] for row in rows_of(labeler, project)]
    assert kept == [f"'{reason}" for reason in reasons[:-1]] + reasons[-1:]


def test_many_rows_come_in_pieces(project, labeler, monkeypatch):
    monkeypatch.setattr(csv_file, "ROWS_PER_PIECE", 2)
    make_tasks(project, 5)
    for _ in range(5):
        answer_next(labeler, project, A_IS_BETTER)
    pieces = list(work_csv.own_work(person=labeler, project=project))
    assert len(pieces) == 3
    assert len(rows_of(labeler, project)) == 5
