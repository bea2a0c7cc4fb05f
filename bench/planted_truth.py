"""The planted truth of simulated labeling: what the simulated people would like, by a fixed rule.

`quality` reads the words of a prompt and a response alone, so that it judges the text of a small
model as it judges written text. It rewards answers that are concrete, say what to do, speak to the
reader and stay on the subject; it marks down hedging, evasion, boasting, loops and the wrong
language. Every count is a rate per unit of text and saturates, so neither length nor stuffing pays.
It knows nothing of sources. Who labels, and how carelessly, is not decided here.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from bench import planted_words

EMPTY_QUALITY = -4.0
"""Quality of a response without a single word; no other text scores lower."""

STRENGTH_THRESHOLDS = {"significantly": 2.9, "better": 1.6, "slightly": 0.8}
"""Least absolute quality difference of each strength; anything smaller is ``negligibly``.

Set from the absolute differences within prompts of the sample data: about 20 % of its pairs are
negligibly, 30 % slightly, 30 % better and 20 % significantly apart.
"""

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_KANA = re.compile(r"[぀-ヿ]")
_JAPANESE = re.compile(r"[぀-ヿ㐀-鿿々]")
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_MARKUP = re.compile(r"(?m)^\s*(?:[-*]|\d+[.)])\s|\*\*[^*\n]+\*\*|```|`[^`\n]+`")
_ENDED = re.compile(r"[.!?。！？)）\]」』`*\"'”’]\s*\Z")


@dataclass(frozen=True)
class Features:
    """What `quality` sees in one response; every field lies in [0, 1]."""

    number: float
    instruction: float
    explanation: float
    address: float
    markup: float
    overlap: float
    vague: float
    evasive: float
    boastful: float
    repeated: float
    echoed: float
    broken: float
    unfinished: float
    wrong_language: float


WEIGHTS = Features(
    number=0.8,
    instruction=1.2,
    explanation=0.5,
    address=0.6,
    markup=0.3,
    overlap=0.4,
    vague=-0.4,
    evasive=-1.6,
    boastful=-1.4,
    repeated=-2.5,
    echoed=-1.0,
    broken=-1.2,
    unfinished=-0.3,
    wrong_language=-1.5,
)
"""How much each feature counts. The first five count in full only on the subject, see `quality`."""

OFF_SUBJECT = 0.6
"""What is left of an answer's merits where it takes up no content word of the prompt."""

_MERITS = ("number", "instruction", "explanation", "address", "markup")


def quality(prompt_text: str, response_text: str) -> float:
    """How good a response is to a prompt, by the text alone: about -4 (worst) to 4.

    ``prompt_text`` is the whole conversation as one text (see `text_of`). Deterministic; an empty
    response has `EMPTY_QUALITY`.
    """
    if not _tokens(response_text):
        return EMPTY_QUALITY
    found = features(prompt_text, response_text)
    weights = asdict(WEIGHTS)
    part: dict[str, float] = {name: weights[name] * x for name, x in asdict(found).items()}
    on_subject = OFF_SUBJECT + (1.0 - OFF_SUBJECT) * found.overlap
    merits = sum(part.pop(name) for name in _MERITS)
    return max(EMPTY_QUALITY, on_subject * merits + sum(part.values()))


def features(prompt_text: str, response_text: str) -> Features:
    """The features of one response that has at least one word."""
    prose = _CODE.sub(" ", response_text)
    japanese = _is_japanese(prompt_text)
    tokens = _tokens(response_text)
    # One unit is about one sentence: 12 English words, 24 Japanese characters. A text shorter than
    # two sentences counts as two, so that three words are not the densest answer of all.
    units = max(2.0, len(tokens) / (24.0 if japanese else 12.0))
    patterns = planted_words.JAPANESE if japanese else planted_words.ENGLISH
    lowered = prose.lower().replace("’", "'")
    rate = {name: _rate(words, lowered, units) for name, words in patterns.items()}
    return Features(
        number=math.tanh(_capped(_NUMBER.findall(response_text), units) / units),
        markup=math.tanh(len(_MARKUP.findall(response_text)) / units),
        overlap=_overlap(prompt_text, response_text, japanese=japanese),
        repeated=_repeated(tokens),
        echoed=_echoed(_tokens(prompt_text), tokens),
        broken=math.tanh(_broken(lowered, japanese=japanese) / units),
        unfinished=0.0 if _ENDED.search(response_text) else 1.0,
        wrong_language=float(bool(_LETTER.search(prose)) and _is_japanese(prose) != japanese),
        **rate,
    )


def text_of(messages: Iterable[Mapping[str, str]]) -> str:
    """The words of a message list as one text, one turn after the other."""
    return "\n".join(message["content"] for message in messages)


def strength_of(difference: float) -> str:
    """The strength a careful labeler would give to a quality difference of either sign."""
    for strength, least in STRENGTH_THRESHOLDS.items():
        if abs(difference) >= least:
            return strength
    return "negligibly"


def noisy_choice(
    quality_a: float, quality_b: float, temperature: float, rng: random.Random
) -> tuple[str, str]:
    """One answer to "A or B?": the choice (``a`` or ``b``) and its strength.

    The difference seen is the true one plus logistic noise of scale ``temperature``, so that
    P(a) = sigmoid((quality_a - quality_b) / temperature); 0 never errs, except that equal
    qualities are a coin flip.
    """
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; give 0 or more")
    difference = quality_a - quality_b
    u = min(max(rng.random(), 1e-12), 1 - 1e-12)
    seen = difference + temperature * math.log(u / (1 - u))
    prefers_a = seen > 0 if seen != 0 else u > 0.5
    return ("a" if prefers_a else "b"), strength_of(seen)


def _tokens(text: str) -> list[str]:
    """Lower-case words; every Japanese character is a word of its own."""
    return re.findall(r"[぀-ヿ㐀-鿿々]|[^\W_]+", text.lower())


def _is_japanese(text: str) -> bool:
    """Whether at least 15 % of the letters are kana, or 30 % kana and kanji with any kana."""
    letters = len(_LETTER.findall(text))
    kana = len(_KANA.findall(text))
    return kana > 0 and (kana >= 0.15 * letters or len(_JAPANESE.findall(text)) >= 0.3 * letters)


def _capped(found: list[str], units: float) -> float:
    """Occurrences, where one wording counts at most once every two units of text."""
    most = 1 + units // 2
    return sum(min(count, most) for count in Counter(found).values())


def _rate(patterns: tuple[str, ...], text: str, units: float) -> float:
    """Saturated occurrences per unit; wordings of one pattern are told apart."""
    found = [hit.strip(" ,.;:!?\n") for p in patterns for hit in re.findall(p, text)]
    return math.tanh(_capped(found, units) / units)


def _content(text: str, *, japanese: bool) -> set[str]:
    if japanese:
        runs = re.findall(r"[㐀-鿿々]+|[ァ-ヿ]{2,}", text)
        return {run[i : i + 2] for run in runs for i in range(max(1, len(run) - 1))}
    words = set(re.findall(r"[a-z]{3,}", text.lower())) - planted_words.STOP_WORDS
    return {word[:5] for word in words}


def _overlap(prompt: str, response: str, *, japanese: bool) -> float:
    """Share of the prompt's content words that the response takes up; a third is full marks."""
    asked = _content(prompt, japanese=japanese)
    if not asked:
        return 0.0
    return min(1.0, 3.0 * len(asked & _content(response, japanese=japanese)) / len(asked))


def _broken(text: str, *, japanese: bool) -> int:
    """How many splinters of words and impossible neighbours a text in lower case has."""
    if japanese:
        return len(planted_words.BROKEN_JAPANESE.findall(text))
    short = re.findall(r"(?<![\w'.])[a-z]{2,3}(?![\w'.])", text)
    splinters = sum(word not in planted_words.SHORT_WORDS for word in short)
    return splinters + len(planted_words.BROKEN_ENGLISH.findall(text))


def _grams(tokens: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _repeated(tokens: list[str]) -> float:
    """Share of word trigrams seen before in the text, beyond the few that any text has."""
    grams = _grams(tokens, 3)
    if not grams:
        return 0.0
    return min(1.0, 2.0 * max(0.0, 1.0 - len(set(grams)) / len(grams) - 0.1))


def _echoed(prompt: list[str], response: list[str]) -> float:
    """How far the response only says the prompt again: share of its word 5-grams found there."""
    grams = _grams(response, 5)
    if not grams:
        return 0.0
    known = set(_grams(prompt, 5))
    return max(0.0, sum(gram in known for gram in grams) / len(grams) - 0.2) / 0.8
