"""Sampling by vLLM, for a saved model on a machine with a GPU: the same responses' shape as ours.

Each response is a request with a seed of its own; prompts that are alike share their cache there.
What ends a response is decided here, token by token, as by our own sampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.trainers.policies.sampling import Ends, Row, Sampled, Sampling, response_seed

RAW = "raw_logprobs"
"""vLLM's name for log-probabilities of the model itself, before temperature and top_p."""


class VllmSampler:
    """A model's folder in vLLM's engine; call it as `sample_responses` without model."""

    def __init__(
        self, folder: str, model: Any, tokenizer: Any, *, whole: int, share: float
    ) -> None:
        """``whole`` is the most tokens of a prompt with its response, ``share`` that of the GPU's
        memory; ``model`` tells what ends a response."""
        from vllm import LLM

        self.model, self.tokenizer, self.whole = model, tokenizer, whole
        self.engine = LLM(
            model=folder,
            tokenizer=folder,
            max_model_len=whole,
            gpu_memory_utilization=share,
            enable_prefix_caching=True,
            logprobs_mode=RAW,
            dtype=str(model.dtype).removeprefix("torch."),
        )

    def __call__(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], sampling: Sampling
    ) -> list[list[Sampled]]:
        """``n`` responses for each of B prompts; ``seeds`` has one number per prompt."""
        ends = Ends(self.model, self.tokenizer, sampling)
        asked = [
            (prompt, self._how(ends, sampling, response_seed(seed, i), len(prompt)))
            for prompt, seed in zip(prompts, seeds, strict=True)
            for i in range(sampling.n)
        ]
        found = self.engine.generate(
            [{"prompt_token_ids": list(prompt)} for prompt, _ in asked],
            [how for _, how in asked],
            use_tqdm=False,
        )
        sampled = [
            _sampled(one.outputs[0], ends, how.max_tokens)
            for one, (_, how) in zip(found, asked, strict=True)
        ]
        return [sampled[i : i + sampling.n] for i in range(0, len(sampled), sampling.n)]

    def _how(self, ends: Ends, sampling: Sampling, seed: int, prompt_tokens: int) -> Any:
        from vllm import SamplingParams

        return SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=min(sampling.max_new_tokens, self.whole - prompt_tokens),
            seed=seed,
            stop=list(sampling.stop_strings),
            stop_token_ids=sorted(ends.tokens),
            logprobs=0,
        )


def _sampled(output: Any, ends: Ends, longest: int) -> Sampled:
    """One response of vLLM, taken over token by token up to the first one that ends it."""
    row = Row(prompt=0, longest=longest)
    for token, known in zip(output.token_ids, output.logprobs, strict=True):
        row.tokens.append(token)
        row.logp += known[token].logprob
        if ends.reached(row):
            break
    return ends.finish(row)
