"""Every consensus method by name. A new method is one file and one line here."""

from annotation.consensus.methods.base import ConsensusMethod
from annotation.consensus.methods.confusion import CONFUSION
from annotation.consensus.methods.majority import MAJORITY
from annotation.consensus.methods.reliability import RELIABILITY

CONSENSUS_METHODS: dict[str, ConsensusMethod] = {
    "majority": MAJORITY,
    "dawid_skene": CONFUSION,
    "reliability": RELIABILITY,
}
