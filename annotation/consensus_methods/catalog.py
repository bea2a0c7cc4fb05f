"""Every consensus method by name. A new method is one file and one line here."""

from annotation.consensus_methods.base import ConsensusMethod
from annotation.consensus_methods.confusion import CONFUSION
from annotation.consensus_methods.majority import MAJORITY
from annotation.consensus_methods.reliability import RELIABILITY

CONSENSUS_METHODS: dict[str, ConsensusMethod] = {
    "majority": MAJORITY,
    "dawid_skene": CONFUSION,
    "reliability": RELIABILITY,
}
