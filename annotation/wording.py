"""What pages call task kinds, file formats and coefficients, in the viewer's language.

The modules that own them know no language; a test compares their English with this.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from annotation.consensus.methods.catalog import CONSENSUS_METHODS as METHODS
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import sentences

KINDS = {name: _(kind.title) for name, kind in TASK_KINDS.items()}
CONSENSUS_METHODS = {name: _(method.title) for name, method in METHODS.items()}
CONSENSUS_EXPLAINED = {name: _(method.description) for name, method in METHODS.items()}
READERS = {
    "accord": _("a prompt with 0 to 9 responses per line, with optional judgments or gold"),
    "judgments": _("one judgment per line, with its labeler, time and reason; JSONL or Parquet"),
    "hh_rlhf": _('{"chosen": "\\n\\nHuman: ...\\n\\nAssistant: ...", "rejected": ...} per line'),
    "trl": _("columns prompt, chosen, rejected as texts or as messages; JSONL or Parquet"),
}
CRITERIA = {"helpful": _("helpful"), "harmless": _("harmless"), "honest": _("honest")}
"""The usual criteria; a project may name its own, which stay as they were written."""

UNDEFINED = {
    "no_overlap": _("No item has answers from two labelers, so there is nothing to compare."),
    "one_category": _("All answers are the same, so agreement cannot be told from chance."),
}
"""Why a coefficient has no value: the sentences of `annotation.stats.coefficient`."""

SENTENCES = (
    gettext_noop("The file has no rows."),
    gettext_noop(
        "{bad} of {rows} rows are bad, so nothing was kept: mend them, or import again and skip"
        " bad rows."
    ),
    gettext_noop("file: larger than {most} MB; split it."),
    gettext_noop("file: it is empty; choose the file again."),
    gettext_noop("file: it could not be kept ({reason}); free disk space and send it again."),
    gettext_noop("file: {name}: the name must end in {endings}; rename or convert it."),
    gettext_noop("line {line}: longer than 16 MB; this is not one row a line."),
    gettext_noop("The file unpacks to more than 64 GB; split it."),
    gettext_noop(
        "after line {line}: the gzip data is damaged or cut short ({reason}); upload the file"
        " again."
    ),
    gettext_noop("This is not a readable Parquet file ({reason})."),
    gettext_noop("byte {byte} is not UTF-8; save the file as UTF-8."),
    gettext_noop("not valid JSON ({reason}); write one JSON object per line."),
    gettext_noop("not a JSON object; write one object with named fields per line."),
    gettext_noop("is missing; give text."),
    gettext_noop("is {kind}; give text."),
    gettext_noop("has {count} characters; at most {most} are kept."),
    gettext_noop("contains a NUL character; remove it."),
    gettext_noop("contains a line break or another control character; remove it."),
    gettext_noop("has half a character (a lone surrogate) at {place}; remove it."),
    gettext_noop("is missing; give a list of messages."),
    gettext_noop("is {kind}; give a list of messages."),
    gettext_noop('is not an object; give {{"role": ..., "content": ...}}.'),
    gettext_noop('is not an object; give {{"text": ..., "source": ...}}.'),
    gettext_noop('is not an object; give {{"chosen": index}} or {{"ranks": [...]}}.'),
    gettext_noop('is not an object; give {{"chosen": index}}.'),
    gettext_noop("must be one of {choices}."),
    gettext_noop("is not a known field; known are {names}."),
    gettext_noop("is missing or empty; give a text or a list of messages."),
    gettext_noop("is not a list; give a list of responses."),
    gettext_noop("is not a list; give a list of texts."),
    gettext_noop("has {count} entries; at most {most} are kept."),
    gettext_noop("has no messages; give at least one."),
    gettext_noop("is not a number; higher is asked earlier."),
    gettext_noop("says nothing; give chosen, ranks or answer."),
    gettext_noop("says nothing; give one of {ways}."),
    gettext_noop("says more than one thing; give one of {ways}."),
    gettext_noop("must be true or left out."),
    gettext_noop("must be the place of one of the responses, 0 to {most}."),
    gettext_noop("is not an object; give the answer as the project's kind stores it."),
    gettext_noop("is missing; name who said it."),
    gettext_noop("must be a number of seconds, 0 or more."),
    gettext_noop("is not a time; write it like {example}."),
    gettext_noop("has no time zone; write it like {example}."),
    gettext_noop("is before 1970 or in the future; give when it was said."),
    gettext_noop("must hold each number from 0 to {most} once, as shown."),
    gettext_noop("is not a list; give a list of judgments."),
    gettext_noop('is not an object; give {{"labeler": ..., "chosen": ...}}.'),
    gettext_noop("is given beside responses; give one or the other."),
    gettext_noop("is missing; give both, or one response as responses."),
    gettext_noop("{word} is about {responses} responses, and the row has {count}."),
    gettext_noop("is missing; only where people write may it be null."),
    gettext_noop("is no criterion of this project; there are: {names}."),
    gettext_noop("is about responses of which two read the same; remove one of them."),
    gettext_noop("is about one item, and this row makes another number; give a row for each item."),
    gettext_noop("no such field; known are {names}."),
    gettext_noop("give the place of one response, 0 to {most}."),
    gettext_noop("choose one of {choices}."),
    gettext_noop("give true or false."),
    gettext_noop("send a text."),
    gettext_noop("write at least {count} characters."),
    gettext_noop("give {count} ranks, one per response."),
    gettext_noop("every rank is a whole number; 1 is best."),
    gettext_noop("every rank is from 1 to {most}."),
    gettext_noop("give {count} scores, one per response."),
    gettext_noop("every score is a whole number from {low} to {high}."),
    gettext_noop("give {count} lists of names, one per response."),
    gettext_noop("every entry is a list of names of flags; known are {names}."),
    gettext_noop("at most {most} characters are kept; shorten it."),
    gettext_noop("write {low} to {high} turns."),
    gettext_noop("user and assistant take turns."),
    gettext_noop("must be 0 or 1, and the row must have two responses."),
    gettext_noop("must be a list of {count} numbers, one per response."),
    gettext_noop("must be whole numbers; 1 is best, equal numbers are ties."),
    gettext_noop("is missing; a preference row has prompt, chosen and rejected."),
    gettext_noop("is missing; an HH-RLHF row has chosen and rejected."),
    gettext_noop("is missing; texts need a prompt column beside them."),
    gettext_noop("is the same as chosen; remove the row."),
    gettext_noop(
        'There is no turn: begin each one with a blank line and "Human: " or "Assistant: ".'
    ),
    gettext_noop(
        'There is text before the first turn ("{text}"): put "\\n\\nHuman: " before it or take it'
        " out."
    ),
    gettext_noop('There is no space after "{speaker}:" at character {place}: put exactly one.'),
    gettext_noop(
        "chosen and rejected share no human turn that an assistant answers in both: make them"
        " begin with the same conversation."
    ),
    gettext_noop(
        "is missing, and chosen and rejected share no human turn that an assistant answers in"
        " both: make them begin with the same conversation."
    ),
)
"""What readers say of files and rows; see `labelers.sentences`."""


def sentence_of(sentence: str) -> str:
    """What a reader said, in the viewer's language."""
    return sentences.in_words(sentence, SENTENCES)
