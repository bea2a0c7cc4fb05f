"""What a policy writes to the same held-out prompts at every evaluation.

The likeliest answers to a few, to be read beside the curves, and figures on answers at temperature
1: length, diversity, and with adapters the KL to the weights below them.
"""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from training.run_dir import RunDir
from training.trainers.data.chat_text import Message
from training.trainers.evaluation.held_out import leading_figures
from training.trainers.evaluation.policy_figures import policy_figures
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start
from training.trainers.policies.sampling import Sampling, sample_responses
from training.trainers.shared_prompt import SharedBatch, token_logps

RESPONSES_PER_PROMPT = 2
"""Diversity is between responses, so one would not do."""


class SampleSettings(Protocol):
    """How many prompts are answered, and how long an answer may get."""

    @property
    def samples(self) -> int:
        """Prompts whose likeliest answer is shown."""

    @property
    def sample_tokens(self) -> int:
        """Tokens of an answer."""


class FigureSettings(SampleSettings, Protocol):
    """What the figures need besides."""

    @property
    def sampled_prompts(self) -> int:
        """Prompts answered for the figures."""

    @property
    def batch_size(self) -> int:
        """Responses at a time."""

    @property
    def seed(self) -> int:
        """The same seed, the same answers of the same weights."""


def write_samples(
    run: RunDir, start: Start, config: SampleSettings, step: int, stop: StopWatch
) -> None:
    """Answer the first held-out prompts and append the answers to RUN/samples.jsonl."""
    sampling = Sampling(temperature=0.0, top_p=1.0, max_new_tokens=config.sample_tokens, n=1)
    for prompt, messages in _prompts(start, config.samples):
        stop.check()
        ((answer,),) = sample_responses(start.model, start.tokenizer, [prompt], [0], sampling)
        run.append_samples({"step": step, "prompt": messages, "response": answer.text})


def sampled_figures(start: Start, config: FigureSettings, stop: StopWatch) -> dict[str, Any]:
    """Flat figures on what the policy writes to held-out prompts; empty where none are asked."""
    prompts = [prompt for prompt, _ in _prompts(start, config.sampled_prompts)]
    if not prompts:
        return {}
    stop.check()
    has_adapters = hasattr(start.model, "peft_config")

    def below(laid: SharedBatch) -> Tensor:
        with start.model.disable_adapter():
            return token_logps(start.model, laid)

    found = policy_figures(
        start.model,
        start.tokenizer,
        prompts,
        below if has_adapters else None,
        n=RESPONSES_PER_PROMPT,
        max_new_tokens=config.sample_tokens,
        seed=config.seed,
        batch_size=max(1, config.batch_size // RESPONSES_PER_PROMPT),
    )
    return leading_figures({"overall": {}, "policy": found})


def _prompts(start: Start, count: int) -> list[tuple[list[int], list[Message]]]:
    """The first held-out prompts, each once."""
    different = {tuple(example.prompt): example.messages for example in start.held_out}
    return [(list(prompt), messages) for prompt, messages in list(different.items())[:count]]
