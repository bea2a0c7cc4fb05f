"""What a new Accord begins with: three people to sign in as, and sample projects ready to label."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from annotation import configuring, tasking
from annotation.candidates import Candidate
from annotation.readers.accord import parse
from labelers import audit, roles
from labelers.models import Person, Project, Role

SAMPLE_PROMPTS = Path(__file__).parent / "sample_data" / "prompts.jsonl"
PEOPLE = {
    "admin": (Role.ADMIN, Role.ENGINEER),
    "engineer": (Role.ENGINEER,),
    "labeler": (Role.LABELER,),
}

PAIRWISE_GUIDELINES = """\
Choose the response that helps the person who asked **more**.

1. Is it right? A wrong answer loses, however well it is written.
2. Does it answer what was asked, completely enough to act on?
3. Is it polite and easy to read?

Length alone is no merit. Say *how much* better it is; take **equally good** when you cannot tell,
and **both bad** when neither helps.
"""
RANKING_GUIDELINES = """\
Put the responses in order, **best first**. Give two the same place when you cannot tell them apart.

Ask of each: is it right, does it answer the question, is it polite and clear? Length alone is no
merit.
"""


def sample_candidates(path: Path = SAMPLE_PROMPTS) -> Iterator[Candidate]:
    """The prompts and responses that come with Accord."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield parse(json.loads(line), "sample")


@transaction.atomic
def make_first_people() -> dict[str, str]:
    """Make the people of a new Accord; returns their passwords by name, which are kept nowhere.

    Returns an empty dict when there are people already.
    """
    if Person.objects.exists():
        return {}
    passwords = {}
    for name in PEOPLE:
        passwords[name] = secrets.token_urlsafe(12)
        person = Person.objects.create_user(
            username=name, password=passwords[name], is_staff=name == "admin"
        )
        audit.record(actor=None, action="person.created", subject=f"person:{person.pk}")
    return passwords


@transaction.atomic
def make_sample_projects() -> list[Project]:
    """Make a pairwise and a ranking project of the sample prompts, open to the first people."""
    projects = [
        configuring.create_project(
            created_by=None,
            name="Sample: compare two answers",
            slug="sample-pairs",
            description="Short everyday questions in English and Japanese, two answers at a time.",
            kind="pairwise",
            overlap=2,
            guidelines=PAIRWISE_GUIDELINES,
        ),
        configuring.create_project(
            created_by=None,
            name="Sample: rank four answers",
            slug="sample-rankings",
            description="The same questions with four answers to put in order.",
            kind="ranking",
            overlap=2,
            guidelines=RANKING_GUIDELINES,
        ),
    ]
    people = {person.username: person for person in Person.objects.filter(username__in=PEOPLE)}
    for project in projects:
        tasking.add_candidates(project=project, added_by=None, candidates=sample_candidates())
        for name, person in people.items():
            for role in PEOPLE[name]:
                roles.add_member(project=project, person=person, role=role)
    return projects
