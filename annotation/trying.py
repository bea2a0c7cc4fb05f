"""Seeing a project as a labeler would: real items and real checks, and nothing that stays.

No lease is taken, no answer is stored, and no figure knows of it. What an item shows and what is
said of an answer comes from the same functions as in earnest. Items come by chance.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.utils.translation import gettext as _

from annotation import assigning, conversing, queries
from annotation.entry import examining, hiring
from annotation.entry.examining import Explained
from annotation.entry.screening_stages import ExamState, Progress, Way, way_of
from annotation.models import Assignment, Judgment, ProjectSettings, ScreeningProgress, Task
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Person, Project

STAGES = ("work", "training", "exam")
MOST_COUNTED = 1000
"""How many items are counted as left; a million would take its time at every step."""

_chance = random.SystemRandom()


def way_of_newcomer(project: Project, viewer: Person) -> Way:
    """The way into `project` of somebody who has taken no step yet, whoever looks at it."""
    way = way_of(project, viewer)
    return replace(
        way,
        progress=ScreeningProgress(project=project, person=viewer),
        stage=None,
        reason="",
        is_exempt=False,
        has_consented=False,
        has_read=False,
        trained=0,
        exam=ExamState("ready", 1, way.policy.attempts),
        done=dict.fromkeys(way.done, False),
    )


def next_item(*, project: Project, stage: str, holding: Sequence[int] = ()) -> dict[str, Any]:
    """An item of the stage (work, training or exam) as the API of labeling gives it, by chance.

    Those in `holding` are passed over. The number that stands for an assignment is the task's.
    """
    task = _any_task(_tasks(project, stage), holding)
    return {
        "item": task and queries.item_payload(_in_hand(task, stage)),
        "work": _work(project),
        "screening": _progress(project, stage, is_short=task is None and not holding),
    }


def _tasks(project: Project, stage: str) -> QuerySet[Task]:
    tasks = Task.objects.filter(project=project)
    if stage != "work":
        return tasks.filter(is_gold=True, gold__retired_at=None)
    # Also what is complete: a project that is over can still be looked at.
    return tasks.filter(is_gold=False, overlap__gt=0).exclude(state=Task.State.RETIRED)


def _any_task(tasks: QuerySet[Task], holding: Sequence[int]) -> Task | None:
    ends = tasks.aggregate(low=Min("pk"), high=Max("pk"))
    if ends["low"] is None:
        return None
    ordered = tasks.exclude(pk__in=holding).select_related("prompt").order_by("pk")
    place = _chance.randint(ends["low"], ends["high"])
    return ordered.filter(pk__gte=place).first() or ordered.first()


def _in_hand(task: Task, stage: str) -> Assignment:
    """What a lease of the task would be; it is never saved."""
    return Assignment(
        pk=task.pk,
        task=task,
        purpose=stage,
        display_order=_order(task),
        expires_at=assigning.expiry(ProjectSettings.objects.get(project=task.project_id)),
    )


def _order(task: Task) -> list[int]:
    """The order on screen; of a task always the same, because it is written down nowhere."""
    order = list(range(task.placed.count()))
    random.Random(task.pk).shuffle(order)  # noqa: S311 - nothing is guessed by it
    return order


def _work(project: Project) -> dict[str, Any]:
    left = _tasks(project, "work")[:MOST_COUNTED].count()
    guidelines = queries.current_guidelines(project)
    return {
        "done": 0,
        "done_today": 0,
        "left": left,
        "guidelines": guidelines and guidelines.version,
    }


def _progress(project: Project, stage: str, *, is_short: bool) -> dict[str, Any] | None:
    if stage == "work":
        return None
    policy = hiring.policy_of(project)
    least, most = policy.exam_least, policy.exam_most
    if stage == "training":
        least = most = policy.training_items
    state = "short" if is_short else "open"
    return vars(Progress(stage, state, 0, least, most))


def answer(
    *, project: Project, stage: str, task_id: int, answer: Mapping[str, Any]
) -> Explained | None:
    """Check an answer as in earnest; what is said of it in training, else None. Stores nothing.

    Raises:
        AnswerError: the answer is not one of the task's kind; the message names the field.
        LeaseError: there is no such item.
    """
    task = _tasks(project, stage).select_related("gold", "prompt").filter(pk=task_id).first()
    if task is None:
        raise assigning.LeaseError(_("This item is not here any more. Reload the page."))
    kind, order = TASK_KINDS[task.kind], _order(task)
    options = conversing.options_of(ProjectSettings.objects.get(project=project))
    cleaned = kind.clean_answer(answer, len(order), options)
    conversing.check_speaker(task, cleaned, options)
    if stage != "training":
        return None
    said = Judgment(task=task, answer=kind.reorder(cleaned, order), display_order=order)
    return examining.explain(said, assignment=task.pk)
