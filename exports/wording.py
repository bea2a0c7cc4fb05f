"""What pages call strengths, reasons, filters, formats and options, in the viewer's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

STRENGTHS = {
    "significantly": _("Significantly better"),
    "better": _("Better"),
    "slightly": _("Slightly better"),
    "negligibly": _("Negligibly better"),
    "none": _("Not asked"),
}
REASONS = {
    "few_judgments": _("Tasks with too few judgments"),
    "tied": _("Tied or undecided comparisons"),
    "low_weight": _("Comparisons below the least weight"),
    "negligible": _("Negligibly better pairs"),
    "one_response": _("Tasks with a single response"),
}
CONFIGS = {"preference": _("Preference pairs"), "ranking": _("Rankings")}
SPLITS = {"train": _("Training"), "validation": _("Validation"), "test": _("Test")}
FILTERS = {
    "min_judgments": _("Judgments per task, at least"),
    "min_weight": _("Weight, at least"),
    "drop_negligible": _("Without negligibly better pairs"),
    "include_imported": _("With imported preferences"),
    "since": _("Judged on or after"),
    "until": _("Judged before"),
    "languages": _("Languages"),
    "tags": _("Tags"),
}
FORMATS = {
    "hh_rlhf": _("JSON lines with whole conversations, chosen and rejected."),
    "trl_preference": _(
        "JSON lines with prompt, chosen and rejected, for TRL's reward and DPO trainers."
    ),
    "rankings": _("JSON lines with all responses of a prompt, their ranks and every comparison."),
}
OPTIONS = {
    "skip_unwritable": _("Leave out conversations that have no place in a transcript"),
    "as_text": _("Plain text instead of messages"),
    "margin": _("With the margin column, which RewardTrainer then trains on"),
    "rank_group": _("With the ranking that a pair comes from"),
}
YES, NO, ALL = _("yes"), _("no"), _("all")


def filter_value(value: object) -> object:
    """A filter's value as a page shows it."""
    if isinstance(value, bool):
        return YES if value else NO
    if value is None:
        return "–"
    if value == []:
        return ALL
    return ", ".join(value) if isinstance(value, list) else value
