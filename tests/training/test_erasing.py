"""Erasing a person: what goes, what stays without a name, and what frozen snapshots still hold."""

import json

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from annotation.models import Appeal, Judgment, Payroll, PayrollRow, Task
from exports import snapshotting, withdrawing
from exports.models import Snapshot
from labelers import erasing
from labelers.models import (
    AuditEvent,
    CompletionCode,
    CrowdWorker,
    Erasure,
    Invitation,
    Letter,
    Notice,
    Person,
    UseCount,
)
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from training import erasure_words, lineage, personal_data
from training.erasing import erase, holdings
from training.models import Checkpoint, Run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def known(project, person_factory, admin):
    """Somebody who judged three items, of which a snapshot and a run are made."""
    person = person_factory("nora", project, "labeler")
    person.email = "nora@example.org"
    person.save()
    make_tasks(project, 3)
    for _ in range(3):
        answer_next(person, project, A_IS_BETTER, reason="as I live in Oslo")
    Notice.objects.create(person=admin, kind="x", detail={"name": "nora"})
    frozen = snapshotting.request_snapshot(project=project, created_by=admin, name="first")
    frozen = snapshotting.build_snapshot(snapshot_uid=frozen.uid)
    run = Run.objects.create(
        project=project, name="reward", trainer="reward_model", config={}, snapshot=frozen
    )
    Checkpoint.objects.create(
        run=run, name="step-1", step=1, kind="full", produces="reward_model", path="x"
    )
    return person, frozen, run


def test_answers_are_kept_without_name_and_texts(known, project, admin):
    person, frozen, run = known
    before = person.pseudonym
    done = erase(person=person, judgments="keep", erased_by=admin)
    person.refresh_from_db()
    assert (person.username, person.email, person.is_active) == (f"erased-{person.pk}", "", False)
    assert person.pseudonym != before == done.pseudonym
    assert Judgment.objects.filter(person=person, reason="").count() == 3
    assert not AuditEvent.objects.filter(detail__icontains="nora").exists()
    assert Notice.objects.get(person=admin).detail == {"name": f"erased-{person.pk}"}
    assert done.report["erased"]["reasons"] == 3
    (held,) = done.report["held"]
    assert held["snapshots"] == [
        {"uid": str(frozen.uid), "name": "first", "records": 3, "judgments": 3}
    ]
    assert [each["uid"] for each in held["runs"]] == [str(run.uid)]
    assert len(held["checkpoints"]) == 1
    with pytest.raises(ValidationError, match="already"):
        erase(person=person, judgments="keep", erased_by=admin)


def test_answers_that_are_deleted_are_asked_again(known, project, admin):
    person, frozen, _run = known
    erase(person=person, judgments="delete", erased_by=admin)
    assert not Judgment.objects.filter(person=person).exists()
    assert {task.free_slots for task in Task.objects.filter(project=project)} == {1}
    made = withdrawing.freeze_again(snapshot=frozen, asked_by=admin)
    frozen.refresh_from_db()
    assert frozen.superseded_by == made
    assert frozen.filters == made.filters
    with pytest.raises(ValidationError, match="to confirm"):
        withdrawing.delete_files(snapshot=frozen, asked_by=admin, confirmed_name="last")
    withdrawing.delete_files(snapshot=frozen, asked_by=admin, confirmed_name="first")
    assert not frozen.path.exists()
    assert Snapshot.objects.get(pk=frozen.pk).digest == frozen.digest


def test_a_snapshot_in_the_making_begins_anew(known, project, admin, monkeypatch):
    person, *_ = known
    waiting = snapshotting.request_snapshot(project=project, created_by=admin, name="second")
    publish = snapshotting._finish

    def erase_first(*given, **named):
        monkeypatch.setattr(snapshotting, "_finish", publish)
        erase(person=person, judgments="keep", erased_by=admin)
        return publish(*given, **named)

    monkeypatch.setattr(snapshotting, "_finish", erase_first)
    with pytest.raises(snapshotting.GoneError):
        snapshotting.build_snapshot(snapshot_uid=waiting.uid)
    assert not waiting.path.exists()
    built = snapshotting.build_snapshot(snapshot_uid=waiting.uid)
    assert built.state == "done"
    person.refresh_from_db()
    assert holdings(person)[0]["snapshots"][0]["name"] == "second"


def test_lineage_leads_both_ways(known, project):
    person, frozen, run = known
    task = project.tasks.order_by("id").first()
    (use,) = lineage.of_item(project, task.pk)
    assert use.snapshot == frozen
    assert use.runs == [run]
    assert len(use.checkpoints) == 1
    (record,) = use.records
    assert [each["labeler"] for each in record.judgments] == [person.pseudonym]
    assert lineage.of_record(frozen, record.id).records == [record]
    assert lineage.of_record(frozen, "nothing") is None
    assert lineage.behind(run).snapshots == [frozen]


def test_pages_and_api(known, project, admin, client):
    person, frozen, run = known
    task = project.tasks.order_by("id").first()
    client.force_login(person)
    assert client.get(reverse("erasures")).status_code == 403
    own = json.loads(b"".join(client.get(reverse("own-data-file")).streaming_content))
    assert own["account"]["email"] == "nora@example.org"
    assert [row["role"] for row in own["memberships"]] == ["labeler"]
    assert [row["reason"] for row in own["judgments"]] == ["as I live in Oslo"] * 3
    client.post(reverse("ask-erasure"), {"deed": "ask"})
    assert "erased" in client.get(reverse("own-data")).content.decode()
    assert erasing.open_wish(person)
    Person.objects.filter(pk=admin.pk).update(is_staff=True)
    client.force_login(admin)
    page = client.get(reverse("erasure", args=[person.pseudonym]))
    assert frozen.name in page.content.decode()
    item = client.get(reverse("item-lineage", args=[project.slug, task.pk])).content.decode()
    assert person.pseudonym in item
    assert run.name in item
    for name, args in [
        ("api-item-lineage", [project.slug, task.pk]),
        ("api-record-lineage", [frozen.uid, f"{project.slug}-{task.pk}"]),
        ("api-run-lineage", [run.uid]),
        ("api-snapshot-lineage", [frozen.uid]),
        ("run-lineage", [run.uid]),
        ("snapshot-lineage", [frozen.uid]),
        ("snapshot-compare", [frozen.uid]),
        ("snapshot-pushes", [frozen.uid]),
        ("snapshot", [frozen.uid]),
    ]:
        assert client.get(reverse(name, args=args)).status_code == 200, name
    done = client.post(
        reverse("erasure", args=[person.pseudonym]),
        {"judgments": "keep", "pseudonym": person.pseudonym},
    )
    assert done.status_code == 302
    assert Erasure.objects.get().state == "done"
    assert Person.objects.filter(username="nora").count() == 0


def test_what_other_tables_know_goes_as_well(known, project, admin):
    person, *_ = known
    person.groups.add(Group.objects.create(name="x"))
    CrowdWorker.objects.create(project=project, person=person, worker="prolific-7")
    CompletionCode.objects.create(
        project=project, person=person, code="C0DE", reason="done", items=3
    )
    payroll = Payroll.objects.create(
        project=project, number=1, until=timezone.now(), currency="EUR", closed_by=person
    )
    paid = PayrollRow.objects.create(
        payroll=payroll, person=person, items=3, seconds=9, earned=300, total=300, reason="Nora, ok"
    )
    Appeal.objects.create(
        project=project, person=person, about="payment", subject="payment:1", text="I", answer="You"
    )
    for note in ("for Nora@example.org, Oslo", "nora"):
        sent = Invitation.objects.create(
            project=project, role="labeler", token_hash=note, note=note, expires_at=timezone.now()
        )
        address = "nora@Example.org" if "@" in note else "other@example.org"
        Letter.objects.create(invitation=sent, address=address, due_at=timezone.now())
    EmailAddress.objects.create(user=person, email=person.email)
    SocialAccount.objects.create(user=person, provider="work", uid="7", extra_data={"n": "Nora"})
    Authenticator.objects.create(user=person, type="totp", data={})
    UseCount.objects.create(who=f"person:{person.pk}", minute=1, count=1)
    Notice.objects.create(person=person, kind="x")
    erase(person=person, judgments="keep", erased_by=admin)
    for model in personal_data.OWN:
        assert not personal_data.rows_of(model, person).exists(), model
    assert not UseCount.objects.exists()
    row = PayrollRow.objects.get()
    assert (row.pk, row.total, row.reason) == (paid.pk, 300, f"erased-{person.pk}, ok")
    assert row.person.username == f"erased-{person.pk}"
    appeal = Appeal.objects.get()
    assert (appeal.text, appeal.answer) == ("[erased]", "[erased]")
    notes = set(Invitation.objects.values_list("note", flat=True))
    # A name alone may be a word of another sentence.
    assert notes == {f"for erased-{person.pk}, Oslo", "nora"}
    assert [letter.address for letter in Letter.objects.all()] == ["other@example.org"]


def test_a_name_that_is_also_a_key_stays_a_key(project, person_factory, admin):
    person = person_factory("labeler", project, "labeler")
    said = Notice.objects.create(person=admin, kind="x", detail={"labeler": "labeler", "n": "a"})
    erase(person=person, judgments="keep", erased_by=admin)
    said.refresh_from_db()
    assert said.detail == {"labeler": f"erased-{person.pk}", "n": "a"}


def test_everything_counted_has_a_word():
    names = {model._meta.model_name for model in personal_data.OWN}
    unused = {"person_groups", "person_user_permissions"}
    assert names - unused <= set(erasure_words.WORDS)
    assert erasure_words.in_words({"letter": 2}) == [("Letters", 2)]
