"""Splits: by the first user message, stable, in the shares asked for."""

import math
from collections import Counter

import pytest

from exports.splitting import SPLITS, Fractions, FractionsError, split_key, split_of, task_order
from tests.exports.making import (
    assistant,
    demonstration,
    pair,
    prompt_only,
    ranking,
    rating,
    unpaired,
    user,
)


def test_the_shares_come_out():
    splits = Counter(split_of(pair(number), Fractions()) for number in range(5000))
    # Four standard deviations of a binomial of 5,000.
    assert abs(splits["train"] - 4000) < 4 * math.sqrt(5000 * 0.8 * 0.2)
    assert abs(splits["validation"] - 500) < 4 * math.sqrt(5000 * 0.1 * 0.9)
    assert abs(splits["test"] - 500) < 4 * math.sqrt(5000 * 0.1 * 0.9)


def test_published_splits_never_move():
    # Written down once: a change here would move records between splits of different snapshots.
    found = [split_of(pair(number), Fractions()) for number in (1, 11, 13, 2)]
    assert found == ["test", "validation", "validation", "train"]


def test_conversations_that_extend_one_another_stay_together():
    first = [user("hello")]
    longer = [*first, assistant("hi"), user("a joke, please")]
    assert split_key(pair(1, prompt=first)) == split_key(ranking(7, prompt=longer)) == "hello"


def test_what_was_held_out_for_testing_stays_so_when_the_share_grows():
    small, large = Fractions(0.8, 0.1, 0.1), Fractions(0.6, 0.1, 0.3)
    tested = [n for n in range(500) if split_of(pair(n), small) == "test"]
    assert tested
    assert all(split_of(pair(n), large) == "test" for n in tested)


@pytest.mark.parametrize("only", SPLITS)
def test_a_share_of_one_takes_everything(only):
    shares = Fractions(**{name: float(name == only) for name in SPLITS})
    assert {split_of(pair(number), shares) for number in range(200)} == {only}


def test_without_a_user_in_the_prompt_the_responses_decide():
    left = [assistant("x"), user("zebra")]
    right = [assistant("y"), user("apple")]
    assert split_key(pair(prompt=[assistant("a")], chosen=left, rejected=right)) == "apple"
    assert split_key(pair(prompt=[assistant("a")], chosen=right, rejected=left)) == "apple"
    assert split_key(ranking(prompt=[], responses=[left, right])) == "apple"


def test_without_any_user_the_prompt_or_the_task_decides():
    assert split_key(pair(prompt=[{"role": "system", "content": "be kind"}])) == "be kind"
    assert split_key(ranking(12, prompt=[])) == "p-12"


@pytest.mark.parametrize("make", [unpaired, demonstration, rating])
def test_every_record_goes_by_the_first_user(make):
    assert split_key(make(3)) == split_key(pair(3)) == "question 3"


def test_a_completion_may_hold_the_first_user():
    said = [assistant("x"), user("zebra")]
    assert split_key(demonstration(prompt=[], completion=said)) == "zebra"
    assert split_key(unpaired(prompt=[], completion=said)) == "zebra"
    assert split_key(rating(prompt=[], responses=[said, [user("apple")]])) == "apple"


def test_what_was_written_about_one_topic_stays_together():
    written = [prompt_only(number, topic="owls") for number in range(20)]
    talks = [demonstration(number, topic="owls") for number in range(20)]
    assert {split_key(record) for record in [*written, *talks]} == {"owls"}
    assert split_key(prompt_only(3, topic=None)) == split_key(prompt_only(3, topic=""))
    assert split_key(prompt_only(3, topic=None)) == "question 3"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"train": 0.8, "validation": 0.1, "test": 0.2}, "make 1.1, not 1"),
        ({"train": 1.2, "validation": -0.1, "test": -0.1}, "fractions.train: .* not 1.2"),
        ({"train": math.nan, "validation": 0.5, "test": 0.5}, "fractions.train"),
        ({"train": 0.5, "validation": "0.5", "test": 0}, "fractions.validation"),
        ({"train": True, "validation": 0, "test": 0}, "fractions.train"),
        ({"train": 1}, "give exactly train, validation, test"),
        ({"train": 1, "validation": 0, "test": 0, "dev": 0}, "give exactly"),
        ([0.8, 0.1, 0.1], "give exactly"),
    ],
)
def test_fractions_that_do_not_divide_the_whole_are_refused(given, sentence):
    with pytest.raises(FractionsError, match=sentence):
        Fractions.from_mapping(given)


def test_fractions_survive_json():
    shares = Fractions(0.7, 0.2, 0.1)
    assert Fractions.from_mapping(shares.as_dict()) == shares


def test_tasks_are_ordered_by_number():
    tasks = ["p-10", "p-9", "p-100", "b-2-1", "odd"]
    assert sorted(tasks, key=task_order) == ["odd", "b-2-1", "p-9", "p-10", "p-100"]
