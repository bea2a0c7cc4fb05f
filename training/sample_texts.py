"""What a model wrote to the same prompts through its training: at first, and at a later step.

The lines of `samples.jsonl` are grouped by prompt; a run that asks each prompt once (generate) has
nothing to compare, and its texts are shown as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.models import Run
from training.run_dir import RunDir
from training.run_report import is_number, number_text
from training.text_difference import Piece, marked

SHOWN_PROMPTS = 6
LONGEST_TEXT = 4000

Message = dict[str, str]


@dataclass(frozen=True)
class Text:
    """One text, after how many steps it was written; None where nobody counts steps.

    ``reward`` and ``unseen_reward`` are what it was worth, where somebody judged it.
    """

    step: int | None
    messages: list[Message]
    reward: float | None = None
    unseen_reward: float | None = None

    @property
    def judged(self) -> str:
        """Its reward as people read it."""
        return "" if self.reward is None else number_text(self.reward)

    @property
    def judged_unseen(self) -> str:
        """What a reward model says of it that it was not trained for."""
        return "" if self.unseen_reward is None else number_text(self.unseen_reward)


@dataclass(frozen=True)
class Answered:
    """A prompt with the text before the step in question (the first one), and the one at it."""

    prompt: list[Message]
    first: Text | None
    shown: Text

    @property
    def pieces(self) -> list[list[Piece]]:
        """The messages of the shown text, what the first one lacks told apart."""
        before = self.first.messages if self.first else []
        said = [message["content"] for message in self.shown.messages]
        if len(before) != len(said):
            return [[Piece(text, is_new=False)] for text in said]
        return [
            marked(message["content"], text) for message, text in zip(before, said, strict=True)
        ]


@dataclass(frozen=True)
class Texts:
    """What a page shows: ``at`` is the place of the shown step among ``steps``."""

    steps: list[int]
    at: int
    prompts: list[Answered]

    @property
    def step(self) -> int | None:
        """The step that is shown."""
        return self.steps[self.at] if self.steps else None

    @property
    def last(self) -> int:
        """The place of the newest step."""
        return max(0, len(self.steps) - 1)

    @property
    def before(self) -> int | None:
        """The place of the step before the shown one; None at the first."""
        return self.at - 1 if self.at > 0 else None

    @property
    def after(self) -> int | None:
        """The place of the step after the shown one; None at the newest."""
        return self.at + 1 if self.at < self.last else None


def read(run: Run, asked: Mapping[str, str]) -> Texts:
    """The texts of `run`, at the step that ``at`` in `asked` names by its place; else the newest.

    Whoever looked at the newest (``at`` was ``of``) goes on looking at the newest.
    """
    by_prompt = texts_by_prompt(run)
    found = {text.step for _prompt, texts in by_prompt.values() for text in texts}
    steps = sorted(step for step in found if step is not None)
    last = max(0, len(steps) - 1)
    at = _place(asked.get("at"), last)
    if asked.get("at") == asked.get("of"):
        at = last
    prompts = [
        _answered(prompt, texts, steps[at] if steps else None)
        for prompt, texts in by_prompt.values()
    ]
    return Texts(steps, at, [each for each in prompts if each][:SHOWN_PROMPTS])


def texts_by_prompt(run: Run) -> dict[str, tuple[list[Message], list[Text]]]:
    """By the prompt as JSON: the prompt, and its texts by step; the later one of a step counts.

    Runs without steps give the newest prompts first.
    """
    records, _offset = RunDir(run.path).read_samples()
    found: dict[str, tuple[list[Message], dict[int | None, Text]]] = {}
    for record in records:
        written = record.get("response", record.get("text"))
        if written is None:
            continue
        prompt = _messages(record.get("prompt"), "user")
        key = json.dumps(prompt, ensure_ascii=False, sort_keys=True)
        step = record.get("step")
        step = step if isinstance(step, int) else None
        texts = found.setdefault(key, (prompt, {}))[1]
        judged = [_number(record.get(name)) for name in ("reward", "unseen_reward")]
        texts[step] = Text(step, _messages(written, "assistant"), *judged)
    ordered = {
        key: (prompt, [texts[step] for step in sorted(texts, key=lambda step: step or 0)])
        for key, (prompt, texts) in found.items()
    }
    counted = any(text.step is not None for _prompt, texts in ordered.values() for text in texts)
    return ordered if counted else dict(reversed(ordered.items()))


def _answered(prompt: list[Message], texts: list[Text], step: int | None) -> Answered | None:
    """The prompt's first text beside the last one up to `step`."""
    until = [text for text in texts if step is None or (text.step or 0) <= step]
    if not until:
        return None
    first = until[0] if len(until) > 1 else None
    return Answered(prompt, first, until[-1])


def _place(text: str | None, last: int) -> int:
    return min(int(text), last) if text and text.isascii() and text.isdigit() else last


def _number(value: Any) -> float | None:
    return value if is_number(value) else None


def _messages(value: Any, role: str) -> list[Message]:
    found = value if isinstance(value, list) else [{"role": role, "content": str(value or "")}]
    return [
        {
            "role": str(message.get("role", role)),
            "content": str(message.get("content", ""))[:LONGEST_TEXT],
        }
        for message in found
        if isinstance(message, dict)
    ]
