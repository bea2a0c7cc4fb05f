"""What pages of exports call things, and what refusals become in Japanese."""

import pytest
from django.utils import translation

from exports import wording
from exports.filters import Filters, FiltersError
from exports.formats.catalog import FORMATS
from exports.records import RECORD_TYPES
from exports.splitting import Fractions, FractionsError
from exports.tallying import Tally


def in_japanese(sentence):
    with translation.override("ja"):
        return wording.sentence_of(sentence)


def test_every_record_and_format_has_a_name():
    assert list(wording.CONFIGS) == list(RECORD_TYPES)
    assert list(wording.FORMATS) == list(FORMATS)


def test_filters_that_contradict_are_refused_in_japanese():
    with pytest.raises(FiltersError) as refused:
        Filters.from_mapping({"since": "2026-02-01", "until": "2026-01-01"})
    assert in_japanese(str(refused.value)) != str(refused.value)
    with pytest.raises(FractionsError) as refused:
        Fractions(0.5, 0.1, 0.1)
    assert "0.7" in in_japanese(str(refused.value))
    assert in_japanese(str(refused.value)) != str(refused.value)


def test_why_a_snapshot_is_empty_is_said_in_japanese():
    english = Tally().why_empty()
    assert wording.sentence_of(english) == english
    assert in_japanese(english) != english
