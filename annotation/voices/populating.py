"""The population whose opinions a project is after: the wanted share of each group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from annotation.models import ScreeningPolicy
from labelers import audit
from labelers.grouping import DIMENSIONS
from labelers.models import Person, Project
from labelers.surveying import QUESTIONS

NEAR_ONE = 0.005
"""How far the shares of one dimension may miss 1: they are given as rounded percentages."""


def dimensions() -> dict[str, tuple[Any, Mapping[str, Any]]]:
    """By name: the title and the values (with their names) of what a population can be told by."""
    asked = {
        name: (question.title, question.choices)
        for name, question in QUESTIONS.items()
        if not question.is_satisfaction
    }
    consented = {name: (found.title, found.values) for name, found in DIMENSIONS.items()}
    return consented | asked


@transaction.atomic
def change_population(
    *, project: Project, changed_by: Person, population: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Make `population` the target: {dimension: {value: share}}; a dimension without a share is
    none.

    Raises:
        ValidationError: by dimension, where it or a value is unknown or its shares are no shares.
    """
    errors: dict[str, list[str]] = {}
    cleaned = {}
    for name, shares in population.items():
        try:
            kept = _clean(name, shares)
        except ValidationError as problem:
            errors[str(name)[:80]] = problem.messages
        else:
            if kept:
                cleaned[name] = kept
    if errors:
        raise ValidationError(errors)
    policy, _made = ScreeningPolicy.objects.select_for_update().get_or_create(project=project)
    policy.population = cleaned
    policy.save(update_fields=["population", "updated_at"])
    audit.record(
        actor=changed_by,
        action="population.changed",
        project=project,
        subject=f"project:{project.slug}",
        dimensions=sorted(cleaned),
    )
    return cleaned


def _clean(name: str, shares: object) -> dict[str, float]:
    known = dimensions()
    if name not in known:
        raise ValidationError(_("There is no such dimension; known are %s.") % ", ".join(known))
    if not isinstance(shares, Mapping):
        raise ValidationError(_("Give an object of values and their shares."))
    _title, values = known[name]
    unknown = [str(value) for value in shares if value not in values]
    if unknown:
        raise ValidationError(
            _("There is no group {unknown}; known are {values}.").format(
                unknown=unknown[0][:60], values=", ".join(values)
            )
        )
    kept = {}
    for value, share in shares.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ValidationError(_("A share is a number from 0 to 1 (0% to 100%)."))
        if share:
            kept[value] = float(share)
    if kept and abs(sum(kept.values()) - 1) > NEAR_ONE:
        raise ValidationError(
            _("The shares add up to {sum}%; make them 100%.").format(
                sum=round(100 * sum(kept.values()), 1)
            )
        )
    return kept
