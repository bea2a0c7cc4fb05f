"""What is asked of vLLM, and what is made of its answers; the engine itself is a stand-in here."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import GenerateConfig
from training.trainers.generate import generate
from training.trainers.loop.command_line import StopWatch
from training.trainers.policies.sampling import Sampling, response_seed
from training.trainers.policies.vllm_sampling import VllmSampler

SAID = "kind tea rain"


@pytest.fixture
def engine(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A module that says the same to every prompt, as long as it is let, and keeps what it got."""
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokens = [*tokenizer(SAID, add_special_tokens=False).input_ids, tokenizer.eos_token_id]
    kept = SimpleNamespace(made={}, asked=[], tokens=tokens, tokenizer=tokenizer)

    class Engine:
        def __init__(self, **settings: Any) -> None:
            kept.made = settings

        def generate(self, prompts: Any, params: Any, use_tqdm: bool) -> Any:
            kept.asked = list(zip([p["prompt_token_ids"] for p in prompts], params, strict=True))
            cut = [tokens[: how.max_tokens] for how in params]
            return [
                SimpleNamespace(
                    outputs=[
                        SimpleNamespace(
                            token_ids=some,
                            logprobs=[{t: SimpleNamespace(logprob=-0.5)} for t in some],
                        )
                    ]
                )
                for some in cut
            ]

    module = SimpleNamespace(LLM=Engine, SamplingParams=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "vllm", module)
    return kept


@pytest.fixture
def sampler(tiny: Path, engine: SimpleNamespace) -> VllmSampler:
    model = AutoModelForCausalLM.from_pretrained(tiny)
    return VllmSampler(str(tiny), model, engine.tokenizer, whole=40, share=0.5)


def sampling(**changes: Any) -> Sampling:
    return Sampling(**({"temperature": 0.7, "top_p": 0.9, "max_new_tokens": 30, "n": 2} | changes))


def test_each_response_is_a_request_with_its_own_seed(
    sampler: VllmSampler, engine: SimpleNamespace, tiny: Path
) -> None:
    answers = sampler([[5, 6], [7] * 38], [1, 2], sampling(stop_strings=("STOP",)))
    assert [prompt for prompt, _ in engine.asked] == [[5, 6], [5, 6], [7] * 38, [7] * 38]
    assert [how.seed for _, how in engine.asked] == [
        response_seed(seed, number) for seed in (1, 2) for number in (0, 1)
    ]
    assert [how.max_tokens for _, how in engine.asked] == [30, 30, 2, 2]
    first = engine.asked[0][1]
    assert (first.temperature, first.top_p, first.stop, first.logprobs) == (0.7, 0.9, ["STOP"], 0)
    assert engine.tokenizer.eos_token_id in first.stop_token_ids
    assert (engine.made["model"], engine.made["max_model_len"]) == (str(tiny), 40)
    ((one, _), (cut, _)) = answers
    assert (one.text, one.tokens, one.finished) == (SAID, engine.tokens, True)
    assert one.logp == pytest.approx(-0.5 * len(engine.tokens))
    assert (cut.tokens, cut.finished) == (engine.tokens[:2], False)


def test_what_ends_a_response_is_decided_here(
    sampler: VllmSampler, engine: SimpleNamespace
) -> None:
    ((one,),) = sampler([[5]], [1], sampling(n=1, stop_strings=("tea",)))
    assert (one.text, one.finished) == ("kind", True)
    assert one.tokens == engine.tokens[: len(one.tokens)]
    assert "tea" in engine.tokenizer.decode(one.tokens)
    assert len(one.tokens) < len(engine.tokens) - 1


def test_it_needs_its_package_and_a_gpu(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    values = {"model": str(tiny), "dataset": str(pairs_dir), "engine": "vllm", "device": "cpu"}
    config = GenerateConfig.from_dict(values)
    with pytest.raises(ConfigError, match="not installed here"):
        config.check_machine()
    run = RunDir(tmp_path / "run")
    run.create(config.as_dict())
    with pytest.raises(ConfigError, match="needs a CUDA device"):
        generate(run, config, StopWatch(run))
