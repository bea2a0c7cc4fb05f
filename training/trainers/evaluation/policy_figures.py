"""What a policy writes to held-out prompts, and what that says of it: KL, length, diversity.

Responses are sampled at temperature 1 without cutting the tail, since only so is the mean log-ratio
of what was sampled the KL to the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.trainers.evaluation.diversity import ORDERS, distinct, self_bleu
from training.trainers.evaluation.kl_estimates import kl_figures
from training.trainers.policies.sampling import Sampling, sample_responses
from training.trainers.shared_prompt import SharedBatch, inner_model, lay_out, token_logps

Logps = Callable[[SharedBatch], Tensor]
"""Log-probabilities of every response token [N] of a batch."""


@dataclass(frozen=True)
class Written:
    """The responses that a policy wrote to one prompt, as tokens and as texts."""

    prompt: list[int]
    responses: list[list[int]]
    texts: list[str]
    finished: int


def policy_figures(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[list[int]],
    reference: Logps | None,
    *,
    n: int,
    max_new_tokens: int,
    seed: int,
    batch_size: int,
) -> dict[str, Any]:
    """The ``policy`` block of a report: ``n`` responses to each prompt, and what they show.

    ``reference`` gives a batch's log-probabilities per response token under the reference, None
    where it is not at hand: there is no KL then. ``batch_size`` counts prompts.
    """
    written = write_responses(
        model,
        tokenizer,
        prompts,
        n=n,
        max_new_tokens=max_new_tokens,
        seed=seed,
        batch_size=batch_size,
    )
    if reference is None:
        return written_figures(written, None)
    pad = tokenizer.pad_token_id
    own = written_logps(
        lambda laid: token_logps(model, laid), model, written, pad_id=pad, batch_size=batch_size
    )
    others = written_logps(reference, model, written, pad_id=pad, batch_size=batch_size)
    return written_figures(written, own - others)


def write_responses(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[list[int]],
    *,
    n: int,
    max_new_tokens: int,
    seed: int,
    batch_size: int,
) -> list[Written]:
    """``n`` responses to each prompt at temperature 1; the same seed gives the same ones."""
    sampling = Sampling(temperature=1.0, top_p=1.0, max_new_tokens=max_new_tokens, n=n)
    written = []
    for start in range(0, len(prompts), batch_size):
        some = prompts[start : start + batch_size]
        seeds = [seed + start + number for number in range(len(some))]
        answers = sample_responses(model, tokenizer, some, seeds, sampling)
        for prompt, group in zip(some, answers, strict=True):
            one = Written(
                prompt=prompt,
                responses=[answer.tokens for answer in group],
                texts=[answer.text for answer in group],
                finished=sum(answer.finished for answer in group),
            )
            written.append(one)
    return written


@torch.no_grad()
def written_logps(
    logps: Logps, model: Any, written: Sequence[Written], *, pad_id: int, batch_size: int
) -> Tensor:
    """Log-probabilities of all tokens of all responses in their order, fp32 [N] on the CPU.

    One response is a row: what was sampled must be read as it was written, by any model.
    """
    parts = []
    for start in range(0, len(written), batch_size):
        some = written[start : start + batch_size]
        laid = lay_out(
            [one.prompt for one in some],
            [one.responses for one in some],
            pad_id=pad_id,
            shared=False,
        )
        parts.append(logps(laid.to(inner_model(model).device)).float().cpu())
    return torch.cat(parts)


def written_figures(written: Sequence[Written], log_ratio: Tensor | None) -> dict[str, Any]:
    """Figures of what was written; KL only where the tokens' log-ratios [N] are given.

    Distinct n-grams are over all responses together, self-BLEU within prompts.
    """
    texts = [text for one in written for text in one.texts]
    lengths = [len(tokens) for one in written for tokens in one.responses]
    likeness = [value for one in written if (value := self_bleu(one.texts)) is not None]
    figures: dict[str, Any] = {
        "response_tokens": float(np.mean(lengths)),
        "finished": sum(one.finished for one in written) / len(texts),
        **{f"distinct_{n}": distinct(texts, n) for n in ORDERS},
        "self_bleu": float(np.mean(likeness)) if likeness else None,
    }
    if log_ratio is None:
        return figures
    prompts = [str(number) for number, one in enumerate(written) for _ in one.responses]
    owners = np.repeat(np.arange(len(lengths)), lengths)
    return kl_figures(log_ratio.double().numpy(), owners, prompts) | figures
