"""From what was said of one task to its records: a preference pair, or a ranking with its pairs.

Agreement on each comparison is `annotation.aggregating`'s rule; kinds of tasks are known only by
the comparisons their answers imply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.aggregating import aggregate, winner
from annotation.models import Judgment
from annotation.task_kinds.base import STRENGTHS, Outcome
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.task_kinds.ranking import competition_ranks
from exports.collecting import LabeledTask
from exports.filters import Filters
from exports.records import (
    WEIGHT_DECIMALS,
    Comparison,
    JudgmentView,
    PreferencePair,
    Ranking,
    Record,
)

LEFT_OUT = ("few_judgments", "tied", "low_weight", "negligible", "one_response")
"""Why a comparison is not among the pairs; see `Recorded`."""


@dataclass
class Recorded:
    """The records of one task, and what was left out of them: a reason per comparison or task."""

    records: list[Record] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Said:
    """One judgment: its stored values and the comparisons it implies."""

    values: dict[str, Any]
    outcomes: list[Outcome]

    def of(self, i: int, j: int) -> Outcome | None:
        return next((each for each in self.outcomes if (each.i, each.j) == (i, j)), None)

    def shown(self) -> list[int]:
        # Nobody saw an imported judgment's responses on a screen of ours.
        imported = self.values["standing"] == Judgment.Standing.IMPORTED
        return [] if imported else list(self.values["display_order"])


def records_of(task: LabeledTask, *, project: str, filters: Filters) -> Recorded:
    """The records of `task`, the ranking first, its pairs in the order of their places.

    Two responses make one pair unless they tie; three or more make a ranking and a pair for each
    two that do not tie. `project` is the slug.
    """
    found = Recorded()
    k = len(task.responses)
    if k < 2:
        found.left_out.append("one_response")
        return found
    if len(task.judgments) < filters.min_judgments:
        found.left_out.append("few_judgments")
        return found
    kind = TASK_KINDS[task.kind]
    said = [_Said(values, kind.outcomes(values["answer"], k)) for values in task.judgments]
    consensus = aggregate([each.outcomes for each in said], k)
    name = f"{project}-{task.pk}"
    common = {**_common(task, project), "task": name}
    if k > 2:
        found.records.append(_ranking(task, common, said, consensus.comparisons, consensus.ranks))
    for comparison in consensus.comparisons:
        own: dict[str, Any] = {
            "id": f"{name}-{comparison['i']}-{comparison['j']}",
            "rank_group": name,
        }
        if k == 2:
            own = {"id": name, "rank_group": None}
        pair = _pair(task, {**common, **own}, said, comparison)
        reason = _reason_against(pair, filters)
        if pair is not None and reason is None:
            found.records.append(pair)
        else:
            found.left_out.append(str(reason))
    return found


def _common(task: LabeledTask, project: str) -> dict[str, Any]:
    return {
        "project": project,
        "kind": task.kind,
        "criterion": task.criterion,
        "language": task.language,
        "tags": task.tags,
        "prompt": task.prompt,
        "reference": task.reference,
        "labeled_at": task.labeled_at,
    }


def _reason_against(pair: PreferencePair | None, filters: Filters) -> str | None:
    if pair is None:
        return "tied"
    if pair.weight < filters.min_weight:
        return "low_weight"
    if filters.drop_negligible and pair.strength == STRENGTHS[-1]:
        return "negligible"
    return None


def _pair(
    task: LabeledTask,
    common: dict[str, Any],
    said: Sequence[_Said],
    comparison: dict[str, Any],
) -> PreferencePair | None:
    i, j = comparison["i"], comparison["j"]
    best = winner(comparison)
    if best is None:
        return None
    other, won, lost = (j, "p_i", "p_j") if best == i else (i, "p_j", "p_i")
    weight = comparison[won] / (comparison[won] + comparison[lost])
    return PreferencePair(
        **common,
        chosen=task.responses[best][0],
        rejected=task.responses[other][0],
        response_sources=[task.responses[best][1], task.responses[other][1]],
        judgments=[_view_of_pair(each, i, j, best) for each in said],
        strength=_usual_strength(said, i, j, best),
        strength_margin=round(comparison["margin"], WEIGHT_DECIMALS),
        weight=round(weight, WEIGHT_DECIMALS),
    )


def _usual_strength(said: Sequence[_Said], i: int, j: int, best: int) -> str | None:
    """The most frequent strength among the judgments for the winner; of equals the weaker."""
    given = Counter(
        outcome.strength
        for outcome in (each.of(i, j) for each in said)
        if outcome is not None and outcome.winner == best and outcome.strength
    )
    return max(given, key=lambda name: (given[name], STRENGTHS.index(name)), default=None)


def _ranking(
    task: LabeledTask,
    common: dict[str, Any],
    said: Sequence[_Said],
    comparisons: Sequence[dict[str, Any]],
    ranks: list[int] | None,
) -> Ranking:
    rounded = ("p_i", "p_j", "p_tie", "margin")
    return Ranking(
        **common,
        id=common["task"],
        responses=[messages for messages, _ in task.responses],
        response_sources=[source for _, source in task.responses],
        comparisons=[
            Comparison(**{**each, **{name: round(each[name], WEIGHT_DECIMALS) for name in rounded}})
            for each in comparisons
        ],
        ranks=ranks,
        judgments=[_view_of_ranking(each, len(task.responses)) for each in said],
    )


def _view_of_pair(said: _Said, i: int, j: int, best: int) -> JudgmentView:
    outcome = said.of(i, j)
    preferred = outcome.winner if outcome else None
    if preferred is None:
        choice = "both_bad" if said.values["answer"].get("choice") == "both_bad" else "tie"
    else:
        choice = "chosen" if preferred == best else "rejected"
    first = next((place for place in said.shown() if place in (i, j)), None)
    shown_first = None if first is None else "chosen" if first == best else "rejected"
    return _view(said, choice, outcome.strength if outcome else None, shown_first)


def _view_of_ranking(said: _Said, k: int) -> JudgmentView:
    beaten_by = [0] * k
    for outcome in said.outcomes:
        if outcome.winner is not None:
            beaten_by[outcome.j if outcome.winner == outcome.i else outcome.i] += 1
    shown = said.shown()
    first = str(shown[0]) if shown else None
    return _view(said, ",".join(map(str, competition_ranks(beaten_by))), None, first)


def _view(said: _Said, choice: str, strength: str | None, shown_first: str | None) -> JudgmentView:
    return JudgmentView(
        id=str(said.values["id"]),
        revision=said.values["revision"],
        labeler=said.values["labeler"] or "imported",
        choice=choice,
        strength=strength,
        shown_first=shown_first,
        seconds=said.values["seconds"],
    )
