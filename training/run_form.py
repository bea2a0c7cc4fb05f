"""A trainer's settings as a form: fields in groups, with their sentences, limits and values.

Everything comes from the configuration class; a new setting appears on the page by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training import wording
from training.models import Checkpoint, Run
from training.run_inputs import STARTED_FROM, is_filled_in
from training.trainers.catalog import TRAINERS, TrainerEntry
from training.trainers.config_fields import FieldInfo
from training.wording.rules import RuleWords

GROUPS: dict[str, Promise] = {
    "main": _("Main settings"),
    "model": _("Model"),
    "optimisation": _("Optimisation"),
    "evaluation": _("Evaluation and checkpoints"),
    "machine": _("Machine"),
}
MAIN = "main"
ESSENTIALS = (
    *("model", "other_policies", "reward_model", "reward_models", "rules", "unseen_reward_model"),
    *("loss", "keep", "rule", "compare", "data", "split", "instruction"),
    *("max_length", "max_prompt_tokens", "max_new_tokens", "n", "rounds", "epochs", "max_steps"),
    *("batch_size", "beta", "kl_coefficient", "temperature"),
)
"""The main settings that come first, in this order; what is left of them is folded."""

FEWEST_FOLDED = 3
"""A fold for fewer settings would cost more than it spares."""

RULES = "rules"
"""The setting that names rules of the catalog with their weights."""

OTHER = "_other"
"""What the name of a field ends with that takes a model beside those that can be chosen."""


@dataclass
class FormField:
    """One setting with what stands in it and what was wrong with it.

    Where it names models, ``checkpoints`` can be chosen, ``chosen`` are, and ``value`` is what
    was written beside them. Where it names ``rules``, these can be put into it.
    """

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
    checkpoints: Sequence[Checkpoint] = ()
    chosen: frozenset[str] = frozenset()
    many: bool = False
    rules: Mapping[str, RuleWords] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether something else than the default stands in it."""
        return bool(self.chosen) or self.value not in ("", self.default)


@dataclass
class FormGroup:
    """Fields that belong together; folded unless they are the main ones or one is wrong.

    ``more`` are those of the main ones that most people leave as they are.
    """

    title: Promise | str
    fields: list[FormField]
    more: list[FormField]
    is_open: bool

    @property
    def all_fields(self) -> list[FormField]:
        """The fields at once and under the fold."""
        return [*self.fields, *self.more]

    @property
    def more_is_open(self) -> bool:
        """Whether something under the fold must be seen."""
        return any(made.errors or made.changed for made in self.more)


def form_groups(
    entry: TrainerEntry,
    given: Mapping[str, str],
    errors: Mapping[str, list[str]],
    checkpoints: Iterable[Checkpoint] = (),
) -> list[FormGroup]:
    """The form of `entry` with the text in `given`, else the defaults.

    Settings that name models offer those of `checkpoints` that are of their kind.
    """
    offered = list(checkpoints)
    groups: dict[str, list[FormField]] = {}
    for info in entry.config.options():
        if not is_filled_in(info):
            made = _field(info, given.get(info.name), errors.get(info.name, []))
            if info.model and info.name != STARTED_FROM:
                _offer(made, info, offered)
            groups.setdefault(info.group, []).append(made)
    names = sorted(groups, key=[*GROUPS, *sorted(groups)].index)
    return [_group(name, groups[name]) for name in names]


def _group(name: str, fields: list[FormField]) -> FormGroup:
    """A group of the form; of the main settings the essential ones first."""
    more: list[FormField] = []
    if name == MAIN:
        fields = sorted(fields, key=lambda made: _place(made.name))
        more = [made for made in fields if made.name not in ESSENTIALS]
        more = more if len(more) >= FEWEST_FOLDED else []
    return FormGroup(
        title=GROUPS.get(name, name.capitalize()),
        fields=[made for made in fields if made not in more],
        more=more,
        is_open=name == MAIN or any(_must_be_seen(made) for made in fields),
    )


def _place(name: str) -> int:
    return ESSENTIALS.index(name) if name in ESSENTIALS else len(ESSENTIALS)


def given_settings(entry: TrainerEntry, posted: QueryDict) -> dict[str, str]:
    """A posted form as settings: an unticked box is false, an empty field is left out."""
    values = {}
    for info in entry.config.options():
        text = posted.get(info.name, "").strip()
        if info.model:
            named = [*posted.getlist(info.name), posted.get(info.name + OTHER, "")]
            # Of two, where one is wanted, the one that was written is meant.
            found = [name.strip() for name in named if name.strip()]
            text = ",".join(found) if info.many_models else "".join(found[-1:])
        if info.kind is bool:
            values[info.name] = "true" if text else "false"
        elif text:
            values[info.name] = text
    return values


def settings_like(run: Run) -> dict[str, str]:
    """The settings of `run` as a form gives them, its checkpoints by their ids."""
    inputs = run.inputs.select_related("checkpoint")
    ids = {(use.role, use.checkpoint.path): str(use.checkpoint.uid) for use in inputs}
    given = {}
    for info in TRAINERS[run.trainer].config.options():
        value = run.config.get(info.name, info.default)
        if info.model:
            value = ",".join(ids.get((info.name, each), each) for each in value.split(","))
        hidden = is_filled_in(info) or (info.name == STARTED_FROM and run.parent_id)
        if not hidden:
            given[info.name] = str(value).lower() if info.kind is bool else str(value)
    return given


def describe(entry: TrainerEntry) -> dict[str, Any]:
    """The settings as JSON Schema, for programs that fill them in."""
    kinds = {str: "string", int: "integer", float: "number", bool: "boolean"}
    properties = {}
    for info in entry.config.options():
        if is_filled_in(info):
            continue
        schema: dict[str, Any] = {
            "type": kinds[info.kind],
            "default": info.default,
            "description": info.help,
        }
        if info.model:
            schema["x-model"] = info.model
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
        rules=wording.RULES if info.name == RULES else {},
        errors=errors,
    )


def _must_be_seen(made: FormField) -> bool:
    """Whether a field must not be overlooked: it is wrong, or a checkpoint is chosen in it."""
    return bool(made.errors or made.chosen)


def _offer(made: FormField, info: FieldInfo, checkpoints: list[Checkpoint]) -> None:
    """Let `made` choose among the checkpoints of its kind; what else was named stays as text."""
    made.input, made.many = "model", info.many_models
    fitting = [each for each in checkpoints if info.model in ("any", each.produces)]
    known = {str(each.uid) for each in fitting}
    named = [name.strip() for name in made.value.split(",") if name.strip()]
    made.checkpoints, made.chosen = fitting, frozenset(known.intersection(named))
    made.value = ",".join(name for name in named if name not in known)
