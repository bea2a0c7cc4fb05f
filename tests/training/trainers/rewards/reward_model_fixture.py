"""Small reward models with random heads, as folders, and prompts to judge responses to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from training.trainers.data.chat_text import ChatText
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.rewards.learned_rewards import Completion


def make_reward_model(base: Path, folder: Path, *, heads: int = 1, seed: int = 0) -> Path:
    """A classifier on the weights of ``base``, whose heads are drawn."""
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model: Any = AutoModelForSequenceClassification.from_pretrained(base, num_labels=heads)
    model.config.pad_token_id = tokenizer.pad_token_id
    torch.nn.init.normal_(model.score.weight)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def row(text: ChatText, content: str, **more: Any) -> PromptRow:
    """A prompt of one message."""
    messages = [{"role": "user", "content": content}]
    values = {
        "id": content, "cluster": content, "prompt": text.prompt_tokens(messages),
        "messages": messages, "room": 9,
    }  # fmt: skip
    return PromptRow(**(values | more))


def completion(text: ChatText, prompt: PromptRow, content: str, **more: Any) -> Completion:
    """A response as it would be sampled, with the end token."""
    _, [tokens] = text.encode(prompt.messages, [[{"role": "assistant", "content": content}]])
    return Completion(
        **({"prompt": prompt, "tokens": tokens, "text": content, "finished": True} | more)
    )


@torch.no_grad()
def score_alone(folder: Path, tokens: list[int]) -> list[float]:
    """What plain transformers gives a row of tokens, by head."""
    model: Any = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    hidden = model.base_model(torch.tensor([tokens])).last_hidden_state[:, -1]
    scores: list[float] = model.score(hidden)[0].tolist()
    return scores
