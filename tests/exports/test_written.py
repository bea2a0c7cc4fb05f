"""What people wrote as records: demonstrations, edits as pairs, prompts and conversations."""

import pytest

from exports.records import Demonstration, PreferencePair, PromptOnly
from tests.exports.labeling import labeled, recorded
from tests.exports.making import assistant, user

SYSTEM = {"role": "system", "content": "Be kind."}


def text(content):
    return {"text": content}


def test_each_labeler_demonstrates_by_themself():
    found = recorded(labeled(text("One."), text("Two."), kind="demonstration", k=0, reference="1"))
    first, second = found.records
    assert isinstance(first, Demonstration)
    assert (first.id, second.id) == ("p-7-1", "p-7-2")
    assert first.prompt == [user("hi")]
    assert first.completion == [assistant("One.")]
    assert (first.topic, first.reference) == (None, "1")
    assert first.response_sources == ["labeler"]
    assert [(view.labeler, view.choice) for view in second.judgments] == [("L-2", "written")]
    assert found.left_out == []


def edited(*answers, **filters):
    made = labeled(*answers, kind="demonstration", k=1, options={"edit": True}, reason="clearer")
    return recorded(made, **filters)


def test_an_edit_is_preferred_to_what_it_was_made_from():
    demonstration, pair = edited(text("r0, but better")).records
    assert demonstration.completion == [assistant("r0, but better")]
    assert demonstration.judgments[0].choice == "edited"
    assert demonstration.judgments[0].reason == "clearer"
    assert isinstance(pair, PreferencePair)
    assert pair.id == demonstration.id == "p-7-1"
    assert pair.chosen == [assistant("r0, but better")]
    assert pair.rejected == [assistant("r0")]
    assert pair.response_sources == ["labeler", "m0"]
    # One vote of one: (1 + 1) / (1 + 2).
    assert pair.weight == 0.666667
    assert (pair.strength, pair.strength_margin, pair.rank_group) == (None, 0.0, None)
    (view,) = pair.judgments
    # The labeler saw one response, so nothing was shown first.
    assert (view.choice, view.shown_first, view.labeler) == ("chosen", None, "L-1")


@pytest.mark.parametrize("same", ["r0", " r0\n"])
def test_an_edit_that_changed_nothing_is_no_pair(same):
    found = edited(text(same), text("other"))
    assert [record.config for record in found.records] == [
        "demonstration",
        "demonstration",
        "preference",
    ]
    assert found.left_out == ["unchanged"]


def test_filters_on_pairs_hold_for_edits():
    found = edited(text("other"), min_weight=0.7)
    assert [record.config for record in found.records] == ["demonstration"]
    assert found.left_out == ["low_weight"]


def test_a_written_prompt_is_the_prompt_and_the_given_one_its_topic():
    made = labeled(
        text("Why is the sky blue?"),
        text("Do owls sleep?"),
        kind="prompt_writing",
        k=0,
        prompt=[user("Nature."), user("For children.")],
        reference="of the topic",
    )
    first, second = recorded(made).records
    assert isinstance(first, PromptOnly)
    assert first.prompt == [user("Why is the sky blue?")]
    assert second.prompt == [user("Do owls sleep?")]
    assert first.topic == second.topic == "Nature.\n\nFor children."
    assert (first.id, second.id) == ("p-7-1", "p-7-2")
    assert (first.response_sources, first.reference) == ([], None)
    assert [view.choice for view in first.judgments] == ["written"]


def said(*turns, ended=False):
    return {"turns": list(turns), "ended": ended}


def conversation(*answers, prompt=None, **options):
    made = labeled(*answers, kind="conversation", k=0, prompt=prompt, options=options)
    return recorded(made)


def test_a_conversation_about_a_topic():
    turns = [user("a"), assistant("b"), user("c"), assistant("d")]
    (record,) = conversation(said(*turns), prompt=[user("Cooking.")]).records
    assert isinstance(record, Demonstration)
    assert record.topic == "Cooking."
    assert record.prompt == [user("a")]
    assert record.completion == turns[1:]
    assert record.response_sources == ["labeler"]


@pytest.mark.parametrize(
    ("given", "turns", "prompt", "completion"),
    [
        # As given, where an answer comes next.
        ([SYSTEM, user("a")], [assistant("b")], [SYSTEM, user("a")], [assistant("b")]),
        # Up to the first user's turn where one has to come first.
        ([SYSTEM], [user("a"), assistant("b")], [SYSTEM, user("a")], [assistant("b")]),
        (
            [user("a"), assistant("b")],
            [user("c"), assistant("d"), user("e"), assistant("f")],
            [user("a"), assistant("b"), user("c")],
            [assistant("d"), user("e"), assistant("f")],
        ),
        # Nobody answered the last question.
        ([user("a")], [assistant("b"), user("c")], [user("a")], [assistant("b")]),
        # What comes before any question answers none.
        (
            [],
            [assistant("a"), user("b"), assistant("c")],
            [assistant("a"), user("b")],
            [assistant("c")],
        ),
    ],
)
def test_a_conversation_that_goes_on_from_given_turns(given, turns, prompt, completion):
    (record,) = conversation(said(*turns), prompt=given, begins="turn").records
    assert (record.prompt, record.completion, record.topic) == (prompt, completion, None)


@pytest.mark.parametrize(
    ("given", "turns"),
    [
        ([user("a"), assistant("b")], [user("c")]),
        ([], [user("a")]),
        ([], [assistant("a")]),
        ([user("a")], [user("b")]),
    ],
)
def test_a_conversation_without_an_answer_is_left_out(given, turns):
    found = conversation(said(*turns), prompt=given, begins="turn", least=1)
    assert (found.records, found.left_out) == ([], ["no_answer"])


def turn(number, message, standing="counted"):
    return {
        "id": number,
        "revision": 1,
        "standing": standing,
        "answer": said(message),
        "reason": "",
        "display_order": [],
        "seconds": 1.0,
        "guideline_version": 1,
        "labeler": f"E-{number}",
    }


def last_turn(*earlier, prompt, begins="topic"):
    made = labeled(
        said(assistant("d"), ended=True),
        kind="conversation",
        k=0,
        prompt=prompt,
        options={"people": "two", "begins": begins},
        earlier=earlier,
    )
    made.judgments[0]["id"] = 99
    return made


EARLIER = (turn(1, user("a")), turn(2, assistant("b")), turn(3, user("c")))
TURNS = [each["answer"]["turns"][0] for each in EARLIER]


def test_two_people_make_one_record_with_the_turns_of_both():
    topic = {"role": "system", "content": "Cooking."}
    (record,) = recorded(last_turn(*EARLIER, prompt=[topic, *TURNS])).records
    assert record.topic == "Cooking."
    assert record.prompt == [user("a")]
    assert record.completion == [assistant("b"), user("c"), assistant("d")]
    assert record.id == "p-7-99"
    assert [(view.id, view.labeler) for view in record.judgments] == [
        ("1", "E-1"),
        ("2", "E-2"),
        ("3", "E-3"),
        ("99", "L-1"),
    ]


def test_two_people_go_on_from_given_turns():
    given = [SYSTEM, user("x")]
    earlier = (turn(1, assistant("y")), turn(2, user("z")))
    spoken = [each["answer"]["turns"][0] for each in earlier]
    (record,) = recorded(last_turn(*earlier, prompt=[*given, *spoken], begins="turn")).records
    assert record.prompt == given
    assert record.completion == [assistant("y"), user("z"), assistant("d")]
    assert record.topic is None


def test_only_the_last_turn_makes_a_record():
    made = last_turn(*EARLIER, prompt=[user("Cooking."), *TURNS])
    made.judgments[0]["followed"] = True
    found = recorded(made)
    assert (found.records, found.left_out) == ([], ["followed"])


@pytest.mark.parametrize("standing", ["voided", "withdrawn"])
def test_a_conversation_does_not_rest_on_a_turn_that_is_gone(standing):
    earlier = (EARLIER[0], turn(2, assistant("b"), standing), EARLIER[2])
    found = recorded(last_turn(*earlier, prompt=[user("Cooking."), *TURNS]))
    assert (found.records, found.left_out) == ([], ["voided_turn"])
