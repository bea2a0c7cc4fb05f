"""Hidden states above the frozen layers, computed once per data set and kept in the run.

Where neither the embeddings nor the lowest layers learn, what comes out of them never changes: it
is kept for every token, and each step starts from there. The file is known by the tokens and the
frozen weights, so that other data or another model can never meet stale states.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from training.durable_files import sync_folder
from training.run_dir import RunDir
from training.trainers.data.data_report import add_to_report
from training.trainers.loop.command_line import StopWatch
from training.trainers.models.adapters import frozen_layers
from training.trainers.models.states_file import FILE, remove_leftovers
from training.trainers.shared_prompt.exactness import PROBE_TOLERANCE
from training.trainers.shared_prompt.reading import (
    backbone_of,
    hidden_states,
    inner_model,
    layers_of,
    states_after,
)
from training.trainers.shared_prompt.rows import Answered, Rows

LARGEST = 20 * 10**9
"""Bytes that kept states may take; with more of them frozen layers are computed at every step."""
BATCH_TOKENS = 4096
ROOM_LEFT = 2**30
"""Bytes that stay free on the disk, for checkpoints."""
DTYPES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}


class FrozenStates:
    """States of all tokens of examples in one memory-mapped file; a `LowerStates`."""

    def __init__(self, path: Path, layers: int, places: dict[str, tuple[int, int]]) -> None:
        self.layers, self._places = layers, places
        self._states: Any = safe_open(path, framework="pt").get_slice("states")  # type: ignore[no-untyped-call]

    def of(self, examples: Sequence[Answered]) -> Tensor | None:
        """States [N, H] of all tokens of examples; None where some of them are not kept."""
        places = [self._places.get(_key(example)) for example in examples]
        if any(place is None for place in places):
            return None
        return torch.cat([self._states[place[0] : place[1]] for place in places if place])


def keep_frozen_part(
    run: RunDir,
    rows: Rows,
    examples: Sequence[Answered],
    *,
    freeze_fraction: float,
    stop: StopWatch,
) -> None:
    """Let ``rows`` start above the frozen layers, and say in RUN/data_report.json what was kept.

    Computes the states unless the run has them already. Where they cannot be kept (nothing is
    frozen, no room, an unusual model) rows stay as they are and the report says why.
    """
    remove_leftovers(run)
    count = frozen_layers(rows.model, freeze_fraction)
    if count == 0:
        return
    unique = {_key(example): example for example in examples}
    ordered = sorted(unique.items(), key=lambda item: (-_size(item[1]), item[0]))
    kept = _Kept(run, rows, dict(ordered), count)
    reason = kept.why_not()
    if reason is None and not stop.check_only:
        try:
            kept.ensure(stop)
            rows.lower = FrozenStates(kept.path, count, kept.places())
        except OSError as error:
            reason = f"the states could not be written ({error})"
    about = {"frozen_layers": count, "frozen_bytes": kept.bytes, "why_not_kept": reason}
    add_to_report(run, {"frozen_part": about})


class _Kept:
    """The making of one file for a run."""

    def __init__(self, run: RunDir, rows: Rows, examples: dict[str, Answered], count: int) -> None:
        self.run, self.rows, self.examples, self.count = run, rows, examples, count
        self.path = run.path / FILE
        self.config = inner_model(rows.model).config.get_text_config()
        self.tokens = sum(map(_size, examples.values()))

    @property
    def dtype(self) -> torch.dtype:
        found: torch.dtype = inner_model(self.rows.model).dtype
        return found

    @property
    def bytes(self) -> int:
        """Size of the states on disk."""
        return self.tokens * int(self.config.hidden_size) * self.dtype.itemsize

    def places(self) -> dict[str, tuple[int, int]]:
        """First token and the one after the last, of every example."""
        ends = np.cumsum([_size(example) for example in self.examples.values()]).tolist()
        return dict(zip(self.examples, zip([0, *ends], ends, strict=False), strict=True))

    def why_not(self) -> str | None:
        """Why the states cannot be kept, or None."""
        if not layers_of(self.rows.model) or self.dtype not in DTYPES:
            return "the model's layers are no plain list"
        if self.bytes > LARGEST:
            return f"the states take {self.bytes / 1e9:.1f} GB, more than {LARGEST / 1e9:g}"
        there = self.path.stat().st_size if self.path.exists() else 0
        if self.bytes + ROOM_LEFT > shutil.disk_usage(self.run.path).free + there:
            return f"the states take {self.bytes / 1e9:.1f} GB and the disk has no room for them"
        return self._differs()

    def _differs(self) -> str | None:
        """What a probe on the shortest example says of starting above the frozen layers."""
        batch = self.rows([next(reversed(self.examples.values()))])
        try:
            lower = states_after(self.rows.model, batch, self.count)
            if lower.requires_grad:
                return "something below the frozen layers learns"
            with torch.no_grad():
                plain = hidden_states(self.rows.model, batch)
                above = replace(batch, lower=lower, lower_layers=self.count)
                started = hidden_states(self.rows.model, above)
        except (AttributeError, IndexError, TypeError, ValueError, RuntimeError) as error:
            return f"the model cannot start above its frozen layers ({error})"
        gap = float((plain - started).abs().max() / plain.abs().max().clamp(min=1e-6))
        same = gap <= PROBE_TOLERANCE.get(self.dtype, 1e-4)
        return None if same else "starting above them gives other numbers"

    def ensure(self, stop: StopWatch) -> None:
        """Write the file unless it is there already."""
        key = self._digest()
        if _key_of(self.path) == key:
            return
        # Processes that train together each write their own; the same bytes come out.
        writing = self.path.with_name(f".writing-{os.getpid()}-{self.path.name}")
        try:
            with open(writing, "wb") as file:
                self._write(file, key, stop)
                file.flush()
                os.fsync(file.fileno())
            writing.replace(self.path)
            sync_folder(self.path.parent)
        finally:
            writing.unlink(missing_ok=True)

    def _write(self, file: BinaryIO, key: str, stop: StopWatch) -> None:
        """The safetensors format, tensor data as it is computed."""
        shape = [self.tokens, int(self.config.hidden_size)]
        about = {"dtype": DTYPES[self.dtype], "shape": shape, "data_offsets": [0, self.bytes]}
        header = json.dumps({"__metadata__": {"key": key}, "states": about}).encode()
        header += b" " * (-len(header) % 8)
        file.write(struct.pack("<Q", len(header)) + header)
        batches = list(self._batches())
        for number, batch in enumerate(batches):
            stop.check()
            with torch.no_grad():
                laid = self.rows(batch)
                states = states_after(self.rows.model, laid, self.count).flatten(0, 1)
            ordered = torch.empty(sum(map(_size, batch)), states.shape[1], dtype=self.dtype)
            real = (laid.segments >= 0).flatten().cpu()
            ordered[laid.origins.flatten().cpu()[real]] = states.cpu()[real].to(self.dtype)
            file.write(ordered.view(torch.uint8).numpy().data)
            self.run.append_progress(
                {"step": number + 1, "total_steps": len(batches), "phase": "freezing"}
                | {"metrics": {}}
            )

    def _batches(self) -> Iterator[list[Answered]]:
        """Examples in order, as many at a time as make about `BATCH_TOKENS` tokens."""
        batch: list[Answered] = []
        for example in self.examples.values():
            if batch and (len(batch) + 1) * _size(batch[0]) > BATCH_TOKENS:
                yield batch
                batch = []
            batch.append(example)
        yield batch

    def _digest(self) -> str:
        """A name of the tokens, the frozen weights and how far up they reach."""
        upper_layers = layers_of(self.rows.model)[self.count :]
        upper = {id(weight) for layer in upper_layers for weight in layer.parameters()}
        digest = hashlib.sha256(f"{self.count} {self.dtype} {list(self.examples)}".encode())
        for name, weight in backbone_of(self.rows.model).named_parameters():
            if id(weight) not in upper and not weight.requires_grad:
                digest.update(name.encode())
                digest.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy().data)
        return digest.hexdigest()


def _key_of(path: Path) -> str | None:
    """The name under which a file was written, None where there is no whole file."""
    with suppress(FileNotFoundError, SafetensorError), safe_open(path, framework="pt") as kept:
        return str((kept.metadata() or {}).get("key"))
    return None


def _size(example: Answered) -> int:
    return len(example.prompt) + sum(map(len, example.responses))


def _key(example: Answered) -> str:
    digest = hashlib.sha256()
    for tokens in [example.prompt, *example.responses]:
        digest.update(np.asarray([len(tokens), *tokens], dtype=np.int64).tobytes())
    return digest.hexdigest()[:32]
