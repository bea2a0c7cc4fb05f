"""Records of scores: what the labelers of one task together gave each of its responses.

The comparisons that scores imply are `exports.compared`'s business.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from exports.collecting import LabeledTask
from exports.filters import Filters
from exports.records import WEIGHT_DECIMALS, Flag, Rating
from exports.said import Recorded, Said


def record_scores(
    task: LabeledTask,
    common: Mapping[str, Any],
    said: list[Said],
    filters: Filters,
    found: Recorded,
) -> None:
    """One rating of all responses; see recording.Recorder."""
    answers = [each.values["answer"] for each in said]
    asked = task.options["flags"]
    places = range(len(task.responses))
    found.records.append(
        Rating(
            **common,
            id=common["task"],
            responses=[messages for messages, _ in task.responses],
            response_sources=[source for _, source in task.responses],
            scores=[_mean([answer["scores"][place] for answer in answers]) for place in places],
            flags=[
                _flags([answer["flags"][place] for answer in answers], asked) for place in places
            ],
            low=task.options["low"],
            high=task.options["high"],
            judgments=[each.answer_view(_as_given(each), _shown_first(each)) for each in said],
        )
    )


def _mean(scores: Sequence[int]) -> float:
    return round(sum(scores) / len(scores), WEIGHT_DECIMALS)


def _flags(given: Sequence[Sequence[str]], asked: Sequence[str]) -> list[Flag]:
    """What was said yes to, in the order asked; what is asked no more comes last."""
    said = Counter(name for names in given for name in names)
    order = [name for name in asked if name in said] + sorted(set(said) - set(asked))
    return [
        {"name": name, "share": round(said[name] / len(given), WEIGHT_DECIMALS)} for name in order
    ]


def _as_given(said: Said) -> str:
    return json.dumps(said.values["answer"], ensure_ascii=False, sort_keys=True)


def _shown_first(said: Said) -> str | None:
    shown = said.shown()
    return str(shown[0]) if shown else None
