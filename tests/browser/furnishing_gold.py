"""Gold in every state, a voiding and its undoing, and every kind of notice."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from annotation import tasking
from annotation.candidates import Candidate
from annotation.consensus import aggregating
from annotation.gold import keeping_gold
from annotation.models import Gold, Judgment
from annotation.watch import restoring, voiding
from labelers import notifying
from labelers.notice_words import NOTICES

A_IS_BETTER = {"choice": "a", "strength": "better"}
B_IS_BETTER = {"choice": "b", "strength": "slightly"}


def furnish_gold(house, project, person_factory) -> None:
    """What the pages of gold, of voiding and of notices show."""
    tasks = add_items(project, 6)
    judges = [
        person_factory(name, project, "labeler") for name in ("κριτής-α", "κριτής-β", "κριτής-γ")
    ]
    for task in tasks[:4]:
        keeping_gold.make(task=task, answer=A_IS_BETTER, explanation="διότι", made_by=house.admin)
    house.gold, house.ordinary = tasks[0], tasks[5]
    for number, judge in enumerate(judges):
        say(tasks[0], judge, B_IS_BETTER if number else A_IS_BETTER)
    keeping_gold.retire(gold=tasks[2].gold, reason="αμφίσημο", retired_by=house.admin)
    long_ago = timezone.now() - timedelta(days=200)
    Gold.objects.filter(task=tasks[1]).update(affirmed_at=long_ago, difficulty=-3)
    house.alike = tasks[4]
    for judge in judges:
        say(tasks[4], None, A_IS_BETTER, imported_labeler=judge.username, standing="imported")
    aggregating.refresh_consensus(project=project)
    house.judge = judges[1]
    since = timezone.now() - timedelta(days=1)
    for undone in (True, False):
        house.voiding = voiding.void(
            project=project,
            person=house.judge,
            since=since,
            reason="χωρίς ανάγνωση",
            voided_by=house.admin,
        )
        if undone:
            restoring.restore(voiding=house.voiding, restored_by=house.admin)
    tell(house, project)


def add_items(project, count):
    before = set(project.tasks.values_list("pk", flat=True))
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[
            Candidate(
                prompt=[{"role": "user", "content": f"Ποιο; {number}"}],
                responses=[
                    ([{"role": "assistant", "content": "αυτό " * (place + 1)}], f"μ{place}")
                    for place in range(2)
                ],
                language="el",
            )
            for number in range(count)
        ],
    )
    return list(project.tasks.exclude(pk__in=before).order_by("pk"))


def say(task, person, answer, standing="gold", **fields):
    return Judgment.objects.create(
        task=task,
        person=person,
        standing=standing,
        answer=answer,
        reason="επειδή",
        display_order=[0, 1],
        client_id=uuid.uuid4() if person else None,
        **fields,
    )


@transaction.atomic
def tell(house, project) -> None:
    """Every kind of notice, half of them read."""
    detail = {"labeler": "ρέα", "name": "ζ", "count": 3, "note": "σημείωση"}
    detail |= {"person": house.judge.pk, "key": f"p:{house.judge.pk}"}
    detail |= {"uid": str(house.snapshots[0].uid)}
    for person in (house.admin, house.labeler):
        for kind, found in NOTICES.items():
            for verdict in found.by_verdict or [""]:
                more = {"verdict": verdict} if verdict else {}
                notifying.notify(person=person, project=project, kind=kind, detail=detail | more)
        some = notifying.unread_of(person).values_list("pk", flat=True)[::2]
        notifying.mark_read(person=person, notices=some)
