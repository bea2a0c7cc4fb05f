"""The planted truth on the sample data: stable, neutral to source and length, hard to cheat."""

import itertools
import json
import random
from collections import defaultdict
from pathlib import Path
from statistics import correlation, mean

import pytest

from bench.planted_truth import (
    EMPTY_QUALITY,
    features,
    noisy_choice,
    quality,
    strength_of,
    text_of,
)

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "annotation" / "sample_data" / "prompts.jsonl"
PROMPT = "How do I get a red wine stain out of a cotton shirt?"
GOOD = (
    "Blot the stain with a cloth, then soak your shirt in cold water for 30 minutes and wash it "
    "at 40 degrees."
)


@pytest.fixture(scope="module")
def rows():
    with SAMPLE.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def judged(rows):
    """Per prompt: language and its four (source, text, quality)."""
    return [
        (
            row["language"],
            [
                (r["source"], text_of(r["messages"]), quality(text_of(row["prompt"]), text))
                for r in row["responses"]
                for text in [text_of(r["messages"])]
            ],
        )
        for row in rows
    ]


def pairs(judged):
    for language, responses in judged:
        for a, b in itertools.combinations(responses, 2):
            yield language, a, b


def test_sample_data_has_the_promised_shape(rows):
    languages = [row["language"] for row in rows]
    assert languages.count("en") >= 48
    assert languages.count("ja") >= 24
    assert len({row["id"] for row in rows}) == len(rows)
    assert sum(len(row["prompt"]) > 1 for row in rows) >= 6
    for row in rows:
        assert [r["source"] for r in row["responses"]] == [f"sample-{x}" for x in "abcd"]
        assert len({text_of(r["messages"]) for r in row["responses"]}) == 4
        roles = [message["role"] for message in row["prompt"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        for response in row["responses"]:
            text = text_of(response["messages"])
            if row["language"] == "en":
                assert 15 <= len(text.split()) <= 60
            else:
                assert 30 <= len(text) <= 120


def test_no_source_is_better_than_another(judged):
    by_source = defaultdict(list)
    for _language, responses in judged:
        for source, _text, score in responses:
            by_source[source].append(score)
    means = [mean(scores) for scores in by_source.values()]
    assert max(means) - min(means) < 0.3


@pytest.mark.parametrize("language", ["en", "ja"])
def test_length_says_nothing_about_quality(judged, language):
    lengths, scores = [], []
    for tongue, responses in judged:
        if tongue == language:
            middle = mean(len(text) for _s, text, _q in responses)
            level = mean(score for _s, _t, score in responses)
            lengths += [len(text) - middle for _s, text, _q in responses]
            scores += [score - level for _s, _t, score in responses]
    assert abs(correlation(lengths, scores)) < 0.15
    longer_wins = [
        (a[2] > b[2]) == (len(a[1]) > len(b[1]))
        for tongue, a, b in pairs(judged)
        if tongue == language
    ]
    assert 0.45 <= mean(longer_wins) <= 0.55


def test_responses_of_a_prompt_differ_and_every_strength_occurs(judged):
    strengths = [strength_of(a[2] - b[2]) for _language, a, b in pairs(judged)]
    share = {name: strengths.count(name) / len(strengths) for name in set(strengths)}
    assert set(share) == {"significantly", "better", "slightly", "negligibly"}
    assert all(0.12 <= part <= 0.4 for part in share.values())


def test_same_text_same_quality():
    assert quality(PROMPT, GOOD) == quality(PROMPT, GOOD) == pytest.approx(2.60, abs=0.01)


@pytest.mark.parametrize(
    "text",
    [
        "the the the the the the the the the the",
        "Use the shirt. " * 20,
        "please your you for example 1 2 3 first then use add try because step if " * 4,
        "... ... ...",
        "",
    ],
)
def test_degenerate_text_is_worse_than_nearly_all_written_text(judged, text):
    written = sorted(score for _l, responses in judged for _s, _t, score in responses)
    assert quality(PROMPT, text) < written[len(written) // 5]


def test_splinters_of_words_are_worse_than_plain_words():
    broken = "stain of and the shirt tok remo sta lik the you gro ime in wash an ske"
    assert quality(PROMPT, broken) < quality(PROMPT, "Wine stains come out of a shirt in water.")


def test_empty_is_the_floor():
    assert quality(PROMPT, " \n") == quality(PROMPT, "?!") == EMPTY_QUALITY


def test_saying_it_twice_does_not_pay():
    assert quality(PROMPT, f"{GOOD} {GOOD}") < quality(PROMPT, GOOD)


def test_saying_the_prompt_again_does_not_pay():
    assert quality(PROMPT, PROMPT) < 0 < quality(PROMPT, GOOD)


def test_the_language_of_the_prompt_is_wanted():
    japanese = "まず、シャツを冷たい水に30分つけ、次に洗剤で洗ってください。"
    asked = "赤ワインの染みをシャツから落とす方法を教えてください。"
    assert quality(asked, japanese) > 1
    assert quality(PROMPT, japanese) < 0
    assert quality(asked, GOOD) < quality(PROMPT, GOOD) - 2
    code = "```python\nprint(1)\n```"
    assert features("Pythonで1を表示するには？", code).wrong_language == 0


def test_on_the_subject_is_better_than_the_same_merits_off_it():
    other = "How should I prepare for a piano recital next month?"
    assert quality(PROMPT, GOOD) - quality(other, GOOD) > 0.5


def test_noisy_choice_follows_the_logistic_law():
    rng = random.Random(5)
    choices = [noisy_choice(1.0, 0.0, 0.5, rng)[0] for _ in range(4000)]
    assert choices.count("a") / 4000 == pytest.approx(0.8808, abs=0.02)


def test_noisy_choice_without_noise_is_the_truth():
    rng = random.Random(6)
    assert noisy_choice(2.0, -1.0, 0.0, rng) == ("a", "significantly")
    assert noisy_choice(0.0, 1.7, 0.0, rng) == ("b", "better")
    assert {noisy_choice(1.0, 1.0, 0.0, rng) for _ in range(50)} == {
        ("a", "negligibly"),
        ("b", "negligibly"),
    }


def test_noisy_choice_refuses_a_negative_temperature():
    with pytest.raises(ValueError, match="give 0 or more"):
        noisy_choice(1.0, 0.0, -1.0, random.Random(0))


def test_strength_grows_with_the_difference_of_either_sign():
    found = [strength_of(d) for d in (0.0, 0.79, -0.8, 1.59, -1.6, 2.89, 2.9, -9.0)]
    assert found == [
        "negligibly", "negligibly", "slightly", "slightly",
        "better", "better", "significantly", "significantly",
    ]  # fmt: skip
