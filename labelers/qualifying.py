"""Writing down how far a labeler has come in a project, and reading it back.

Whoever measures (annotation's screening) calls `record_stage`; nothing here looks at judgments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from labelers import audit, consenting
from labelers.models import Consent, ConsentForm, Membership, Person, Project, Qualification, Role

Stage = Qualification.Stage
EXEMPT = (Role.ADMIN, Role.ADJUDICATOR)
"""Who holds one of these roles works without being screened; staff do, too."""

STEPS = (Stage.INVITED, Stage.CONSENTED, Stage.TRAINING, Stage.EXAMINED, Stage.QUALIFIED)
"""The way to being qualified, in order."""


@transaction.atomic
def record_stage(
    *,
    project: Project,
    person: Person,
    stage: str,
    recorded_by: Person | None,
    scores: dict[str, Any] | None = None,
    reason: str = "",
    lifts: bool = False,
) -> Qualification:
    """Set the stage of `person` in `project`, with the scores that led to it.

    A suspension stays whatever is reached meanwhile, which is what it is lifted to: only who
    `lifts` it ends it.
    """
    held = (
        Qualification.objects.select_for_update()
        .filter(project=project, person=person, stage=Stage.SUSPENDED)
        .first()
    )
    if held is not None and stage != Stage.SUSPENDED and not lifts:
        pausing = {**held.scores.get("pausing", {}), "stage_before": stage}
        scores = {**held.scores, **(scores or {}), "pausing": pausing}
        stage, reason = Stage.SUSPENDED, held.reason
    qualification, _created = Qualification.objects.update_or_create(
        project=project,
        person=person,
        defaults={"stage": stage, "reason": reason}
        | ({"scores": scores} if scores is not None else {}),
    )
    audit.record(
        actor=recorded_by,
        action="qualification.recorded",
        project=project,
        subject=f"person:{person.pk}",
        stage=stage,
        reason=reason,
    )
    return qualification


def may_work(*, project: Project, person: Person) -> bool:
    """Whether `person` may be given work: as `may_work_at` says of the stage written down."""
    record = Qualification.objects.filter(project=project, person=person).only("stage").first()
    return may_work_at(record.stage if record else None, project=project, person=person)


def may_work_at(stage: str | None, *, project: Project, person: Person) -> bool:
    """Whether `person` may be given work at that stage, None where none is written down.

    Nobody who is suspended may. Where the project is screened, labelers need to be qualified and to
    have agreed to the consent form in force; elsewhere nothing has to be written down.
    """
    if stage == Stage.SUSPENDED:
        return False
    if not project.is_screened or is_exempt(project=project, person=person):
        return True
    if stage != Stage.QUALIFIED:
        return False
    form = consenting.form_in_force(project)
    return form is None or consenting.has_consented(form=form, person=person)


def is_exempt(*, project: Project, person: Person) -> bool:
    """Whether `person` works in `project` without being screened, by role."""
    if person.is_staff:
        return True
    return Membership.objects.filter(project=project, person=person, role__in=EXEMPT).exists()


@dataclass(frozen=True)
class Standing:
    """What a labeler may do in a project and what they still need; `ask` names its admins.

    ``needs`` is what the page named ``start`` is for: ``screening``, ``consent`` to a new version
    of the form, or nothing.
    """

    stage: str | None = None
    reason: str = ""
    ask: tuple[str, ...] = ()
    needs: str = ""

    @property
    def may_label(self) -> bool:
        """As `may_work` says."""
        return not self.is_suspended and not self.needs

    @property
    def is_suspended(self) -> bool:
        """Whether somebody stopped their work."""
        return self.stage == Stage.SUSPENDED

    @property
    def is_declined(self) -> bool:
        """Whether they came to the end of the screening and were not accepted."""
        return self.stage == Stage.DECLINED and self.needs == "screening"

    @property
    def title(self) -> str:
        """The stage in the viewer's language."""
        return str(Stage(self.stage).label) if self.stage else ""

    @property
    def to_come(self) -> list[str]:
        """The steps that are still ahead, in the viewer's language; none without a record."""
        if self.stage not in STEPS:
            return []
        return [str(step.label) for step in STEPS[STEPS.index(Stage(self.stage)) + 1 :]]


def standings_of(person: Person, projects: Iterable[Project]) -> dict[int, Standing]:
    """By project: how `person` stands in each of `projects`.

    At most two queries, and two more where some of the projects are screened.
    """
    listed = list(projects)
    records = {
        record.project_id: record
        for record in Qualification.objects.filter(person=person, project__in=listed)
    }
    suspended = [pk for pk, record in records.items() if record.stage == Stage.SUSPENDED]
    admins: dict[int, list[str]] = defaultdict(list)
    if suspended:
        rows = Membership.objects.filter(project__in=suspended, role=Role.ADMIN).order_by("id")
        for project, name in rows.values_list("project_id", "person__username"):
            admins[project].append(name)
    stages = {pk: record.stage for pk, record in records.items()}
    needs = _needs(person, [project for project in listed if project.is_screened], stages)
    return {
        project.pk: Standing(needs=needs.get(project.pk, ""))
        if project.pk not in records
        else Standing(
            stages[project.pk],
            records[project.pk].reason,
            tuple(admins[project.pk]),
            needs.get(project.pk, ""),
        )
        for project in listed
    }


def _needs(person: Person, screened: list[Project], stages: dict[int, str]) -> dict[int, str]:
    """By screened project: what `person` needs before they may work, if they need anything."""
    if not screened or person.is_staff:
        return {}
    held = Membership.objects.filter(person=person, project__in=screened, role__in=EXEMPT)
    exempt = set(held.values_list("project_id", flat=True))
    given = Consent.objects.filter(form=OuterRef("pk"), person=person, withdrawn_at=None)
    forms = (
        ConsentForm.objects.filter(project__in=screened)
        .order_by("project_id", "-version")
        .distinct("project_id")
        .annotate(is_given=Exists(given))
    )
    owed = {form.project_id for form in forms if form.text and not form.is_given}
    needs = {}
    for pk in {project.pk for project in screened} - exempt:
        if stages.get(pk) not in (Stage.QUALIFIED, Stage.SUSPENDED):
            needs[pk] = "screening"
        elif pk in owed:
            needs[pk] = "consent"
    return needs
