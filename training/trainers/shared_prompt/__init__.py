"""K responses over one prompt as one row: the prompt is computed once, and the result is exact.

Hidden states, gradients and so log-probabilities and scores are those of K separate rows. For
models where that would not hold (`why_not_shared`) the same batch has one response per row.
"""

from training.trainers.shared_prompt.exactness import why_not_shared
from training.trainers.shared_prompt.layout import SharedBatch, lay_out
from training.trainers.shared_prompt.reading import (
    hidden_states,
    inner_model,
    recompute_layers,
    response_logps,
    response_scores,
    token_logps,
)
from training.trainers.shared_prompt.rows import Rows

__all__ = [
    "Rows",
    "SharedBatch",
    "hidden_states",
    "inner_model",
    "lay_out",
    "recompute_layers",
    "response_logps",
    "response_scores",
    "token_logps",
    "why_not_shared",
]
