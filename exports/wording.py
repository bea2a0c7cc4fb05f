"""What pages call strengths, reasons, filters, formats and options, in the viewer's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from exports import push_targets
from labelers import sentences

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
    "not_compared": _("Responses that nobody compared"),
    "low_weight": _("Comparisons below the least weight"),
    "negligible": _("Negligibly better pairs"),
    "unchanged": _("Edits that changed nothing"),
    "followed": _("Turns of a conversation that goes on"),
    "voided_turn": _("Conversations with a voided turn"),
    "no_answer": _("Conversations without an answer"),
    "disagreed": _("Tasks below the least agreement"),
    "strength": _("Pairs of another strength"),
    # Only in snapshots of earlier versions.
    "one_response": _("Tasks with a single response"),
}
CONFIGS = {
    "preference": _("Preference pairs"),
    "ranking": _("Rankings"),
    "unpaired": _("Good or bad responses"),
    "demonstration": _("Demonstrations"),
    "prompt_only": _("Prompts"),
    "rating": _("Ratings"),
}
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
    "criteria": _("Criteria"),
    "sources": _("Sources of the responses"),
    "labelers": _("Only these labelers"),
    "without_labelers": _("Without these labelers"),
    "strengths": _("Strength"),
    "min_agreement": _("Agreement, at least"),
}
FORMATS = {
    "hh_rlhf": _("JSON lines with whole conversations, chosen and rejected."),
    "trl_preference": _(
        "JSON lines with prompt, chosen and rejected, for TRL's reward and DPO trainers."
    ),
    "ultrafeedback": _(
        "JSON lines with whole conversations, chosen and rejected, and their scores."
    ),
    "kto": _("JSON lines with the two responses of each pair by themselves, good and bad."),
    "rankings": _("JSON lines with all responses of a prompt, their ranks and every comparison."),
    "trl_unpaired": _("JSON lines with prompt, completion and label, for TRL's KTO trainer."),
    "trl_prompt_completion": _(
        "JSON lines with prompt and completion, for TRL's supervised trainer."
    ),
    "prompt_only": _("JSON lines with prompts alone, to sample responses or train online."),
    "ratings": _("JSON lines with all responses of a prompt, their mean scores and flags."),
    "csv_pairs": _("One row per pair, for spreadsheets."),
    "judgments": _("JSON lines with what each labeler said, under their pseudonym."),
}
# Other titles are names of formats, the same in every language.
TITLES = (
    *(gettext_noop("Table of pairs (CSV)"), gettext_noop("Judgments"), gettext_noop("Rankings")),
    *(gettext_noop("Ratings"), gettext_noop("Prompts only")),
)
OPTIONS = {
    "skip_unwritable": _("Leave out conversations that have no place in a transcript"),
    "as_text": _("Plain text instead of messages"),
    "margin": _("With the margin column, which RewardTrainer then trains on"),
    "rank_group": _("With the ranking that a pair comes from"),
    "topic": _("With the topic that a prompt was to be about"),
}
SENTENCES = (
    gettext_noop("Give a name of 1 to 80 characters."),
    gettext_noop("This project has a snapshot called {name}: choose another name."),
    gettext_noop("until: give a time after since."),
    gettext_noop("{name}: give a list of at most {most} texts."),
    gettext_noop("{name}: choose among {known}."),
    gettext_noop("{name}: give a number from 0 to 1."),
    gettext_noop("without_labelers: {labeler} is among labelers too; keep one."),
    gettext_noop("fractions.{name}: give a number from 0 to 1."),
    gettext_noop("fractions: train, validation and test make {total}, not 1."),
    gettext_noop("There is no {records} in {split}: choose another format or another split."),
    gettext_noop(
        "{count} records have no place in this form (system messages or turns inside a message):"
        " ask for skip_unwritable=true to leave them out, or choose another format."
    ),
    gettext_noop("Snapshot {name} is not ready: wait until it is."),
    gettext_noop("The two snapshots are of different projects: choose two of one."),
    gettext_noop("This is one and the same snapshot: choose another to compare with."),
    gettext_noop("Only a snapshot that is ready can be made again."),
    gettext_noop("It was made again already: look at its successor."),
    gettext_noop("Make it again first: only then may its files go."),
    gettext_noop("Write the name of the snapshot to confirm."),
    gettext_noop("format: choose one of {known}."),
    gettext_noop("This is no token: copy it from the hub once more."),
    gettext_noop("It was broken off {times} times: ask for it again."),
    *push_targets.SENTENCES,
    gettext_noop("The files of snapshot {name} were deleted: make a new one."),
    gettext_noop("Snapshot {name} failed ({reason}): make a new one."),
    gettext_noop("The project has no tasks yet: import prompts with responses first."),
    gettext_noop("The project has no tasks yet: import prompts first."),
    gettext_noop("Nothing has been labeled in this project yet: collect judgments first."),
    gettext_noop("No label passes the filters on time, language, tags and source: loosen them."),
    gettext_noop(
        "All {tasks} labeled tasks were left out ({reasons}): loosen the filters or collect more"
        " judgments."
    ),
    gettext_noop(
        "It was broken off {times} times: see the log of the worker, then make a new snapshot."
    ),
    gettext_noop("An unexpected error ({error}): see the log of the worker."),
)
"""What filters, snapshots and downloads say of themselves; see `labelers.sentences`."""
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


def sentence_of(sentence: str) -> str:
    """What a filter, a snapshot or a download said, in the viewer's language."""
    return sentences.in_words(sentence, SENTENCES)
