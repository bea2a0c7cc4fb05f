"""A visitor's session: signing in and up, the API with CSRF, and refusals in the server's words."""

from __future__ import annotations

import pytest

from bench.visitor import RequestRefusedError, Visitor


@pytest.fixture
def server(transactional_db, live_server, person_factory, project):
    person_factory("ada", project, "admin")
    return live_server.url


@pytest.fixture
def ada(server):
    visitor = Visitor(server)
    visitor.sign_in("ada", "a long phrase")
    return visitor


def test_signing_in_gives_a_session(ada):
    assert ada.get("me/")["username"] == "ada"


def test_a_wrong_password_is_refused(server):
    with pytest.raises(RequestRefusedError, match="/sign-in/ answered 200"):
        Visitor(server).sign_in("ada", "wrong")


def test_signs_up_by_an_invitation_and_comes_into_a_second_project(ada, server, project_factory):
    from labelers.models import Person
    from labelers.roles import add_member

    add_member(
        project=project_factory("more"), person=Person.objects.get(username="ada"), role="admin"
    )
    links = [
        ada.post(f"projects/{slug}/invitations/", {"role": "labeler"})["link"]
        for slug in ("essays", "more")
    ]
    newcomer = Visitor(server)
    newcomer.sign_up(links[0], "kim", "a phrase of my own")
    newcomer.accept(links[1])
    slugs = {row["slug"] for row in newcomer.get_all("projects/")}
    assert slugs == {"essays", "more"}


def test_posts_carry_the_csrf_token(ada):
    made = ada.post("projects/essays/invitations/", {"role": "labeler"})
    assert made["link"].startswith("http")
    ada.session.cookies.pop("csrftoken")
    with pytest.raises(RequestRefusedError, match="403"):
        ada.post("projects/essays/invitations/", {"role": "labeler"})


def test_refusals_say_what_the_server_said(ada):
    with pytest.raises(RequestRefusedError, match=r"GET /api/v1/projects/none/ answered 404"):
        ada.get("projects/none/")
    with pytest.raises(RequestRefusedError, match=r"answered 400.*role"):
        ada.post("projects/essays/invitations/", {"role": "king"})
    with pytest.raises(RequestRefusedError, match="404"):
        ada.download("projects/none/")


def test_lists_are_read_to_their_end(ada, settings):
    for _ in range(51):
        ada.post("projects/essays/invitations/", {"role": "labeler"})
    assert len(ada.get_all("projects/essays/invitations/")) == 51
