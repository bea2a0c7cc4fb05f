"""Failures of other platforms about who gets in: 2, 5, 10, 11, 12, 13."""

from __future__ import annotations

import re
import stat
import uuid
from pathlib import Path

import pytest
from django.conf import settings as site
from django.urls import Resolver404, resolve, reverse

from annotation import first_start
from annotation.gold import keeping_gold
from annotation.models import ImportBatch, Judgment
from config import settings as config_settings
from exports import snapshotting
from labelers import inviting, tokens
from labelers.models import ApiToken, Invitation, Person, Role
from tests.annotation.making import A_IS_BETTER, make_tasks

ROOT = Path(__file__).resolve().parents[2]
NEXT = "/api/v1/projects/essays/labeling/next/"
SEND = "/api/v1/projects/essays/labeling/judgments/"


def post(client, url, body, **more):
    return client.post(url, body, content_type="application/json", **more)


def test_02_there_is_no_default_secret_and_no_default_password(tmp_path, monkeypatch, db):
    keys = []
    for name in ("one", "two"):
        monkeypatch.setattr(config_settings, "ACCORD_HOME", tmp_path / name)
        keys.append(config_settings._secret_key())
        mode = (tmp_path / name / "secret_key").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert keys[0] != keys[1]
    assert min(map(len, keys)) >= 50
    assert not re.search(r"SECRET_KEY\s*=\s*['\"]", (ROOT / "config" / "settings.py").read_text())
    made = first_start.make_first_people()
    assert made
    assert len(set(made.values())) == len(made)
    assert min(map(len, made.values())) >= 12
    assert not set(made) & set(made.values())


def test_02_secrets_are_shown_once_and_kept_as_hashes(sign_in, admin, project):
    client = sign_in(admin)
    made = client.post(
        reverse("account"), {"form": "token", "name": "n", "scopes": ["label"], "days": 7}
    ).content.decode()
    secret = re.search(r"accord_[\w-]{30,}", made)[0]
    link = client.post(
        reverse("people", args=["essays"]), {"role": "labeler", "max_uses": 1, "note": ""}
    ).context["link"]
    for url in ("account", "safety", "projects"):
        assert secret not in client.get(reverse(url)).content.decode()
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token not in client.get(reverse("people", args=["essays"])).content.decode()
    assert secret not in str(list(ApiToken.objects.values()))
    assert token not in str(list(Invitation.objects.values()))


def test_05_nobody_reads_or_writes_the_profile_of_another(sign_in, labeler, admin, project):
    client = sign_in(labeler)
    before = Person.objects.filter(pk=admin.pk).values().get()
    sent = {
        "id": admin.pk,
        "username": "ada2",
        "is_staff": True,
        "is_superuser": True,
        "pseudonym": admin.pseudonym,
        "language": "ja",
    }
    client.patch("/api/v1/me/", sent, content_type="application/json")
    labeler.refresh_from_db()
    assert (labeler.is_staff, labeler.is_superuser, labeler.username) == (False, False, "aiko")
    assert Person.objects.filter(pk=admin.pk).values().get() == before
    for url in (
        f"/api/v1/me/{admin.pk}/",
        f"/api/v1/people/{admin.pk}/",
        f"/api/v1/projects/essays/screening/candidates/{admin.pk}/",
        "/api/v1/projects/essays/members/",
        f"/projects/essays/screening/people/{admin.pk}/",
    ):
        assert client.get(url).status_code in {403, 404}
    secret = tokens.create_token(person=admin, name="n", scopes=["label"])[0]
    assert client.delete(reverse("api-token", args=[secret.pk])).status_code == 404


def test_10_no_page_may_be_framed_or_frames_another(sign_in, admin, project):
    for client in (sign_in(), sign_in(admin)):
        for url in ("/sign-in/", "/", "/api/docs/", "/no/such/page/", "/api/v1/me/"):
            answer = client.get(url)
            assert answer["X-Frame-Options"] == "DENY"
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
            assert "object-src 'none'" in answer["Content-Security-Policy"]
    framing = re.compile(r"<(iframe|frame|embed|object)\b", re.IGNORECASE)
    apps = ("labelers", "annotation", "exports", "training", "config")
    found = [
        path
        for app in apps
        for path in (ROOT / app).rglob("*.html")
        if framing.search(path.read_text())
    ]
    assert found == []


def test_11_a_user_id_that_a_client_sends_counts_for_nothing(
    sign_in, labeler, admin, project, person_factory
):
    make_tasks(project, 2)
    client = sign_in(labeler)
    given = post(client, NEXT, {"person": admin.pk, "user": admin.pk})
    item = (given if given.status_code == 200 else post(client, NEXT, {})).json()["item"]
    body = {
        "assignment": item["assignment"],
        "client_id": str(uuid.uuid4()),
        "answer": {"choice": "tie", "strength": None},
    }
    claimed = {"person": admin.pk, "labeler": admin.pk, "user_id": admin.pk, "annotator": "ada"}
    answer = post(client, SEND, body | claimed)
    if answer.status_code >= 400:
        assert post(client, SEND, body).status_code in {200, 201}
    assert set(Judgment.objects.values_list("person", flat=True)) == {labeler.pk}
    other = person_factory("other", project, "labeler")
    stolen = body | {"client_id": str(uuid.uuid4())}
    assert post(sign_in(other), SEND, stolen).status_code in {403, 404, 409}
    wrong = post(client, NEXT, {}, headers={"X-Accord-Person": str(admin.pk)})
    assert wrong.status_code == 401


def test_12_objects_of_another_project_are_not_found_by_their_number(
    sign_in, admin, project, project_factory, person_factory
):
    other = project_factory("elsewhere")
    attacker = person_factory("eve", other, *Role.values)
    [task, ordinary] = make_tasks(project, 2)
    gold = keeping_gold.make(task=task, answer=A_IS_BETTER, made_by=admin)
    batch = ImportBatch.objects.create(
        project=project, file_name="a.jsonl", format="accord", state="done", size=1
    )
    made, _token = inviting.invite(project=project, role="labeler", created_by=admin)
    client = sign_in(attacker)
    for name, args in (
        ("item", [ordinary.pk]), ("api-item", [ordinary.pk]),
        ("gold-change", [gold.pk]), ("gold-said", [gold.pk]), ("api-gold-item", [gold.pk]),
        ("gold-answer", [ordinary.pk]), ("import", [batch.uid]), ("api-import", [batch.uid]),
        ("comments", [ordinary.pk]), ("api-comments", [ordinary.pk]),
        ("candidate", [admin.pk]), ("api-candidate", [admin.pk]),
        ("labeler", [f"p:{admin.pk}"]), ("api-labeler", [f"p:{admin.pk}"]),
    ):  # fmt: skip
        for slug, expected in (("elsewhere", {404}), ("essays", {404})):
            status = client.get(reverse(name, args=[slug, *args])).status_code
            assert status in expected, (name, slug, status)
    for name, args in (
        ("invitation-revoke", [made.pk]), ("gold-decision", [gold.pk]),
        ("labeler-pause", [f"p:{admin.pk}"]),
    ):  # fmt: skip
        assert client.post(reverse(name, args=["elsewhere", *args])).status_code == 404
    assert post(
        client, reverse("api-gold", args=["elsewhere"]), {"task": ordinary.pk}
    ).status_code in {400, 404, 422}
    claim = reverse("api-second-looks-claim", args=["elsewhere"])
    assert "Question" not in post(client, claim, {"task": ordinary.pk}).content.decode()
    made.refresh_from_db()
    assert made.revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_12_a_download_is_bound_to_its_project(sign_in, admin, labeler, stranger, project):
    make_tasks(project, 1)
    snapshot = snapshotting.request_snapshot(project=project, created_by=admin, name="frozen")
    snapshotting.build_snapshot(snapshot_uid=snapshot.uid)
    addresses = [
        reverse(name, args=[snapshot.uid])
        for name in ("snapshot", "snapshot-download", "snapshot-manifest", "api-snapshot",
                     "api-snapshot-download", "api-snapshot-manifest")
    ]  # fmt: skip
    for url in addresses:
        assert sign_in().get(url).status_code in {302, 401}
        assert sign_in(stranger).get(url).status_code == 404
        assert sign_in(labeler).get(url).status_code == 403


def test_13_other_sites_are_let_in_nowhere(sign_in, admin, project):
    client = sign_in(admin)
    for url in ("/", "/api/v1/me/", "/api/v1/projects/", "/api/schema/", "/sign-in/"):
        answer = client.get(url, headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    asked = client.options(
        "/api/v1/me/",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "PATCH"},
    )
    assert "Access-Control-Allow-Origin" not in asked.headers


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "testserver.evil.example"}])
def test_13_a_host_that_nobody_named_is_refused(client, db, headers, settings):
    assert "*" not in site.ALLOWED_HOSTS
    assert client.get("/sign-in/", headers=headers).status_code == 400


def test_13_a_forwarded_host_changes_no_link(client, project, admin):
    client.force_login(admin)
    page = client.post(
        reverse("people", args=["essays"]),
        {"role": "labeler", "max_uses": 1, "note": ""},
        headers={"X-Forwarded-Host": "evil.example"},
    )
    assert page.context["link"].startswith("http://testserver/")


def test_13_the_content_policy_is_enforced_and_strict(sign_in, admin, project):
    for url in ("/", "/sign-in/", "/projects/essays/label/", "/no/such/page/", "/api/docs/"):
        answer = sign_in(admin).get(url)
        policy = answer["Content-Security-Policy"]
        assert "Content-Security-Policy-Report-Only" not in answer.headers
        assert "default-src 'self'" in policy
        assert not re.search(r"unsafe-|\*|https?:", policy)
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
        assert answer["Referrer-Policy"] == "same-origin"


def test_13_a_session_needs_the_csrf_token_and_an_api_token_does_not(sign_in, admin, project):
    strict = sign_in(admin, enforce_csrf_checks=True)
    tried = {"/api/v1/me/preferences/": {"theme": "dark"}, NEXT: {}}
    for url, body in tried.items():
        method = strict.patch if "preferences" in url else strict.post
        assert method(url, body, content_type="application/json").status_code == 403
    form = strict.post(reverse("people", args=["essays"]), {"role": "admin", "max_uses": 1})
    assert form.status_code == 403
    _token, secret = tokens.create_token(person=admin, name="n", scopes=["label"])
    program = sign_in(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})
    assert post(program, NEXT, {}).status_code == 200


def test_13_nobody_makes_an_account_without_an_invitation(client, db):
    for path in ("/sign-up/", "/signup/", "/register/", "/accounts/signup/", "/accounts/register/",
                 "/accounts/social/signup/", "/user/signup/", "/api/v1/people/"):  # fmt: skip
        with pytest.raises(Resolver404):
            resolve(path)
    assert client.post("/invitations/guess/", {"username": "x", "password": "y"}).status_code == 410
    assert not Person.objects.exists()
