"""TRL's own trainers take a dataset directory as it is: two steps of each, on a tiny random model.

In a process of its own, so that torch and the trainers' warnings stay out of the other tests.
"""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from exports.dataset_dir import DatasetWriter
from exports.splitting import Fractions
from tests.exports.making import assistant, demonstration, pair, ranking, unpaired, user

ROOT = Path(__file__).parents[2]

PROGRAM = textwrap.dedent(
    """
    import json, sys
    import torch
    from datasets import load_dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification
    from transformers import PreTrainedTokenizerFast
    from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer
    from trl import SFTConfig, SFTTrainer

    trainer, directory, work = sys.argv[1:]
    torch.manual_seed(0)
    words = {"[pad]": 0, "[eos]": 1, "[unk]": 2}
    words |= {letter: n for n, letter in enumerate("abcdefghijklmnopqrstuvwxyz :\\n?.", 3)}
    letters = Tokenizer(models.WordLevel(words, unk_token="[unk]"))
    letters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=letters, pad_token="[pad]", eos_token="[eos]", unk_token="[unk]"
    )
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\\n{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    shape = LlamaConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, pad_token_id=0, eos_token_id=1, num_labels=1,
    )
    options = dict(
        output_dir=work, max_steps=2, per_device_train_batch_size=2, report_to=[], use_cpu=True,
        save_strategy="no", logging_steps=1, gradient_checkpointing=False, bf16=False,
    )
    config = {"kto": "unpaired", "sft": "demonstration"}.get(trainer, "preference")
    data = load_dataset(directory, config, cache_dir=work)
    if trainer == "reward":
        model = LlamaForSequenceClassification(shape)
        made = RewardTrainer(
            model, RewardConfig(**options), train_dataset=data["train"],
            eval_dataset=data["test"], processing_class=tokenizer,
        )
    elif trainer == "sft":
        made = SFTTrainer(
            LlamaForCausalLM(shape), SFTConfig(**options), train_dataset=data["train"],
            eval_dataset=data["test"], processing_class=tokenizer,
        )
    elif trainer == "kto":
        made = KTOTrainer(
            LlamaForCausalLM(shape), ref_model=LlamaForCausalLM(shape), args=KTOConfig(**options),
            train_dataset=data["train"], eval_dataset=data["test"], processing_class=tokenizer,
        )
    else:
        made = DPOTrainer(
            LlamaForCausalLM(shape), ref_model=LlamaForCausalLM(shape), args=DPOConfig(**options),
            train_dataset=data["train"], eval_dataset=data["test"], processing_class=tokenizer,
        )
    before = [weight.clone() for weight in made.model.parameters()]
    made.train()
    moved = any(not torch.equal(a, b) for a, b in zip(before, made.model.parameters()))
    figures = made.evaluate()
    print(json.dumps({
        "steps": made.state.global_step, "moved": moved, "loss": figures["eval_loss"],
        "columns": made.train_dataset.column_names, "rows": len(made.train_dataset),
        "kept": len(data["train"]),
    }))
    """
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    target = tmp_path_factory.mktemp("dataset") / "d"
    with DatasetWriter(target, project="p", filters={}, fractions=Fractions()) as writer:
        for number in range(1, 31):
            writer.add([pair(number)])
        shared = [user("tell me"), assistant("what about?"), user("owls")]
        writer.add(
            [pair(31, prompt=shared, chosen=[assistant("yes"), user("more"), assistant("")])]
        )
        writer.add([ranking(40), pair(40, id="p-40-0-1", rank_group="p-40")])
        for number in range(1, 31):
            writer.add([unpaired(number, prompt=[user(f"is it {number}")])])
        talk = [assistant("what about?"), user("owls"), assistant("they sleep by day")]
        for number in range(1, 31):
            writer.add([demonstration(number), demonstration(number, id="x", completion=talk)])
        writer.publish()
    return target


@pytest.mark.parametrize(
    "trainer", ["reward", "sft", *(pytest.param(t, marks=pytest.mark.long) for t in ("dpo", "kto"))]
)
def test_it_trains(directory, tmp_path, trainer):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, trainer, str(directory), str(tmp_path)],
        cwd=ROOT,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "TOKENIZERS_PARALLELISM": "false",
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["steps"] == 2
    assert told["moved"]
    assert 0 < told["loss"] < 10
    assert told["rows"] == told["kept"]
    # TRL would train on a column of this name without being asked.
    assert "margin" not in told["columns"]
