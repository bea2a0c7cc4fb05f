"""What every benchmark prints: one JSON object per figure on standard output, progress on standard
error.

A benchmark is a file of this folder with a `main()` that measures everything in one run on this
machine and calls `report`. It fails only when it could not measure; missing a goal is a figure like
any other.
"""

import json
import math
import operator
import sys
from collections.abc import Callable

KEYS = ("name", "ours", "unit", "peer", "peer_name", "ratio", "goal", "met", "detail")
# The longer sign first, so that `>= 2` is not read as `>` and `= 2`.
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def ratio_of(ours: float, peer: float | None, *, higher_is_better: bool) -> float | None:
    """How many times better ours is than the peer's; None without a peer or a quotient."""
    if peer is None:
        return None
    over, under = (ours, peer) if higher_is_better else (peer, ours)
    return over / under if under else None


def meets(
    goal: float | str, *, ours: float, ratio: float | None, higher_is_better: bool = True
) -> bool:
    """Whether a goal is met. A number is a bound on our figure, on its better side.

    A text is a comparison with our figure (`< 200`) or with the ratio (`ratio >= 2`).
    """
    if not isinstance(goal, str):
        return ours >= goal if higher_is_better else ours <= goal
    about_ratio = goal.startswith("ratio")
    words = goal.removeprefix("ratio").strip()
    sign = next((sign for sign in _COMPARISONS if words.startswith(sign)), None)
    if sign is None:
        raise ValueError(f"A goal is a comparison like '< 200' or 'ratio >= 2', not {goal!r}.")
    figure = ratio if about_ratio else ours
    bound = float(words.removeprefix(sign))
    return figure is not None and math.isfinite(figure) and _COMPARISONS[sign](figure, bound)


def report(
    name: str,
    *,
    ours: float,
    unit: str,
    goal: float | str | None,
    peer: float | None = None,
    peer_name: str = "",
    higher_is_better: bool = True,
    detail: str = "",
) -> dict[str, object]:
    """Print one figure and return it. `ours` and `peer` are in `unit`; `goal` as `meets` has it."""
    ratio = ratio_of(ours, peer, higher_is_better=higher_is_better)
    met = None
    if goal is not None:
        met = meets(goal, ours=ours, ratio=ratio, higher_is_better=higher_is_better)
    values = (name, ours, unit, peer, peer_name, ratio, goal, met, detail)
    figure: dict[str, object] = dict(zip(KEYS, values, strict=True))
    print(json.dumps(figure, ensure_ascii=False, allow_nan=False), flush=True)
    return figure


def progress(sentence: str) -> None:
    """Tell the person who waits what is being measured."""
    print(sentence, file=sys.stderr, flush=True)
