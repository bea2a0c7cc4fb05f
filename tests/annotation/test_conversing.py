"""Two people write a conversation: whose turn it is, when it ends, and what may still change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning, conversing, judging, queries, tasking
from annotation.candidates import Candidate
from annotation.models import Judgment, Task
from annotation.task_kinds.base import AnswerError
from tests.annotation.making import submit


@pytest.fixture
def talk(project_factory):
    options = {"people": "two", "least": 2, "most": 4}
    return project_factory("talk", kind="conversation", kind_options=options, gold_rate=0)


@pytest.fixture
def aiko(person_factory, talk):
    return person_factory("aiko", talk, "labeler")


@pytest.fixture
def ben(person_factory, talk):
    return person_factory("ben", talk, "labeler")


@pytest.fixture
def topics(talk):
    tasking.add_candidates(
        project=talk,
        added_by=None,
        candidates=[Candidate(prompt=[{"role": "user", "content": "Cooking rice"}], tags=["food"])],
    )


def lease(person, project):
    return assigning.next_assignment(project=project, person=person)


def say(person, project, role, content, ended=False):
    assignment = lease(person, project)
    assert assignment is not None, f"{person} has nothing to say"
    answer = {"turns": [{"role": role, "content": content}], "ended": ended}
    return submit(person, project, assignment, answer)


def test_two_people_take_turns_until_the_conversation_is_full(talk, aiko, ben, topics):
    say(aiko, talk, "user", "How much water?")
    assert lease(aiko, talk) is None
    say(ben, talk, "assistant", "Twice as much.")
    assert lease(ben, talk) is None
    say(aiko, talk, "user", "Salt?")
    last = say(ben, talk, "assistant", "A little.")
    assert lease(aiko, talk) is None
    assert not Task.objects.filter(follows=last).exists()
    assert [m["content"] for m in last.task.prompt.messages] == [
        "Cooking rice",
        "How much water?",
        "Twice as much.",
        "Salt?",
    ]
    assert last.task.prompt.tags == ["food"]


def test_what_is_shown_is_the_topic_and_the_turns_so_far(talk, aiko, ben, topics):
    first = lease(aiko, talk)
    assert [m["role"] for m in queries.item_payload(first)["prompt"]] == ["topic"]
    say(aiko, talk, "user", "How much water?")
    shown = queries.item_payload(lease(ben, talk))["prompt"]
    assert [m["role"] for m in shown] == ["topic", "user"]


def test_the_third_turn_waits_for_who_wrote_the_first(talk, aiko, ben, topics, person_factory):
    say(aiko, talk, "user", "How much water?")
    say(ben, talk, "assistant", "Twice as much.")
    carol = person_factory("carol", talk, "labeler")
    assert lease(carol, talk) is None
    Task.objects.update(created_at=timezone.now() - conversing.RESERVED_FOR - timedelta(hours=1))
    assert lease(ben, talk) is None
    assert lease(carol, talk) is not None


def test_it_ends_when_somebody_says_so_but_not_before_the_fewest_turns(talk, aiko, ben, topics):
    first = say(aiko, talk, "user", "How much water?", ended=True)
    assert Task.objects.filter(follows=first).exists()
    second = say(ben, talk, "assistant", "Twice as much.", ended=True)
    assert not Task.objects.filter(follows=second).exists()


def test_nobody_speaks_for_the_other_side(talk, aiko, topics):
    with pytest.raises(AnswerError, match="turn of the user"):
        say(aiko, talk, "assistant", "Twice as much.")
    assert not Judgment.objects.exists()


def test_a_turn_may_be_taken_back_until_the_other_person_has_it(talk, aiko, ben, topics):
    say(aiko, talk, "user", "How much woter?")
    judging.undo_last(person=aiko, project=talk)
    assert Task.objects.filter(follows__isnull=False).count() == 0
    turn = say(aiko, talk, "user", "How much water?")
    assignment = turn.task.assignments.get(person=aiko)
    corrected = submit(
        aiko,
        talk,
        assignment,
        {"turns": [{"role": "user", "content": "How much water, please?"}], "ended": False},
    )
    (following,) = Task.objects.filter(follows__isnull=False)
    assert following.follows == corrected
    assert following.prompt.messages[-1]["content"] == "How much water, please?"
    lease(ben, talk)
    with pytest.raises(assigning.LeaseError, match="already gone on"):
        judging.undo_last(person=aiko, project=talk)
    assert Judgment.objects.get(is_current=True) == corrected


def test_two_answers_to_one_topic_are_two_conversations(project_factory, person_factory):
    wide = project_factory(
        "wide", kind="conversation", kind_options={"people": "two"}, overlap=2, gold_rate=0
    )
    tasking.add_candidates(
        project=wide,
        added_by=None,
        candidates=[Candidate(prompt=[{"role": "user", "content": "Rain"}])],
    )
    people = [person_factory(name, wide, "labeler") for name in ("aiko", "ben")]
    held = [lease(person, wide) for person in people]
    for person, assignment in zip(people, held, strict=True):
        turn = {"turns": [{"role": "user", "content": "Will it rain?"}], "ended": False}
        submit(person, wide, assignment, turn)
    following = Task.objects.filter(follows__isnull=False)
    assert {task.not_for for task in following} == set(people)


def test_a_prompt_that_is_a_first_turn_is_answered_by_the_assistant(
    project_factory, person_factory
):
    options = {"people": "two", "begins": "turn"}
    begun = project_factory("begun", kind="conversation", kind_options=options, gold_rate=0)
    tasking.add_candidates(
        project=begun,
        added_by=None,
        candidates=[Candidate(prompt=[{"role": "user", "content": "Why is it raining?"}])],
    )
    aiko = person_factory("aiko", begun, "labeler")
    assert queries.item_payload(lease(aiko, begun))["prompt"][0]["role"] == "user"
    turn = say(aiko, begun, "assistant", "Clouds.")
    (following,) = Task.objects.filter(follows=turn)
    assert [m["role"] for m in following.prompt.messages] == ["user", "assistant"]


def test_one_person_writes_it_all_and_nothing_follows(project_factory, person_factory):
    alone = project_factory("alone", kind="conversation", gold_rate=0)
    tasking.add_candidates(
        project=alone,
        added_by=None,
        candidates=[Candidate(prompt=[{"role": "user", "content": "Rain"}])],
    )
    aiko = person_factory("aiko", alone, "labeler")
    turns = [{"role": "user", "content": "Rain?"}, {"role": "assistant", "content": "Yes."}]
    submit(aiko, alone, lease(aiko, alone), {"turns": turns, "ended": False})
    assert Task.objects.count() == 1
