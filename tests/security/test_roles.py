"""Nobody is where they do not belong: every address is asked for by everybody.

`ACCORD_ROLES_TO` names a file that gets what was answered, for `./run bench roles`.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest
from django.template.backends.django import Template

from tests.security import roles_walk
from tests.security.roles_matrix import WHO, rows


def test_every_address_has_a_line_and_every_line_an_address():
    assert roles_walk.nameless() == []


def test_a_new_address_fails_until_somebody_says_who_may(monkeypatch):
    table = rows()
    del table["people", "GET"], table["people", "POST"], table["api-me", "PATCH"]
    monkeypatch.setattr(roles_walk, "rows", lambda: table)
    [api, page] = roles_walk.nameless()
    assert api.startswith("add a line for api-me PATCH (/api/v1/me/)")
    assert page.startswith("add a line for people (/projects/<slug:slug>/people/)")


def test_no_line_lets_in_somebody_else_than_those_it_names():
    assert WHO["managing"] < WHO["training"] < WHO["reading"] < WHO["members"] < WHO["signed-in"]
    assert not WHO["members"] & {"outsider", "other_admin", "anonymous"}


@pytest.mark.django_db(transaction=True)
def test_everybody_is_let_in_where_they_may_and_nowhere_else(
    person_factory, project_factory, settings, monkeypatch
):
    settings.REQUESTS_OF_ADDRESS = settings.REQUESTS_OF_PERSON = 0
    house = roles_walk.House(person_factory, project_factory)
    # Who gets in is asked here, not what they see: pages stay empty, which halves the time.
    monkeypatch.setattr(Template, "render", lambda *_args, **_more: "")
    # A refusal is what is asked for here: no need to write each of them down.
    logging.disable(logging.ERROR)
    try:
        asked = list(roles_walk.ask_everybody(house))
    finally:
        logging.disable(logging.NOTSET)
    wrong = [complaint for each in asked if (complaint := complaint_of(each))]
    if to := os.environ.get("ACCORD_ROLES_TO"):
        found = [
            {
                "name": each.row.name,
                "method": each.row.method,
                "route": each.route,
                "who": each.row.group,
                "scope": each.row.scope,
                "statuses": each.statuses,
                "wrong": complaint_of(each),
            }
            for each in asked
        ]
        Path(to).write_text(json.dumps(found))
    assert wrong == []


def complaint_of(asked: roles_walk.Asked) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if asked.problem:
        return asked.problem
    too_many = sorted(asked.let_in - asked.expected)
    too_few = sorted(asked.expected - asked.let_in)
    if set(asked.statuses.values()) <= {401, 405}:
        # There is no such method here.
        too_few = []
    parts = [
        f"let in {too_many}" if too_many else "",
        f"refused {too_few}" if too_few else "",
        f"failed for {sorted(asked.failed)}" if asked.failed else "",
    ]
    said = ", ".join(filter(None, parts))
    return f"{asked.row.name} {asked.row.method} ({asked.row.group}): {said}" if said else ""
