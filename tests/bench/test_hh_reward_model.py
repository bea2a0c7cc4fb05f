"""The data of the bench: pairs divided by their first question, and a recipe the trainer takes."""

import gzip
import json
from pathlib import Path

import pyarrow.parquet as pq

from bench.hh_reward_model import RECIPE, write_dataset
from training.trainers.configs import RewardModelConfig


def test_pairs_are_divided_by_prompt_and_what_does_not_part_is_left_out(tmp_path: Path) -> None:
    asked = [f"\n\nHuman: question {n}\n\nAssistant:" for n in range(40)]
    rows = [
        {"chosen": f"{text} {good}", "rejected": f"{text} no"} for text in asked for good in "ab"
    ]
    rows += [
        {"chosen": f"{asked[0]} same", "rejected": f"{asked[0]} same"},
        {"chosen": "", "rejected": ""},
    ]
    source = tmp_path / "test.jsonl.gz"
    with gzip.open(source, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    counts = write_dataset(source, tmp_path / "data")
    assert sum(counts.values()) == 80
    prompts = {
        split: {
            row["prompt"][0]["content"]
            for row in pq.read_table(
                tmp_path / "data" / "preference" / f"{split}.parquet"
            ).to_pylist()
        }
        for split in counts
    }
    assert not prompts["train"] & prompts["test"]


def test_the_recipe_is_one_that_the_trainer_takes() -> None:
    recipe = RewardModelConfig.from_dict(json.loads(RECIPE.read_text()) | {"dataset": "d"})
    assert recipe.model == "SmolLM2-135M-Instruct"
