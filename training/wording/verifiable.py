"""What is said of policies that learn from checked answers, and of problems that they solve."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

SOLVING_FIGURES = {
    "reflective_wait": gettext_lazy("“wait” per response"),
    "reflective_now": gettext_lazy("“now” per response"),
    "reflective_alternatively": gettext_lazy("“alternatively” per response"),
}

BEGINNINGS = {
    "pass_at_": _("pass@{name}"),
    "baseline_": _("Baseline: {name}"),
    "difference_": _("Difference from the baseline: {name}"),
}
"""Figures whose names begin so are called by what follows."""

VERIFIABLE = (
    _(
        "ratio is sequence, but the loss {loss} adds up tokens, so that long responses would count"
        " more: take the loss grpo or luspo."
    ),
    _("ratio is token, but the loss luspo needs sequence: set it."),
    _(
        "epsilon_high is 0, but the loss cispo takes it for the highest ratio: give one, for"
        " example 5."
    ),
    _("k is {value} but n is {n}: pass@k needs at least k attempts, raise n."),
    _("k is {value}: give whole numbers from 1 on, as 1,4."),
    _("temperature is 0, with which all attempts are the same: raise it, or set n to 1."),
    _("No prompt has a known answer: give the prompts a reference."),
    _("No problem was answered by both models: raise max_prompt_tokens."),
    _(
        "{share} ({low} to {high}) right: better than the baseline's {other} ({gap}, {least} to"
        " {most})."
    ),
    _(
        "{share} ({low} to {high}) right: worse than the baseline's {other} ({gap}, {least} to"
        " {most})."
    ),
    _(
        "{share} ({low} to {high}) right: not clearly different from the baseline's {other} ({gap},"
        " {least} to {most})."
    ),
    _("{share} ({low} to {high}) right."),
)
"""Sentences of `grpo`, `rloo` and `solve`."""
