"""Responses to a dataset's or a file's prompts, the same bytes after an interruption."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from tests.training.trainers.short_model import make_short_model
from training.run_dir import RunDir
from training.trainers.configs import GenerateConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.generate import generate
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.models.default_model import ModelError
from training.trainers.models.tiny_model import make_tiny_model


def configured(path: Path, model: Path, **changes: Any) -> tuple[RunDir, GenerateConfig]:
    run = RunDir(path)
    values = {
        "model": str(model), "n": 2, "batch_size": 6, "max_new_tokens": 5, "threads": 1,
        "temperature": 1.0,
    }  # fmt: skip
    config = GenerateConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, config


def responses(run: RunDir) -> list[dict[str, Any]]:
    text = (run.outputs_path / "responses.jsonl").read_text()
    return [json.loads(line) for line in text.split("\n") if line]


def test_every_prompt_is_answered_n_times(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    run, config = configured(tmp_path / "run", tiny, dataset=str(pairs_dir))
    result = generate(run, config, StopWatch(run))
    lines = responses(run)
    assert len(lines) == 2 * 16 == result["metrics"]["responses"]
    assert len({line["prompt_id"] for line in lines}) == 16
    first = lines[0]
    assert first["response"][0]["role"] == "assistant"
    assert first["prompt"][0]["role"] == "user"
    assert (first["sampling"]["n"], first["tokens"] <= 5) == (2, True)
    assert result["metrics"]["mean_tokens"] <= 5
    assert run.read_progress()[0][-1]["step"] == 6


def test_an_interrupted_run_ends_with_the_same_bytes(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    whole, config = configured(tmp_path / "whole", tiny, dataset=str(pairs_dir))
    generate(whole, config, StopWatch(whole))
    broken, config = configured(tmp_path / "broken", tiny, dataset=str(pairs_dir))

    class StopAfterTwo(StopWatch):
        def state(self) -> str | None:
            path = broken.outputs_path / "responses.jsonl"
            return "preempted" if path.exists() and len(responses(broken)) >= 12 else None

    assert generate(broken, config, StopAfterTwo(broken))["state"] == "preempted"
    path = broken.outputs_path / "responses.jsonl"
    assert len(responses(broken)) == 12
    path.write_bytes(path.read_bytes()[:-40])
    assert generate(broken, config, StopWatch(broken))["state"] == "done"
    assert path.read_bytes() == (whole.outputs_path / "responses.jsonl").read_bytes()


def test_stopped_before_the_first_batch(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    run, config = configured(tmp_path / "run", tiny, dataset=str(pairs_dir))
    run.request_stop()
    with pytest.raises(StopTraining):
        generate(run, config, StopWatch(run))


def test_a_file_of_prompts(tiny: Path, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.jsonl"
    lines = [
        {"prompt": [{"role": "user", "content": "tea\u2028?"}], "id": "one"},
        {"prompt": [{"role": "user", "content": "tea " * 50}]},
        {"prompt": [{"role": "user", "content": "tea?"}], "id": "one"},
    ]
    dumped = [json.dumps(line, ensure_ascii=False) for line in lines]
    prompts.write_text("\n".join(dumped) + "\n\n")
    run, config = configured(
        tmp_path / "run", tiny, prompts_file=str(prompts), max_prompt_tokens=40
    )
    result = generate(run, config, StopWatch(run))
    assert [line["prompt_id"] for line in responses(run)] == ["one", "one"]
    assert result["metrics"]["prompts_left_out"] == 1


def test_a_prompt_that_leaves_no_position_for_an_answer_is_left_out(
    tiny: Path, tmp_path: Path
) -> None:
    lines = [
        {"prompt": [{"role": "user", "content": "tea " * count}], "id": f"{count}"}
        for count in (1, 2, 3)
    ]
    text = ChatText(AutoTokenizer.from_pretrained(tiny))
    lengths = [len(text.prompt_tokens(line["prompt"])) for line in lines]
    model = make_short_model(tiny, tmp_path / "short", positions=lengths[1] + 1)
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("\n".join(map(json.dumps, lines)))
    run, config = configured(tmp_path / "run", model, prompts_file=str(prompts), n=1)
    assert generate(run, config, StopWatch(run))["metrics"]["prompts_left_out"] == 1
    found = {line["prompt_id"]: line["tokens"] for line in responses(run)}
    assert sorted(found) == ["1", "2"]
    assert found["2"] == 1
    prompts.write_text(json.dumps(lines[2]))
    run, config = configured(tmp_path / "none", model, prompts_file=str(prompts), n=1)
    with pytest.raises(DataError, match=r"no prompt to answer \(1 too long"):
        generate(run, config, StopWatch(run))


@pytest.mark.parametrize(
    "line", ["{", '{"text": "x"}', '{"prompt": " "}', '{"prompt": ["x"]}', "[]"]
)
def test_a_bad_line_is_named(line: str, tiny: Path, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(f"\n{line}\n")
    run, config = configured(tmp_path / "run", tiny, prompts_file=str(prompts))
    with pytest.raises(DataError, match=r"prompts\.jsonl line 2 is not"):
        generate(run, config, StopWatch(run))


def test_what_is_not_there_is_named(tiny: Path, rankings_dir: Path, tmp_path: Path) -> None:
    run, config = configured(tmp_path / "a", tiny, dataset=str(rankings_dir), split="test")
    with pytest.raises(DataError, match="has no split test"):
        generate(run, config, StopWatch(run))
    run, config = configured(
        tmp_path / "b", tiny, dataset=str(rankings_dir), split="train", max_prompt_tokens=2
    )
    with pytest.raises(DataError, match=r"no prompt to answer \(16 too long"):
        generate(run, config, StopWatch(run))


def test_responses_end_at_stop_strings(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    run, config = configured(tmp_path / "run", tiny, dataset=str(pairs_dir), limit=4, seed=3)
    generate(run, config, StopWatch(run))
    texts = [line["response"][0]["content"] for line in responses(run)]
    stop = next(text for text in texts if len(text) > 2)[1]
    run, config = configured(
        tmp_path / "stopped", tiny, dataset=str(pairs_dir), limit=4, seed=3,
        stop_strings=f'"{stop}"',
    )  # fmt: skip
    generate(run, config, StopWatch(run))
    ended = [line["response"][0]["content"] for line in responses(run)]
    assert ended == [text.split(stop)[0].strip() for text in texts]
    assert all(line["sampling"]["stop_strings"] == [stop] for line in responses(run))


def test_prompts_of_like_lengths_are_answered_together_the_longest_first(
    tiny: Path, tmp_path: Path
) -> None:
    prompts = tmp_path / "prompts.jsonl"
    lines = [
        {"prompt": [{"role": "user", "content": "tea " * count}], "id": f"{count}"}
        for count in (1, 9, 3, 7)
    ]
    prompts.write_text("\n".join(map(json.dumps, lines)))
    run, config = configured(tmp_path / "run", tiny, prompts_file=str(prompts), n=1, batch_size=2)
    generate(run, config, StopWatch(run))
    assert [line["prompt_id"] for line in responses(run)] == ["9", "7", "3", "1"]


def test_drift_from_a_reference_is_nothing_for_the_model_itself(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(
        tmp_path / "run", tiny, dataset=str(pairs_dir), reference=str(tiny), limit=4, top_p=1.0
    )
    result = generate(run, config, StopWatch(run))
    assert [line["kl"] for line in responses(run)] == pytest.approx([0.0] * 8, abs=1e-3)
    assert result["metrics"]["kl"] == pytest.approx(0.0, abs=1e-3)
    assert all(line["logp"] < 0 for line in responses(run))


def test_a_reference_with_other_tokens_is_refused(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    other = make_tiny_model(
        tmp_path / "other", ["one two"], hidden_size=32, layers=1, vocab_size=280
    )
    run, config = configured(
        tmp_path / "run", tiny, dataset=str(pairs_dir), reference=str(other), top_p=1.0
    )
    with pytest.raises(ModelError, match="different tokenizers"):
        generate(run, config, StopWatch(run))
