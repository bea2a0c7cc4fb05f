"""Sampling: batches change nothing, seeds decide, ends end, and the distribution is right."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.training.trainers.short_model import make_short_model
from training.trainers.policies.sampling import Sampling, sample_responses
from training.trainers.shared_prompt import lay_out, response_logps

PROMPTS = [[10, 11, 12, 13, 14, 15], [20], [30, 31, 32]]
GREEDY = Sampling(temperature=0.0, top_p=1.0, max_new_tokens=8, n=1)
FREE = Sampling(temperature=1.0, top_p=1.0, max_new_tokens=8, n=2)


@pytest.fixture(scope="module")
def model(tiny: Path) -> Any:
    made = AutoModelForCausalLM.from_pretrained(tiny).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(3)
    return made


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny)


def test_greedy_is_what_plain_generation_gives(model: Any, tokenizer: Any) -> None:
    ours = sample_responses(model, tokenizer, PROMPTS, [1, 2, 3], GREEDY)
    for prompt, (answer,) in zip(PROMPTS, ours, strict=True):
        ids = torch.tensor([prompt])
        theirs = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=8, do_sample=False
        )
        assert answer.tokens == theirs[0, len(prompt) :].tolist()


def test_a_response_does_not_depend_on_its_batch(model: Any, tokenizer: Any) -> None:
    together = sample_responses(model, tokenizer, PROMPTS, [1, 2, 3], FREE)
    alone = [
        sample_responses(model, tokenizer, [prompt], [seed], FREE)[0]
        for prompt, seed in zip(PROMPTS, [1, 2, 3], strict=True)
    ]
    assert together == alone
    assert together[0][0] != together[0][1]
    assert sample_responses(model, tokenizer, PROMPTS, [4, 2, 3], FREE)[0] != together[0]


def test_the_end_token_ends_and_is_not_in_the_text(model: Any, tokenizer: Any) -> None:
    (first,) = sample_responses(model, tokenizer, [PROMPTS[0]], [1], GREEDY)[0]
    third = first.tokens[2]
    cut = first.tokens.index(third) + 1
    model.generation_config.eos_token_id = [third]
    try:
        (ended,) = sample_responses(model, tokenizer, [PROMPTS[0]], [1], GREEDY)[0]
    finally:
        model.generation_config.eos_token_id = tokenizer.eos_token_id
    assert ended.tokens == first.tokens[:cut]
    assert ended.finished
    assert ended.text == tokenizer.decode(ended.tokens[:-1], skip_special_tokens=True).strip()


def test_draws_follow_the_models_probabilities_within_top_p(model: Any, tokenizer: Any) -> None:
    sampling = Sampling(temperature=0.7, top_p=0.6, max_new_tokens=1, n=3000)
    (answers,) = sample_responses(model, tokenizer, [PROMPTS[2]], [5], sampling)
    with torch.no_grad():
        logits = model(torch.tensor([PROMPTS[2]])).logits[0, -1]
    ordered, order = torch.softmax(logits / 0.7, 0).sort(descending=True)
    kept = int((ordered.cumsum(0) < 0.6).sum()) + 1
    expected = ordered[:kept] / ordered[:kept].sum()
    counts = Counter(answer.tokens[0] for answer in answers)
    seen = torch.tensor([counts[int(token)] / 3000 for token in order[:kept]])
    assert sum(counts.values()) == sum(counts[int(token)] for token in order[:kept])
    assert (seen - expected).abs().sum() / 2 < 0.06


def test_a_response_ends_unfinished_at_the_models_last_position(
    tiny: Path, tokenizer: Any, tmp_path: Path
) -> None:
    folder = make_short_model(tiny, tmp_path / "short", positions=8)
    short = AutoModelForCausalLM.from_pretrained(folder).eval()
    short.generation_config.eos_token_id = None
    answers = sample_responses(short, tokenizer, PROMPTS, [1, 2, 3], FREE)
    found = [answer for group in answers for answer in group]
    rooms = [8 - len(prompt) for prompt in PROMPTS for _ in range(FREE.n)]
    lengths = [len(answer.tokens) for answer in found]
    cut = [not answer.finished for answer in found]
    assert any(cut)
    assert [n for n, c in zip(lengths, cut, strict=True) if c] == [
        n for n, c in zip(rooms, cut, strict=True) if c
    ]
    laid = lay_out(PROMPTS, [[a.tokens for a in g] for g in answers], pad_id=0, shared=False)
    with torch.no_grad():
        expected = response_logps(short, laid).tolist()
    assert [answer.logp for answer in found] == pytest.approx(expected, abs=1e-3)


def test_a_response_knows_its_log_probability(model: Any, tokenizer: Any) -> None:
    sampling = Sampling(temperature=0.8, top_p=0.9, max_new_tokens=6, n=3)
    for prompt, group in zip(
        PROMPTS, sample_responses(model, tokenizer, PROMPTS, [1, 2, 3], sampling), strict=True
    ):
        laid = lay_out([prompt], [[answer.tokens for answer in group]], pad_id=0, shared=False)
        with torch.no_grad():
            expected = response_logps(model, laid).tolist()
        assert [answer.logp for answer in group] == pytest.approx(expected, abs=1e-3)


def test_where_the_likeliest_do_not_sum_to_top_p_all_are_looked_at(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampling = Sampling(temperature=1.5, top_p=0.9, max_new_tokens=5, n=4)
    all_at_once = sample_responses(model, tokenizer, PROMPTS, [1, 2, 3], sampling)
    monkeypatch.setattr("training.trainers.policies.drawing.CANDIDATES", 3)
    assert sample_responses(model, tokenizer, PROMPTS, [1, 2, 3], sampling) == all_at_once


def test_rows_that_have_ended_leave_the_batch(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    forward = model.forward

    def counting(*args: Any, **kwargs: Any) -> Any:
        sizes.append(len(kwargs["input_ids"]))
        return forward(*args, **kwargs)

    long = Sampling(temperature=1.0, top_p=1.0, max_new_tokens=12, n=2)
    ((first, second),) = sample_responses(model, tokenizer, [PROMPTS[0]], [3], long)
    cut = next(n for n in range(1, 9) if first.tokens[n] not in first.tokens[:n] + second.tokens)
    monkeypatch.setattr(model.generation_config, "eos_token_id", [first.tokens[cut]])
    monkeypatch.setattr(model, "forward", counting)
    ((ended, other),) = sample_responses(model, tokenizer, [PROMPTS[0]], [3], long)
    assert ended.tokens == first.tokens[: cut + 1]
    assert other.tokens == second.tokens
    assert sizes == [1] + [2] * cut + [1] * (len(second.tokens) - 1 - cut)


def test_a_response_ends_at_a_stop_string_and_its_text_before_it(
    model: Any, tokenizer: Any
) -> None:
    long = Sampling(temperature=1.0, top_p=1.0, max_new_tokens=12, n=2)
    plain = sample_responses(model, tokenizer, PROMPTS, [1, 2, 3], long)
    first = plain[0][0]
    stop = tokenizer.decode(first.tokens[4:6])
    found = sample_responses(
        model, tokenizer, PROMPTS, [1, 2, 3], replace(long, stop_strings=(stop,))
    )
    ended = found[0][0]
    before = tokenizer.decode(first.tokens, skip_special_tokens=True).split(stop)[0]
    assert ended.finished
    assert ended.text == before.strip()
    assert ended.tokens == first.tokens[: len(ended.tokens)]
    assert stop in tokenizer.decode(ended.tokens)
    assert stop not in tokenizer.decode(ended.tokens[:-1])
    for was, now in zip(chain(*plain), chain(*found), strict=True):
        assert stop not in now.text
        if stop not in tokenizer.decode(was.tokens, skip_special_tokens=True):
            assert now == was
