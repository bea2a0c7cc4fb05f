"""The target population is checked, kept and written down."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation.models import ScreeningPolicy
from annotation.voices import populating
from labelers.models import AuditEvent

GENDERS = {"woman": 0.5, "man": 0.48, "other": 0.02}


def change(project, admin, population):
    return populating.change_population(project=project, changed_by=admin, population=population)


def test_it_is_kept_and_written_down(project, admin):
    change(project, admin, {"gender": GENDERS, "age": {}})
    assert ScreeningPolicy.objects.get(project=project).population == {"gender": GENDERS}
    event = AuditEvent.objects.get(action="population.changed")
    assert (event.actor, event.detail) == (admin, {"dimensions": ["gender"]})
    change(project, admin, {})
    assert ScreeningPolicy.objects.get(project=project).population == {}


def test_rounded_percentages_may_miss_a_little(project, admin):
    thirds = {"woman": 0.333, "man": 0.333, "other": 0.333}
    assert change(project, admin, {"gender": thirds}) == {"gender": thirds}


@pytest.mark.parametrize(
    ("population", "field", "sentence"),
    [
        ({"gender": {"woman": 0.5, "man": 0.4}}, "gender", "add up to 90.0%"),
        ({"gender": {"woman": 1.5}}, "gender", "from 0 to 1"),
        ({"gender": {"woman": True}}, "gender", "from 0 to 1"),
        ({"gender": {"woman": float("nan")}}, "gender", "from 0 to 1"),
        ({"gender": {"martian": 1}}, "gender", "no group martian; known are woman"),
        ({"gender": [1]}, "gender", "Give an object"),
        ({"shoes": {"big": 1}}, "shoes", "no such dimension; known are age, gender"),
        ({"clear": {"1": 1}}, "clear", "no such dimension"),
    ],
)
def test_bad_input_names_its_dimension(project, admin, population, field, sentence):
    with pytest.raises(ValidationError) as caught:
        change(project, admin, population)
    assert list(caught.value.message_dict) == [field]
    assert sentence in caught.value.message_dict[field][0]
    assert not ScreeningPolicy.objects.exists()
