"""The pages of second looks: who sees them, what they list, and that nobody is named."""

from __future__ import annotations

import pytest

from annotation.models import Judgment
from annotation.review import adjudicating
from tests.annotation.review.test_adjudicating import decide, dispute

URL = "/projects/essays/second-looks/"


@pytest.fixture
def judge(project, person_factory):
    return person_factory("jun", project, "adjudicator")


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("judge", 200), ("labeler", 403), ("engineer", 403), ("stranger", 404)],
)
def test_adjudicators_and_admins_alone_see_them(request, client, project, role, status):
    client.force_login(request.getfixturevalue(role))
    for address in (URL, f"{URL}next/", f"{URL}1/"):
        assert client.get(address).status_code == status


def test_the_tab_is_there_for_those_who_may(client, project, judge, labeler):
    for person, there in ((judge, True), (labeler, False)):
        client.force_login(person)
        assert (URL in client.get("/projects/essays/guidelines/").content.decode()) == there


def test_the_queue_says_why_and_names_nobody(client, project, judge, person_factory):
    first, second = dispute(project, person_factory, 2)
    decide(judge, project, adjudicating.claim(project=project, person=judge, task_id=first.pk))
    client.force_login(judge)
    html = client.get(URL).content.decode()
    assert f"/second-looks/{second.pk}/" in html
    assert "Labelers disagree: 100% of their pairs say different things." in html
    assert "A answers the question." in html
    people = [judgment.person for judgment in Judgment.objects.exclude(person=judge)]
    for address in (URL, f"{URL}?again=on", f"{URL}next/", f"{URL}{second.pk}/"):
        html = client.get(address).content.decode()
        for person in people:
            assert person.username not in html
            assert person.pseudonym not in html
        assert "model-" not in html


def test_it_can_be_narrowed_and_what_is_no_choice_is_none(client, project, judge, person_factory):
    dispute(project, person_factory, 2)
    client.force_login(judge)
    assert "No item is like that." in client.get(f"{URL}?why=reported").content.decode()
    for query in ("why=nonsense", "page=0", "page=x", "page=99999999999999", "language=%00"):
        assert client.get(f"{URL}?{query}").status_code == 200


def test_nothing_waiting_is_said_so(client, project, judge, project_factory, person_factory):
    client.force_login(judge)
    assert "Nothing waits for a second look." in client.get(URL).content.decode()
    written = project_factory("letters", kind="demonstration")
    written.memberships.create(person=judge, role="adjudicator")
    html = client.get("/projects/letters/second-looks/").content.decode()
    assert "nothing to settle" in html
