"""The form and the description that grow out of a kind's options."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from annotation.option_form import PREFIX, OptionsForm, describe
from annotation.task_kinds.catalog import TASK_KINDS

KINDS = list(TASK_KINDS.values())


def posted(**fields) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(PREFIX + name, value if isinstance(value, list) else [value])
    return data


def untouched(kind) -> QueryDict:
    """What a browser sends back of a form that nobody touched."""
    form = OptionsForm(kind)
    sent = {}
    for field in form:
        value = field.value()
        if value is True:
            value = "on"
        if value is not False:
            sent[field.name.removeprefix(PREFIX)] = (
                list(value) if isinstance(value, list | tuple) else str(value)
            )
    return posted(**sent)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_untouched_form_gives_the_defaults_and_has_not_changed(kind):
    form = OptionsForm(kind, untouched(kind))
    assert form.is_valid(), form.errors
    assert form.options == kind.default_options
    assert not form.has_changed()
    assert all(field.label for field in form)


def test_every_shape_is_read():
    kind = TASK_KINDS["rating"]
    form = OptionsForm(
        kind,
        posted(k="3", low="-3", high="3", flags="Rude\r\n\r\n 嘘 ", rank="on", criteria=""),
        {"flags": ["Rude"]},
    )
    assert form.is_valid(), form.errors
    assert form.options == {
        **{"k": 3, "low": -3, "high": 3, "flags": ["Rude", "嘘"], "rank": True, "criteria": []},
    }
    assert form.has_changed()


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"),
    [
        ("ranking", {"k": "99"}, "k"),
        ("ranking", {"k": "many"}, "k"),
        ("rating", {"k": "3", "low": "5", "high": "5"}, "high"),
        ("pairwise", {"strength": "on"}, "strengths"),
        ("pairwise", {"strengths": ["huge"]}, "strengths"),
        (
            "conversation",
            {"people": "three", "begins": "topic", "least": "1", "most": "2"},
            "people",
        ),
        ("conversation", {"people": "one", "begins": "topic", "least": "9", "most": "2"}, "most"),
        ("ranking", {"k": "4", "criteria": "\n".join("abcdefg")}, "criteria"),
        ("ranking", {"k": "4", "criteria": "a\na"}, "criteria"),
        ("ranking", {"k": "4", "criteria": "x" * 81}, "criteria"),
        ("ranking", {"k": "4", "criteria": "a\0b"}, "criteria"),
    ],
)
def test_what_does_not_go_is_said_at_its_field(kind, fields, wrong):
    form = OptionsForm(TASK_KINDS[kind], posted(**fields))
    assert list(form.errors) == [PREFIX + wrong]
    assert not form.errors[PREFIX + wrong][0].startswith(wrong)


def test_the_description_says_what_each_option_takes():
    options = {o["name"]: o for o in describe(TASK_KINDS["pairwise"])["options"]}
    assert options["tie"]["shape"] == "switch"
    assert options["strengths"]["choices"][0] == "significantly"
    assert "low" not in options["tie"]
    k = describe(TASK_KINDS["ranking"])["options"][0]
    assert (k["name"], k["shape"], k["low"], k["high"], k["default"]) == ("k", "number", 2, 9, 4)
