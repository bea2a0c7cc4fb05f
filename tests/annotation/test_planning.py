"""What is planned for a candidate: its tasks in canonical order, with what is known of each."""

from __future__ import annotations

import pytest

from annotation import planning, tasking
from annotation.candidates import KnownAnswer
from annotation.models import Prompt, Response
from tests.annotation.making import candidate


def plans(project, one) -> list[planning.Plan]:
    """The plans for a candidate, with nothing of it stored."""
    responses = [
        Response(content_hash=digest, messages=messages)
        for digest, (messages, _source) in zip("dbca", one.responses, strict=False)
    ]
    asked = tasking.asked_in(project.settings)
    return planning.plan(project.settings, asked, one, Prompt(content_hash="p"), responses)


def test_the_canonical_order_is_that_of_the_hashes(project):
    (planned,) = plans(project, candidate(1, known=[KnownAnswer([1, 2], labeler="w")]))
    assert [response.content_hash for response in planned.responses] == ["b", "d"]
    # The first of the candidate, which is the better one, stands second.
    assert planned.known[0].answer["choice"] == "b"


def test_ranks_of_many_are_shared_out_among_their_pairs(project):
    found = plans(project, candidate(1, k=4, known=[KnownAnswer([1, 2, 3, 4], labeler="w")]))
    said = {
        "".join(response.content_hash for response in planned.responses): (
            planned.known[0].answer["choice"]
        )
        for planned in found
    }
    # d, b, c, a from best to worst.
    assert said == {"ab": "b", "ac": "b", "ad": "b", "bc": "a", "bd": "b", "cd": "b"}


@pytest.mark.parametrize("asked", [True, False])
def test_who_is_not_asked_is_not_waited_for(project, asked):
    (planned,) = plans(project, candidate(1))
    task = planning.task_of(project.settings, planned, asked=asked)
    assert (task.state, task.overlap, task.free_slots) == (
        ("open", 1, 1) if asked else ("closed", 0, 0)
    )
