"""The formats of other people's sets: what a row becomes, and which field is wrong."""

from __future__ import annotations

import pytest

from annotation.readers.base import RowError
from annotation.readers.catalog import READERS

USER = {"role": "user", "content": "Why?"}
YES = {"role": "assistant", "content": "Because."}


def parse(name, **fields):
    return READERS[name].parse(fields, "file")


def said(candidate):
    return [messages[-1]["content"] for messages, _source in candidate.responses]


@pytest.mark.parametrize(("label", "ranks"), [(1, [1, 2]), (0, [2, 1])])
def test_shp(label, ranks):
    found = parse(
        "shp", history="Why?", human_ref_A="a", human_ref_B="b", labels=label, domain="askx"
    )
    assert (found.prompt, said(found), found.tags) == ([USER], ["a", "b"], ["askx"])
    assert found.known[0].ranks == ranks


def test_ultrafeedback_ranks_by_the_finest_score():
    completions = [
        {"model": "m1", "response": "a", "fine-grained_score": 3.5, "overall_score": 9},
        {"model": "m2", "response": "b", "annotations": {"x": {"Rating": "4"}}},
        {"model": "m3", "response": "c", "overall_score": 4.0},
    ]
    found = parse("ultrafeedback", instruction="Why?", completions=completions)
    assert [source for _messages, source in found.responses] == ["m1", "m2", "m3"]
    assert found.known[0].ranks == [3, 1, 1]
    unrated = parse("ultrafeedback", instruction="Why?", completions=[{"response": "a"}] * 2)
    assert unrated.known == []


def test_a_tree_becomes_its_threads():
    def message(text, role, rank=None, replies=(), **more):
        return {"text": text, "role": role, "rank": rank, "replies": list(replies), **more}

    follow = message("And?", "prompter", replies=[message("So.", "assistant")])
    tree = message(
        "Why?",
        "prompter",
        lang="en",
        replies=[
            message("worse", "assistant", 1),
            message("better", "assistant", 0, [follow]),
            message("gone", "assistant", 2, deleted=True),
        ],
    )
    first, second = parse("oasst", message_tree_id="t", prompt=tree)
    assert (said(first), first.known[0].ranks, first.language) == (
        ["better", "worse"],
        [1, 2],
        "en",
    )
    assert [m["content"] for m in second.prompt] == ["Why?", "better", "And?"]
    assert (said(second), second.known) == (["So."], [])


def test_label_studio_rankers_and_golden_answers():
    data = {"prompt": "Why?", "items": [{"id": "x", "body": "a"}, {"id": "y", "body": "b"}]}
    result = [{"type": "ranker", "value": {"ranker": {"rank": ["y", "x"]}}}]
    annotations = [
        {"completed_by": {"id": 7, "email": "x@y.z"}, "result": result, "ground_truth": True},
        {"completed_by": 8, "result": result, "was_cancelled": True},
        {"completed_by": 7, "result": result},
    ]
    found = parse("label_studio", data=data, annotations=annotations)
    assert [(known.labeler, known.ranks) for known in found.known] == [("annotator-7", [2, 1])]
    assert found.gold.ranks == [2, 1]


@pytest.mark.parametrize(
    ("responses", "known"),
    [
        ({"best": [{"value": ["answer2", "answer1"], "user_id": "u1"}]}, {"u1": [2, 1]}),
        ({"which": [{"value": "tie", "user_id": "u1"}]}, {"u1": [1, 1]}),
        ({"which": [{"value": "answer1", "user_id": "u", "status": "discarded"}]}, {}),
        ([{"values": {"best": {"value": "second"}}, "user_id": "u2"}], {"u2": [2, 1]}),
        (
            [
                {
                    "values": {
                        "r": {
                            "value": [
                                {"value": "answer1", "rank": 1},
                                {"value": "answer2", "rank": 1},
                            ]
                        }
                    },
                    "user_id": "u3",
                }
            ],
            {"u3": [1, 1]},
        ),
        (None, {}),
    ],
)
def test_argilla_records_of_both_versions(responses, known):
    fields = {"instruction": "Why?", "answer1": "a", "answer2": "b"}
    found = parse("argilla", fields=fields, responses=responses)
    assert (found.prompt, said(found)) == ([USER], ["a", "b"])
    assert {one.labeler: one.ranks for one in found.known} == known


@pytest.mark.parametrize("fields", [{"prompt": "Why?", "completion": "Because."},
                                    {"prompt": [USER], "completion": [YES]},
                                    {"messages": [USER, YES]}])  # fmt: skip
def test_trl_with_one_response(fields):
    found = parse("trl_prompt_completion", **fields)
    assert (found.prompt, found.responses) == ([USER], [([YES], "file")])
    thumbs = parse("trl_unpaired", **fields, label="False")
    assert thumbs.known[0].answer == {"good": False}


def test_a_prompt_that_both_conversations_repeat():
    no = {"role": "assistant", "content": "No."}
    found = parse("trl", prompt="Why?", chosen=[USER, YES], rejected=[USER, no])
    assert (found.prompt, said(found)) == ([USER], ["Because.", "No."])
    assert len(found.responses[0][0]) == 1


def test_a_table_takes_what_its_columns_say():
    found = parse(
        "table",
        prompt='[{"role": "user", "content": "Why?"}]',
        system="Be brief.",
        response_1="a",
        response_2=None,
        response_3="c",
        source_3="m",
        tags="x, y",
        priority="2",
    )
    assert [m["role"] for m in found.prompt] == ["system", "user"]
    assert [source for _messages, source in found.responses] == ["file", "m"]
    assert (found.tags, found.priority) == (["x", "y"], 2.0)


@pytest.mark.parametrize(
    ("reader", "fields", "field"),
    [
        ("shp", {"history": "a", "human_ref_A": "b"}, "human_ref_B"),
        ("shp", {"history": "a", "human_ref_A": "b", "human_ref_B": "c", "labels": 2}, "labels"),
        ("ultrafeedback", {"instruction": "a"}, "completions"),
        ("ultrafeedback", {"instruction": "a", "completions": [{}]}, "completions[0].response"),
        ("oasst", {"text": "a", "role": "prompter"}, "prompt.replies"),
        ("oasst", {"prompt": {"text": "a", "role": "x", "replies": []}}, "prompt.role"),
        (
            "oasst",
            {"prompt": {"text": "a", "role": "prompter", "replies": [{"role": "assistant"}]}},
            "prompt.replies[0].text",
        ),
        ("pku_safe_rlhf", {"prompt": "a", "response_0": "b"}, "better_response_id"),
        ("pku_safe_rlhf_safer", {"safer_response_id": 3}, "safer_response_id"),
        ("label_studio", {"data": {}}, "data"),
        ("label_studio", {}, "data"),
        (
            "label_studio",
            {
                "data": {"prompt": "a", "answer1": "b", "answer2": "c"},
                "annotations": [{"result": [{"type": "pairwise", "value": {"selected": "up"}}]}],
            },
            "annotations[0].result",
        ),
        ("argilla", {"fields": {"x": "y"}}, "fields"),
        ("argilla", {"fields": {"prompt": "a"}, "responses": 3}, "responses"),
        ("trl_unpaired", {"prompt": "a", "completion": "b", "label": "maybe"}, "label"),
        ("trl_prompt_completion", {"prompt": "a"}, "completion"),
        ("trl_prompt_completion", {"messages": [USER]}, "messages"),
        ("trl_prompt_only", {"prompt": " "}, "prompt"),
        ("table", {}, "prompt"),
        ("table", {"prompt": "a", "priority": "soon"}, "priority"),
        ("table", {"prompt": "a", "response_1": 3}, "response_1"),
    ],
)
def test_a_bad_row_is_refused_by_field(reader, fields, field):
    with pytest.raises(RowError) as caught:
        parse(reader, **fields)
    assert caught.value.field == field
    assert caught.value.problem.endswith(".")
