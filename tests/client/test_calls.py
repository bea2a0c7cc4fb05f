"""Requests of the client: repeated where that is safe, refusals as exceptions, pages in a row."""

from __future__ import annotations

import re
import time
from email.utils import formatdate

import pytest
from accord import errors
from accord.calls import Calls, seconds_of

from tests.client.answering import answering

OK = (200, {}, {"fine": True})
BUSY = (429, {"Retry-After": "7"}, {"title": "Too many requests", "detail": "Wait."})
DOWN = (503, {}, {"detail": "Not now."})
GATEWAY = (502, {}, b"<html>")


def calls(server, waited, **fields):
    return Calls(server.url, "accord_secret", sleep=waited.append, **fields)


def test_a_request_says_who_asks():
    with answering(OK) as server:
        assert calls(server, []).get("me/", {"a": True, "b": None, "c": "x y"}) == {"fine": True}
        [(method, path, headers, _body)] = server.asked
    assert (method, path) == ("GET", "/api/v1/me/?a=true&c=x+y")
    assert headers["Authorization"] == "Bearer accord_secret"
    assert "secret" not in repr(calls(server, []))


class TestTryingAgain:
    """Only what can be done twice, and as patiently as the server asks."""

    def test_the_server_says_how_long(self):
        waited: list[float] = []
        with answering(BUSY, DOWN, OK) as server:
            assert calls(server, waited).get("me/") == {"fine": True}
        assert waited[0] == 7
        assert 0.5 <= waited[1] <= 1
        assert len(server.asked) == 3

    @pytest.mark.parametrize("first", [GATEWAY, None], ids=["502", "hung up"])
    def test_a_post_is_sent_again_under_the_same_key(self, first):
        with answering(first, OK) as server:
            assert calls(server, []).post("tokens/", {"name": "x"}) == {"fine": True}
        keys = [headers["Idempotency-Key"] for _m, _p, headers, _b in server.asked]
        assert keys[0] == keys[1]
        assert re.fullmatch(r"[0-9a-f-]{36}", keys[0])
        assert server.asked[0][3] == server.asked[1][3] == b'{"name": "x"}'

    @pytest.mark.parametrize("first", [GATEWAY, None], ids=["502", "hung up"])
    def test_a_change_is_not(self, first):
        with answering(first, OK) as server:
            with pytest.raises(errors.AccordError):
                calls(server, []).ask("PATCH", "projects/a/", value={"name": "b"})
            assert len(server.asked) == 1

    def test_a_refusal_is_not(self):
        with answering((400, {}, {"detail": "No."}), OK) as server:
            with pytest.raises(errors.InvalidInputError):
                calls(server, []).post("tokens/", {})
            assert len(server.asked) == 1

    def test_one_in_hand_is_waited_for(self):
        with answering((409, {"Retry-After": "1"}, {}), OK) as server:
            assert calls(server, []).post("tokens/") == {"fine": True}

    def test_not_for_ever(self):
        waited: list[float] = []
        with answering(DOWN) as server:
            with pytest.raises(errors.ProblemError, match="Not now"):
                calls(server, waited, tries=4).get("me/")
            assert len(server.asked) == 4
        assert len(waited) == 3

    def test_nor_for_hours(self):
        with (
            answering((503, {"Retry-After": "9999"}, {})) as server,
            pytest.raises(errors.ProblemError) as raised,
        ):
            calls(server, []).get("me/")
        assert raised.value.retry_after == 9999

    def test_how_long_may_be_a_date(self):
        assert 50 < seconds_of(formatdate(time.time() + 60, usegmt=True)) <= 61
        assert seconds_of(formatdate(time.time() - 60)) == 0
        assert seconds_of("soon") is None


class TestRefusals:
    """problem+json as exceptions."""

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, errors.InvalidInputError),
            (401, errors.NotSignedInError),
            (403, errors.NotAllowedError),
            (404, errors.NotFoundError),
            (409, errors.ConflictError),
            (412, errors.ConflictError),
            (422, errors.InvalidInputError),
            (429, errors.TooManyRequestsError),
            (418, errors.ProblemError),
        ],
    )
    def test_each_status_has_its_kind(self, status, kind):
        body = {"title": "T", "detail": "D.", "errors": {"name": ["N."]}, "request_id": "r"}
        with answering((status, {}, body)) as server, pytest.raises(kind) as raised:
            calls(server, [], tries=1).get("me/")
        problem = raised.value
        assert type(problem) is kind
        assert (problem.status, problem.title, problem.detail) == (status, "T", "D.")
        assert (problem.errors, problem.request_id) == ({"name": ["N."]}, "r")
        assert str(problem) == f"D. ({status})"

    @pytest.mark.parametrize("said", [b"<html>oops", b"", b"[1]", b'"x"'])
    def test_what_is_no_problem_document(self, said):
        refused = pytest.raises(errors.ProblemError, match="Not possible")
        with answering((500, {}, said)) as server, refused:
            calls(server, [], tries=1).get("me/")

    def test_something_else_answers(self):
        refused = pytest.raises(errors.ConnectionFailedError, match="like Accord")
        with answering((200, {}, b"<html>")) as server, refused:
            calls(server, []).get("me/")

    def test_a_token_never_goes_elsewhere(self):
        with answering(OK) as other, answering((302, {"Location": "x"}, {})) as server:
            server.answers = [(302, {"Location": other.url + "/api/v1/me/"}, b"")]
            with pytest.raises(errors.ConnectionFailedError, match="leads to"):
                calls(server, []).get("me/")
            assert other.asked == []

    def test_nobody_there(self):
        with answering(OK) as server:
            pass
        with pytest.raises(errors.ConnectionFailedError, match="cannot be reached"):
            calls(server, [], tries=2).get("me/")

    def test_an_answer_that_breaks_off(self):
        broken = (200, {"Content-Length": "100"}, b"[")
        with answering(broken) as server, pytest.raises(errors.ConnectionFailedError):
            calls(server, [], tries=1).get("me/")


def test_pages_follow_the_path_alone():
    first = (
        200,
        {},
        {"next": "https://elsewhere.example/api/v1/x/?cursor=2", "results": [{"n": 1}]},
    )
    last = (200, {}, {"next": None, "results": [{"n": 2}, {"n": 3}]})
    with answering(first, last) as server:
        assert [row["n"] for row in calls(server, []).pages("x/", {"page_size": 1})] == [1, 2, 3]
        assert [path for _m, path, _h, _b in server.asked] == [
            "/api/v1/x/?page_size=1",
            "/api/v1/x/?cursor=2",
        ]
    with answering((200, {}, [{"n": 4}])) as server:
        assert list(calls(server, []).pages("x/")) == [{"n": 4}]
