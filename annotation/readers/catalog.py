"""Every file format that can come in, by name, and which of them a row looks like."""

from __future__ import annotations

from collections.abc import Collection

from annotation.readers import columns
from annotation.readers.accord import ACCORD
from annotation.readers.argilla import ARGILLA
from annotation.readers.base import Reader
from annotation.readers.hh_rlhf import HH_RLHF
from annotation.readers.judgments import JUDGMENTS
from annotation.readers.label_studio import LABEL_STUDIO
from annotation.readers.oasst import OASST
from annotation.readers.pku_safe_rlhf import PKU_SAFE_RLHF, PKU_SAFE_RLHF_SAFER
from annotation.readers.shp import SHP
from annotation.readers.table import TABLE
from annotation.readers.trl import TRL
from annotation.readers.trl_single import TRL_PROMPT_COMPLETION, TRL_PROMPT_ONLY, TRL_UNPAIRED
from annotation.readers.ultrafeedback import ULTRAFEEDBACK

READERS: dict[str, Reader] = {
    "accord": ACCORD,
    "judgments": JUDGMENTS,
    "hh_rlhf": HH_RLHF,
    "trl": TRL,
    "trl_unpaired": TRL_UNPAIRED,
    "trl_prompt_completion": TRL_PROMPT_COMPLETION,
    "trl_prompt_only": TRL_PROMPT_ONLY,
    "shp": SHP,
    "ultrafeedback": ULTRAFEEDBACK,
    "oasst": OASST,
    "pku_safe_rlhf": PKU_SAFE_RLHF,
    "pku_safe_rlhf_safer": PKU_SAFE_RLHF_SAFER,
    "label_studio": LABEL_STUDIO,
    "argilla": ARGILLA,
    "table": TABLE,
}
_BY_FIELDS = (
    *("judgments", "oasst", "ultrafeedback", "pku_safe_rlhf", "shp", "label_studio", "argilla"),
    *("accord", "trl", "hh_rlhf", "trl_unpaired", "trl_prompt_completion", "table"),
)
"""The formats in the order in which a row is held against what they need."""


def guess_format(names: Collection[str]) -> tuple[str, dict[str, str]]:
    """The format that rows with these fields have, and the columns that it means by its fields."""
    there = set(names)
    for name in _BY_FIELDS:
        reader = READERS[name]
        if there.issuperset(reader.needs):
            return name, {}
    mapped = columns.guess(list(names), TABLE.takes)
    if {"prompt", "response_1"} <= there | set(mapped):
        return "table", mapped
    return ("trl_prompt_only" if "prompt" in there else "accord"), {}
