"""The file of items holds what the list shows, and nothing that a spreadsheet would run."""

from __future__ import annotations

from annotation import tasking
from annotation.candidates import Candidate, KnownAnswer
from annotation.consensus import aggregating
from annotation.explore import item_filters, items_csv
from tests.annotation.making import candidate


def test_the_file_holds_every_item_safe_for_spreadsheets(project):
    known = [KnownAnswer([1, 2], labeler="w1"), KnownAnswer([2, 1], labeler="w2")]
    formula = Candidate([{"role": "user", "content": "=1+1"}], candidate().responses)
    for one in (candidate(1, known=known), formula):
        tasking.add_candidates(project=project, added_by=None, candidates=[one])
    aggregating.refresh_consensus(project=project)
    text = "".join(items_csv.items_file(project=project, filters=item_filters.parse({})))
    header, newest, oldest = text.strip().split("\r\n")
    assert header.endswith("answers,split,agreement")
    assert "'=1+1" in newest
    assert oldest.endswith("2,A:1 B:1,0.0")


def test_the_file_is_narrowed_like_the_list(project):
    for number, tag in ((1, "cooking"), (2, "travel")):
        one = candidate(number, tags=[tag])
        tasking.add_candidates(project=project, added_by=None, candidates=[one])
    filters = item_filters.parse({"tag": "travel"})
    lines = "".join(items_csv.items_file(project=project, filters=filters)).strip().split("\r\n")
    assert len(lines) == 2
    assert "Question 2?" in lines[1]
