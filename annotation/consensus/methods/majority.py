"""Every answer counts the same; what most say holds. Its rule is `aggregating.aggregate`'s own."""

from annotation.consensus.methods.base import ConsensusMethod
from annotation.task_kinds.options import gettext_noop

MAJORITY = ConsensusMethod(
    name="majority",
    title=gettext_noop("Majority"),
    description=gettext_noop(
        "Every answer counts the same, and what most labelers say holds. Simple and easy to check; "
        "its stated certainty is cautious and knows nothing of who is right more often."
    ),
)
