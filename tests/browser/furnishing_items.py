"""A project of judgments from elsewhere: a crowd that disagrees, gold, and two criteria."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from annotation import tasking
from annotation.candidates import Candidate, KnownAnswer
from annotation.consensus import aggregating

SAID = ("a", "b", "tie", "both_bad")


def furnish_items(house: SimpleNamespace, project_factory) -> None:
    """The project `crowd`; ``house.crowd`` are some of its items."""
    options = {"criteria": ["helpful", "αλήθεια"]}
    project = project_factory("crowd", gold_rate=0, kind_options=options)
    project.name = "Έργο πλήθους"
    project.save()
    project.memberships.create(person=house.admin, role="admin")
    tasking.add_candidates(
        project=project, added_by=None, candidates=map(_candidate, range(8)), ask_people=None
    )
    aggregating.refresh_consensus(project=project)
    tasks = project.tasks.order_by("pk")
    house.crowd = [tasks.filter(is_gold=gold).first() for gold in (True, False)]


def _candidate(number: int) -> Candidate:
    return Candidate(
        prompt=[{"role": "user", "content": f"Γιατί {number};"}],
        responses=[
            ([{"role": "assistant", "content": f"Διότι {number} {place}."}], f"πηγή-{place}")
            for place in range(2)
        ],
        language="el",
        tags=["ετικέτα-χωρίς-κενά-που-είναι-πιο-μακριά-από-μια-γραμμή"],
        reference="Διότι.",
        known=[
            KnownAnswer(
                answer={"choice": SAID[(number + who) % 4], "strength": None},
                labeler=f"εργάτης {who}/α&β",
                reason="επειδή\n<β>",
                criterion=criterion,
                seconds=4.2 + who,
                at=datetime(2026, 1, 5 + who, tzinfo=UTC),
                shown=[1, 0],
            )
            for who in range(4)
            for criterion in ("helpful", "αλήθεια")
        ],
        gold=KnownAnswer([1, 2], criterion="helpful") if number == 0 else None,
        explanation="Έτσι.",
    )
