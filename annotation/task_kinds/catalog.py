"""Every task kind by name. A new kind is one file, one template and one line here."""

from annotation.task_kinds.base import TaskKind
from annotation.task_kinds.pairwise import PAIRWISE
from annotation.task_kinds.ranking import RANKING

TASK_KINDS: dict[str, TaskKind] = {
    "pairwise": PAIRWISE,
    "ranking": RANKING,
}
