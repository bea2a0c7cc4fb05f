"""A trainer's settings as a form: fields in groups, with their sentences, limits and values.

Everything comes from the configuration class; a new setting appears on the page by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training import wording
from training.queueing import FILLED_IN
from training.trainers.catalog import TrainerEntry
from training.trainers.config_fields import FieldInfo

GROUPS: dict[str, Promise] = {
    "main": _("Main settings"),
    "model": _("Model"),
    "optimisation": _("Optimisation"),
    "evaluation": _("Evaluation and checkpoints"),
    "machine": _("Machine"),
}
OPEN_GROUPS = ("main",)


@dataclass
class FormField:
    """One setting with what stands in it and what was wrong with it."""

    name: str
    label: str
    help: str
    input: str
    value: str
    default: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: str = ""
    errors: list[str] = field(default_factory=list)


@dataclass
class FormGroup:
    """Fields that belong together; folded unless they are the main ones or one is wrong."""

    title: Promise | str
    fields: list[FormField]
    is_open: bool


def form_groups(
    entry: TrainerEntry, given: Mapping[str, str], errors: Mapping[str, list[str]]
) -> list[FormGroup]:
    """The form of `entry` with the text in `given`, else the defaults."""
    groups: dict[str, list[FormField]] = {}
    for info in entry.config.options():
        if info.name not in FILLED_IN:
            made = _field(info, given.get(info.name), errors.get(info.name, []))
            groups.setdefault(info.group, []).append(made)
    return [
        FormGroup(
            title=GROUPS.get(name, name.capitalize()),
            fields=groups[name],
            is_open=name in OPEN_GROUPS or any(made.errors for made in groups[name]),
        )
        for name in sorted(groups, key=[*GROUPS, *sorted(groups)].index)
    ]


def given_settings(entry: TrainerEntry, posted: Mapping[str, str]) -> dict[str, str]:
    """A posted form as settings: an unticked box is false, an empty field is left out."""
    values = {}
    for info in entry.config.options():
        text = posted.get(info.name, "").strip()
        if info.kind is bool:
            values[info.name] = "true" if text else "false"
        elif text:
            values[info.name] = text
    return values


def describe(entry: TrainerEntry) -> dict[str, Any]:
    """The settings as JSON Schema, for programs that fill them in."""
    kinds = {str: "string", int: "integer", float: "number", bool: "boolean"}
    properties = {}
    for info in entry.config.options():
        if info.name in FILLED_IN:
            continue
        schema: dict[str, Any] = {
            "type": kinds[info.kind],
            "default": info.default,
            "description": info.help,
        }
        if info.choices:
            schema["enum"] = list(info.choices)
        if info.minimum is not None:
            schema["minimum"] = info.minimum
        if info.maximum is not None:
            schema["maximum"] = info.maximum
        properties[info.name] = schema
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _field(info: FieldInfo, text: str | None, errors: list[str]) -> FormField:
    if info.kind is bool:
        shape, default = "checkbox", "true" if info.default else "false"
    else:
        shape = "select" if info.choices else "text" if info.kind is str else "number"
        default = format(info.default, "g") if info.kind is float else str(info.default)
    return FormField(
        name=info.name,
        label=wording.name_of(info.name),
        help=gettext(info.help),
        input=shape,
        value=default if text is None else text,
        default=default,
        choices=info.choices or (),
        minimum=info.minimum,
        maximum=info.maximum,
        step="any" if info.kind is float else "1" if info.kind is int else "",
        errors=errors,
    )
