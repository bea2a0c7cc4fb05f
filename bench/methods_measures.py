"""What a policy of the bench of methods is like: planted truth, KL to the base, and what it lost.

Everything is measured on questions and texts that no run has learned from, the same for every
policy and drawn with the same seeds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch

from bench import planted_general
from bench.equal_kl import best_of_n, best_of_n_kl
from bench.methods_ground import BASE_SEED, Ground, Size, answers_of, judged_prompts
from bench.methods_runs import run_of
from bench.planted_care import truth
from training.durable_files import read_lines
from training.trainers.data.chat_text import ChatText
from training.trainers.evaluation.calibration import calibration
from training.trainers.evaluation.policy_figures import Written, written_logps
from training.trainers.models.model_loading import load_policy
from training.trainers.policies.sampling import Sampling, sample_responses
from training.trainers.shared_prompt import token_logps

Line = dict[str, Any]
SEED = 11
BATCH = 64


def measured(
    folder: Path, policy: Path, ground: Ground, size: Size, texts: Path | None
) -> dict[str, float]:
    """Every figure of a policy; ``kl`` is that of whole answers to the base, in nats."""
    lines = answers_of(
        folder / "judged", policy, judged_prompts(size), n=size.answers, seed=SEED,
        reference=ground.base,
    )  # fmt: skip
    rewards = rewards_of(folder / "rewards", lines, ground.reward_model)
    return {
        "kl": fmean(line["kl"] for line in lines),
        "truth": fmean(map(truth_of, lines)),
        "reward": fmean(rewards),
        "ordered_right": ordered_right(lines, rewards),
        "tokens": fmean(line["tokens"] for line in lines),
        **kept(policy, size, texts),
    }


def best_of_pool(
    folder: Path, policy: Path, ground: Ground, size: Size, sizes: Sequence[int]
) -> list[dict[str, float]]:
    """Best-of-n of a policy for every n, by the reward model, from one pool of answers.

    Its KL to the base is log n - (n - 1) / n to the policy that it draws from, and how much
    likelier the policy holds what is taken than the base does.
    """
    asked = judged_prompts(size)[: size.pool_prompts]
    lines = answers_of(
        folder / "pool", policy, asked, n=size.pool, seed=SEED, reference=ground.base
    )
    rewards = rewards_of(folder / "pool_rewards", lines, ground.reward_model)
    pools: dict[str, list[tuple[Line, float]]] = {}
    for line, reward in zip(lines, rewards, strict=True):
        pools.setdefault(line["prompt_id"], []).append((line, reward))
    return [_best(list(pools.values()), n) for n in sizes if n <= size.pool]


def rewards_of(path: Path, lines: Sequence[Line], reward_model: Path) -> list[float]:
    """What the reward model says of every line's response, by a `score` run."""
    path.mkdir(parents=True, exist_ok=True)
    asked = path / "responses.jsonl"
    with asked.open("w", encoding="utf-8") as file:
        for number, line in enumerate(lines):
            responses = [{"id": number, "messages": line["response"]}]
            file.write(json.dumps({"prompt": line["prompt"], "responses": responses}) + "\n")
    settings = {
        "model": str(reward_model), "responses_file": str(asked), "batch_size": BATCH,
        "threads": 1, "precision": "fp32",
    }  # fmt: skip
    run_of("score", path / "run", settings)
    found, _ = read_lines(path / "run" / "outputs" / "scores.jsonl", 0)
    means: Mapping[int, float] = {line["response"]: line["mean"] for line in found}
    return [means[number] for number in range(len(lines))]


def kept(policy: Path, size: Size, texts: Path | None) -> dict[str, float]:
    """What a policy still knows: loss on held-out text, sorting, and how well it is calibrated."""
    loaded = load_policy(str(policy), dtype=torch.float32)
    text = ChatText(loaded.tokenizer)
    rng = random.Random(BASE_SEED + 2)
    held_out = planted_general.texts(size.text_held_out, rng, texts, held_out=True)
    return {
        "text_loss": -float(_logps(loaded, text, [(p, (a,)) for p, a in held_out])[0].mean()),
        "skill": _sorted_right(loaded, text, size),
        "calibration_error": _calibration_error(loaded, text),
    }


def truth_of(line: Line) -> float:
    """The planted truth of a line of `generate`."""
    return truth(line["prompt"][0]["content"], line["response"][0]["content"])


def ordered_right(lines: Sequence[Line], rewards: Sequence[float]) -> float:
    """Share of two answers to a question that the rewards order as the truth does; 0.5 of none."""
    answers: dict[str, list[tuple[float, float]]] = {}
    for line, reward in zip(lines, rewards, strict=True):
        answers.setdefault(line["prompt_id"], []).append((truth_of(line), reward))
    pairs = [(a, b) for some in answers.values() for a, b in combinations(some, 2) if a[0] != b[0]]
    right = [(a[0] > b[0]) == (a[1] > b[1]) for a, b in pairs]
    return fmean(right) if right else 0.5


def _best(pools: Sequence[Sequence[tuple[Line, float]]], n: int) -> dict[str, float]:
    found = []
    for pool in pools:
        lines, rewards = zip(*pool, strict=True)
        figures = {
            "kl": [line["kl"] for line in lines], "truth": list(map(truth_of, lines)),
            "reward": list(rewards), "tokens": [line["tokens"] for line in lines],
        }  # fmt: skip
        found.append(best_of_n(rewards, figures, n))
    means = {name: fmean(one[name] for one in found) for name in found[0]}
    return means | {"kl": means["kl"] + best_of_n_kl(n), "n": float(n)}


def _sorted_right(loaded: Any, text: ChatText, size: Size) -> float:
    """Share of unseen letters that the likeliest answer sorts."""
    unseen = planted_general.sortings(random.Random(BASE_SEED))[size.sortings_read :]
    unseen = unseen[: size.sortings_held_out]
    sampling = Sampling(temperature=0.0, top_p=1.0, max_new_tokens=8, n=1)
    right = 0
    for start in range(0, len(unseen), BATCH):
        some = unseen[start : start + BATCH]
        prompts = [text.prompt_tokens([{"role": "user", "content": p}]) for p, _ in some]
        answers = sample_responses(
            loaded.model, loaded.tokenizer, prompts, [0] * len(some), sampling
        )
        right += sum(one[0].text == wanted for one, (_, wanted) in zip(answers, some, strict=True))
    return right / len(unseen)


def _calibration_error(loaded: Any, text: ChatText) -> float:
    """Expected calibration error of its own choice between two answers, against the true shares."""
    asked = planted_general.surveys()
    logps, owners = _logps(loaded, text, [(survey.prompt, survey.options) for survey in asked])
    by_answer = np.bincount(owners, weights=logps).astype(np.float64).reshape(-1, 2)
    found = calibration(
        by_answer[:, 0] - by_answer[:, 1],
        np.array([survey.share for survey in asked]),
        [survey.prompt for survey in asked],
    )
    return float(found["error"])


def _logps(
    loaded: Any, text: ChatText, asked: Sequence[tuple[str, Sequence[str]]]
) -> tuple[Any, Any]:
    """Log-probabilities of all answers' tokens [N], and the number of every token's answer [N]."""
    written = []
    for prompt, answers in asked:
        tokens, responses = text.encode(
            [{"role": "user", "content": prompt}],
            [[{"role": "assistant", "content": answer}] for answer in answers],
        )
        written.append(Written(prompt=tokens, responses=responses, texts=[], finished=0))
    model = loaded.model
    logps = written_logps(
        lambda laid: token_logps(model, laid), model, written,
        pad_id=loaded.tokenizer.pad_token_id, batch_size=BATCH,
    )  # fmt: skip
    lengths = [len(tokens) for one in written for tokens in one.responses]
    return logps.double().numpy(), np.repeat(np.arange(len(lengths)), lengths)
