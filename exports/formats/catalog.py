"""Every download format by name. A new format is one file and one line here."""

from exports.formats.base import Format
from exports.formats.csv_pairs import CSV_PAIRS
from exports.formats.hh_rlhf import HH_RLHF
from exports.formats.judgments import JUDGMENTS
from exports.formats.kto import KTO
from exports.formats.prompt_only import PROMPT_ONLY
from exports.formats.rankings import RANKINGS
from exports.formats.ratings import RATINGS
from exports.formats.trl_preference import TRL_PREFERENCE
from exports.formats.trl_prompt_completion import TRL_PROMPT_COMPLETION
from exports.formats.trl_unpaired import TRL_UNPAIRED
from exports.formats.ultrafeedback import ULTRAFEEDBACK

FORMATS: dict[str, Format] = {
    "hh_rlhf": HH_RLHF,
    "trl_preference": TRL_PREFERENCE,
    "ultrafeedback": ULTRAFEEDBACK,
    "kto": KTO,
    "rankings": RANKINGS,
    "trl_unpaired": TRL_UNPAIRED,
    "trl_prompt_completion": TRL_PROMPT_COMPLETION,
    "prompt_only": PROMPT_ONLY,
    "ratings": RATINGS,
    "csv_pairs": CSV_PAIRS,
    "judgments": JUDGMENTS,
}
