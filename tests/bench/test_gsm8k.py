"""The recipe of GSM8K is one that the run kinds take, smoke or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.gsm8k import FILES, settings, source_folder
from training.trainers.configs import GrpoConfig, SolveConfig


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
