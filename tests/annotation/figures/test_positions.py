"""Position bias by hand: of two, by strength, and by place."""

from __future__ import annotations

from tests.annotation.figures.test_biases import figures, judge, make, prefer


def test_position_by_hand(project):
    tasks = make(project, [(3, 3)] * 4)
    prefer(tasks[0], 0, shown=(0, 1), strength="significantly")
    prefer(tasks[1], 0, shown=(1, 0), strength="significantly")
    prefer(tasks[2], 1, shown=(1, 0), strength="slightly")
    judge(tasks[3], {"choice": "tie", "strength": None}, shown=(1, 0))
    found = figures(project)["position"]
    assert (found["share"]["value"], found["share"]["n"], found["ties"]) == (2.5 / 4, 4, 1)
    assert {row["strength"]: (row["value"], row["n"]) for row in found["strengths"]} == {
        "significantly": (0.5, 2),
        "slightly": (1.0, 1),
    }


def test_what_is_not_known_to_have_been_shown_first_is_left_out(project):
    (task,) = make(project, [(3, 3)])
    prefer(task, 0, shown=())
    assert figures(project)["position"]["share"]["n"] == 0


def test_places_of_a_ranking(project_factory):
    project = project_factory("ranked", kind="ranking", kind_options={"k": 3}, gold_rate=0)
    tasks = make(project, [(3, 3, 3)] * 2)
    # Always best first as shown.
    judge(tasks[0], {"ranks": [1, 2, 3]}, shown=(0, 1, 2))
    judge(tasks[1], {"ranks": [3, 2, 1]}, shown=(2, 1, 0))
    found = figures(project)["position"]
    assert [(row["place"], row["value"], row["n"]) for row in found["places"]] == [
        (1, 1.0, 4),
        (2, 0.5, 4),
        (3, 0.0, 4),
    ]
    assert found["share"]["value"] == 1.0
