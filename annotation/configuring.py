"""Making a project and changing what it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from annotation import contesting, valuing
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.models import Guidelines, GuidelinesRead, ProjectSettings
from annotation.task_kinds.base import OptionsError
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import audit, roles
from labelers.models import Person, Project, Role

CHANGEABLE = (
    *("kind_options", "gold_rate", "lease_seconds"),
    *("correction_seconds", "shows_gold_score", "covered_tags"),
    *("consensus_method", "pauses_on_fall"),
    *("contested_below", "contested_more", "contested_by_trusted", "trusted_from"),
)


LONGEST_GUIDELINES = 100_000


@transaction.atomic
def create_project(
    *,
    created_by: Person | None,
    name: str,
    kind: str,
    slug: str = "",
    description: str = "",
    kind_options: Mapping[str, Any] | None = None,
    overlap: int = 1,
    gold_rate: float = 0.1,
    lease_seconds: int = 1800,
    consensus_method: str = "reliability",
    guidelines: str = "",
) -> Project:
    """Make a project with its settings; whoever makes it becomes its admin.

    Raises:
        ValidationError: by field.
    """
    project = Project(
        name=name,
        slug=slug or _free_slug(name),
        description=description,
        created_by=created_by,
    )
    project.full_clean()
    project.save()
    settings = ProjectSettings(
        project=project,
        kind=kind,
        kind_options=_clean_options(kind, kind_options or {}),
        overlap=overlap,
        gold_rate=gold_rate,
        lease_seconds=lease_seconds,
        consensus_method=_known_method(consensus_method),
    )
    settings.full_clean(exclude=["project"])
    settings.save()
    if created_by is not None:
        roles.add_member(project=project, person=created_by, role=Role.ADMIN)
    audit.record(
        actor=created_by,
        action="project.created",
        project=project,
        subject=f"project:{project.slug}",
    )
    if guidelines.strip():
        publish_guidelines(project=project, text=guidelines, created_by=created_by)
    return project


def _free_slug(name: str) -> str:
    """A slug from the name that no project has; Japanese names have no ASCII to make one of."""
    base = slugify(name)[:50] or "project"
    taken = set(Project.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _known_method(name: str) -> str:
    if name not in CONSENSUS_METHODS:
        message = f"{name!r} is not one of {', '.join(CONSENSUS_METHODS)}."
        raise ValidationError({"consensus_method": message})
    return name


def _clean_options(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    if kind not in TASK_KINDS:
        raise ValidationError({"kind": f"{kind!r} is not one of {', '.join(TASK_KINDS)}."})
    try:
        return TASK_KINDS[kind].clean_options(options)
    except OptionsError as problem:
        raise ValidationError({"kind_options": str(problem)}) from problem


@transaction.atomic
def change_settings(*, project: Project, changed_by: Person, **changes: Any) -> ProjectSettings:
    """Change name, description, state, or what new leases go by.

    The kind stays: stored tasks were made for it. The overlap is `changing_overlap`'s; another
    order (``next_by``) is given to the items in the background. An archived project only changes
    its state.

    Raises:
        ValidationError: by field.
    """
    settings = ProjectSettings.objects.select_for_update().get(project=project)
    if project.state == Project.State.ARCHIVED and changes.keys() - {"state"}:
        raise ValidationError(
            {"state": _("This project is archived; bring it back before you change it.")}
        )
    for field in ("name", "description", "state"):
        if field in changes:
            setattr(project, field, changes[field])
    for field in CHANGEABLE:
        if field in changes:
            setattr(settings, field, changes[field])
    settings.kind_options = _clean_options(settings.kind, settings.kind_options)
    _known_method(settings.consensus_method)
    project.full_clean()
    settings.full_clean(exclude=["project"])
    contesting.follow_settings(settings, changes.keys())
    # Of the project itself: another admin may switch its screening on meanwhile.
    project.save(update_fields=["name", "description", "state"])
    settings.save()
    if changes.get("next_by", settings.next_by) != settings.next_by:
        valuing.change_order(project=project, next_by=changes["next_by"], changed_by=changed_by)
        settings.refresh_from_db()
    audit.record(
        actor=changed_by,
        action="project.changed",
        project=project,
        subject=f"project:{project.slug}",
        fields=sorted(changes),
    )
    return settings


@transaction.atomic
def publish_guidelines(
    *,
    project: Project,
    text: str,
    created_by: Person | None,
    note: str = "",
    after: int | None = None,
) -> Guidelines:
    """Make `text` the current guidelines; the earlier versions stay readable.

    `after` is the version that the text was begun from, 0 for none; who does not say it overwrites
    what was published meanwhile.

    Raises:
        ValidationError: blank, too long or as before, or another version is in force by now.
    """
    # The project's row orders two admins who publish at once.
    Project.objects.select_for_update().get(pk=project.pk)
    current = project.guidelines.first()
    version = current.version if current else 0
    if after is not None and after != version:
        raise ValidationError(
            {"after": _("Version %d was published meanwhile. Read it and try again.") % version}
        )
    if not text.strip():
        raise ValidationError({"text": _("Write some text.")})
    if len(text) > LONGEST_GUIDELINES:
        raise ValidationError({"text": _("At most 100,000 characters are kept; shorten it.")})
    # A form sends its lines with carriage returns, which are no change.
    text = text.replace("\r\n", "\n")
    if current and text.strip() == current.text.strip():
        raise ValidationError({"text": _("This is the text in force. Change something first.")})
    guidelines = Guidelines.objects.create(
        project=project, version=version + 1, text=text, note=note, created_by=created_by
    )
    if created_by is not None:
        GuidelinesRead.objects.create(guidelines=guidelines, person=created_by)
    audit.record(
        actor=created_by,
        action="guidelines.published",
        project=project,
        subject=f"guidelines:{guidelines.version}",
    )
    return guidelines
