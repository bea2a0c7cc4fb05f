"""Texts through training: grouped by prompt, the first beside the one of a chosen step."""

from __future__ import annotations

import pytest

from training import sample_texts
from training.run_dir import RunDir

pytestmark = pytest.mark.django_db
ASKED = [{"role": "user", "content": "Why?"}]


@pytest.fixture
def written(run_factory):
    run = run_factory()
    for step in (0, 10, 20):
        for prompt in (ASKED, "How?"):
            record = {"step": step, "prompt": prompt, "response": f"{prompt!s:.3} at {step}"}
            RunDir(run.path).append_samples(record)
    return run


def said(text):
    return text and text.messages[0]["content"]


def test_the_newest_step_stands_beside_the_first(written) -> None:
    texts = sample_texts.read(written, {})
    assert (texts.steps, texts.at, texts.step) == ([0, 10, 20], 2, 20)
    assert [each.prompt[0]["content"] for each in texts.prompts] == ["Why?", "How?"]
    assert [(said(each.first), said(each.shown)) for each in texts.prompts][1] == (
        "How at 0",
        "How at 20",
    )


@pytest.mark.parametrize(
    ("asked", "step"),
    [({"at": "1"}, 10), ({"at": "9"}, 20), ({"at": "x"}, 20), ({"at": "0"}, 0)],
)
def test_a_step_is_chosen_by_its_place(written, asked, step) -> None:
    texts = sample_texts.read(written, asked)
    assert texts.step == step
    assert texts.prompts[0].shown.step == step
    assert (texts.prompts[0].first is None) == (step == 0), "nothing is put beside itself"


def test_whoever_looked_at_the_newest_sees_the_newest(written) -> None:
    asked = {"at": "2", "of": "2"}
    RunDir(written.path).append_samples({"step": 30, "prompt": ASKED, "response": "later"})
    assert sample_texts.read(written, asked).step == 30
    assert sample_texts.read(written, asked | {"of": "3"}).step == 20


def test_texts_without_steps_are_shown_newest_first_and_long_ones_are_cut(run_factory) -> None:
    run = run_factory()
    for name in ("a", "b"):
        RunDir(run.path).append_samples({"prompt": name, "text": name * 5000})
    RunDir(run.path).append_samples({"prompt": "without a text"})
    texts = sample_texts.read(run, {})
    assert (texts.steps, texts.step) == ([], None)
    assert [each.prompt[0]["content"] for each in texts.prompts] == ["b", "a"]
    assert len(said(texts.prompts[0].shown)) == sample_texts.LONGEST_TEXT


def test_a_text_stands_with_its_rewards_and_what_is_new_is_marked(run_factory) -> None:
    run = run_factory()
    for step, text, reward in ((0, "Tea is warm.", 0.25), (10, "Tea is very warm.", 1.5)):
        record = {"step": step, "prompt": ASKED, "response": text, "reward": reward}
        RunDir(run.path).append_samples(record)
    (each,) = sample_texts.read(run, {}).prompts
    assert (each.first.judged, each.shown.judged, each.shown.judged_unseen) == ("0.25", "1.5", "")
    assert [piece.text.strip() for piece in each.pieces[0] if piece.is_new] == ["very"]


def test_one_goes_from_step_to_step(written) -> None:
    at = {place: sample_texts.read(written, {"at": place}) for place in ("0", "1", "2")}
    assert [(t.before, t.after) for t in at.values()] == [(None, 1), (0, 2), (1, None)]
