"""What labelers of a project agree to: its versions, who agreed to which, and taking it back.

The form in force is the newest version; whoever agreed to an earlier one is asked again.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labelers import audit
from labelers.models import Consent, ConsentForm, Person, Project

LONGEST_FORM = 50_000
"""In characters."""


@transaction.atomic
def publish_form(*, project: Project, text: str, created_by: Person | None) -> ConsentForm:
    """Put a new version of the consent form in force; the same text again changes nothing.

    An empty text puts in force that nothing is asked.

    Raises:
        ValidationError: naming ``text``.
    """
    text = text.strip()
    if len(text) > LONGEST_FORM:
        raise ValidationError(
            {"text": _("At most %d characters are kept; shorten it.") % LONGEST_FORM}
        )
    # Two who publish at once make two versions.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    newest = project.consent_forms.first()
    if newest is not None and newest.text == text:
        return newest
    made = ConsentForm.objects.create(
        project=project,
        version=newest.version + 1 if newest else 1,
        text=text,
        created_by=created_by,
    )
    audit.record(
        actor=created_by,
        action="consent_form.published",
        project=project,
        subject=f"consent_form:{made.version}",
    )
    return made


def form_in_force(project: Project) -> ConsentForm | None:
    """What labelers have to agree to, None where nothing is asked."""
    newest: ConsentForm | None = project.consent_forms.first()
    return newest if newest and newest.text else None


def has_consented(*, form: ConsentForm, person: Person) -> bool:
    """Whether `person` agreed to this version and did not take it back."""
    return form.consents.filter(person=person, withdrawn_at=None).exists()


@transaction.atomic
def give_consent(*, project: Project, person: Person, version: int) -> Consent:
    """Write down that `person` agrees to the form in force; doing it twice changes nothing.

    Raises:
        ValidationError: `version` is not in force (any more): what was read is not what is asked.
    """
    form = form_in_force(project)
    if form is None or form.version != version:
        raise ValidationError(
            {"version": _("There is a newer version of this text. Please read it first.")}
        )
    consent, created = Consent.objects.get_or_create(form=form, person=person)
    if not created and consent.withdrawn_at is None:
        return consent
    consent.withdrawn_at = None
    consent.save(update_fields=["withdrawn_at"])
    audit.record(
        actor=person,
        action="consent.given",
        project=project,
        subject=f"consent_form:{form.version}",
    )
    return consent


@transaction.atomic
def withdraw_consent(*, project: Project, person: Person) -> int:
    """Take back every consent of `person` in `project`; returns how many there were.

    They are given no more work where consent is asked. Their answers stay.
    """
    given = Consent.objects.filter(form__project=project, person=person, withdrawn_at=None)
    versions = list(given.values_list("form__version", flat=True))
    given.update(withdrawn_at=timezone.now())
    if versions:
        audit.record(
            actor=person,
            action="consent.withdrawn",
            project=project,
            subject=f"person:{person.pk}",
            versions=versions,
        )
    return len(versions)
