"""Every answer carries the name of its request, and nothing strange becomes one."""

import re

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from labelers.request_ids import HEADER, RequestIds, current


def answered(**headers):
    seen = []

    def view(request):
        seen.append(current())
        return HttpResponse()

    response = RequestIds(view)(RequestFactory().get("/", headers=headers))
    return seen[0], response[HEADER]


def test_a_request_is_named_for_the_view_and_for_the_visitor():
    inside, outside = answered()
    assert inside == outside
    assert re.fullmatch(r"[0-9a-f]{32}", inside)
    assert answered()[0] != inside


def test_a_proxys_name_is_kept():
    assert answered(**{HEADER: "req-0123456789.A_b"}) == ("req-0123456789.A_b",) * 2


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "with space in it", "line\nbreak-12345", "ключ-ключ"]
)
def test_what_could_not_be_a_name_is_replaced(given):
    assert re.fullmatch(r"[0-9a-f]{32}", answered(**{HEADER: given})[0])


def test_the_name_ends_with_the_request(client):
    assert client.get("/sign-in/")[HEADER]
    assert current() == ""
