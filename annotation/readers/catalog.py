"""Every file format that can come in, by name."""

from annotation.readers.accord import ACCORD
from annotation.readers.base import Reader
from annotation.readers.hh_rlhf import HH_RLHF
from annotation.readers.judgments import JUDGMENTS
from annotation.readers.trl import TRL

READERS: dict[str, Reader] = {
    "accord": ACCORD,
    "judgments": JUDGMENTS,
    "hh_rlhf": HH_RLHF,
    "trl": TRL,
}
