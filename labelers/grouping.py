"""Coarse groups that a labeler consents to be counted in, held under a key instead of a name.

The key is an HMAC of person and project under the server's secret, so the table alone tells nobody.
Only annotation's opinions may ask who is in which group (`groups_of`), and it shows no small ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labelers import audit
from labelers.models import GroupMembership, Person, Project
from labelers.scattering import scatter

SALT = "labelers.grouping"


@dataclass(frozen=True)
class Dimension:
    """One way to tell groups apart: what it is called, and its values with their names."""

    title: str | Promise
    values: Mapping[str, str | Promise]


DIMENSIONS: Mapping[str, Dimension] = {
    "age": Dimension(
        gettext_lazy("Age"),
        {
            "18-24": gettext_lazy("18 to 24"),
            "25-34": gettext_lazy("25 to 34"),
            "35-44": gettext_lazy("35 to 44"),
            "45-59": gettext_lazy("45 to 59"),
            "60+": gettext_lazy("60 or older"),
        },
    ),
    "gender": Dimension(
        gettext_lazy("Gender"),
        {
            "woman": gettext_lazy("Woman"),
            "man": gettext_lazy("Man"),
            "other": gettext_lazy("Another gender"),
        },
    ),
    "region": Dimension(
        gettext_lazy("Where I grew up"),
        {
            "africa": gettext_lazy("Africa"),
            "east-asia": gettext_lazy("East Asia"),
            "south-asia": gettext_lazy("South Asia"),
            "southeast-asia": gettext_lazy("Southeast Asia"),
            "west-asia": gettext_lazy("West and Central Asia"),
            "europe": gettext_lazy("Europe"),
            "latin-america": gettext_lazy("Latin America"),
            "north-america": gettext_lazy("North America"),
            "oceania": gettext_lazy("Oceania"),
        },
    ),
}
"""Every dimension by name; what somebody leaves out is not stored."""


def _key_of(project: Project, person_id: int) -> str:
    said = f"{project.pk}:{person_id}"
    return salted_hmac(SALT, said, algorithm="sha256").hexdigest()


@transaction.atomic
def choose_groups(*, project: Project, person: Person, groups: Mapping[str, str]) -> None:
    """Count `person` in `groups` (dimension to value) and in no others; {} withdraws them all.

    The audit row reads the same whatever was chosen.

    Raises:
        ValidationError: by dimension; then nothing is changed.
    """
    errors: dict[str, list[str]] = {}
    for dimension, value in groups.items():
        if dimension not in DIMENSIONS:
            errors[str(dimension)[:80]] = [
                _("There is no such dimension; known are %s.") % ", ".join(DIMENSIONS)
            ]
        elif value not in DIMENSIONS[dimension].values:
            errors[dimension] = [_("Choose one of %s.") % ", ".join(DIMENSIONS[dimension].values)]
    if errors:
        raise ValidationError(errors)
    key = _key_of(project, person.pk)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    GroupMembership.objects.filter(project=project, key=key).delete()
    GroupMembership.objects.bulk_create(
        GroupMembership(project=project, key=key, dimension=dimension, value=value)
        for dimension, value in groups.items()
    )
    scatter(GroupMembership, project)
    audit.record(
        actor=person, action="groups.chosen", project=project, subject=f"person:{person.pk}"
    )


def own_groups(*, project: Project, person: Person) -> dict[str, str]:
    """In which groups `person` is counted: for nobody's eyes but theirs."""
    mine = GroupMembership.objects.filter(project=project, key=_key_of(project, person.pk))
    return dict(mine.values_list("dimension", "value"))


def groups_of(*, project: Project, dimension: str, people: Iterable[Person]) -> dict[int, str]:
    """By person id: the group of each of `people` in `dimension`, of those who consented to one.

    For annotation's opinions alone, which withholds what fewer than five people would make.
    """
    by_key = dict(
        GroupMembership.objects.filter(project=project, dimension=dimension).values_list(
            "key", "value"
        )
    )
    keys = {person.pk: _key_of(project, person.pk) for person in people}
    return {pk: by_key[key] for pk, key in keys.items() if key in by_key}
