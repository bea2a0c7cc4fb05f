"""The form that grows out of a configuration class; every trainer of the catalog has one."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from training.models import Checkpoint, Run
from training.run_form import describe, form_groups, given_settings
from training.trainers.catalog import TRAINERS


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_untouched_form_gives_the_defaults_back(trainer) -> None:
    entry = TRAINERS[trainer]
    fields = [field for group in form_groups(entry, {}, {}) for field in group.all_fields]
    posted = {
        field.name: "on" if field.input == "checkbox" else field.value
        for field in fields
        if not (field.input == "checkbox" and field.value == "false")
    }
    known = {info.name for info in entry.config.options()}
    models = {"model": "org/model", "reward_model": "org/judge"}
    models |= {"other_policies": "org/other", "reward_models": "org/judge"}
    start = {name: model for name, model in models.items() if name in known}
    data = {"dataset": "/data"} if "dataset" in known else {}
    form = QueryDict(mutable=True)
    form.update(posted | start)
    made = entry.config.from_text(given_settings(entry, form) | data)
    assert made == entry.config.from_dict(start | data)
    assert not {"dataset", "prompts_file"} & {field.name for field in fields}
    assert all(field.help for field in fields)


def test_a_group_with_an_error_is_open_and_the_text_stays() -> None:
    entry = TRAINERS["reward_model"]
    groups = form_groups(entry, {"learning_rate": "fast"}, {"learning_rate": ["No number."]})
    opened = [group for group in groups if group.is_open]
    assert len(opened) == 2
    field = next(f for group in opened for f in group.all_fields if f.name == "learning_rate")
    assert (field.value, field.errors) == ("fast", ["No number."])


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_model_comes_first_and_the_seed_is_not_among_the_first(trainer) -> None:
    main = form_groups(TRAINERS[trainer], {}, {})[0]
    names = [field.name for field in main.fields]
    assert names[0] == "model"
    assert "seed" not in [field.name for field in main.all_fields]
    assert not main.more_is_open


def test_what_was_changed_under_the_fold_is_seen() -> None:
    entry = TRAINERS["raft"]
    folded = [field.name for field in form_groups(entry, {}, {})[0].more]
    assert "keep_fraction" in folded
    assert form_groups(entry, {"keep_fraction": "0.5"}, {})[0].more_is_open
    assert form_groups(entry, {}, {"keep_fraction": ["No."]})[0].more_is_open


def test_the_description_is_a_json_schema_with_limits() -> None:
    schema = describe(TRAINERS["dpo"])
    assert schema["properties"]["epochs"]["type"] == "number"
    assert schema["properties"]["epochs"]["maximum"] == 1000
    assert "dpo" in schema["properties"]["loss"]["enum"]
    assert "dataset" not in schema["properties"]


def test_checkpoints_of_the_right_kind_are_chosen_or_another_model_is_written() -> None:
    entry = TRAINERS["score"]
    run = Run(name="rm")
    judge = Checkpoint(run=run, name="step-1", produces="reward_model")
    policy = Checkpoint(run=run, name="step-2", produces="policy")
    form = QueryDict(f"model=org/scorer&others={judge.uid}&others_other=org/more, org/most")
    given = given_settings(entry, form)
    assert given["others"] == f"{judge.uid},org/more, org/most"
    groups = form_groups(entry, given, {}, [judge, policy])
    field = next(field for group in groups for field in group.all_fields if field.name == "others")
    assert (field.checkpoints, field.chosen) == ([judge], {str(judge.uid)})
    assert (field.value, field.many, field.changed) == ("org/more,org/most", True, True)


def test_of_one_model_the_written_one_is_meant() -> None:
    form = QueryDict("model=org/m&reference=some-id&reference_other=org/base")
    assert given_settings(TRAINERS["evaluate"], form)["reference"] == "org/base"
