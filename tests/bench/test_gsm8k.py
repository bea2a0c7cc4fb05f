"""The recipe of GSM8K is one that the run kinds take, smoke or not."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from bench.gsm8k import EXAMPLES, FILES, ROOT, settings, source_folder
from training.trainers.catalog import TRAINERS
from training.trainers.configs import GrpoConfig, SolveConfig

PAGE = (ROOT / "docs" / "verifiable-rewards.md").read_text()


@pytest.mark.parametrize("smoke", [False, True])
def test_both_configurations_are_taken(smoke: bool) -> None:
    training, judging = settings(Path("data"), smoke=smoke)
    trained, judged = GrpoConfig.from_dict(training), SolveConfig.from_dict(judging)
    assert trained.instruction == judged.instruction
    assert "boxed" in trained.instruction
    assert (trained.lora_rank, trained.lora_alpha, trained.temperature) == (32, 64.0, 1.0)
    assert trained.prompts_file != judged.prompts_file
    assert judged.stop_at_box
    assert judged.extract == "boxed"
    if not smoke:
        assert (trained.n, trained.max_new_tokens, judged.limit) == (8, 512, 100)


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_text("")
    assert source_folder(str(tmp_path)) == tmp_path
    assert source_folder(str(tmp_path.parent / tmp_path.name)) == tmp_path


def commands() -> list[list[str]]:
    """The words of every trainer's command on the page, from the module's name on."""
    blocks = "\n".join(re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
    lines = [line for line in blocks.splitlines() if " -m training.trainers." in line]
    return [shlex.split(line)[2:] for line in lines]


def test_the_commands_of_the_page_are_ones_that_the_run_kinds_take() -> None:
    assert len(commands()) == 4
    for module, run, *flags in commands():
        name = module.rpartition(".")[2]
        kind = TRAINERS[name].config
        given = kind.parse(dict(zip((f[2:] for f in flags[::2]), flags[1::2], strict=True)))
        if "FOLDER" in " ".join(flags):  # the recipe, whose settings are kept
            given = json.loads((EXAMPLES / f"gsm8k_{name}.json").read_text()) | given
        assert kind.from_dict(given).trainer == name
        assert run.isupper()
