"""Every download format by name. A new format is one file and one line here."""

from exports.formats.base import Format
from exports.formats.hh_rlhf import HH_RLHF
from exports.formats.rankings import RANKINGS
from exports.formats.trl_preference import TRL_PREFERENCE

FORMATS: dict[str, Format] = {
    "hh_rlhf": HH_RLHF,
    "trl_preference": TRL_PREFERENCE,
    "rankings": RANKINGS,
}
