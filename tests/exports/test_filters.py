"""Filters: an allow-list with one normal form."""

from datetime import date

import pytest

from exports.filters import Filters, FiltersError


def test_the_defaults_survive_json():
    assert Filters.from_mapping({}) == Filters()
    assert Filters.from_mapping(Filters().as_dict()) == Filters()


def test_one_normal_form():
    found = Filters.from_mapping(
        {
            "since": "2026-05-01T09:00+09:00",
            "until": date(2026, 6, 1),
            "languages": ["ja", "en", "ja"],
            "min_weight": 1,
        }
    )
    assert found.since == "2026-05-01T00:00:00+00:00"
    assert found.until == "2026-06-01T00:00:00+00:00"
    assert found.languages == ("en", "ja")
    assert found.min_weight == 1.0
    assert Filters.from_mapping(found.as_dict()) == found


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"person__password__startswith": "a"}, "no such filter; known are min_judgments"),
        ([], "give an object"),
        ({"min_judgments": 0}, "min_judgments: give a whole number"),
        ({"min_judgments": True}, "min_judgments"),
        ({"min_judgments": 1.5}, "min_judgments"),
        ({"min_weight": 0.2}, "min_weight: give a number from 0.5 to 1"),
        ({"min_weight": float("nan")}, "min_weight"),
        ({"drop_negligible": "yes"}, "drop_negligible: give true or false"),
        ({"include_imported": 1}, "include_imported"),
        ({"since": "yesterday"}, "since: give a date"),
        ({"since": 5}, "since: give a date"),
        ({"until": "0001-01-01T00:00+10:00"}, "until: give a date"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "until: give a time after since"),
        ({"languages": "en"}, "languages: give a list"),
        ({"tags": [""]}, "tags: every entry is a text"),
        ({"tags": ["a\0"]}, "tags: every entry is a text"),
        ({"tags": ["a"] * 51}, "at most 50"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, sentence):
    with pytest.raises(FiltersError, match=sentence):
        Filters.from_mapping(given)
