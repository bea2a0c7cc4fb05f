"""Who somebody is at a crowd market: their ids there, taken from the link they came by.

Markets add the ids to the link as query parameters; which ones is a project's own setting. They are
kept with the membership, for pay and for the market's own lists, and go nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labelers import audit
from labelers.models import CrowdSettings, CrowdWorker, Person, Project

PARAMETERS = {
    "worker": ["PROLIFIC_PID", "workerId"],
    "study": ["STUDY_ID", "hitId"],
    "session": ["SESSION_ID", "assignmentId"],
}
"""What the two largest markets call a worker, what was published, and one person's part in it."""

NOT_YET = "ASSIGNMENT_ID_NOT_AVAILABLE"
"""What a market says in place of an id while somebody only looks."""

LONGEST_ID = 120
MOST_NAMES = 5
FIELDS = ("gives_codes", "wanted_items", "parameters", "return_url")


def crowd_settings_of(project: Project) -> CrowdSettings:
    """What `project` has agreed on with a market; the defaults where nobody has said anything."""
    found = CrowdSettings.objects.filter(project=project).first()
    return found or CrowdSettings(project=project, parameters=PARAMETERS)


def ids_in(project: Project, query: Mapping[str, str]) -> dict[str, str]:
    """The ids that the parameters of a link hold, by ``worker``, ``study`` and ``session``.

    Empty where there is no worker's id. What no market would send (too long, not printable) is
    left out.
    """
    names = crowd_settings_of(project).parameters or PARAMETERS
    found = {}
    for kind in PARAMETERS:
        given = (query.get(name, "").strip() for name in names.get(kind, []))
        found[kind] = next((text for text in given if _is_id(text)), "")
    return found if found["worker"] else {}


def _is_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable() and text != NOT_YET


@transaction.atomic
def note_worker(*, project: Project, person: Person, ids: Mapping[str, str]) -> None:
    """Keep the ids by which `person` came into `project`; nothing where there are none.

    Who comes again gets the newest study and session. Somebody else's id is never taken over: the
    first worker that a person was stays.
    """
    if not ids:
        return
    kept, made = CrowdWorker.objects.select_for_update().get_or_create(
        project=project, person=person, defaults=dict(ids)
    )
    if not made:
        if kept.worker != ids["worker"]:
            audit.record(
                actor=person,
                action="worker_id.differs",
                project=project,
                subject=f"person:{person.pk}",
            )
            return
        kept.study, kept.session = ids["study"], ids["session"]
        kept.save(update_fields=["study", "session"])


@transaction.atomic
def change_crowd_settings(*, project: Project, changed_by: Person, **changes: Any) -> CrowdSettings:
    """Change what was agreed on with a market.

    Raises:
        ValidationError: by field.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    kept = crowd_settings_of(project)
    if unknown := changes.keys() - set(FIELDS):
        raise TypeError(f"no fields of crowd settings: {sorted(unknown)}")
    for field, value in changes.items():
        setattr(kept, field, value)
    kept.parameters = _checked_parameters(kept.parameters)
    _check_return_url(kept.return_url)
    kept.full_clean(exclude=["project"])
    kept.save()
    audit.record(
        actor=changed_by,
        action="crowd.changed",
        project=project,
        subject=f"project:{project.slug}",
        fields=sorted(changes),
    )
    return kept


def _checked_parameters(given: Any) -> dict[str, list[str]]:
    if not isinstance(given, dict) or given.keys() - PARAMETERS.keys():
        known = ", ".join(PARAMETERS)
        raise ValidationError({"parameters": _("Give lists of names for: %s.") % known})
    for names in given.values():
        is_list = isinstance(names, list) and len(names) <= MOST_NAMES
        if not is_list or not all(isinstance(one, str) and _is_id(one) for one in names):
            raise ValidationError({"parameters": _("Give at most 5 names of parameters each.")})
    return {kind: given.get(kind, []) for kind in PARAMETERS}


def _check_return_url(url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = None, ""
    if parts is None or parts.scheme != "https" or not host or parts.username or "\\" in url:
        said = _("Give an address that begins with https://, without a name or password in it.")
        raise ValidationError({"return_url": said})
    if host not in settings.CROWD_HOSTS:
        said = _("Labelers are only sent to: %s. The operator of this site can allow more.")
        raise ValidationError({"return_url": said % ", ".join(settings.CROWD_HOSTS)})
