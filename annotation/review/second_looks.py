"""The queue of items worth a second look, each with its score and why it is there, in words.

An item is worth one where labelers said different things, where their answers decide nothing or
give no order, where the consensus is uncertain, where somebody reported it, or where a single
answer is all there is to an item that training would learn much from. Gold and what was taken out
are never in it. Reading only: `adjudicating` gives items out and stores what is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotation import languages
from annotation.consensus.aggregating import SPEAKING
from annotation.models import Assignment, Judgment, Prompt, Task
from annotation.review.worth_query import QUEUE
from annotation.task_kinds.base import TaskKind
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Person, Project

RARE = 0.05
"""A language or tag of at most this share of the prompts is rare."""

STRONG = ("significantly", "better")
"""The strengths at which two opposite answers contradict each other plainly."""

CLOSE = 0.6
"""From this closeness on a consensus is uncertain: the likelier side holds at most 70%."""

WEIGHTS = {
    "split": 1.0,
    "closeness": 1.0,
    "undecided": 0.5,
    "cycle": 0.5,
    "strong": 0.75,
    "reported": 0.5,
    "priority": 0.5,
    "rare": 0.25,
}
"""What each part adds to the score of an item; every part lies between 0 and 1.

``split`` is the share of labeler pairs who disagree, ``closeness`` is 1 - |p_i - p_j| / (p_i + p_j)
of its closest comparison with two answers and no tie ahead, ``undecided`` that no side of a
comparison holds more than half of the posterior, ``cycle`` that its comparisons fit no order,
``strong`` that plain preferences (`STRONG`) stand against each other, ``reported`` reports up to
two, ``priority`` Task.priority p as p / (1 + p), ``rare`` that its language or a tag is rare.
"""

WHYS = {
    "split": gettext_lazy("Labelers disagree"),
    "undecided": gettext_lazy("Undecided"),
    "cycle": gettext_lazy("Gives no order"),
    "strong": gettext_lazy("Strong words on both sides"),
    "reported": gettext_lazy("Reported"),
}
"""The reasons that the queue can be narrowed to."""

PAGE = 50


@dataclass(frozen=True)
class Narrowing:
    """Which part of the queue: by language, tag and reason; ``again`` asks for those that others
    have already looked at instead of those that nobody has."""

    language: str = ""
    tag: str = ""
    why: str = ""
    again: bool = False


@dataclass(frozen=True)
class Worth:
    """One item of the queue: the parts of its score, each from 0 to 1, and their weighted sum.

    ``judgments`` is how many answers its consensus stands on, ``reports`` how many people
    reported it.
    """

    task: int
    score: float
    split: float
    closeness: float
    undecided: bool
    cycle: bool
    strong: bool
    reports: int
    priority: float
    rare: bool
    judgments: int

    def why(self) -> list[str]:
        """Why it is in the queue, one sentence each, the weightiest first."""
        said = []
        if self.split:
            said.append(
                _("Labelers disagree: {share}% of their pairs say different things.").format(
                    share=round(100 * self.split)
                )
            )
        if self.strong:
            said.append(_("Plain preferences stand against each other."))
        if self.undecided:
            said.append(_("The answers together decide for neither side."))
        elif self.closeness >= CLOSE:
            likelier = round(100 - 50 * self.closeness)
            said.append(_("The likelier side holds only {share}%.").format(share=likelier))
        if self.cycle:
            said.append(_("The comparisons contradict each other and give no order."))
        if self.reports:
            count = self.reports
            sentence = ngettext(
                "%(count)d person reported it.", "%(count)d people reported it.", count
            )
            said.append(sentence % {"count": count})
        if self.judgments == 1:
            said.append(_("Only one person has answered it."))
        if self.priority > 0:
            said.append(_("Training would learn much from it."))
        if self.rare:
            said.append(_("Its language or one of its tags is rare here."))
        return said


JUDGING = tuple(name for name, kind in TASK_KINDS.items() if kind.outcomes is not TaskKind.outcomes)
"""The kinds whose answers compare; where people only write there is nothing to settle."""


@dataclass(frozen=True)
class Queue:
    """A part of the queue, worthiest first, and how many wait in all."""

    items: list[Worth]
    waiting: int


def queue_of(
    *,
    project: Project,
    person: Person,
    narrowing: Narrowing | None = None,
    limit: int = PAGE,
    offset: int = 0,
) -> Queue:
    """What `person` could look at now, worthiest first: nothing that they answered as labeler,
    gave back, or that somebody else is looking at."""
    narrowing = narrowing or Narrowing()
    rows = _read(
        project,
        person=person.pk,
        language=narrowing.language,
        tag=narrowing.tag,
        why=narrowing.why,
        again=narrowing.again,
        limit=limit,
        offset=offset,
    )
    return Queue([Worth(*row[:-1]) for row in rows], rows[0][-1] if rows else 0)


def worth_of(task: Task) -> Worth:
    """The score of one task, whether it is in the queue or not."""
    ((*parts, _waiting),) = _read(task.project, task=task.pk, limit=1)
    return Worth(*parts)


def _read(project: Project, **given: Any) -> list[tuple[Any, ...]]:
    languages, tags = rare_of(project)
    values = {
        **{"task": 0, "person": 0, "language": "", "tag": "", "why": "", "again": False},
        **{"offset": 0, "project": project.pk, "kinds": list(JUDGING), "strong": list(STRONG)},
        "close": CLOSE,
        **{"rare_languages": languages, "rare_tags": tags, "speaking": list(SPEAKING)},
        **{f"w_{name}": weight for name, weight in WEIGHTS.items()},
        **given,
    }
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, values)
        return list(cursor.fetchall())


def rare_of(project: Project) -> tuple[list[str], list[str]]:
    """The languages and the tags that at most `RARE` of the project's prompts have."""
    counted = """
        SELECT what, count(*) FROM annotation_prompt, LATERAL {what} AS named(what)
        WHERE project_id = %s AND what <> '' GROUP BY what
    """
    prompts = Prompt.objects.filter(project=project).count()
    found = []
    with connection.cursor() as cursor:
        for what in ("(SELECT language)", "unnest(tags)"):
            cursor.execute(counted.format(what=what), [project.pk])
            found.append([name for name, count in cursor.fetchall() if count <= RARE * prompts])
    return found[0], found[1]


@dataclass(frozen=True)
class Progress:
    """How far second looks are: items somebody decided on, those of `person`, those in hand."""

    decided: int
    own: int
    in_hand: int


def progress_of(*, project: Project, person: Person) -> Progress:
    """How many items were looked at a second time, by anybody and by `person`."""
    decided = Judgment.objects.filter(
        task__project=project, is_current=True, standing=Judgment.Standing.ADJUDICATION
    )
    in_hand = Task.objects.filter(
        project=project,
        assignments__purpose=Assignment.Purpose.ADJUDICATION,
        assignments__state=Assignment.State.LIVE,
    )
    return Progress(
        decided=decided.values("task").distinct().count(),
        own=decided.filter(person=person).count(),
        in_hand=in_hand.distinct().count(),
    )


def choices_of(project: Project) -> dict[str, Sequence[str]]:
    """The languages and tags that the project's prompts have, to narrow the queue by."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT unnest(tags) AS tag FROM annotation_prompt WHERE project_id = %s"
            " ORDER BY tag LIMIT 200",
            [project.pk],
        )
        tags = [tag for (tag,) in cursor.fetchall()]
    return {"languages": languages.said_in([project.pk]), "tags": tags}
