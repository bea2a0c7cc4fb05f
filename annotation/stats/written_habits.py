"""Habits of labelers in writing: the same reason again, pasting, and the look of a machine's text.

Transparent features only, each shown by itself with its number: no model decides who wrote a text,
because such deciders are wrong too often, above all about people who write in a second language.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annotation.stats.bootstrap import wilson_interval
from annotation.stats.signals import MOST_ROWS, Signal, nothing

LEAST_TEXTS = 5
_MOST_TEXTS = 200
_HASHES = 16
_FACTORS, _SHIFTS = np.random.default_rng(0).integers(1, 2**31, (2, _HASHES), dtype=np.uint64)
_PRIME = np.uint64(2**32 + 15)

_ALIKE = 13
"""Two texts with so many of 16 minima in common share about 80% of their three-letter pieces."""

_SHORT = 12
"""Letters; shorter reasons ("b is right") are the same for honest reasons."""

_HAND = 9.0
"""Characters a second that hardly anybody types (108 words of five a minute)."""

_EXAMPLE = 160

STOCK_PHRASES = (
    *("as an ai", "as a language model", "i hope this helps", "certainly!", "great question"),
    *("it's important to note", "it is important to note", "it's worth noting", "in conclusion"),
    *("delve into", "here's a breakdown", "let me know if you", "in summary,", "furthermore,"),
    *("feel free to", "i cannot assist", "key takeaways", "a testament to", "overall, response"),
    *("AIとして", "言語モデルとして", "お役に立てれば幸いです", "もちろんです！", "以下に示します"),
    *("重要なのは、", "ご不明な点がございましたら", "結論として、", "まとめると、", "総じて"),
    *("と言えるでしょう", "以下のとおりです", "お気軽にお尋ねください"),
)
"""Turns of phrase that assistants use far more than people do; a person may use each of them."""

_MARKDOWN = re.compile(r"^\s*(?:#{1,6} |[-*] \S|\d+\. \S|```)|\*\*[^*\n]+\*\*", re.MULTILINE)
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]?")
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def duplicates(texts: Sequence[str]) -> Signal:
    """How many of somebody's texts are the same as, or nearly the same as, another of theirs.

    Case, digits and punctuation do not count; texts of under a dozen letters are left out. Near is
    an estimated Jaccard similarity of three-letter pieces of about 0.8 (MinHash: Broder 1997). The
    last 200 texts are looked at. Raised from three, where surely a tenth and at least a third is.
    """
    plain = [plain_text(text) for text in texts]
    rows = [row for row, text in enumerate(plain) if len(text) >= _SHORT][-_MOST_TEXTS:]
    n = len(rows)
    if n < LEAST_TEXTS:
        return nothing("duplicates", n)
    marks = np.stack([_minima(plain[row]) for row in rows])
    alike = (marks[:, None, :] == marks[None, :, :]).sum(axis=2) >= _ALIKE
    np.fill_diagonal(alike, False)
    again = alike.any(axis=1)
    share = float(again.mean())
    low, high = wilson_interval(float(again.sum()), n)
    largest = int(alike.sum(axis=1).argmax())
    group = [rows[i] for i in np.flatnonzero(alike[largest])] + [rows[largest]]
    return Signal(
        name="duplicates",
        value=share,
        low=low,
        high=high,
        n=n,
        usual=0.0,
        raised=bool(again.sum() >= 3 and share >= 1 / 3 and (low or 0) > 0.1),
        counts={"largest_group": len(group) if again.any() else 0},
        examples=[texts[rows[largest]][:_EXAMPLE]] if again.any() else [],
        rows=sorted(group)[-MOST_ROWS:] if again.any() else [],
    )


def pasting(lengths: Sequence[int], pasted: Sequence[int | None]) -> Signal:
    """In what share of somebody's texts at least half came from a clipboard.

    ``lengths`` in characters, ``pasted`` as the page counted it, None where it did not. Raised
    where surely a fifth of at least five texts did.
    """
    known = [i for i, count in enumerate(pasted) if count is not None and lengths[i] > 0]
    n = len(known)
    if n < LEAST_TEXTS:
        return nothing("pasting", n)
    shares = [min(1.0, (pasted[i] or 0) / lengths[i]) for i in known]
    mostly = [i for i, share in zip(known, shares, strict=True) if share >= 0.5]
    low, high = wilson_interval(len(mostly), n)
    return Signal(
        name="pasting",
        value=len(mostly) / n,
        low=low,
        high=high,
        n=n,
        usual=None,
        raised=(low or 0) > 0.2,
        counts={"pasted_share": float(np.mean(shares))},
        rows=mostly[-MOST_ROWS:],
    )


def machine_look(
    texts: Sequence[str], seconds: Sequence[float | None], pasted: Sequence[int | None]
) -> Signal:
    """In what share of somebody's texts at least two features of machine-written text are seen.

    The features, each counted in ``counts``: a stock phrase, Markdown, sentences of one length
    (coefficient of variation below 0.25 over five or more), typed faster than a hand types, mostly
    pasted. Raised where surely a fifth of at least five texts have two.
    """
    long = [i for i, text in enumerate(texts) if len(text) >= 80]
    n = len(long)
    if n < LEAST_TEXTS:
        return nothing("machine_look", n)
    seen = {i: features(texts[i], seconds[i], pasted[i]) for i in long}
    two = [i for i in long if len(seen[i]) >= 2]
    low, high = wilson_interval(len(two), n)
    names = ("stock_phrase", "markdown", "even_sentences", "fast_hand", "pasted")
    return Signal(
        name="machine_look",
        value=len(two) / n,
        low=low,
        high=high,
        n=n,
        usual=None,
        raised=(low or 0) > 0.2,
        counts={name: sum(name in each for each in seen.values()) for name in names},
        examples=[texts[i][:_EXAMPLE] for i in two[:3]],
        rows=two[-MOST_ROWS:],
    )


def features(text: str, seconds: float | None, pasted: int | None) -> set[str]:
    """Which features of machine-written text one text has."""
    found = set()
    folded = unicodedata.normalize("NFKC", text).casefold()
    if any(unicodedata.normalize("NFKC", p).casefold() in folded for p in STOCK_PHRASES):
        found.add("stock_phrase")
    if _MARKDOWN.search(text):
        found.add("markdown")
    lengths = [len(each.strip()) for each in _SENTENCE.findall(text) if each.strip()]
    if len(lengths) >= 5 and float(np.std(lengths) / np.mean(lengths)) < 0.25:
        found.add("even_sentences")
    share = min(1.0, (pasted or 0) / len(text)) if text else 0.0
    if seconds and len(text) * (1 - share) / seconds > _HAND:
        found.add("fast_hand")
    if share >= 0.5:
        found.add("pasted")
    return found


def plain_text(text: str) -> str:
    """Letters only, in small and full width folded, for comparing."""
    return _NOT_LETTERS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _minima(text: str) -> NDArray[np.uint64]:
    """MinHash marks: for each of 16 hash functions, its least value over three-letter pieces."""
    pieces = {text[i : i + 3] for i in range(max(1, len(text) - 2))}
    hashes = np.array([zlib.crc32(piece.encode()) for piece in pieces], dtype=np.uint64)
    least: NDArray[np.uint64] = ((hashes[:, None] * _FACTORS + _SHIFTS) % _PRIME).min(axis=0)
    return least
