"""The judgments that a snapshot is made of, written down when its building begins.

Judgments are never overwritten, so this list is the moment: whoever reads it later, even after a
kill, reads what was said then. What judgments may become since, their standing, is held here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Frozen:
    """Judgments by task and id; ``rows`` has those and, of each, standing, whether a task
    goes on from it (followed), and whether its task goes on from another (follows)."""

    rows: pa.Table

    @property
    def judgments(self) -> Ints:
        """The id of every judgment."""
        return self._numbers("judgment")

    def tasks(self) -> Ints:
        """The id of every task, rising."""
        found: Ints = np.unique(self._numbers("task"))
        return found

    def in_parts(self, size: int) -> Iterator[Frozen]:
        """The same in pieces of `size` tasks, the last one smaller."""
        tasks = self._numbers("task")
        starts = np.flatnonzero(np.diff(tasks, prepend=-1))
        cuts = [*starts[::size].tolist(), len(tasks)]
        for start, end in pairwise(cuts):
            yield Frozen(self.rows.slice(start, end - start))

    def cut(self, size: int) -> tuple[Frozen, Frozen]:
        """The first `size` tasks, and the rest."""
        tasks = self._numbers("task")
        starts = np.flatnonzero(np.diff(tasks, prepend=-1))
        at = int(starts[size]) if size < len(starts) else len(tasks)
        return Frozen(self.rows.slice(0, at)), Frozen(self.rows.slice(at))

    @property
    def in_turns(self) -> bool:
        """Whether some task goes on from another, whose standing is not held here."""
        return bool(np.any(self.rows["follows"].to_numpy()))

    def standing(self) -> list[str]:
        """The standing of each judgment."""
        found: list[str] = self.rows["standing"].to_pylist()
        return found

    def followed(self) -> NDArray[np.bool_]:
        """Whether a task goes on from each judgment."""
        found: NDArray[np.bool_] = self.rows["followed"].to_numpy()
        return found

    def write(self, file: Any) -> None:
        """Write it to an open file."""
        feather.write_feather(self.rows, file, compression="lz4")

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` wrote."""
        return cls(feather.read_table(str(path), memory_map=False))

    def _numbers(self, name: str) -> Ints:
        found: Ints = self.rows[name].to_numpy()
        return found
