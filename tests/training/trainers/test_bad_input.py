"""What would train on nonsense is refused in one clear sentence, before any step is made."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from exports.records import Comparison, Record, UnpairedExample
from tests.training.trainers.dataset_fixture import (
    answer,
    make_pairs,
    pair,
    prompt,
    ranking,
    write_split,
)
from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import PreferenceConfig, RewardModelConfig
from training.trainers.configs.kto import KtoConfig
from training.trainers.kto import train_kto
from training.trainers.loop.command_line import StopWatch
from training.trainers.preference import train_policy
from training.trainers.reward_model import train_reward_model

RNG = random.Random(0)


class Case:
    """Folders that a row may spoil, and settings that it may change."""

    def __init__(self, folder: Path, tiny: Path) -> None:
        self.folder, self.tiny = folder, tiny
        self.data = make_pairs(folder / "data", train=4, held_out=2)
        self.model = folder / "model"
        shutil.copytree(tiny, self.model)
        self.settings: dict[str, Any] = {}

    @property
    def file(self) -> Path:
        """The training pairs."""
        return self.data / "preference" / "train.parquet"

    def rewrite(self, change: Callable[[pa.Table], pa.Table]) -> None:
        """Other training pairs."""
        pq.write_table(change(pq.read_table(self.file)), self.file)

    def edit(self, name: str, **values: Any) -> None:
        """Other values in one of the model's JSON files."""
        path = self.model / name
        path.write_text(json.dumps(json.loads(path.read_text()) | values))


def no_dataset(case: Case) -> None:
    shutil.rmtree(case.data)


def a_column_less(case: Case) -> None:
    case.rewrite(lambda table: table.drop_columns(["chosen"]))


def text_for_messages(case: Case) -> None:
    case.rewrite(
        lambda table: table.drop_columns(["prompt"]).append_column(
            "prompt", pa.array(["hello"] * len(table))
        )
    )


def no_training_split(case: Case) -> None:
    case.file.unlink()


def an_empty_split(case: Case) -> None:
    case.rewrite(lambda table: table.slice(0, 0))


def a_weight_that_is_no_number(case: Case) -> None:
    write_split(case.data, "train", [pair(1, RNG), pair(2, RNG, weight=float("nan"))])


def an_endless_margin(case: Case) -> None:
    write_split(case.data, "train", [pair(1, RNG, strength_margin=float("inf"))])


def a_null_in_a_message(case: Case) -> None:
    silent = [{"role": "assistant", "content": None}]
    write_split(case.data, "train", [pair(1, RNG, chosen=silent)])


def another_file_than_the_manifests(case: Case) -> None:
    digest = hashlib.sha256(b"something else").hexdigest()
    files = {"preference/train.parquet": {"sha256": digest}}
    (case.data / "manifest.json").write_text(json.dumps({"files": files}))


def long_prompts(case: Case) -> None:
    case.settings["max_length"] = 8


def equal_responses(case: Case) -> None:
    same = [{"role": "assistant", "content": "same"}]
    write_split(case.data, "train", [pair(1, RNG, chosen=same, rejected=same)])


def only_ties(case: Case) -> None:
    tie = [Comparison(i=0, j=1, p_i=0.1, p_j=0.1, p_tie=0.8, margin=0.0, n=3)]
    write_split(case.data, "train", [ranking(1, RNG, comparisons=tie)])


def only_good_responses(case: Case) -> None:
    about = pair(1, RNG).as_row()
    common = {name: about[name] for name in UnpairedExample.schema.names if name in about}
    own = {"completion": answer(RNG, 3), "label": True, "weight": 0.9, "judgments": []}
    liked = [
        UnpairedExample(**common | own | {"id": f"u{n}", "prompt": prompt(RNG, n)})
        for n in range(3)
    ]
    write_split(case.data, "train", list[Record](liked))
    case.settings |= {"trainer": "kto", "data": "unpaired"}


def no_chat_template(case: Case) -> None:
    (case.model / "chat_template.jinja").unlink()


def a_tokenizer_too_big(case: Case) -> None:
    tokenizer = AutoTokenizer.from_pretrained(case.model)
    tokenizer.add_tokens(["unheard", "of"])
    tokenizer.save_pretrained(case.model)


def adapters_of_another_vocabulary(case: Case) -> None:
    adapters = case.folder / "adapters"
    adapters.mkdir()
    about = {"base_model_name_or_path": str(case.model), "peft_type": "LORA"}
    (adapters / "adapter_config.json").write_text(json.dumps(about))
    save_file({"a": torch.zeros(1)}, adapters / "adapter_model.safetensors")
    tokenizer = AutoTokenizer.from_pretrained(case.model)
    file = json.loads(tokenizer.backend_tokenizer.to_str())
    words = sorted(file["model"]["vocab"].items(), key=lambda item: item[1])
    numbers = [number for _, number in words]
    turned = [*words[3:], *words[:3]]
    file["model"]["vocab"] = {word: n for (word, _), n in zip(turned, numbers, strict=True)}
    tokenizer.save_pretrained(adapters)
    (adapters / "tokenizer.json").write_text(json.dumps(file))
    case.model = adapters


def no_such_layers(case: Case) -> None:
    case.settings["lora_targets"] = "q_proj,imagined"


def nothing_to_learn(case: Case) -> None:
    case.settings |= {"freeze_fraction": 1.0, "trainer": "dpo"}


def code_in_the_repository(case: Case) -> None:
    case.edit("config.json", auto_map={"AutoModelForCausalLM": "modeling.Model"})


def a_tokenizers_code(case: Case) -> None:
    case.edit("tokenizer_config.json", auto_map={"AutoTokenizer": ["tokenizing.T", None]})


def pickled_weights(case: Case) -> None:
    (case.model / "model.safetensors").rename(case.model / "pytorch_model.bin")


def pickled_adapters(case: Case) -> None:
    adapters = case.folder / "adapters"
    adapters.mkdir()
    about = {"base_model_name_or_path": str(case.model), "peft_type": "LORA"}
    (adapters / "adapter_config.json").write_text(json.dumps(about))
    (adapters / "adapter_model.bin").write_bytes(b"pickle")
    case.model = adapters


def torn_weights(case: Case) -> None:
    file = case.model / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def a_shard_missing(case: Case) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (case.model / "model.safetensors.index.json").write_text(json.dumps(index))


def no_weights_at_all(case: Case) -> None:
    (case.model / "model.safetensors").unlink()


def no_tokenizer(case: Case) -> None:
    for file in case.model.glob("token*"):
        file.unlink()


def a_configuration_that_is_no_json(case: Case) -> None:
    (case.model / "config.json").write_text("{")


def a_configuration_of_nothing(case: Case) -> None:
    (case.model / "config.json").write_text("{}")


def an_unknown_architecture(case: Case) -> None:
    case.edit("config.json", model_type="imagined")


def a_hub_id_without_network(case: Case) -> None:
    case.settings["model"] = "somebody/some-model"


def train(run: RunDir, values: dict[str, Any]) -> None:
    if values.get("trainer") == "dpo":
        train_policy(run, PreferenceConfig.from_dict(values), StopWatch(run))
    elif values.get("trainer") == "kto":
        train_kto(run, KtoConfig.from_dict(values), StopWatch(run))
    else:
        train_reward_model(run, RewardModelConfig.from_dict(values), StopWatch(run))


ROWS: list[tuple[Callable[[Case], None], str]] = [
    (no_dataset, "is no folder: name an exported dataset directory"),
    (a_column_less, "lacks the column chosen: export it with this version"),
    (text_for_messages, "has string in the column prompt, which should hold list"),
    (no_training_split, "has no preference/train.parquet: it has validation, test"),
    (an_empty_split, "has no rows: export more labels"),
    (a_weight_that_is_no_number, "has a weight in row 2 that is no number it may be"),
    (an_endless_margin, "has a strength_margin in row 1 that is no number it may be"),
    (a_null_in_a_message, "has no chosen in row 1"),
    (another_file_than_the_manifests, "is not the file that its manifest names"),
    (long_prompts, "4 prompts over max_length"),
    (equal_responses, "1 pairs of identical responses"),
    (only_ties, "Every training comparison is a tie, so a model would only learn"),
    (only_good_responses, "Every training response is good: label responses of the other kind"),
    (no_chat_template, "has no chat template: take a model that converses, or set chat_template"),
    (a_tokenizer_too_big, "embeddings but its tokenizer counts to"),
    (adapters_of_another_vocabulary, "have different tokenizers"),
    (no_such_layers, "lora_targets names imagined, which this model does not have"),
    (nothing_to_learn, "leaves nothing to learn: lower it"),
    (code_in_the_repository, "brings its own Python code, which is never run"),
    (a_tokenizers_code, "brings its own Python code, which is never run"),
    (pickled_weights, "pickled ones .pytorch_model.bin. are refused"),
    (pickled_adapters, "pickled ones .adapter_model.bin. are refused"),
    (torn_weights, "is torn"),
    (a_shard_missing, "lacks model-00001-of-00002.safetensors: copy the whole folder"),
    (no_weights_at_all, "has no safetensors weights: save it there again"),
    (no_tokenizer, "has no usable tokenizer .no tokenizer.json."),
    (a_configuration_that_is_no_json, "is not JSON"),
    (a_configuration_of_nothing, "names no model_type"),
    (an_unknown_architecture, "could not be loaded"),
    (a_hub_id_without_network, "is no folder here and the hub cannot be reached"),
]


@pytest.mark.parametrize(("spoil", "sentence"), ROWS, ids=[row[0].__name__ for row in ROWS])
def test_it_is_refused_in_one_sentence(
    spoil: Callable[[Case], None],
    sentence: str,
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    case = Case(tmp_path, tiny)
    spoil(case)
    values = {"model": str(case.model), "dataset": str(case.data), "threads": 1} | case.settings
    run = RunDir(tmp_path / "run")
    run.create(values)
    with pytest.raises(ConfigError, match=sentence) as refused:
        train(run, values)
    said = str(refused.value)
    assert "\n" not in said
    assert said.endswith((".", ")."))
    phases = {record["phase"] for record in run.read_progress()[0]}
    assert phases <= {"loading"}
    assert run.latest_checkpoint() is None


def test_a_base_model_trains_on_plain_lines_when_asked(tiny: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.chat_template = None
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=2, n_positions=128,
        bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(tmp_path / "gpt2")
    tokenizer.save_pretrained(tmp_path / "gpt2")
    values = {
        "model": str(tmp_path / "gpt2"), "chat_template": "plain", "threads": 1, "max_steps": 1,
        "dataset": str(make_pairs(tmp_path / "data", train=4, held_out=2)), "max_length": 128,
    }  # fmt: skip
    run = RunDir(tmp_path / "run")
    run.create(values)
    config_of_run = RewardModelConfig.from_dict(values)
    assert train_reward_model(run, config_of_run, StopWatch(run))["state"] == "done"
    report = json.loads((run.path / "data_report.json").read_text())
    assert "User: Say" in report["example"]["text"]
    assert any("no chat template of its own" in warning for warning in report["warnings"])
