"""The API against its own description: requests made up from it, as described and broken.

Every answer must be one that the description has, and none a failure. `./run bench api_cases` walks
ten thousand cases.
"""

from __future__ import annotations

import json
import os
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from config.wsgi import application
from labelers import tokens
from labelers.models import ApiToken, Project
from tests.browser.furnishing import fill, furnish
from tests.browser.furnishing_gold import furnish_gold
from tests.browser.furnishing_hiring import furnish_hiring
from tests.browser.furnishing_second_looks import furnish_second_looks
from tests.browser.furnishing_watching import furnish_watching
from tests.walking import Walk, described

pytestmark = pytest.mark.django_db(transaction=True)

CASES = int(os.environ.get("ACCORD_API_CASES", 1))
SUMMARY = os.environ.get("ACCORD_API_SUMMARY")


@pytest.fixture(autouse=True)
def kept_connection():
    """Requests end inside the transaction of their case, which Django would close otherwise."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def house(person_factory, project_factory):
    """One project of pairs with everything in it, two of other kinds, and an empty one."""
    admin = person_factory("άδα", is_staff=True)
    labeler, other = person_factory("αΐκο"), person_factory("πέτρος")
    slugs = ["pairwise", "demonstration", "ranking", "empty"]
    for slug in slugs:
        kind = "pairwise" if slug == "empty" else slug
        project = project_factory(slug, kind=kind, gold_rate=0, overlap=2)
        for role in ("admin", "engineer", "labeler"):
            project.memberships.create(person=admin, role=role)
        for person in (labeler, other):
            project.memberships.create(person=person, role="labeler")
        if slug != "empty":
            fill(project)
    found = SimpleNamespace(slugs=slugs, admin=admin, labeler=labeler)
    pairs, texts = (Project.objects.get(slug=slug) for slug in ("pairwise", "demonstration"))
    furnish(found, pairs, other)
    furnish_hiring(found, person_factory, pairs, texts)
    furnish_gold(found, pairs, person_factory)
    furnish_second_looks(found, pairs, person_factory)
    furnish_watching(found, person_factory)
    return found


def places_in(house) -> dict[str, list[dict[str, object]]]:
    """What stands in addresses after each word."""

    def of_pairs(name, *values):
        return [{"slug": "pairwise", name: value} for value in values]

    return {
        "projects": [{"slug": slug} for slug in (*house.slugs, "watched")],
        "imports": of_pairs("uid", str(house.batch.uid)),
        "snapshots": [{"uid": str(found.uid)} for found in house.snapshots],
        "runs": [{"uid": str(found.uid)} for found in house.runs],
        "items": of_pairs("id", house.disputed.pk),
        "comments": of_pairs("id", house.comment.pk),
        "gold": of_pairs("id", house.gold.pk),
        "proposals": of_pairs("id", house.alike.pk),
        "reports": of_pairs("id", house.report.pk),
        "voidings": of_pairs("id", house.voiding.pk),
        "candidates": [
            *of_pairs("id", house.candidate.pk),
            {"slug": "demonstration", "id": house.author.pk},
        ],
        "labelers": [{"slug": "watched", "key": key} for key in house.watched],
        "invitations": of_pairs("id", house.invitation.pk),
        "tokens": [{"id": house.api_token.pk}],
        "quality": of_pairs("table", "pairs", "labelers"),
    }


def test_answers_are_as_described(house, settings):
    settings.REQUESTS_OF_PERSON = 0
    scopes = list(ApiToken.Scope.values)
    _, secret = tokens.create_token(person=house.admin, name="walk", scopes=scopes)
    walk = Walk(described(application), places_in(house), {"Authorization": f"Bearer {secret}"})
    for number in count():
        walk.round(number)
        if SUMMARY:
            Path(SUMMARY).write_text(json.dumps(walk.summary()))
        if walk.statuses.total() >= CASES:
            break
    assert walk.violations == {}, walk.told()
    # Not refused only: something was read, made and changed.
    assert walk.statuses[200] > len(walk.strategies) // 2
    assert walk.statuses[201]
    assert walk.statuses[204]
