"""Conversations as tokens: a prompt and its responses, cut where generation cuts them.

The prompt is tokenized with the assistant's header, each response by itself, so that a trained
token boundary is one that sampling meets. A response ends in one end token, never in a pad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, str]

PLAIN_TEMPLATE = (
    "{% if bos_token and bos_token != eos_token %}{{ bos_token }}{% endif %}"
    "{% for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}Assistant:{% endif %}"
)
"""For models without a chat template: ``User: ...`` and ``Assistant: ...``, a line each."""


class TemplateError(ValueError):
    """A conversation that the model's chat template refuses, such as one role speaking twice."""


@dataclass
class Findings:
    """What was seen while tokenizing; it becomes part of a run's data report."""

    plain_template: bool = False
    conversations: int = 0
    not_prefix_stable: int = 0
    doubled_bos: int = 0
    missing_eos: int = 0
    refused: int = 0
    refusals: list[str] = field(default_factory=list)


class ChatText:
    """Turns messages into tokens with one tokenizer, and counts what was odd in `findings`."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.findings = Findings(plain_template=tokenizer.chat_template in (None, PLAIN_TEMPLATE))
        if tokenizer.chat_template is None:
            tokenizer.chat_template = PLAIN_TEMPLATE

    def prompt_tokens(self, prompt: Sequence[Message]) -> list[int]:
        """A prompt ready to be answered: never empty, at most one BOS."""
        return self._prompt_tokens(self._prompt_text(prompt, answer_role="assistant"))

    def encode(
        self, prompt: Sequence[Message], responses: Sequence[Sequence[Message]]
    ) -> tuple[list[int], list[list[int]]]:
        """Tokens of a prompt and of each response, the latter ending in the end token.

        A response may hold several messages; the prompt may end in any role. All responses of one
        prompt must start with the same role. Raises TemplateError where the template refuses.
        """
        answer_role = responses[0][0]["role"] if responses[0] else "assistant"
        text = self._prompt_text(prompt, answer_role=answer_role)
        encoded = [self._response_tokens(text, prompt, response) for response in responses]
        return self._prompt_tokens(text), encoded

    def _prompt_text(self, prompt: Sequence[Message], answer_role: str) -> str:
        if not prompt:
            return ""
        header = answer_role == "assistant" and prompt[-1]["role"] != "assistant"
        return self._render(prompt, header=header)

    def _prompt_tokens(self, text: str) -> list[int]:
        tokens: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        bos = self.tokenizer.bos_token_id
        while bos is not None and tokens[:2] == [bos, bos]:
            self.findings.doubled_bos += 1
            tokens = tokens[1:]
        start = self.tokenizer.eos_token_id if bos is None else bos
        return tokens or [start]

    def _response_tokens(
        self, prompt_text: str, prompt: Sequence[Message], response: Sequence[Message]
    ) -> list[int]:
        self.findings.conversations += 1
        whole = self._render([*prompt, *response], header=False)
        if whole.startswith(prompt_text):
            text = whole[len(prompt_text) :]
        else:
            self.findings.not_prefix_stable += 1
            text = self._without_template(response)
        end = self.tokenizer.eos_token
        text = text.rstrip() if text.rstrip().endswith(end) else text
        tokens: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        if not tokens or tokens[-1] != self.tokenizer.eos_token_id:
            self.findings.missing_eos += 1
            tokens = [*tokens, self.tokenizer.eos_token_id]
        return tokens

    def _without_template(self, response: Sequence[Message]) -> str:
        first, *rest = response or [{"role": "assistant", "content": ""}]
        further = "".join(f"\n{m['role'].capitalize()}: {m['content']}" for m in rest)
        return f"{first['content']}{further}{self.tokenizer.eos_token}"

    def _render(self, messages: Sequence[Message], *, header: bool) -> str:
        from jinja2 import TemplateError as JinjaError

        try:
            text: str = self.tokenizer.apply_chat_template(
                list(messages), tokenize=False, add_generation_prompt=header
            )
        except (JinjaError, KeyError, TypeError, ValueError) as error:
            self.findings.refused += 1
            if str(error) not in self.findings.refusals and len(self.findings.refusals) < 5:
                self.findings.refusals.append(str(error))
            raise TemplateError(str(error)) from error
        return text
