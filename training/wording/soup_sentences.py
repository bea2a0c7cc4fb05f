"""What mixtures of policies are refused for."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

SOUP_SENTENCES = (
    _("other_policies is empty: name at least one policy to mix with."),
    _("reward_models is empty: name the reward models that judge, one for each criterion."),
    _(
        "{name} has {value}: write one share from 0 to 1 for each of the {count} policies, for"
        " example {example}."
    ),
    _("{name} has {value}, whose shares sum to {total}: make them 1."),
    _("chosen names several mixtures: keep one, and try others as mixtures."),
    _(
        "grid is {grid}, which makes {size} mixtures of {count} policies: at most {most} are tried;"
        " lower it, or give mixtures."
    ),
    _("mixtures names {size}: at most {most} are tried."),
    _(
        "{name} and {other} were not trained from the same model: their weights differ by {share}"
        " of their size. Mix policies of one base."
    ),
    _(
        "{name} lacks {count} of the weights of {other} (such as {tensor}): mix policies of one"
        " base."
    ),
    _(
        "{name} and {other} are not built alike ({tensor} is {ours} and {theirs}): mix policies of"
        " one base."
    ),
    _(
        "The criterion {name} gives every response the same reward, so it tells no mixture from"
        " another: take a reward model that has learned, or more prompts."
    ),
    _("head_weights names {names}, and the reward models have {known}: correct it."),
    _(
        "model {name} has {count} labels without names, which are classes and no criteria: take a"
        " reward model with one output."
    ),
    _(
        "No response of the mixture {name} has a reward by every criterion: lower max_new_tokens,"
        " or take reward models with more positions."
    ),
)
"""Sentences of `soup`, as patterns; see `labelers.sentences`."""
