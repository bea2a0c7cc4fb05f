"""Every recipe is a configuration that its trainer accepts, and differs from the defaults."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from training.recipes import RECIPES
from training.trainers.catalog import TRAINERS


@pytest.mark.parametrize(
    ("trainer", "number"), [(name, n) for name, found in RECIPES.items() for n in range(len(found))]
)
def test_a_recipe_can_be_started_and_says_only_what_differs(trainer, number) -> None:
    settings = QueryDict(RECIPES[trainer][number].query).dict()
    config = TRAINERS[trainer].config
    made = config.from_text({**settings, "dataset": "/data"}).as_dict()
    usual = config.from_text({"dataset": "/data"}).as_dict()
    changed = {name for name in made if made[name] != usual[name]}
    assert changed == set(settings)
