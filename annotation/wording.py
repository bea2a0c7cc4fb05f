"""What pages call task kinds, file formats and coefficients, in the viewer's language.

The modules that own them know no language; a test compares their English with this.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from annotation.consensus.methods.catalog import CONSENSUS_METHODS as METHODS
from annotation.readers.catalog import READERS as FORMATS
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import sentences

KINDS = {name: _(kind.title) for name, kind in TASK_KINDS.items()}
CONSENSUS_METHODS = {name: _(method.title) for name, method in METHODS.items()}
CONSENSUS_EXPLAINED = {name: _(method.description) for name, method in METHODS.items()}
READERS = {name: _(reader.description) for name, reader in FORMATS.items()}
READER_TITLES = {name: _(reader.title) for name, reader in FORMATS.items()}
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
    gettext_noop("format: {name} is not one of {choices}."),
    gettext_noop("personal: {name} is not one of {choices}."),
    gettext_noop("columns: {name} is no field of {format}; known are {known}."),
    gettext_noop("skip_bad: {bad} of {rows} rows are bad; mend them, or skip bad rows."),
    gettext_noop("state: the import is {state} and cannot be {deed} now; look at it again."),
    gettext_noop(
        "The disk is full, so the import waits: free some space; it goes on by itself within a"
        " minute."
    ),
    gettext_noop("dataset: write it as owner/name, as the hub does."),
    gettext_noop("{field}: {part} is no name; leave it out or correct it."),
    gettext_noop("The files of the set are larger than {most} MB; choose a split."),
    gettext_noop("The hub gives this set only to those who were let in to it."),
    gettext_noop("The hub has no data set {name}, or no such revision; look at its page."),
    gettext_noop(
        "The hub could not be reached ({reason}); try again, or download the file and send it here."
    ),
    gettext_noop(
        "The set has no file of that configuration and split that can be read; its page lists"
        " what there is."
    ),
    gettext_noop("The file is {encoding}; save it as UTF-8."),
    gettext_noop("The file is UTF-16 or no text at all; save it as UTF-8."),
    gettext_noop(
        "after line {line}: the zstd data is damaged or cut short ({reason}); upload the file"
        " again."
    ),
    gettext_noop(
        "The file unpacks to more than {ratio} times its size, which no text does; unpack it and"
        " look."
    ),
    gettext_noop(
        "This is one JSON object and not a list of rows; give a list, or one object per line."
    ),
    gettext_noop("after row {row}: a comma or the end of the list is missing."),
    gettext_noop("row {row}: longer than 16 MB, or never closed."),
    gettext_noop("row {row}: not valid JSON ({reason}); the file may be cut short."),
    gettext_noop("byte {byte} of a part of the file is not UTF-8; save it as UTF-8."),
    gettext_noop(
        "A row group of this Parquet file unpacks to more than 4 GB; write it with smaller ones."
    ),
    gettext_noop("line {line}: this is not CSV ({reason}); look for a quote that is never closed."),
    gettext_noop("line 1: there is no heading; name the columns in the first line."),
    gettext_noop("line 1: two columns are named {name}; rename one of them."),
    gettext_noop("has {cells} cells under {columns} columns; put quotes around texts."),
    gettext_noop("holds bytes that are not UTF-8; save the file as UTF-8."),
    gettext_noop("is given twice in one object; keep one of them."),
    gettext_noop("is {constant}, which is no number; give one, or null."),
    gettext_noop("holds personal data; such rows are dropped as asked."),
    gettext_noop("fewer different ones than the kind compares: no task."),
    gettext_noop("is missing or empty; say which column holds the prompt."),
    gettext_noop("must be 1 where A is preferred and 0 where B is."),
    gettext_noop('is not an object; give {{"model": ..., "response": ...}}.'),
    gettext_noop("is not a message; a row is a tree with its first message."),
    gettext_noop("is missing; give whole trees, not single messages."),
    gettext_noop("must be prompter; a tree begins with a prompt."),
    gettext_noop("has {count} prompts; at most {most} are kept."),
    gettext_noop("is not a list; give a list of messages."),
    gettext_noop("is not a message; give its text, role and replies."),
    gettext_noop("is missing; export the tasks as JSON from Label Studio."),
    gettext_noop("is not a list; export the tasks as JSON from Label Studio."),
    gettext_noop("is not an object; export the tasks as JSON from Label Studio."),
    gettext_noop("has no prompt; call its field prompt, question or instruction."),
    gettext_noop("must select left or right of two responses."),
    gettext_noop("must rank each of the responses once."),
    gettext_noop("is missing; give records as Argilla exports them."),
    gettext_noop("is not what Argilla exports; give records with responses."),
    gettext_noop("is missing; give prompt and completion, or messages."),
    gettext_noop("must end with the assistant's answer to something."),
    gettext_noop("must be true for a good response and false for a bad one."),
)
"""What readers say of files and rows; see `labelers.sentences`."""


def sentence_of(sentence: str) -> str:
    """What a reader said, in the viewer's language."""
    return sentences.in_words(sentence, SENTENCES)
