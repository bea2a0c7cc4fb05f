"""Everything about one item: who said what, when and why, what came of it, what was reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from annotation.consensus.aggregating import winner
from annotation.entry.scoring_texts import handed_in, texts_of_exams
from annotation.grading import Grade, grade
from annotation.kind_words import answer_in_words, letter
from annotation.models import Consensus, Gold, Judgment, Report, Task, TaskResponse
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project


@dataclass(frozen=True)
class Said:
    """One answer with its labeler. ``shown`` are the letters in the order on screen; ``right`` is
    None where there is nothing to hold it against; ``before`` are earlier revisions, newest first.
    """

    judgment: Judgment
    key: str
    name: str
    words: str
    shown: list[str]
    right: bool | None
    before: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Compared:
    """What the answers say together of two responses. ``better`` is a letter, "" for neither."""

    first: str
    second: str
    better: str
    p_first: float
    p_second: float
    p_tie: float
    n: int


@dataclass(frozen=True)
class Story:
    """An item with all that is known of it; ``sources`` are (letter, name of the source)."""

    task: Task
    sources: list[tuple[str, str]]
    answers: list[Said]
    compared: list[Compared]
    consensus: Consensus | None
    expected: str
    reports: list[Report]

    @property
    def placed(self) -> list[TaskResponse]:
        """The responses in canonical order."""
        return list(self.task.placed.all())

    @property
    def gold(self) -> Gold | None:
        """What is expected, if anything is."""
        return gold_of(self.task)


def story_of(*, project: Project, pk: int) -> Story | None:
    """The item with this number in `project`, None where there is none."""
    tasks = Task.objects.select_related("prompt", "gold__created_by", "consensus")
    task = tasks.filter(project=project, pk=pk).prefetch_related("placed__response__source").first()
    if task is None:
        return None
    consensus = task.consensus if hasattr(task, "consensus") else None
    gold = gold_of(task)
    return Story(
        task=task,
        sources=[
            (letter(placed.position), placed.response.source.name) for placed in task.placed.all()
        ],
        answers=_answers(task),
        compared=compared_in(consensus.comparisons) if consensus else [],
        consensus=consensus,
        expected=answer_in_words(gold.answer) if gold and gold.answer else "",
        reports=list(task.reports.select_related("person", "decided_by")),
    )


def gold_of(task: Task) -> Gold | None:
    """What is expected of `task`, None where it is no gold."""
    return task.gold if hasattr(task, "gold") else None


def _answers(task: Task) -> list[Said]:
    """The newest answer of everybody in the order they came, each with the ones before it."""
    # Whoever scores the texts of an exam is not to know whose they are.
    waiting = texts_of_exams(handed_in(task.project)).values("pk")
    judgments = task.judgments.exclude(pk__in=waiting).select_related("person")
    judgments = judgments.order_by("-revision", "-pk")
    by_labeler: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        by_labeler[key_of(judgment)].append(judgment)
    newest = [
        _said(task, revisions[0], [_said(task, old, []) for old in revisions[1:]])
        for revisions in by_labeler.values()
    ]
    return sorted(newest, key=lambda said: (said.judgment.created_at, said.judgment.pk))


def key_of(judgment: Judgment) -> str:
    """How arrays and addresses know the labeler of a judgment."""
    return f"p:{judgment.person_id}" if judgment.person_id else f"i:{judgment.imported_labeler}"


def _said(task: Task, judgment: Judgment, before: list[Said]) -> Said:
    person = judgment.person
    return Said(
        judgment=judgment,
        key=key_of(judgment),
        name=person.username if person else judgment.imported_labeler or _("not named"),
        words=answer_in_words(judgment.answer),
        shown=[letter(place) for place in judgment.display_order],
        right=_is_right(task, judgment.answer),
        before=before,
    )


def _is_right(task: Task, answer: dict[str, Any]) -> bool | None:
    gold = gold_of(task)
    if gold is None or not gold.answer:
        return None
    k = len(task.placed.all())
    graded: Grade = grade(kind=task.kind, given=answer, expected=gold.answer, k=k)
    return graded.right == graded.judged if graded.judged else None


def compared_in(comparisons: Sequence[dict[str, Any]]) -> list[Compared]:
    """The comparisons of a consensus that anybody made, in words of letters."""
    return [
        Compared(
            first=letter(c["i"]),
            second=letter(c["j"]),
            better="" if (best := winner(c)) is None else letter(best),
            p_first=c["p_i"],
            p_second=c["p_j"],
            p_tie=c["p_tie"],
            n=c["n"],
        )
        for c in comparisons
        if c["n"]
    ]


def has_bar(task: Task) -> bool:
    """Whether the last thing compared is the bar of being good enough."""
    return TASK_KINDS[task.kind].has_bar
