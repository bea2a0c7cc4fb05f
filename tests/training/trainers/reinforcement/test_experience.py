"""A step's experience: its parts, whose samples depend on nothing else, and its figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.trainers.reinforcement.ppo_fixture import (
    Ready,
    answered,
    read_with_advantages,
    ready,
    settings,
)
from training.trainers.loop.processes import Processes
from training.trainers.policies.sampling import Sampling
from training.trainers.reinforcement.experience import (
    Part,
    read_part,
    response_seeds,
    sample_parts,
    set_advantages,
    shares_of,
    split_prompts,
)
from training.trainers.reinforcement.ppo_math import length_mask
from training.trainers.reinforcement.step_figures import sampled_figures

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def found(tiny: Path, pairs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    return ready(tmp_path_factory.mktemp("experience") / "run", settings(pairs_dir, tiny))


def test_every_prompt_of_a_step_is_in_one_part(found: Ready) -> None:
    prompts = found.prompts[:7]
    parts = split_prompts(prompts, 3, seed=1, step=0)
    assert [len(part) for part in parts] == [3, 2, 2]
    assert sorted(p.id for part in parts for p in part) == sorted(p.id for p in prompts)
    assert parts == split_prompts(prompts, 3, seed=1, step=0)
    assert parts != split_prompts(prompts, 3, seed=1, step=1)
    assert len(split_prompts(prompts[:2], 3, seed=1, step=0)) == 2


def test_processes_have_equally_many_prompts_even_of_small_parts(found: Ready) -> None:
    parts = split_prompts(found.prompts[:7], 5, seed=1, step=0)
    shares = [shares_of(parts, Processes(rank, 2)) for rank in range(2)]
    assert sorted(sum(map(len, share)) for share in shares) == [3, 4]
    for part, ours, theirs in zip(parts, *shares, strict=True):
        assert sorted(p.id for p in [*ours, *theirs]) == sorted(p.id for p in part)
    assert shares_of(parts, Processes()) == parts


def test_a_process_without_prompts_still_sums_with_the_others(found: Ready) -> None:
    figures = set_advantages(
        [], torch.zeros(0), found.config, coefficient=0.1, processes=Processes()
    )
    assert figures["advantage_deviation"] == 0


def test_a_seed_is_a_prompts_own(found: Ready) -> None:
    prompts = found.prompts[:4]
    seeds = response_seeds(prompts, 1, 0)
    assert len(set(seeds)) == 4
    assert response_seeds(prompts[2:3], 1, 0) == seeds[2:3]
    assert response_seeds(prompts, 1, 1) != seeds


def sampled(found: Ready, at_a_time: int) -> list[Part]:
    checks: list[int] = []
    parts = sample_parts(
        [found.prompts[:3], [], found.prompts[3:5]],
        model=found.start.model,
        tokenizer=found.start.tokenizer,
        sampling=Sampling(temperature=1.0, top_p=1.0, max_new_tokens=5, n=2),
        seed=3,
        step=1,
        at_a_time=at_a_time,
        most=6,
        check=lambda: checks.append(1),
    )
    assert len(checks) == -(-6 // (at_a_time // 2))
    return parts


def test_responses_do_not_depend_on_what_is_sampled_beside_them(found: Ready) -> None:
    together, apart = sampled(found, 12), sampled(found, 2)
    assert [part.answers for part in together] == [part.answers for part in apart]
    assert [len(part.prompts) for part in together] == [3, 0, 2]
    ends = {found.start.tokenizer.eos_token_id}
    for part in together:
        for answer in (one for group in part.answers for one in group):
            # Line 5: the end token is inside, nothing comes after it.
            places = [i for i, token in enumerate(answer.tokens) if token in ends]
            assert places in ([], [len(answer.tokens) - 1])
            assert answer.finished == bool(places)
            assert len(answer.tokens) == (places[0] + 1 if places else 5)


def test_line_4_a_pad_is_no_end_and_is_not_scored(found: Ready) -> None:
    tokenizer = found.start.tokenizer
    judge = replace(found.cast.roles.critic, head=torch.nn.Linear(32, 1, bias=False))
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    assert end != pad
    prompt = found.prompts[0]

    def score(*responses: list[int]) -> torch.Tensor:
        laid = found.start.rows(answered(prompt, *responses).rows)
        with torch.no_grad():
            return judge.readings(laid, laid.ends)

    without, with_end = score([5, 6]), score([5, 6, end])
    assert abs(float(without) - float(with_end)) > 1e-4
    # Beside a longer one the shorter is padded, or stands in a row of its own: nothing changes.
    assert float(score([5, 6, end], [9] * 12)[0]) == pytest.approx(float(with_end), abs=1e-5)


def test_line_12_rewards_are_whitened_only_when_asked(found: Ready) -> None:
    assert not found.config.whiten_rewards
    part = answered(found.prompts[0], [5, 6, 2], [7, 2])
    plain = read_with_advantages(found, [part], [3.0, -1.0])[0]
    assert plain.returns.tolist() == pytest.approx(
        [3.0 * 0.95**2 + 0, 3.0 * 0.95, 3.0, -0.95, -1.0], abs=1e-5
    )
    asked = Ready(found.run, replace(found.config, whiten_rewards=True), found.start, found.cast)
    white = read_with_advantages(asked, [part], [3.0, -1.0])[0]
    assert not torch.allclose(white.returns, plain.returns)


def test_line_21_figures_do_not_depend_on_how_responses_are_laid_out(found: Ready) -> None:
    responses = [[5, 6, 7, 8, 2], [9, 2], [10, 11, 2]]
    names = {"length": torch.tensor([1.0, 2.0, 3.0])}
    rewards = torch.tensor([1.0, 2.0, 6.0])
    together = [answered(found.prompts[0], *responses)]
    apart = [answered(found.prompts[0], one) for one in responses]
    figures = [
        sampled_figures(
            parts, rewards, names, [read_part(p, found.cast.roles, found.config) for p in parts],
            Processes(),
        )
        for parts in (together, apart)
    ]  # fmt: skip
    assert figures[0] == pytest.approx(figures[1], abs=1e-5)
    assert figures[0]["length"] == pytest.approx(10 / 3)
    assert figures[0]["reward"] == pytest.approx(3)
    assert figures[0]["reward_deviation"] == pytest.approx((14 / 3) ** 0.5)
    assert figures[0]["reward/length"] == pytest.approx(2)
    assert figures[0]["kl"] == 0
    assert length_mask(torch.tensor([len(r) for r in responses])).sum() == 10
