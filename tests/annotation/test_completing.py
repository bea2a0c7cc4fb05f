"""Who came from a crowd market is known by its ids, and gets a code once enough is done."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from annotation import completing
from exports import snapshotting
from labelers import inviting, recognizing
from labelers.models import CompletionCode, CrowdWorker, Person
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

PROLIFIC = "?PROLIFIC_PID=p-1&STUDY_ID=s-1&SESSION_ID=x-1"
JSON = {"content_type": "application/json"}


def agree(project, admin, **changes):
    return recognizing.change_crowd_settings(
        project=project, changed_by=admin, gives_codes=True, **changes
    )


def link_to(project, admin, **options) -> str:
    _made, token = inviting.invite(
        project=project, role="labeler", created_by=admin, max_uses=9, **options
    )
    return reverse("invitation", args=[token])


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (PROLIFIC, ("p-1", "s-1", "x-1")),
        ("?workerId=w&hitId=h&assignmentId=a", ("w", "h", "a")),
        ("?workerId=w&assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE", ("w", "", "")),
    ],
)
def test_ids_come_with_the_link(client, project, admin, query, ids):
    form = {"username": "newcomer", "password": "a very long phrase of mine"}
    assert client.post(link_to(project, admin) + query, form).status_code == 302
    worker = CrowdWorker.objects.get()
    assert (worker.worker, worker.study, worker.session) == ids
    assert worker.person.username == "newcomer"


@pytest.mark.parametrize("query", ["", "?workerId=", "?workerId=" + "x" * 121, "?STUDY_ID=s"])
def test_without_a_workers_id_nothing_is_kept(client, project, admin, person_factory, query):
    client.force_login(person_factory("ben"))
    client.post(link_to(project, admin) + query)
    assert not CrowdWorker.objects.exists()


def test_a_person_stays_the_worker_that_they_were(client, project, admin, person_factory):
    client.force_login(person_factory("ben"))
    for query in (PROLIFIC, "?PROLIFIC_PID=p-1&STUDY_ID=s-2", "?PROLIFIC_PID=other"):
        client.post(link_to(project, admin) + query)
    worker = CrowdWorker.objects.get()
    assert (worker.worker, worker.study) == ("p-1", "s-2")


def test_other_names_by_agreement(project, admin):
    agree(project, admin, parameters={"worker": ["rid"], "study": []})
    assert recognizing.ids_in(project, {"rid": "r", "PROLIFIC_PID": "p"}) == {
        "worker": "r",
        "study": "",
        "session": "",
    }


def test_the_code_comes_with_the_wanted_number(client, project, admin, labeler):
    agree(project, admin, wanted_items=2, return_url="https://app.prolific.com/c?cc={code}")
    make_tasks(project, 5)
    client.force_login(labeler)
    page = reverse("completion", args=[project.slug])
    answer_next(labeler, project, A_IS_BETTER)
    assert "You have answered 1 of 2 items" in client.get(page).text
    assert "There is more to do" in client.post(page, follow=True).text
    answer_next(labeler, project, A_IS_BETTER)
    shown = client.post(page, follow=True).text
    code = CompletionCode.objects.get()
    assert (code.items, code.reason, len(code.code)) == (2, "done", completing.LENGTH)
    assert f"https://app.prolific.com/c?cc={code.code}" in shown
    client.post(page)
    assert CompletionCode.objects.get().code == code.code


def test_who_finds_no_more_work_gets_it_too(project, admin, labeler):
    agree(project, admin, wanted_items=10)
    with pytest.raises(ValidationError, match="more to do"):
        completing.give_code(project=project, person=labeler)
    make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER)
    assert completing.give_code(project=project, person=labeler).reason == "no_more"


@pytest.mark.parametrize(
    "url",
    [
        *("http://app.prolific.com/x", "https://evil.example/x", "javascript:alert(1)"),
        *("https://a:b@app.prolific.com/", "https://app.prolific.com.evil.example/"),
        *("https://evil.example\\@app.prolific.com/", "//app.prolific.com/", "https://["),
    ],
)
def test_labelers_are_sent_to_known_hosts_only(project, admin, url):
    with pytest.raises(ValidationError):
        agree(project, admin, return_url=url)


@pytest.mark.parametrize(
    "parameters", [{"worker": "rid"}, {"name": ["x"]}, {"worker": ["x"] * 6}, {"worker": ["a\nb"]}]
)
def test_names_of_parameters_are_checked(project, admin, parameters):
    with pytest.raises(ValidationError):
        agree(project, admin, parameters=parameters)


@pytest.fixture
def crowd(project, admin, labeler, person_factory):
    """Two labelers who came under the same id, one of them with a code."""
    agree(project, admin, wanted_items=1)
    other = person_factory("ben", project, "labeler")
    for person in (labeler, other):
        recognizing.note_worker(
            project=project, person=person, ids={"worker": "=p", "study": "s", "session": ""}
        )
    make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER)
    return completing.give_code(project=project, person=labeler)


def test_admins_check_codes(client, project, admin, labeler, crowd):
    client.force_login(admin)
    page = reverse("crowd", args=[project.slug])
    shown = client.get(page).text
    assert crowd.code in shown
    assert shown.count("came twice") == 2
    assert "ben" not in client.get(page, {"search": crowd.code}).text
    assert "Nobody here has" in client.get(page, {"search": "XXXX"}).text
    door = reverse("api-crowd-labelers", args=[project.slug])
    found = client.get(door, {"search": crowd.code}).json()["results"]
    assert [(row["worker_id"], row["items"], row["code"]) for row in found] == [
        ("=p", 1, crowd.code)
    ]
    lines = b"".join(client.get(reverse("crowd-file", args=[project.slug])).streaming_content)
    assert f"{labeler.pseudonym},'=p,s,,1,{crowd.code},done," in lines.decode()


@pytest.mark.django_db(transaction=True)
def test_no_labeler_sees_anothers_ids_and_no_dataset_holds_them(
    client, project, admin, labeler, crowd, tmp_path
):
    client.force_login(Person.objects.get(username="ben"))
    for name in ("crowd", "crowd-file", "api-crowd", "api-crowd-labelers", "api-crowd-file"):
        assert client.get(reverse(name, args=[project.slug])).status_code == 403
    made = snapshotting.request_snapshot(project=project, created_by=admin, name="s")
    built = snapshotting.build_snapshot(snapshot_uid=made.uid)
    for path in built.path.rglob("*"):
        assert path.is_dir() or b"=p" not in path.read_bytes()


def test_settings_by_page_and_api(client, project, admin):
    client.force_login(admin)
    page = reverse("crowd", args=[project.slug])
    given = {"gives_codes": "on", "wanted_items": "7", "worker_names": "rid\npid"}
    assert client.post(page, given).status_code == 302
    door = reverse("api-crowd", args=[project.slug])
    kept = client.get(door).json()
    assert (kept["wanted_items"], kept["parameters"]["worker"]) == (7, ["rid", "pid"])
    assert client.patch(door, {"wanted_items": 8}, **JSON).json()["wanted_items"] == 8
    refused = client.patch(door, {"return_url": "https://evil.example/"}, **JSON)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["return_url"])


def test_own_code_over_the_api(client, project, admin, labeler):
    client.force_login(labeler)
    door = reverse("api-completion", args=[project.slug])
    assert client.get(door).status_code == 404
    agree(project, admin, wanted_items=1)
    assert client.post(door).status_code == 409
    make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER)
    code = client.post(door).json()["code"]
    assert client.get(door).json()["code"] == code
