"""The scales that a kind's template draws: the choices of a comparison and the steps of a score."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

register = template.Library()

MARKS = {"significantly": "+++", "better": "++", "slightly": "+", "negligibly": "≈"}
STEP_KEYS = "1234567890-"


@register.simple_tag
def preference_scale(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The choices for A and B in the order of the scale, strongest at both ends."""
    if not options["strength"]:
        return [
            {"choice": side.lower(), "side": side, "words": _("is better"), "label": label}
            for side, label in (("A", _("A is better")), ("B", _("B is better")))
        ]
    words = {
        "significantly": _("significantly better"),
        "better": _("better"),
        "slightly": _("slightly better"),
        "negligibly": _("negligibly better or unsure"),
    }
    kept = [name for name in words if name in options["strengths"]]
    return [
        {
            "choice": side.lower(),
            "side": side,
            "strength": name,
            "mark": MARKS[name],
            "words": words[name],
            "label": f"{side}: {words[name]}",
        }
        for side, names in (("A", kept), ("B", kept[::-1]))
        for name in names
    ]


@register.simple_tag
def score_steps(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every score from the lowest to the highest with the key that gives it: 1, 2, ... 9, 0, -."""
    scores = range(options["low"], options["high"] + 1)
    return [{"score": score, "key": key} for score, key in zip(scores, STEP_KEYS, strict=False)]


@register.filter
def as_json(value: Any) -> str:
    """`value` as JSON, for a data attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=False)
