"""Training processes that work as one: who leads, sums over all of them, common decisions.

One process alone is the usual case, in which everything here does nothing. Several (`accelerate
launch`, torchrun, Ray Train) share every forward pass out by prompts and sum the gradients, so
that the global batch, the order of the data and the checkpoints are those of one process. The
leader alone writes the run; it prepares everything before the others begin.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from training.run_dir import Checkpoint, RunDir
from training.trainers.config_fields import ConfigError

T = TypeVar("T")

PATIENCE = timedelta(hours=1)
"""How long a process waits for the others: models load and checkpoints are written meanwhile."""

_WORD, _TRAIN, _OVER = "accord_leader", "train", "over"
_UNSUPPORTED = {"ACCELERATE_USE_FSDP": "FSDP", "ACCELERATE_USE_DEEPSPEED": "DeepSpeed"}


@dataclass(frozen=True)
class Processes:
    """This process among ``count``; number 0 leads."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes what all of them make."""
        return self.rank == 0

    def share(self, batch: Sequence[T]) -> Sequence[T]:
        """This process's part of a forward pass: every ``count``-th, so that lengths are alike."""
        return batch[self.rank :: self.count]

    def largest(self, value: int) -> int:
        """The largest of all processes' values; each must ask equally often."""
        if self.count == 1:
            return value
        found = torch.tensor([value])
        dist.all_reduce(found, dist.ReduceOp.MAX)
        return int(found)

    def sum_figures(self, figures: dict[str, float]) -> dict[str, float]:
        """Figures summed by name, in the same order of processes everywhere."""
        if self.count == 1:
            return figures
        parts: list[Any] = [None] * self.count
        dist.all_gather_object(parts, figures)
        names = dict.fromkeys(name for part in parts for name in part)
        return {name: sum(part.get(name, 0.0) for part in parts) for name in names}

    def summed(self, values: Tensor) -> Tensor:
        """The sum over processes of a tensor of one shape."""
        if self.count == 1:
            return values
        total = values.clone()
        dist.all_reduce(total)
        return total

    def gather(self, values: Tensor) -> Tensor:
        """The values [n] of all processes one after the other, on the CPU; n may differ."""
        if self.count == 1:
            return values.cpu()
        parts: list[Any] = [None] * self.count
        dist.all_gather_object(parts, values.cpu())
        return torch.cat(parts)

    def sum_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Put the sum over processes in the place of each gradient; what none has stays None."""
        if self.count == 1:
            return
        has = torch.tensor([p.grad is not None for p in parameters], dtype=torch.int32)
        dist.all_reduce(has, dist.ReduceOp.MAX)
        used = [p for p, one in zip(parameters, has.tolist(), strict=True) if one]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in used]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        parts = torch.split(flat, [p.numel() for p in used])
        for parameter, part in zip(used, parts, strict=True):
            parameter.grad = part.view_as(parameter)

    @torch.no_grad()
    def take_weights(self, parameters: Sequence[Tensor]) -> None:
        """Begin with the leader's weights everywhere."""
        if self.count > 1:
            for parameter in parameters:
                dist.broadcast(parameter, src=0)

    def begin(self) -> None:
        """The leader lets the others begin, and all wait until they are as far as it is."""
        if self.count > 1:
            if self.leads:
                _tell(_TRAIN)
            dist.barrier()

    def device(self, kind: str) -> torch.device:
        """The device of a kind that this process computes on: each on its machine has its own."""
        if self.count == 1 or kind != "cuda":
            return torch.device(kind)
        number = int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count()
        torch.cuda.set_device(number)
        return torch.device("cuda", number)


def current() -> Processes:
    """Who this process is; alone where nobody started several."""
    if dist.is_available() and dist.is_initialized():
        return Processes(rank=dist.get_rank(), count=dist.get_world_size())
    return Processes()


@contextmanager
def together() -> Iterator[Processes]:
    """Join the processes that were started with this one, and part from them in the end.

    Raises ConfigError where the launcher shares work out in a way that is not supported.
    """
    launched = int(os.environ.get("WORLD_SIZE", "1"))
    joined = launched > 1 and not dist.is_initialized()
    if joined:
        _refuse_sharding()
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, timeout=PATIENCE)
    processes = current()
    try:
        yield processes
    finally:
        if processes.count > 1 and processes.leads:
            _tell(_OVER)
        if joined:
            dist.destroy_process_group()


def _refuse_sharding() -> None:
    for variable, name in _UNSUPPORTED.items():
        if os.environ.get(variable, "").lower() in ("1", "true"):
            raise ConfigError(
                f"{name} is not supported: choose plain data parallelism (MULTI_GPU) in the"
                " configuration of accelerate."
            )


def wait_for_leader(check: Callable[[], None]) -> bool:
    """Wait until the leader has prepared the run: True to train with it, False when it has ended.

    ``check`` is called meanwhile and may raise.
    """
    store = dist.distributed_c10d._get_default_store()
    try:
        while not store.check([_WORD]):
            check()
            time.sleep(0.05)
        return bool(store.get(_WORD) == _TRAIN.encode())
    except dist.DistError:  # the store went with its leader
        return False


def _tell(word: str) -> None:
    dist.distributed_c10d._get_default_store().set(_WORD, word)


class FollowedRun(RunDir):
    """A run as the processes see it that do not lead: they read it, and write only an error."""

    leads = False

    def create(self, config: dict[str, Any]) -> None:
        """Nothing: the leader has."""

    def append_progress(self, record: dict[str, Any]) -> None:
        """Nothing."""

    def append_samples(self, record: dict[str, Any]) -> None:
        """Nothing."""

    def recover(self) -> None:
        """Nothing: the leader has."""

    def truncate_to(self, checkpoint: Checkpoint | None) -> None:
        """Nothing."""

    def clear_outcome(self) -> None:
        """Nothing."""

    def write_result(self, result: dict[str, Any]) -> None:
        """Nothing."""
