"""The front of several rewards as charts: who is beaten, and every point by itself."""

from __future__ import annotations

from typing import Any

from training.front_charts import charts


def point(name: str, helpful: float, short: float, **more: Any) -> dict[str, Any]:
    rewards = {"helpful": {"value": helpful, "low": 0.0, "high": 1.0}, "short": {"value": short}}
    return {"name": name, "kind": "soup", "undominated": True, "rewards": rewards, **more}


POINTS = [
    point("1,0", 0.9, 0.1, kl={"value": 2.5}),
    point("0,1", 0.2, 0.8),
    point("0.5,0.5", 0.1, 0.1, undominated=False),
    point("start", 0.15, 0.2, kind="start", undominated=False),
    {"name": "torn", "rewards": {"helpful": {"value": 1.0}}},
]


def test_only_what_is_not_beaten_is_joined() -> None:
    against, _each = charts({"criteria": ["helpful", "short"], "points": POINTS})
    assert (against["title"], against["x_label"]) == ("short against helpful", "helpful")
    assert [(line["name"], line["loose"], line["points"]) for line in against["series"]] == [
        ("not beaten by another", False, [[0.2, 0.8], [0.9, 0.1]]),
        ("beaten by another", True, [[0.1, 0.1]]),
        ("the start", True, [[0.15, 0.2]]),
    ]


def test_every_point_stands_by_itself_with_its_kl() -> None:
    _against, each = charts({"criteria": ["helpful", "short"], "points": POINTS})
    assert [(row["name"], row["note"]) for row in each["rows"]] == [
        *(("1,0", "2.5"), ("0,1", ""), ("0.5,0.5", ""), ("the start", "")),
    ]
    assert each["rows"][0]["points"] == [{"value": 0.9, "low": 0.0, "high": 1.0}, {"value": 0.1}]


def test_one_reward_has_nothing_to_be_drawn_against_and_many_have_three_pairs() -> None:
    (alone,) = charts({"criteria": ["helpful"], "points": POINTS[:1]})
    assert alone["type"] == "dots"
    many = {"criteria": list("abcd"), "points": [{"rewards": {c: {"value": 1.0} for c in "abcd"}}]}
    assert [chart["id"] for chart in charts(many)] == [
        *("front-0", "front-1", "front-2", "front-points"),
    ]
    assert charts({}) == []
