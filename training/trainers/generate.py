"""Samples responses of a model or checkpoint to the prompts of a dataset or of a file.

Writes RUN/outputs/responses.jsonl batch by batch, prompts of like lengths together, the longest
first; an interrupted run goes on after its last whole batch. Run it with
`python -m training.trainers.generate RUN [--field value ...]`.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from training.durable_files import append_lines, read_lines, truncate
from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import GenerateConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.preference_files import dataset_folder
from training.trainers.data.prompt_files import file_prompts
from training.trainers.data.prompt_rows import PromptRow, dataset_prompts, encode_prompts
from training.trainers.loop.command_line import (
    Result,
    StopTraining,
    StopWatch,
    main,
    prepare_machine,
)
from training.trainers.models.model_checks import check_same_vocabulary
from training.trainers.models.model_loading import LoadedModel, load_policy, working_dtype
from training.trainers.models.positions import within_positions
from training.trainers.models.saving import write_base
from training.trainers.policies.sampling import Sampled, Sampling, sample_responses
from training.trainers.rewards.setting_text import parse_stop_strings
from training.trainers.shared_prompt import lay_out, response_logps, why_not_shared

Writer = Callable[[Sequence[Sequence[int]], Sequence[int], Sampling], list[list[Sampled]]]
"""From prompts, their seeds and how to draw to responses: see `sample_responses`."""

ALONE, BESIDE_REFERENCE = 0.9, 0.6
"""Shares of a GPU's memory for vLLM."""


def generate(run: RunDir, config: GenerateConfig, stop: StopWatch) -> Result:
    """Answer every prompt ``n`` times, from where an earlier attempt left off."""
    device = prepare_machine(config)
    run.append_progress({"step": 0, "phase": "loading", "metrics": {}})
    loaded = load_policy(config.model, dtype=working_dtype(config, device))
    model = loaded.model if config.engine == "vllm" else loaded.model.to(device)
    whole = within_positions(model, config.max_prompt_tokens + config.max_new_tokens)
    prompts, left_out = read_prompts(run, config, ChatText(loaded.tokenizer), whole)
    sampling = Sampling(
        temperature=config.temperature,
        top_p=config.top_p,
        max_new_tokens=config.max_new_tokens,
        n=config.n,
        stop_strings=parse_stop_strings(config.stop_strings),
        stop_at_box=config.stop_at_box,
    )
    size = max(1, config.batch_size // config.n)
    prompts.sort(key=lambda prompt: -prompt.length)
    batches = [prompts[i : i + size] for i in range(0, len(prompts), size)]
    write = _writer(run, config, loaded, device, whole)
    drift = _Drift(config, loaded, device) if config.reference else None
    output = run.outputs_path / "responses.jsonl"
    written = _already_written(output, batches, config.n)
    for number in range(len(written), len(batches)):
        if stop.state() is not None:
            break
        began = time.monotonic()
        lines = _answer(write, batches[number], sampling, config, drift)
        append_lines(output, lines)
        written.append(lines)
        _report_progress(run, written, len(batches), time.monotonic() - began)
    return {
        "state": "done" if len(written) == len(batches) else stop.state(),
        "metrics": _metrics(written) | {"prompts": len(prompts), "prompts_left_out": left_out},
        "checkpoint": None,
        "outputs": {"responses": "outputs/responses.jsonl"},
    }


def read_prompts(
    run: RunDir, config: GenerateConfig, text: ChatText, whole: int
) -> tuple[list[PromptRow], int]:
    """The prompts to answer, each content once, and how many were too long or refused.

    ``whole`` counts the tokens of a prompt with its response.
    """
    found = (
        file_prompts(Path(config.prompts_file))
        if config.prompts_file
        else dataset_prompts(dataset_folder(config.dataset, run.path), config.split)
    )
    rows, left_out = encode_prompts(
        found,
        text,
        longest=config.max_prompt_tokens,
        whole=whole,
        new_tokens=config.max_new_tokens,
        limit=config.limit,
    )
    return rows, left_out.total()


def _writer(
    run: RunDir, config: GenerateConfig, loaded: LoadedModel, device: torch.device, whole: int
) -> Writer:
    """What answers prompts: our own sampler, or vLLM with the model as a folder."""
    if config.engine == "own":
        return partial(sample_responses, loaded.model, loaded.tokenizer)
    if device.type != "cuda":
        raise ConfigError("engine is vllm, which needs a CUDA device: take own.")
    from training.trainers.policies.vllm_sampling import VllmSampler

    folder = loaded.base or write_base(loaded, run.path / "inputs" / "model")
    share = BESIDE_REFERENCE if config.reference else ALONE
    return VllmSampler(folder, loaded.model, loaded.tokenizer, whole=whole, share=share)


def _answer(
    write: Writer,
    batch: Sequence[PromptRow],
    sampling: Sampling,
    config: GenerateConfig,
    drift: _Drift | None,
) -> list[dict[str, Any]]:
    seeds = [_seed(config.seed, prompt.id) for prompt in batch]
    answers = write([prompt.prompt for prompt in batch], seeds, sampling)
    lines = [
        _line(prompt, answer, sampling, seed, config)
        for prompt, seed, group in zip(batch, seeds, answers, strict=True)
        for answer in group
    ]
    if drift is not None:
        for line, kl in zip(lines, drift.of(batch, answers), strict=True):
            line["kl"] = kl
    return lines


class _Drift:
    """How much likelier responses are to the policy than to a reference that it began as."""

    def __init__(self, config: GenerateConfig, policy: LoadedModel, device: torch.device) -> None:
        loaded = load_policy(config.reference, dtype=working_dtype(config, device))
        check_same_vocabulary(
            policy.tokenizer,
            loaded.tokenizer,
            name=f"model {config.model}",
            other_name=f"reference {config.reference}",
        )
        self.model, self.pad = loaded.model.to(device), policy.tokenizer.pad_token_id
        longest = config.max_prompt_tokens + config.max_new_tokens
        self.shared = why_not_shared(self.model, longest) is None

    @torch.no_grad()
    def of(self, batch: Sequence[PromptRow], answers: Sequence[Sequence[Sampled]]) -> list[float]:
        """log p(response) - log p_reference(response), whose mean is the KL, response by response.

        Both at temperature 1 on the very tokens that were drawn.
        """
        laid = lay_out(
            [prompt.prompt for prompt in batch],
            [[answer.tokens for answer in group] for group in answers],
            pad_id=self.pad,
            shared=self.shared,
        )
        expected = response_logps(self.model, laid.to(self.model.device)).tolist()
        written = [answer.logp for group in answers for answer in group]
        return [ours - theirs for ours, theirs in zip(written, expected, strict=True)]


def _line(
    prompt: PromptRow, answer: Sampled, sampling: Sampling, seed: int, config: GenerateConfig
) -> dict[str, Any]:
    return {
        "prompt": prompt.messages,
        "prompt_id": prompt.id,
        "response": [{"role": "assistant", "content": answer.text}],
        "finished": answer.finished,
        "tokens": len(answer.tokens),
        "logp": round(answer.logp, 4),
        "model": config.model,
        "sampling": asdict(sampling),
        "seed": seed,
    }


def _seed(seed: int, name: str) -> int:
    """A prompt's own seed: the same wherever in whichever file it stands."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:6])


def _already_written(
    output: Path, batches: Sequence[Sequence[PromptRow]], n: int
) -> list[list[dict[str, Any]]]:
    """The whole batches that an earlier attempt wrote; a torn one is cut off the file."""
    output.parent.mkdir(parents=True, exist_ok=True)
    lines, _ = read_lines(output, 0)
    whole: list[list[dict[str, Any]]] = []
    for batch in batches:
        part = lines[sum(map(len, whole)) :][: len(batch) * n]
        if [line["prompt_id"] for line in part] != [p.id for p in batch for _ in range(n)]:
            break
        whole.append(part)
    kept = sum(map(len, whole))
    if output.exists():
        data = output.read_bytes().splitlines(keepends=True)
        truncate(output, sum(map(len, data[:kept])))
    return whole


def _metrics(written: Sequence[Sequence[dict[str, Any]]]) -> dict[str, Any]:
    lines = [line for batch in written for line in batch]
    if not lines:
        raise StopTraining
    drifts = [line["kl"] for line in lines if "kl" in line]
    return {
        "responses": len(lines),
        "finished": sum(line["finished"] for line in lines) / len(lines),
        "mean_tokens": sum(line["tokens"] for line in lines) / len(lines),
    } | ({"kl": sum(drifts) / len(drifts)} if drifts else {})


def _report_progress(
    run: RunDir, written: Sequence[Sequence[dict[str, Any]]], total: int, seconds: float
) -> None:
    tokens = sum(line["tokens"] for line in written[-1])
    speed = {"tokens_per_second": tokens / max(seconds, 1e-9)}
    run.append_progress(
        {
            "step": len(written),
            "total_steps": total,
            "epoch": len(written) / total,
            "phase": "generating",
            "metrics": _metrics(written) | speed,
        }
    )
    first = written[-1][0]
    run.append_samples(
        {
            "step": len(written),
            "prompt": first["prompt"],
            "response": first["response"][0]["content"],
        }
    )


if __name__ == "__main__":
    sys.exit(main(GenerateConfig, generate))
