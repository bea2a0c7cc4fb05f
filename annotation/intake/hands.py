"""Processes that make blocks beside the one that reads: `python -m annotation.intake.hands`.

Each speaks over its own pipes and leaves when they close, so that none outlives an import that was
killed. They know no Django and touch neither file nor database.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from annotation.intake.findings import Findings
from annotation.intake.rows import Block, Maker, Reading

ROOT = Path(__file__).resolve().parents[2]
MOST_HANDS = 4
_LENGTH = struct.Struct(">Q")


def blocks_apart(reading: Reading, chunks: Iterable[tuple[int, bytes]]) -> Iterator[Block]:
    """The blocks of chunks (number of the first line, lines), in order, made by other processes."""
    count = max(1, min(MOST_HANDS, len(os.sched_getaffinity(0))))
    free: queue.SimpleQueue[_Hand] = queue.SimpleQueue()
    with ExitStack() as stack:
        for _ in range(count):
            hand = _Hand(reading)
            stack.callback(hand.leave)
            free.put(hand)
        pool = stack.enter_context(ThreadPoolExecutor(count))
        waiting: deque[Future[Block]] = deque()
        for number, data in chunks:
            waiting.append(pool.submit(_made, free, number, data))
            if len(waiting) > count + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _made(free: queue.SimpleQueue[_Hand], number: int, data: bytes) -> Block:
    hand = free.get()
    try:
        return hand.make(number, data)
    finally:
        free.put(hand)


class _Hand:
    """One such process."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._process = subprocess.Popen(
            [sys.executable, "-m", "annotation.intake.hands"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("the pipes of a helping process are missing")
        self._come, self._go = self._process.stdout, self._process.stdin
        self._send(reading.in_json().encode())

    def make(self, number: int, data: bytes) -> Block:
        """The block of lines, or the same made here where the process is gone."""
        try:
            self._send(_LENGTH.pack(number) + data)
            said = json.loads(self._received())
            laid = self._received()
        except (OSError, EOFError):
            return Maker(self._reading).block_of_lines(number, data)
        refused = [tuple(row) for row in said["refused"]]
        return Block(said["rows"], Findings(said["findings"]), laid, refused)

    def leave(self) -> None:
        """Let the process end."""
        for pipe in (self._go, self._come):
            with suppress(OSError):
                pipe.close()
        self._process.kill()
        self._process.wait()

    def _send(self, data: bytes) -> None:
        _write(self._go, data)

    def _received(self) -> bytes:
        return _read(self._come)


def _write(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data


def main() -> None:
    """Make blocks of what comes in until nothing more does."""
    come, go = sys.stdin.buffer, sys.stdout.buffer
    try:
        maker = Maker(Reading(**json.loads(_read(come))))
        while True:
            data = _read(come)
            (number,) = _LENGTH.unpack(data[: _LENGTH.size])
            block = maker.block_of_lines(number, data[_LENGTH.size :])
            said = {
                "rows": block.rows,
                "findings": block.findings.said(),
                "refused": block.refused,
            }
            _write(go, json.dumps(said).encode())
            _write(go, block.laid)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        # A pipe that closed cannot be flushed on the way out either.
        os._exit(0)


if __name__ == "__main__":
    main()
