"""Conversations as tokens: where they are cut, how they end, what is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from training.trainers.data.chat_text import PLAIN_TEMPLATE, ChatText, TemplateError


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


@pytest.fixture
def tokenizer(tiny: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny)


def test_a_response_starts_where_generation_starts_and_ends_once(tokenizer: Any) -> None:
    text = ChatText(tokenizer)
    prompt, (response,) = text.encode([user("tea?")], [[assistant("rain")]])
    assert tokenizer.decode(prompt) == "<|start|>user\ntea?<|end|>\n<|start|>assistant\n"
    assert tokenizer.decode(response) == "rain<|end|>"
    assert prompt == text.prompt_tokens([user("tea?")])
    assert text.findings.missing_eos == 0


def test_several_messages_in_a_response_and_a_prompt_that_ends_in_an_answer(
    tokenizer: Any,
) -> None:
    text = ChatText(tokenizer)
    prompt, responses = text.encode(
        [user("a"), assistant("b")], [[user("c"), assistant("d")], [user(""), assistant("")]]
    )
    assert tokenizer.decode(prompt) == "<|start|>user\na<|end|>\n<|start|>assistant\nb<|end|>\n"
    assert tokenizer.decode(responses[0]) == "<|start|>user\nc<|end|>\n<|start|>assistant\nd<|end|>"
    assert responses[1][-1] == tokenizer.eos_token_id


def test_an_empty_answer_is_one_end_token_and_an_empty_prompt_is_not_nothing(
    tokenizer: Any,
) -> None:
    prompt, (response,) = ChatText(tokenizer).encode([], [[assistant("")]])
    assert prompt == [tokenizer.bos_token_id]
    assert response[-1] == tokenizer.eos_token_id
    _, (empty,) = ChatText(tokenizer).encode([user("x")], [[assistant("")]])
    assert empty == [tokenizer.eos_token_id]


def test_without_a_template_the_plain_one_serves_and_is_reported(tokenizer: Any) -> None:
    tokenizer.chat_template = None
    text = ChatText(tokenizer)
    prompt, (response,) = text.encode([user("tea?")], [[assistant("rain")]])
    assert tokenizer.decode(prompt) == "<|start|>User: tea?\nAssistant:"
    assert tokenizer.decode(response) == " rain<|end|>"
    assert text.findings.plain_template
    assert tokenizer.chat_template == PLAIN_TEMPLATE


def test_a_missing_end_is_added_and_counted(tokenizer: Any) -> None:
    tokenizer.chat_template = "{% for m in messages %}[{{ m['content'] }}]{% endfor %}"
    text = ChatText(tokenizer)
    _, (response,) = text.encode([user("a")], [[assistant("b")]])
    assert tokenizer.decode(response) == "[b]<|end|>"
    assert text.findings.missing_eos == 1


def test_a_doubled_bos_is_removed_and_counted(tokenizer: Any) -> None:
    tokenizer.chat_template = "<|start|><|start|>" + PLAIN_TEMPLATE.replace("{{ bos_token }}", "")
    text = ChatText(tokenizer)
    prompt = text.prompt_tokens([user("a")])
    assert prompt[:2].count(tokenizer.bos_token_id) == 1
    assert text.findings.doubled_bos == 1


def test_a_template_that_changes_the_prompt_falls_back_and_is_counted(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ messages | length }}: {{ messages[-1]['content'] }}"
    text = ChatText(tokenizer)
    prompt, (one, two) = text.encode([user("a")], [[assistant("b")], [assistant("c"), user("d")]])
    assert tokenizer.decode(prompt) == "1: a"
    assert tokenizer.decode(one) == "b<|end|>"
    assert tokenizer.decode(two) == "c\nUser: d<|end|>"
    assert text.findings.not_prefix_stable == 2


def test_what_the_template_refuses_is_an_error_with_its_words(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ raise_exception('roles must alternate') }}"
    text = ChatText(tokenizer)
    with pytest.raises(TemplateError, match="roles must alternate"):
        text.prompt_tokens([user("a"), user("b")])
    assert text.findings.refusals == ["roles must alternate"]
