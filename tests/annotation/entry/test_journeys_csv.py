"""The candidates as a table."""

from __future__ import annotations

from annotation.entry import hiring, journeys_csv
from tests.annotation.making_exams import make_exam, make_gold


def test_the_table_is_safe_in_spreadsheets(project, person_factory, admin):
    person = person_factory("=1+1", project, "labeler")
    hiring.decide_exam(
        exam=make_exam(person, make_gold(project, 2), "rr"),
        decided_by=admin,
        verdict="passed",
        note="@good",
    )
    text = "".join(journeys_csv.file_of(project))
    header, line = text.lstrip("\ufeff").splitlines()
    assert header == ",".join(journeys_csv.COLUMNS)
    assert line.startswith("'=1+1,")
    assert ",'@good" in line
    assert ",passed,2,2.0,2,1.0," in line
