"""A run directory: everything the web side and a trainer say to one another, as files.

The web side writes `config.json` and `stop` and reads the rest; the trainer does the opposite.
Every whole file and every checkpoint folder appears under its name complete or not at all, so that
kill -9 at any instant leaves a directory that can be read and resumed. No Django, no torch.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.durable_files import (
    BrokenFileError,
    append_line,
    read_lines,
    read_object,
    sync_folder,
    sync_tree,
    synced_size,
    truncate,
    try_flock,
    write_json,
)

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_STOPPED = 75
"""Stopped with a checkpoint, by a `stop` file (cancelled) or SIGTERM (preempted): EX_TEMPFAIL."""

STOPPED_STATES = ("cancelled", "preempted")
KEPT_CHECKPOINTS = 2
LOCK_PATIENCE_SECONDS = 2.0

_CHECKPOINT_NAME = re.compile(r"step-(\d{8})")


class RunDirError(Exception):
    """A run directory that cannot be used; the message is one sentence that says what to do."""


class RunLockedError(RunDirError):
    """Another trainer is at work on this run."""


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint folder. ``score`` (higher is better) decides which one is the best."""

    name: str
    path: Path
    step: int
    metrics: dict[str, Any]
    score: float | None
    progress_offset: int
    samples_offset: int


class RunDir:
    """One run's folder. Making the object touches nothing; `create` makes the folder.

    ``leads`` is False in processes that train along with another, which alone writes the run.
    """

    leads = True

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.config_path = self.path / "config.json"
        self.progress_path = self.path / "progress.jsonl"
        self.samples_path = self.path / "samples.jsonl"
        self.log_path = self.path / "log.txt"
        self.lock_path = self.path / "lock"
        self.stop_path = self.path / "stop"
        self.result_path = self.path / "result.json"
        self.error_path = self.path / "error.json"
        self.checkpoints_path = self.path / "checkpoints"
        self.outputs_path = self.path / "outputs"

    # Configuration

    def create(self, config: dict[str, Any]) -> None:
        """Make the folder where needed and write `config.json`, replacing an earlier one."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.config_path, config)

    def config(self) -> dict[str, Any]:
        """What `create` wrote. Raises RunDirError where it is missing or no JSON object."""
        found = _object(self.config_path)
        if found is None:
            raise RunDirError(
                f"{self.path} has no config.json: give the settings as --field value once,"
                " or write that file."
            )
        return found

    # Progress and samples

    def append_progress(self, record: dict[str, Any]) -> None:
        """Append one progress line; ``time`` is filled in, figures that are not finite become null.

        Lines hold ``step``, ``total_steps``, ``epoch``, ``time`` (unix seconds), ``phase`` and
        ``metrics`` (name to number).
        """
        append_line(self.progress_path, {"time": round(time.time(), 3), **record})

    def append_samples(self, record: dict[str, Any]) -> None:
        """Append one line of sampled text, as a page shows it beside the curves."""
        append_line(self.samples_path, {"time": round(time.time(), 3), **record})

    def read_progress(self, after_offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """The complete lines after a byte offset, and the offset to ask from next time.

        A resume cuts the file back to its checkpoint. A reader whose offset no longer lies on a
        line's end then gets everything from the start: let a later line of one step and phase
        replace an earlier one.
        """
        return read_lines(self.progress_path, after_offset)

    def read_samples(self, after_offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Like `read_progress`, for the samples."""
        return read_lines(self.samples_path, after_offset)

    def truncate_to(self, checkpoint: Checkpoint | None) -> None:
        """Cut progress and samples back to a checkpoint, or to nothing where there is none."""
        truncate(self.progress_path, checkpoint.progress_offset if checkpoint else 0)
        truncate(self.samples_path, checkpoint.samples_offset if checkpoint else 0)

    # Who is at work

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold this run as its only trainer, for the trainer's whole life.

        The kernel frees the lock when the process ends in whatever way. Raises RunLockedError when
        another process holds it; waits out the instant in which `is_locked` looks.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.lock_path, "a+b") as handle:
            deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
            while not try_flock(handle.fileno(), fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise RunLockedError(
                        f"Process {self.trainer_pid()} is already at work on {self.path}:"
                        " wait for it, or stop it first."
                    )
                time.sleep(0.02)
            handle.truncate(0)
            handle.write(str(os.getpid()).encode())
            handle.flush()
            self.recover()
            yield

    def is_locked(self) -> bool:
        """Whether a trainer is alive on this run. A shared lock for an instant disturbs nobody."""
        try:
            with open(self.lock_path, "rb") as handle:
                return not try_flock(handle.fileno(), fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def trainer_pid(self) -> int | None:
        """The process that holds the lock, or that held it last; None before the first one."""
        try:
            return int(self.lock_path.read_text())
        except (FileNotFoundError, ValueError):
            return None

    # Stopping

    def request_stop(self) -> None:
        """Ask the trainer to write a checkpoint and leave with exit code 75 (cancelled)."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.stop_path.touch()

    def stop_requested(self) -> bool:
        """Whether a stop file lies in the run."""
        return self.stop_path.exists()

    def clear_stop(self) -> None:
        """Take a stop request back, so that the run may be resumed."""
        self.stop_path.unlink(missing_ok=True)

    # How it ended

    def write_result(self, result: dict[str, Any]) -> None:
        """Write ``state`` (done, cancelled, preempted), ``metrics``, checkpoint, outputs."""
        self.error_path.unlink(missing_ok=True)
        write_json(self.result_path, result)

    def write_error(self, sentence: str) -> None:
        """Write one sentence that a person can act on, with the last good checkpoint's name."""
        latest = self.latest_checkpoint()
        self.result_path.unlink(missing_ok=True)
        error = {"error": sentence, "time": time.time(), "checkpoint": latest and latest.name}
        write_json(self.error_path, error)

    def result(self) -> dict[str, Any] | None:
        """What `write_result` wrote, or None."""
        return _object(self.result_path)

    def error(self) -> str | None:
        """The sentence that `write_error` wrote, or None."""
        found = _object(self.error_path)
        return None if found is None else str(found.get("error", ""))

    def clear_outcome(self) -> None:
        """Forget how an earlier attempt ended; the trainer calls it when it starts again."""
        self.result_path.unlink(missing_ok=True)
        self.error_path.unlink(missing_ok=True)

    def state(self) -> str:
        """``new``, ``running``, ``done``, ``cancelled``, ``preempted``, ``failed`` or ``dead``.

        ``dead`` is a trainer that began and left neither result nor error: resume it.
        """
        if self.is_locked():
            return "running"
        result = self.result()
        if result is not None:
            return str(result["state"])
        if self.error_path.exists():
            return "failed"
        return "dead" if self.trainer_pid() is not None else "new"

    # Checkpoints

    def checkpoints(self) -> list[Checkpoint]:
        """Every complete checkpoint, newest last."""
        if not self.checkpoints_path.is_dir():
            return []
        found = [_read_checkpoint(path) for path in self.checkpoints_path.iterdir()]
        return sorted((c for c in found if c is not None), key=lambda checkpoint: checkpoint.step)

    def latest_checkpoint(self) -> Checkpoint | None:
        """The checkpoint to resume from."""
        return next(reversed(self.checkpoints()), None)

    def best_checkpoint(self) -> Checkpoint | None:
        """The checkpoint with the highest score (the later of equals), if any has one."""
        scored = [checkpoint for checkpoint in self.checkpoints() if checkpoint.score is not None]
        return max(scored, key=lambda c: (c.score or 0.0, c.step), default=None)

    def write_checkpoint(
        self,
        *,
        step: int,
        metrics: dict[str, Any],
        score: float | None,
        write: Callable[[Path], None],
    ) -> Checkpoint:
        """Let ``write`` fill a folder, then publish it as the checkpoint of ``step`` and prune.

        The folder has another name until every file in it is on disk. Kept are the last two
        checkpoints and the best. An OSError (disk full) leaves the earlier checkpoints alone.
        """
        self.checkpoints_path.mkdir(parents=True, exist_ok=True)
        self._remove_leftovers()
        name = f"step-{step:08d}"
        folder = self.checkpoints_path / f".writing-{name}"
        folder.mkdir()
        try:
            write(folder)
            offsets = {
                "progress_offset": synced_size(self.progress_path),
                "samples_offset": synced_size(self.samples_path),
            }
            about = {"step": step, "metrics": metrics, "score": score, **offsets}
            write_json(folder / "checkpoint.json", about)
            sync_tree(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        target = self.checkpoints_path / name
        if target.exists():
            target.rename(self.checkpoints_path / f".replaced-{name}")
        folder.rename(target)
        sync_folder(self.checkpoints_path)
        self._remove_leftovers()
        self._prune()
        written = _read_checkpoint(target)
        assert written is not None  # noqa: S101 - it was published two lines above
        return written

    def recover(self) -> None:
        """Put back a checkpoint that a kill -9 caught while it was replaced; for trainers alone."""
        for path in self.checkpoints_path.glob(".replaced-step-*"):
            target = path.with_name(path.name.removeprefix(".replaced-"))
            if not target.exists():
                path.rename(target)

    def _prune(self) -> None:
        best = self.best_checkpoint()
        for checkpoint in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            if best is None or checkpoint.name != best.name:
                shutil.rmtree(checkpoint.path)

    def _remove_leftovers(self) -> None:
        for path in self.checkpoints_path.glob(".*-step-*"):
            shutil.rmtree(path)


def _object(path: Path) -> dict[str, Any] | None:
    try:
        return read_object(path)
    except BrokenFileError as error:
        raise RunDirError(str(error)) from error


def _read_checkpoint(path: Path) -> Checkpoint | None:
    if not _CHECKPOINT_NAME.fullmatch(path.name):
        return None
    about = _object(path / "checkpoint.json")
    if about is None:
        return None
    return Checkpoint(name=path.name, path=path, **about)
