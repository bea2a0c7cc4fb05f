"""How varied a policy's responses are: distinct n-grams and self-BLEU. Plain texts and numbers.

Words are what stands between spaces and marks; scripts without spaces count by the character.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

_WORDS = re.compile(r"[぀-ヿ㐀-鿿豈-﫿]|[^\W぀-ヿ㐀-鿿豈-﫿]+|[^\w\s]")
ORDERS = (1, 2, 3, 4)


def words(text: str) -> list[str]:
    """The words and marks of a text in lower case; Chinese and Japanese letters by themselves."""
    return _WORDS.findall(text.lower())


def distinct(texts: Iterable[str], n: int) -> float | None:
    """Different n-grams as a share of all in some texts together (Li et al., 1510.03055).

    None where no text has n words. It falls with the amount of text: compare like with like.
    """
    counted: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        counted.update(_grams(words(text), n))
    return len(counted) / counted.total() if counted else None


def self_bleu(texts: Sequence[str]) -> float | None:
    """Mean BLEU-4 of each text against the others (Zhu et al., 1802.01886): 1 says all the same.

    None for fewer than two texts.
    """
    if len(texts) < 2:
        return None
    split = [words(text) for text in texts]
    values = [bleu(one, split[:n] + split[n + 1 :]) for n, one in enumerate(split)]
    return sum(values) / len(values)


def bleu(candidate: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """BLEU of a text against several, 0 to 1 (Papineni et al. 2002), orders 1 to 4 alike.

    Counts are clipped by the most that one reference has; short candidates pay exp(1 - r / c), r
    the nearest reference length, of equals the shorter. An order without a match counts a tenth of
    a match (Chen and Cherry 2014, method 1); one that the candidate is too short for is left out.
    """
    logs = []
    for n in ORDERS:
        grams = Counter(_grams(candidate, n))
        if not grams:
            break
        most: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            most |= Counter(_grams(reference, n))
        matches = (grams & most).total()
        logs.append(math.log((matches or 0.1) / grams.total()))
    if not logs:
        return float(any(not reference for reference in references))
    length = len(candidate)
    nearest = min((abs(len(r) - length), len(r)) for r in references)[1]
    brevity = min(0.0, 1 - nearest / length)
    return math.exp(brevity + sum(logs) / len(logs))


def repetition(text: str, n: int = 4) -> float:
    """The share of a text's n-grams that stand earlier in it already: 0 for no repetition.

    As rep-n of Welleck et al. (1908.04319), by words. 0 where the text has no n words.
    """
    grams = _grams(words(text), n)
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _grams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
