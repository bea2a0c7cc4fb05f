"""What the rules are that rewards can be given by, and how each is written in the setting."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class RuleWords:
    """What a rule rewards, and a beginning that a form offers."""

    description: Promise
    example: str


RULES = {
    "exact_answer": RuleWords(
        _(
            "The known answer of the prompt is given: boxed, tagged, behind #### or as the last"
            " number."
        ),
        "exact_answer=1",
    ),
    "format": RuleWords(
        _("The response has a shape: one filled box, or thoughts and answer in tags."),
        "format(shape=boxed)=0.1",
    ),
    "length": RuleWords(
        _("The response is near a target length, or within bounds."),
        "length(target=80, unit=words)=0.2",
    ),
    "regex": RuleWords(
        _("A regular expression is found in the response, or is the whole of it."),
        'regex(pattern="[0-9]+$")=0.2',
    ),
    "json": RuleWords(
        _("The response is valid JSON, with the required keys where some are named."),
        "json=0.5",
    ),
}
