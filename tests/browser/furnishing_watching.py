"""A project with labelers good and bad: what the pages of labelers show."""

from __future__ import annotations

import random
import uuid
from types import SimpleNamespace

from annotation.models import Gold, Judgment, ProjectSettings, Task
from annotation.watch import pausing, watching
from labelers.models import Project
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER
from tests.browser.furnishing_hiring import in_greek

SAME = "Η πρώτη απάντηση είναι σαφής, χρήσιμη και καλά γραμμένη."


def furnish_watching(house: SimpleNamespace, person_factory) -> None:
    """Six labelers, one of whom guesses on the left and repeats one reason, and is paused."""
    project = Project.objects.create(name="Έργο φύλαξης", slug="watched")
    ProjectSettings.objects.create(project=project, kind="pairwise", overlap=6)
    project.memberships.create(person=house.admin, role="admin")
    people = [person_factory(f"λ{n}", project, "labeler") for n in range(6)]
    chance = random.Random(7)
    known = {task.pk for task in in_greek(project, 60, 2, A_IS_BETTER)[:15]}
    ordinary = Task.objects.filter(project=project).exclude(pk__in=known)
    Gold.objects.filter(task__in=ordinary).delete()
    ordinary.update(is_gold=False, overlap=6, free_slots=0, counted=6, state="closed")
    for task in Task.objects.filter(project=project).order_by("pk"):
        for n, person in enumerate(people):
            order = chance.sample([0, 1], 2)
            right = chance.random() < 0.9 if n < 5 else order == [0, 1]
            gold = task.pk in known
            Judgment.objects.create(
                task=task,
                person=person,
                answer=A_IS_BETTER if right else B_IS_BETTER,
                standing="gold" if gold else "counted",
                slot=None if gold else n + 1,
                display_order=order,
                client_id=uuid.uuid4(),
                seconds=chance.lognormvariate(3 if n < 5 else 0, 0.3),
                reason=SAME if n == 5 else "",
            )
    watching.refresh(project=project)
    pausing.resume(project=project, person=people[5], resumed_by=house.admin)
    pausing.pause(project=project, person=people[5], paused_by=house.admin, reason="Τηλεφώνησε!")
    house.watched = [f"p:{people[5].pk}", f"p:{people[0].pk}"]
