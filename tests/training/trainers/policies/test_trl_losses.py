"""TRL's losses through our batches are TRL's own numbers, and those of the papers' equations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel
from trl.trainer.kto_config import KTOConfig
from trl.trainer.kto_trainer import KTOTrainer
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from training.trainers.configs import KtoConfig
from training.trainers.data.single_responses import JudgedExample
from training.trainers.policies.trl_losses import KtoLoss, SftLoss, balanced_weights
from training.trainers.shared_prompt import lay_out, response_logps

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*pin_memory:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning"),
]


def example(number: int, prompt: list[int], response: list[int], **changes: Any) -> JudgedExample:
    return JudgedExample(
        id=f"e{number}", cluster=f"c{number}", prompt=prompt, responses=[response], chars=[1],
        comparisons=[], messages=[], **changes,
    )  # fmt: skip


EXAMPLES = [
    example(0, [10, 11, 12], [20, 21, 2], good=True, weight=0.9, other=[30, 31, 32, 2]),
    example(1, [13], [22, 2], good=False, weight=0.6, other=[20, 21, 2]),
    example(2, [14, 15], [23, 24, 25, 26, 2], good=True, weight=1.0, other=[22, 2]),
    example(3, [16, 17, 18], [30, 31, 32, 2], good=False, weight=0.7, other=[23, 24, 25, 26, 2]),
]  # fmt: skip


@pytest.fixture
def start(tiny: Path) -> Any:
    model = AutoModelForCausalLM.from_pretrained(tiny).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    return SimpleNamespace(model=model, tokenizer=tokenizer, device=torch.device("cpu"))


def logps(model: Any, batch: Sequence[tuple[list[int], list[int]]]) -> torch.Tensor:
    laid = lay_out([p for p, _ in batch], [[r] for _, r in batch], pad_id=0, shared=False)
    with torch.no_grad():
        return response_logps(model, laid)


def own(batch: Sequence[JudgedExample]) -> list[tuple[list[int], list[int]]]:
    return [(e.prompt, e.responses[0]) for e in batch]


def test_sft_is_the_negative_log_likelihood_of_responses(start: Any, tmp_path: Path) -> None:
    loss, figures = SftLoss(start, tmp_path, packing=False)(EXAMPLES)
    assert float(loss.detach()) == pytest.approx(
        -float(logps(start.model, own(EXAMPLES)).sum()), rel=1e-5
    )
    assert figures["entropy"] > 0
    assert 0 <= figures["mean_token_accuracy"] <= 1


def test_sft_is_what_trls_trainer_says_of_the_same_tokens(start: Any, tmp_path: Path) -> None:
    loss, _ = SftLoss(start, tmp_path, packing=False)(EXAMPLES)
    rows = [
        {
            "input_ids": e.prompt + e.responses[0],
            "labels": [-100] * len(e.prompt) + e.responses[0],
        }
        for e in EXAMPLES
    ]
    arguments = SFTConfig(
        output_dir=str(tmp_path), use_cpu=True, report_to="none", bf16=False, disable_tqdm=True,
        per_device_eval_batch_size=4, gradient_checkpointing=False,
    )  # fmt: skip
    theirs = SFTTrainer(
        model=start.model, args=arguments, train_dataset=Dataset.from_list(rows),
        eval_dataset=Dataset.from_list(rows), processing_class=start.tokenizer,
    )  # fmt: skip
    tokens = sum(len(e.responses[0]) for e in EXAMPLES)
    assert theirs.evaluate()["eval_loss"] == pytest.approx(float(loss.detach()) / tokens, rel=1e-5)


def test_packed_rows_give_the_loss_and_gradient_of_padded_ones(start: Any, tmp_path: Path) -> None:
    nll = SftLoss(start, tmp_path, packing=True)
    assert nll.settle_packing(EXAMPLES) is None
    assert nll.packed
    seen = []
    for packed in (False, True):
        start.model.zero_grad()
        loss, _ = nll(EXAMPLES, packed=packed)
        loss.backward()  # type: ignore[no-untyped-call]
        gradient = start.model.model.layers[0].mlp.up_proj.weight.grad.clone()
        seen.append((loss.detach(), gradient))
    torch.testing.assert_close(seen[0][0], seen[1][0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(seen[0][1], seen[1][1], rtol=1e-4, atol=1e-5)


def test_packing_is_exact_with_absolute_positions_too(start: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=300, n_embd=32, n_layer=2, n_head=2, n_positions=64)
    start.model = GPT2LMHeadModel(config).eval()
    nll = SftLoss(start, tmp_path, packing=True)
    assert nll.settle_packing(EXAMPLES) is None


def test_a_model_that_mixes_packed_responses_is_not_packed(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nll = SftLoss(start, tmp_path, packing=True)
    forward = start.model.model.forward

    def without_positions(*args: Any, **kwargs: Any) -> Any:
        kwargs.pop("position_ids", None)
        return forward(*args, **kwargs)

    monkeypatch.setattr(start.model.model, "forward", without_positions)
    reason = nll.settle_packing(EXAMPLES)
    assert reason is not None
    assert "padded and of packed rows differ" in reason
    assert not nll.packed


def config(**changes: Any) -> KtoConfig:
    return KtoConfig.from_dict({"dataset": "d", "beta": 0.3, "label_weights": "equal"} | changes)


REFERENCE = torch.tensor([[-9.0, -14.0], [-7.0, -11.0], [-20.0, -8.0], [-15.0, -22.0]])


def by_hand(model: Any, settings: KtoConfig, weights: Sequence[float]) -> float:
    """Equation 7 and 8 of KTO (2402.01306), or of APO-zero (2408.06266), on the four examples."""
    ratios = logps(model, own(EXAMPLES)) - REFERENCE[:, 0]
    others = [(e.prompt, e.other) for e in EXAMPLES]
    drift = (logps(model, others) - REFERENCE[:, 1]).mean().clamp(min=0)
    drift = drift if settings.loss == "kto" else torch.tensor(0.0)
    signs = torch.tensor([1.0 if e.good else -1.0 for e in EXAMPLES])
    losses = 1 - torch.sigmoid(settings.beta * signs * (ratios - drift))
    return float((torch.tensor(weights) * losses).mean())


@pytest.mark.parametrize("loss", ["kto", "apo_zero"])
def test_kto_is_the_papers_equation(loss: str, start: Any, tmp_path: Path) -> None:
    settings = config(loss=loss, good_weight=1.0)
    ours, figures = KtoLoss(start, tmp_path, settings, 0.5)(EXAMPLES, REFERENCE)
    assert float(ours.detach()) == pytest.approx(
        by_hand(start.model, settings, [1.0] * 4), rel=1e-4
    )
    assert set(figures) >= {"kl", "rewards/chosen", "rewards/rejected", "rewards/margins"}


def test_each_response_weighs_as_much_as_its_label_is_sure(start: Any, tmp_path: Path) -> None:
    settings = config(label_weights="posterior", good_weight=2.0, bad_weight=0.5)
    ours, _ = KtoLoss(start, tmp_path, settings, 0.5)(EXAMPLES, REFERENCE)
    weights = [2 * 0.9, 0.5 * 0.6, 2 * 1.0, 0.5 * 0.7]
    assert float(ours.detach()) == pytest.approx(by_hand(start.model, settings, weights), rel=1e-4)


def test_a_batch_of_one_kind_has_a_loss(start: Any, tmp_path: Path) -> None:
    loss = KtoLoss(start, tmp_path, config(good_weight=1.0), 0.5)
    for kind in (True, False):
        rows = [n for n, e in enumerate(EXAMPLES) if e.good == kind]
        value, _ = loss([EXAMPLES[n] for n in rows], REFERENCE[rows])
        assert torch.isfinite(value)


def test_kto_is_what_trls_trainer_says_of_the_same_batch(start: Any, tmp_path: Path) -> None:
    """TRL rotates completions within the batch: so are ours here, and its reference is ours."""
    rotated = [
        JudgedExample(**(vars(e) | {"other": EXAMPLES[n - 1].responses[0]}))
        for n, e in enumerate(EXAMPLES)
    ]
    rows = [
        {"prompt_ids": e.prompt, "completion_ids": e.responses[0], "label": e.good} for e in rotated
    ]

    class Tokenized(KTOTrainer):
        def _prepare_dataset(self, dataset: Dataset, *args: Any) -> Dataset:
            def rotate(batch: dict[str, Any]) -> dict[str, Any]:
                found = batch["completion_ids"]
                return {"KL_completion_ids": [found[-1], *found[:-1]]}

            return dataset.map(rotate, batched=True, batch_size=4)

    settings = config(good_weight=1.0)
    reference = AutoModelForCausalLM.from_pretrained(start.model.config._name_or_path).eval()
    arguments = KTOConfig(
        output_dir=str(tmp_path), use_cpu=True, report_to="none", bf16=False, disable_tqdm=True,
        per_device_eval_batch_size=4, per_device_train_batch_size=4, beta=0.3, max_length=None,
        gradient_checkpointing=False,
    )  # fmt: skip
    theirs = Tokenized(
        model=start.model, ref_model=reference, args=arguments,
        train_dataset=Dataset.from_list(rows), eval_dataset=Dataset.from_list(rows),
        processing_class=start.tokenizer,
    )  # fmt: skip
    expected = theirs.evaluate()["eval_loss"]
    known = torch.stack(
        [logps(reference, own(rotated)), logps(reference, [(e.prompt, e.other) for e in rotated])],
        dim=1,
    )
    start.model.eval()
    ours, _ = KtoLoss(start, tmp_path, settings, 0.5)(rotated, known)
    assert float(ours.detach()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("good", "bad", "share", "expected"),
    [
        (0.0, 1.0, 0.5, (1.0, 1.0)),
        (0.0, 1.0, 0.2, (4.0, 1.0)),
        (0.0, 2.0, 0.8, (0.5, 2.0)),
        (3.0, 1.0, 0.2, (3.0, 1.0)),
    ],
)
def test_an_unset_weight_makes_both_kinds_weigh_alike(
    good: float, bad: float, share: float, expected: tuple[float, float]
) -> None:
    settings = config(good_weight=good, bad_weight=bad)
    assert balanced_weights(settings, share) == pytest.approx(expected)
