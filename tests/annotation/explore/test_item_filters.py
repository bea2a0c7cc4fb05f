"""Filters of items: each finds what it names, and nothing unknown comes near the database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from annotation import tasking
from annotation.candidates import KnownAnswer
from annotation.consensus import aggregating
from annotation.explore import item_filters
from annotation.explore.item_filters import FilterError
from annotation.models import Judgment, Task
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, candidate


def found(project, **given) -> list[int]:
    """Which of the items 1, 2, 3 ... are found, in order."""
    filters = item_filters.parse(given)
    tasks = item_filters.matching(project, filters).select_related("prompt").order_by("pk")
    numbers = [task.prompt.messages[0]["content"].split()[1] for task in tasks]
    return [int(number.rstrip("?")) for number in numbers]


@pytest.fixture
def crowd(project):
    """Four items: w1 and w2 agree on the first, differ on the second; the third is gold."""
    answers = {
        1: [("w1", {"choice": "a", "strength": "better"}), ("w2", {"choice": "a"})],
        2: [("w1", {"choice": "a"}), ("w2", {"choice": "b", "strength": "slightly"})],
        4: [("w3", {"choice": "tie"})],
    }
    weeks = {"w1": datetime(2024, 11, 20, tzinfo=UTC), "w2": datetime(2024, 11, 25, tzinfo=UTC)}
    candidates = [
        candidate(
            number,
            known=[
                KnownAnswer(answer=answer, labeler=who, at=weeks.get(who))
                for who, answer in answers.get(number, [])
            ],
            gold=KnownAnswer([1, 2]) if number == 3 else None,
            language="ja" if number == 4 else "en",
            tags=["cooking"] if number == 2 else [],
        )
        for number in range(1, 5)
    ]
    tasking.add_candidates(project=project, added_by=None, candidates=candidates)
    # What "first" is differs from item to item; here it is put as it was said.
    for judgment in Judgment.objects.select_related("task__prompt"):
        number = int(judgment.task.prompt.messages[0]["content"].split()[1].rstrip("?"))
        judgment.answer["choice"] = dict(answers[number])[judgment.imported_labeler]["choice"]
        judgment.save()
    aggregating.refresh_consensus(project=project)
    return project


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"labeler": ""}, [1, 2, 3, 4]),
        ({"labeler": "i:w1"}, [1, 2]),
        ({"labeler": "i:w1", "other": "i:w2"}, [1, 2]),
        ({"labeler": "i:w1", "other": "i:w2", "disputed": "1"}, [2]),
        ({"labeler": "i:w2", "said": "second"}, [2]),
        ({"labeler": "i:w1", "said": "second"}, []),
        ({"said": "tie"}, [4]),
        ({"said": "first"}, [1, 2]),
        ({"strength": "better"}, [1]),
        ({"strength": "slightly", "labeler": "i:w1"}, []),
        ({"week": "2024-W47"}, [1, 2]),
        ({"week": "2024-W47", "labeler": "i:w2"}, []),
        ({"week": "2024-W48", "labeler": "i:w2"}, [1, 2]),
        ({"tag": "cooking"}, [2]),
        ({"tag": "cook"}, []),
        ({"language": "ja"}, [4]),
        ({"gold": "1"}, [3]),
        ({"gold": "0"}, [1, 2, 3, 4]),
        ({"disputed": "1"}, [2]),
        ({"order": "disagreement"}, [2]),
        ({"standing": "imported"}, [1, 2, 4]),
        ({"standing": "voided"}, []),
        ({"source": "model-1"}, [1, 2, 3, 4]),
    ],
)
def test_each_filter_finds_what_it_names(crowd, given, numbers):
    assert found(crowd, **given) == numbers


def test_people_are_known_by_their_number(project, labeler, stranger):
    tasking.add_candidates(project=project, added_by=None, candidates=[candidate(1), candidate(2)])
    judgment = answer_next(labeler, project, A_IS_BETTER)
    assert found(project, labeler=f"p:{labeler.pk}") == [1]
    assert found(project, labeler=f"p:{labeler.pk}", standing="counted") == [1]
    assert Task.objects.get(pk=judgment.task_id).prompt.messages[0]["content"] == "Question 1?"
    with pytest.raises(FilterError, match="Nobody"):
        found(project, labeler=f"p:{stranger.pk}")


def test_how_much_better_is_no_dispute(project, person_factory):
    project.settings.overlap = 2
    project.settings.save()
    one, two = (person_factory(name, project, "labeler") for name in ("one", "two"))
    tasking.add_candidates(
        project=project, added_by=None, candidates=[candidate(n) for n in (1, 2, 3)]
    )
    for mine, theirs in (
        (A_IS_BETTER, {"choice": "a", "strength": "slightly"}),
        (A_IS_BETTER, B_IS_BETTER),
        (TIE, TIE),
    ):
        answer_next(one, project, mine)
        answer_next(two, project, theirs)
    given = {"labeler": f"p:{one.pk}", "other": f"p:{two.pk}", "disputed": "1"}
    assert found(project, **given) == [2]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"person__password__startswith": "pbkdf2"}, ""),
        ({"labeler": "password"}, "labeler"),
        ({"labeler": "p:1 OR 1=1"}, "labeler"),
        ({"labeler": "p:٣"}, "labeler"),
        ({"labeler": "p:99999999999999999999"}, "labeler"),
        ({"labeler": "p:2147483647"}, "labeler"),
        ({"labeler": "i:nobody"}, "labeler"),
        ({"other": "i:nobody"}, "other"),
        ({"source": "gpt"}, "source"),
        ({"tag": "x" * 201}, "tag"),
        ({"tag": "a\0"}, "tag"),
        ({"week": "2026-47"}, "week"),
        ({"week": "2026-W54"}, "week"),
        ({"week": "0000-W01"}, "week"),
        ({"week": "99999-W01"}, "week"),
        ({"week": "9999-W52"}, "week"),
        ({"said": "third"}, "said"),
        ({"strength": "much"}, "strength"),
        ({"standing": "draft"}, "standing"),
        ({"disputed": "yes"}, "disputed"),
        ({"order": "-id; DROP TABLE"}, "order"),
    ],
)
def test_what_is_not_a_filter_is_refused_by_name(project, given, name):
    with pytest.raises(FilterError) as refused:
        found(project, **given)
    assert refused.value.name == name
    assert str(refused.value).endswith(".")
