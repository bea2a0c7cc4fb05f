"""The form that grows out of a configuration class; every trainer of the catalog has one."""

from __future__ import annotations

import pytest

from training.run_form import describe, form_groups, given_settings
from training.trainers.catalog import TRAINERS


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_untouched_form_gives_the_defaults_back(trainer) -> None:
    entry = TRAINERS[trainer]
    fields = [field for group in form_groups(entry, {}, {}) for field in group.fields]
    posted = {
        field.name: "on" if field.input == "checkbox" else field.value
        for field in fields
        if not (field.input == "checkbox" and field.value == "false")
    }
    start = {} if trainer in ("generate", "evaluate", "score") else {"model": "tiny"}
    data = {} if entry.works_on_open_items else {"dataset": "/data"}
    made = entry.config.from_text(given_settings(entry, posted | start) | data)
    assert made == entry.config.from_dict(start | data)
    assert not {"dataset", "prompts_file"} & {field.name for field in fields}
    assert all(field.help for field in fields)


def test_a_group_with_an_error_is_open_and_the_text_stays() -> None:
    entry = TRAINERS["reward_model"]
    groups = form_groups(entry, {"learning_rate": "fast"}, {"learning_rate": ["No number."]})
    opened = [group for group in groups if group.is_open]
    assert len(opened) == 2
    field = next(f for group in opened for f in group.fields if f.name == "learning_rate")
    assert (field.value, field.errors) == ("fast", ["No number."])


def test_the_description_is_a_json_schema_with_limits() -> None:
    schema = describe(TRAINERS["dpo"])
    assert schema["properties"]["epochs"]["type"] == "number"
    assert schema["properties"]["epochs"]["maximum"] == 1000
    assert "dpo" in schema["properties"]["loss"]["enum"]
    assert "dataset" not in schema["properties"]
