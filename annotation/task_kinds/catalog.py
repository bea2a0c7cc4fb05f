"""Every task kind by name. A new kind is one file, one template and one line here."""

from annotation.task_kinds.base import TaskKind
from annotation.task_kinds.best_of import BEST_OF
from annotation.task_kinds.conversation import CONVERSATION
from annotation.task_kinds.demonstration import DEMONSTRATION
from annotation.task_kinds.pairwise import PAIRWISE
from annotation.task_kinds.prompt_writing import PROMPT_WRITING
from annotation.task_kinds.ranking import RANKING
from annotation.task_kinds.rating import RATING
from annotation.task_kinds.thumbs import THUMBS

TASK_KINDS: dict[str, TaskKind] = {
    "pairwise": PAIRWISE,
    "ranking": RANKING,
    "best_of": BEST_OF,
    "rating": RATING,
    "thumbs": THUMBS,
    "demonstration": DEMONSTRATION,
    "prompt_writing": PROMPT_WRITING,
    "conversation": CONVERSATION,
}
