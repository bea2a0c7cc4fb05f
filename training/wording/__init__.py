"""What pages call trainers, settings, figures and phases, in the viewer's language.

Trainers know no language; a test compares their English with this. The sentences under settings
are not repeated here: `makemessages` reads them where they stand.
"""

from __future__ import annotations

from django.utils.translation import gettext

from labelers.sentences import in_words
from training.wording.alarms import ALARMS
from training.wording.figures import DATA_REPORT, FIGURES, PHASES, VALUES
from training.wording.learning_figures import LEARNING_FIGURES
from training.wording.ppo_sentences import PPO_SENTENCES
from training.wording.rules import RULES
from training.wording.sentences import SENTENCES as GENERAL_SENTENCES
from training.wording.settings import SETTINGS
from training.wording.soup_sentences import SOUP_SENTENCES
from training.wording.trainers import TRAINERS
from training.wording.verifiable import BEGINNINGS, SOLVING_FIGURES, VERIFIABLE

__all__ = [
    "DATA_REPORT",
    "FIGURES",
    "NAMES",
    "PHASES",
    "RULES",
    "SENTENCES",
    "SETTINGS",
    "TRAINERS",
    "VALUES",
    "name_of",
    "phase_of",
    "sentence_of",
    "value_of",
]

SENTENCES = (*GENERAL_SENTENCES, *ALARMS, *PPO_SENTENCES, *SOUP_SENTENCES, *VERIFIABLE)
NAMES = {**DATA_REPORT, **SETTINGS, **FIGURES, **LEARNING_FIGURES, **SOLVING_FIGURES}


def name_of(key: str) -> str:
    """What a setting or figure is called; one that is not known here, by its own letters."""
    known = NAMES.get(key)
    if known is not None:
        return str(known)
    if " / " in key:
        return " / ".join(name_of(part) for part in key.split(" / "))
    for beginning, words in BEGINNINGS.items():
        if key.startswith(beginning):
            return gettext(words).format(name=name_of(key.removeprefix(beginning)))
    base = key.removeprefix("held_out_")
    if base != key and base in NAMES:
        return gettext("Held out: {name}").format(name=NAMES[base])
    whole, slash, part = base.partition("/")
    if slash and whole in NAMES:
        named = f"{NAMES[whole]}: {NAMES.get(part, part)}"
        return named if base == key else gettext("Held out: {name}").format(name=named)
    words = key.replace("_", " ").replace("/", " ")
    return words[:1].upper() + words[1:]


def value_of(value: str) -> str:
    """What a part of an evaluation is called."""
    return str(VALUES.get(value, value))


def phase_of(phase: str) -> str:
    """What a trainer is doing."""
    return str(PHASES.get(phase, phase))


def sentence_of(sentence: str) -> str:
    """What a trainer said, as far as it is known here."""
    return in_words(sentence, SENTENCES)
