"""Records of what was compared: preference pairs, rankings, and responses against the bar.

What the judgments say together is `annotation.consensus.aggregating`'s rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from annotation.consensus.aggregating import Aggregate, aggregate, winner
from annotation.task_kinds.base import STRENGTHS, Outcome
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.task_kinds.ranking import competition_ranks
from exports.collecting import LabeledTask
from exports.filters import NO_STRENGTH, Filters
from exports.records import (
    WEIGHT_DECIMALS,
    Comparison,
    JudgmentView,
    PreferencePair,
    Ranking,
    UnpairedExample,
)
from exports.said import Recorded, Said

Common = Mapping[str, Any]


def record_comparisons(
    task: LabeledTask, common: Common, said: list[Said], filters: Filters, found: Recorded
) -> None:
    """The pair of two responses, or the ranking of more with its pairs; see recording.Recorder."""
    k = len(task.responses)
    consensus = together(task, said)
    name = common["task"]
    if k > 2 and any(comparison["n"] for comparison in consensus.comparisons):
        found.records.append(_ranking(task, common, said, consensus.comparisons, consensus.ranks))
    for comparison in consensus.comparisons:
        own: dict[str, Any] = {
            "id": f"{name}-{comparison['i']}-{comparison['j']}",
            "rank_group": name,
        }
        if k == 2:
            own = {"id": name, "rank_group": None}
        pair = _pair(task, {**common, **own}, said, comparison)
        reason = _reason_against(pair, comparison, filters)
        if pair is not None and reason is None:
            found.records.append(pair)
        else:
            found.left_out.append(str(reason))


def record_bar(
    task: LabeledTask, common: Common, said: list[Said], filters: Filters, found: Recorded
) -> None:
    """Each response as good or bad by itself: better or worse than the bar, which is the last of
    the things compared; see recording.Recorder."""
    bar = len(task.responses)
    consensus = together(task, said)
    for comparison in consensus.comparisons:
        place = comparison["i"]
        if comparison["j"] != bar:
            continue
        best = winner(comparison)
        weight = _weight(comparison, best)
        if best is None:
            found.left_out.append("tied" if comparison["n"] else "not_compared")
        elif weight < filters.min_weight:
            found.left_out.append("low_weight")
        else:
            response, source = task.responses[place]
            found.records.append(
                UnpairedExample(
                    **common,
                    id=common["task"] if bar == 1 else f"{common['task']}-{place}",
                    completion=response,
                    response_sources=[source],
                    label=best == place,
                    weight=weight,
                    judgments=[
                        each.answer_view("good" if outcome.winner == place else "bad")
                        for each in said
                        if (outcome := each.of(place, bar)) is not None
                    ],
                )
            )


def together(task: LabeledTask, said: Sequence[Said]) -> Aggregate:
    """What all of `said` say of the things that the task compares."""
    things = TASK_KINDS[task.kind].compared(len(task.responses))
    return task.consensus or aggregate([each.outcomes for each in said], things)


def refused_by(pair: PreferencePair, filters: Filters) -> str | None:
    """The filter that `pair` does not pass, as a reason; None when it passes all."""
    if pair.weight < filters.min_weight:
        return "low_weight"
    if filters.drop_negligible and pair.strength == STRENGTHS[-1]:
        return "negligible"
    if filters.strengths and (pair.strength or NO_STRENGTH) not in filters.strengths:
        return "strength"
    return None


def _reason_against(
    pair: PreferencePair | None, comparison: Mapping[str, Any], filters: Filters
) -> str | None:
    if pair is None:
        return "tied" if comparison["n"] else "not_compared"
    return refused_by(pair, filters)


def _weight(comparison: Mapping[str, Any], best: int | None) -> float:
    """The posterior that `best` is the better one of the two, given that one of them is."""
    won, lost = ("p_i", "p_j") if best == comparison["i"] else ("p_j", "p_i")
    share: float = comparison[won] / (comparison[won] + comparison[lost])
    return round(share, WEIGHT_DECIMALS)


def _pair(
    task: LabeledTask, common: Common, said: Sequence[Said], comparison: dict[str, Any]
) -> PreferencePair | None:
    i, j = comparison["i"], comparison["j"]
    best = winner(comparison)
    if best is None:
        return None
    other = j if best == i else i
    return PreferencePair(
        **common,
        chosen=task.responses[best][0],
        rejected=task.responses[other][0],
        response_sources=[task.responses[best][1], task.responses[other][1]],
        judgments=[
            _view_of_pair(each, outcome, best)
            for each in said
            if (outcome := each.of(i, j)) is not None
        ],
        strength=_usual_strength(said, i, j, best),
        strength_margin=round(comparison["margin"], WEIGHT_DECIMALS),
        weight=_weight(comparison, best),
    )


def _usual_strength(said: Sequence[Said], i: int, j: int, best: int) -> str | None:
    """The most frequent strength among the judgments for the winner; of equals the weaker."""
    given = Counter(
        outcome.strength
        for outcome in (each.of(i, j) for each in said)
        if outcome is not None and outcome.winner == best and outcome.strength
    )
    return max(given, key=lambda name: (given[name], STRENGTHS.index(name)), default=None)


def _ranking(
    task: LabeledTask,
    common: Common,
    said: Sequence[Said],
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


def _view_of_pair(said: Said, outcome: Outcome, best: int) -> JudgmentView:
    if outcome.winner is None:
        choice = "both_bad" if said.values["answer"].get("choice") == "both_bad" else "tie"
    else:
        choice = "chosen" if outcome.winner == best else "rejected"
    places = (outcome.i, outcome.j)
    first = next((place for place in said.shown() if place in places), None)
    shown_first = None if first is None else "chosen" if first == best else "rejected"
    return said.view(choice, outcome.strength, shown_first)


def _view_of_ranking(said: Said, k: int) -> JudgmentView:
    shown = said.shown()
    first = str(shown[0]) if shown else None
    return said.view(",".join(ranks_given(said.outcomes, k)), None, first)


def ranks_given(outcomes: Sequence[Outcome], k: int) -> list[str]:
    """The rank of each of the `k` responses; empty where the comparisons do not give it."""
    beaten_by = [0] * k
    met = [0] * k
    for outcome in outcomes:
        met[outcome.i] += 1
        met[outcome.j] += 1
        if outcome.winner is not None:
            beaten_by[outcome.j if outcome.winner == outcome.i else outcome.i] += 1
    if all(count == k - 1 for count in met):
        return list(map(str, competition_ranks(beaten_by)))
    # Some were not compared: only who was preferred to all the others has a rank for sure.
    return [
        "1" if count == k - 1 and not beaten else ""
        for count, beaten in zip(met, beaten_by, strict=True)
    ]
