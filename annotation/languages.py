"""The languages that items are in and that their labelers say they read.

What somebody reads is a preference of theirs for all projects (`labelers.preferences`), so they
choose among the languages of all they label in. Keeping items from them is `routing`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from annotation.routing import languages_read
from labelers import preferences, roles, statements
from labelers.models import Person, Project

# One step in the index for each language of each project, however many items there are.
_SAID = """
WITH RECURSIVE said AS (
    SELECT project, (SELECT min(p.language) FROM annotation_prompt p
        WHERE p.project_id = project AND p.language > '') AS language
    FROM unnest(%(projects)s::bigint[]) project
    UNION ALL
    SELECT project, (SELECT min(p.language) FROM annotation_prompt p
        WHERE p.project_id = project AND p.language > said.language)
    FROM said WHERE language IS NOT NULL)
SELECT DISTINCT language FROM said WHERE language IS NOT NULL ORDER BY language
"""


def said_in(projects: Sequence[int]) -> list[str]:
    """The languages that the prompts of these projects are in, as they are written there."""
    return [language for (language,) in statements.rows(_SAID, {"projects": projects})]


def offered_to(person: Person) -> list[str]:
    """The languages of the active projects that `person` labels in, as codes such as ``ja``."""
    labeled = Project.objects.filter(
        memberships__person=person,
        memberships__role__in=roles.LABELING,
        state=Project.State.ACTIVE,
    )
    found = said_in(list(labeled.values_list("pk", flat=True)))
    codes = {name.replace("_", "-").partition("-")[0].lower() for name in found}
    return sorted(code for code in codes if preferences.LANGUAGE.fullmatch(code))


def choices_of(person: Person) -> list[tuple[str, str, bool]]:
    """Code, name and whether they read it, of each language there is a choice of; else none."""
    offered = offered_to(person)
    if len(offered) < 2:
        return []
    read = languages_read(person)
    return [(code, _name(code), read is None or code in read) for code in offered]


def choose(*, person: Person, chosen: Collection[str]) -> None:
    """Keep which of the offered languages `person` reads; all of them stand for any language.

    Raises:
        ValidationError: none was chosen, or something that is no language.
    """
    if not chosen:
        raise ValidationError(_("Choose at least one language; without one there is no work."))
    everything = set(offered_to(person)) <= set(chosen)
    preferences.save_preferences(
        person=person, changes={"languages": [] if everything else sorted(chosen)}
    )


def _name(code: str) -> str:
    """A language's name for itself, or its code where Django has none."""
    return str(LANG_INFO.get(code, {}).get("name_local", code))
