"""PPO-ptx: what the policy goes on imitating while it learns from rewards (2203.02155).

Demonstrations and best responses teach their response tokens. Plain text is cut into rows of one
length, the pretraining way. Which rows an optimiser step gets is a function of its number.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from training.trainers.configs import PpoConfig
from training.trainers.data.batch_plan import BatchPlan
from training.trainers.data.chat_text import ChatText
from training.trainers.data.dataset_checks import DataError
from training.trainers.data.preference_files import dataset_folder
from training.trainers.data.single_responses import SingleReader, to_imitate
from training.trainers.shared_prompt import Rows, SharedBatch

IMITATED = ("demonstration", "preference", "ranking")


@dataclass(frozen=True)
class PtxRow:
    """Tokens that are given, and tokens that are learned."""

    prompt: list[int]
    responses: list[list[int]]

    @property
    def length(self) -> int:
        """Tokens in all."""
        return len(self.prompt) + len(self.responses[0])


class PtxRows:
    """Rows to imitate, in an order that is shuffled anew in every pass over them."""

    def __init__(self, rows: Sequence[PtxRow], layout: Rows, config: PpoConfig) -> None:
        self._rows, self._layout = rows, layout
        self._updates = config.update_epochs * config.minibatches
        self.plan = BatchPlan(
            lengths=tuple(row.length for row in rows),
            batch_size=config.ptx_batch_size,
            accumulation=1,
            epochs=1,
            max_steps=0,
            seed=config.seed,
        )

    def rows(self, step: int, update: int) -> list[PtxRow]:
        """The rows of the given optimiser step of a step of PPO."""
        (numbers,) = self.plan.batches(step * self._updates + update)
        return [self._rows[i] for i in numbers]

    def lay_out(self, rows: Sequence[PtxRow]) -> SharedBatch:
        """The rows as the model reads them."""
        return self._layout(rows)


def read_ptx(config: PpoConfig, tokenizer: Any, run_folder: Path) -> list[PtxRow]:
    """The rows of ``ptx_data``. Raises DataError where nothing can be imitated."""
    path = Path(config.ptx_data).expanduser()
    if not path.exists():
        raise DataError(
            f"ptx_data {path} is not there: name a dataset directory, or a .txt or .jsonl file."
        )
    if path.is_file() and path.suffix in (".txt", ".jsonl"):
        return _text_rows(path, tokenizer, config.ptx_length)
    reader = SingleReader(
        dataset_folder(config.ptx_data, run_folder),
        ChatText(tokenizer),
        max_length=config.ptx_length,
        kinds=IMITATED,
        singles=to_imitate,
    )
    return [PtxRow(found.prompt, found.responses) for found in reader.examples("train")]


def _text_rows(path: Path, tokenizer: Any, length: int) -> list[PtxRow]:
    """Texts one after the other with end tokens between them, cut into rows of ``length``."""
    start = tokenizer.bos_token_id
    start = tokenizer.eos_token_id if start is None else start
    encoded = (
        [*tokenizer(text, add_special_tokens=False).input_ids, tokenizer.eos_token_id]
        for text in _texts(path)
    )
    tokens = list(chain.from_iterable(encoded))
    size = length - 1
    rows = [PtxRow([start], [tokens[i : i + size]]) for i in range(0, len(tokens), size)]
    if not rows:
        raise DataError(f"ptx_data {path} holds no text: name another file.")
    return rows


def _texts(path: Path) -> list[str]:
    try:
        content = path.read_text(encoding="utf-8")
        if path.suffix == ".txt":
            return [content] if content.strip() else []
        lines = (json.loads(line) for line in content.split("\n") if line.strip())
        return [str(line["text"]) for line in lines]
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"ptx_data {path} cannot be read ({error!r}): give a .txt file, or a .jsonl file whose"
            ' lines have a "text".'
        ) from error
