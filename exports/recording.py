"""From what was said of one task to its records, whatever its kind.

Kinds that compare are known only by the comparisons their answers imply, so a new one of them is
exported without a line here. Kinds that write, and what a rating says besides, stand in a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from annotation.task_kinds.base import TaskKind
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.task_kinds.conversation import CONVERSATION
from annotation.task_kinds.demonstration import DEMONSTRATION
from annotation.task_kinds.prompt_writing import PROMPT_WRITING
from annotation.task_kinds.rating import RATING
from exports.collecting import LabeledTask
from exports.compared import record_bar, record_comparisons, together
from exports.filters import Filters
from exports.rated import record_scores
from exports.said import Recorded, Said, common_fields
from exports.written import record_conversations, record_demonstrations, record_prompts

Recorder = Callable[[LabeledTask, Mapping[str, Any], list[Said], Filters, Recorded], None]
"""Adds to the last argument the records that judgments of one task lead to, and reasons for what
is left out; the second holds the fields that all of its records share."""

LEFT_OUT = (
    *("few_judgments", "tied", "not_compared", "low_weight", "negligible", "unchanged"),
    *("followed", "voided_turn", "no_answer", "disagreed", "strength"),
)
"""Why a comparison, a judgment or a task is not among the records; see `Recorded`."""

_RECORDERS: Mapping[str, tuple[Recorder, ...]] = {
    RATING.name: (record_scores, record_comparisons),
    DEMONSTRATION.name: (record_demonstrations,),
    PROMPT_WRITING.name: (record_prompts,),
    CONVERSATION.name: (record_conversations,),
}


COLUMNAR = frozenset(
    name
    for name, kind in TASK_KINDS.items()
    if name not in _RECORDERS and kind.outcomes is not TaskKind.outcomes
)
"""The kinds whose records are nothing but comparisons: `exports.tables` makes them of columns."""


def records_of(task: LabeledTask, *, project: str, filters: Filters) -> Recorded:
    """The records of `task`, those of all responses first, then its pairs in their places' order.

    Two responses make one pair unless they tie; three or more make a ranking and a pair for each
    two that do not tie. What is compared with a bar makes an unpaired example, what was written a
    record per judgment. `project` is the slug.
    """
    found = Recorded()
    if len(task.judgments) < filters.min_judgments:
        found.left_out.append("few_judgments")
        return found
    kind = TASK_KINDS[task.kind]
    k = len(task.responses)
    said = [Said(values, kind.outcomes(values["answer"], k)) for values in task.judgments]
    if filters.min_agreement and kind.outcomes is not TaskKind.outcomes:
        task = replace(task, consensus=together(task, said))
        if (agreement := task.consensus.agreement) is None or agreement < filters.min_agreement:
            found.left_out.append("disagreed")
            return found
    common = common_fields(task, project)
    comparing = record_bar if kind.has_bar else record_comparisons
    for record in _RECORDERS.get(task.kind, (comparing,)):
        record(task, common, said, filters, found)
    return found


__all__ = ["LEFT_OUT", "Recorded", "records_of"]
