r"""Answers that can be checked: found in a response, brought to one form, compared. No torch.

Where the answer stands: the last ``\boxed{...}``, the last ``<answer>...</answer>``, what is
behind ``####`` (as in GSM8K, 2110.14168), else the last number. Numbers are compared as exact
fractions, so that 0.50, 1/2 and \frac{1}{2} agree; any other answer as text without LaTeX's dress,
as the evaluations of MATH (2103.03874) and Minerva (2206.14858, appendix D.1) do.
"""

from __future__ import annotations

import re
from fractions import Fraction

MOST_ANSWER = 400
"""Characters of an answer: what is longer is no answer, and would be slow to read."""
MOST_DIGITS = 60
"""Digits of a number, and its greatest power of ten."""

_BOX = re.compile(r"\\f?box(?:ed)?\s*\{")
_TAG = re.compile(r"<answer>((?:(?!</?answer>).)*)</answer>", re.DOTALL | re.IGNORECASE)
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_NUMBER = re.compile(
    r"(?<![\w.])[-+\u2212]?\$?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:\.\d+|(?<=\d))"
    r"(?:[eE][-+]?\d{1,3}(?!\d)|/\d+(?![\d/]))?"
)
_BRACED = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_FRACTION = re.compile(rf"\\[dtc]?frac\s*(?:{_BRACED}|(\w))\s*(?:{_BRACED}|(\w))")
_TIMES_TEN = re.compile(r"(?:\\times|\\cdot|\*|\u00d7)\s*10\s*\^\s*\{?\s*([-+]?\d{1,3})\s*\}?")
_TEXT = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mbox|operatorname)\s*\{([^{}]*)\}"
)
_DRESS = re.compile(
    r"\\(?:left|right|displaystyle|,|;|:|!|quad|qquad|\s)|\^\s*\{?\s*\\circ\s*\}?|\\degree|\u00b0"
)
_PLAIN = re.compile(
    r"(?P<sign>[-+]?) ?(?:(?P<whole>\d+) +(?P<top>\d+)/(?P<bottom>\d+)"
    r"|(?P<number>\d+\.?\d*|\.\d+)(?:[eE](?P<power>[-+]?\d{1,3}))?(?:/(?P<under>\d+\.?\d*))?)"
)
_EQUATION = re.compile(r"^[A-Za-z]\w{0,15}\s*=\s*(?=\S)")
_UNIT = re.compile(
    r"(?<=[\d.)])\s*(?:[A-Za-z\u00b5\u03bc][A-Za-z\u00b5\u03bc/]*(?:\^\d)?\.?(?:\s+|$)){1,4}$"
)


def exact_answer(text: str, reference: str | None, extract: str = "auto") -> float:
    """1 where a response gives the known answer, else 0.

    ``extract`` says where it must stand: boxed, tagged, number (the last one) or auto, which takes
    the first of these that is there. Without a known answer nothing is right.
    """
    if reference is None:
        return 0.0
    found = extract_answer(text, extract)
    return float(found is not None and same_answer(found, known_answer(reference)))


def extract_answer(text: str, extract: str = "auto") -> str | None:
    """The answer that a response gives, or None where it gives none."""
    found: str | None = None
    if extract in ("auto", "boxed"):
        found = last_box(text)
    if found is None and extract in ("auto", "tagged"):
        found = _last(_TAG.findall(text))
    if found is None and extract == "auto":
        found = _last(_HASHES.findall(text))
    if found is None and extract in ("auto", "number"):
        found = _last(_NUMBER.findall(text))
    return found.strip() if found and found.strip() and len(found) <= MOST_ANSWER else None


def known_answer(reference: str) -> str:
    """The answer in a record's reference: what is boxed or behind ``####``, else all of it."""
    found = last_box(reference)
    if found is None:
        found = _last(_HASHES.findall(reference))
    return (found if found is not None else reference).strip()


def last_box(text: str) -> str | None:
    r"""What stands in the last ``\boxed{...}`` that is closed; braces within may nest."""
    for start in reversed([found.end() for found in _BOX.finditer(text)]):
        end = _closing(text, start)
        if end is not None:
            return text[start:end]
    return None


def end_of_filled_box(text: str) -> int | None:
    r"""Where the first ``\boxed{...}`` with something in it ends, behind its brace, or None."""
    for found in _BOX.finditer(text):
        end = _closing(text, found.end())
        if end is not None and text[found.end() : end].strip():
            return end + 1
    return None


def same_answer(one: str, other: str) -> bool:
    """Whether two answers say the same: as numbers where both are, else as plain text."""
    first, second = as_number(one), as_number(other)
    if first is not None and second is not None:
        return first == second
    return plain_answer(one) == plain_answer(other) != ""


def as_number(answer: str) -> Fraction | None:
    r"""An answer as an exact number, or None where it is none.

    Understood are signs, commas between thousands, currencies, per cent and units (they are left
    out), fractions and mixed numbers, plain or ``\frac``, powers of ten, and ``x = `` before it.
    """
    if len(answer) > MOST_ANSWER:
        return None
    text = _TIMES_TEN.sub(lambda found: f"e{found[1]}", _undressed(answer))
    text = _EQUATION.sub("", text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"^([-+]?)[$\u20ac\u00a3\u00a5]\s*", r"\1", text.replace("\\$", "$"))
    text = re.sub(r"\s*\\?%$", "", text.rstrip(" ."))
    found = _PLAIN.fullmatch(_UNIT.sub("", text).strip().rstrip("."))
    if found is None or max(map(len, re.findall(r"\d+", text))) > MOST_DIGITS:
        return None
    return _value(found)


def plain_answer(answer: str) -> str:
    """An answer as text without LaTeX's dress: lower case, no spaces, no full stop at its end."""
    text = _EQUATION.sub("", _undressed(answer).strip().rstrip("."))
    text = re.sub(r"\{(\w)\}", r"\1", text)
    return re.sub(r"[\s$]+", "", text.replace("\\$", "").replace("\\%", "%")).casefold()


def _value(found: re.Match[str]) -> Fraction | None:
    sign = -1 if found["sign"] == "-" else 1
    if found["whole"] is not None:
        top, bottom = int(found["top"]), int(found["bottom"])
        return sign * (int(found["whole"]) + Fraction(top, bottom)) if bottom else None
    power = int(found["power"] or 0)
    if abs(power) > MOST_DIGITS:
        return None
    under = Fraction(found["under"] or 1)
    if not under:
        return None
    return sign * Fraction(found["number"]) * Fraction(10) ** power / under


def _undressed(answer: str) -> str:
    r"""Without ``$``, ``\text{}``, spacing and degree signs; ``\frac{a}{b}`` is a/b then."""
    text = answer.strip().replace("\u2212", "-")
    if len(text) > 1 and text[0] == text[-1] == "$":
        text = text[1:-1]
    text = re.sub(r"^\\[(\[]|\\[)\]]$", "", text.strip())
    text = _DRESS.sub(" ", _TEXT.sub(r" \1 ", text).replace("\\{,\\}", ",").replace("{,}", ","))
    before = None
    while before != text:  # fractions within fractions, from the inside
        before = text
        text = _FRACTION.sub(_over, text)
    return re.sub(r"\s+", " ", text).strip()


def _over(found: re.Match[str]) -> str:
    r"""``\frac{a}{b}`` as a/b; a whole number before it stands apart, as in a mixed number."""
    top, bottom = ((found[n] or found[n + 1] or "").strip() for n in (1, 3))
    simple = re.compile(r"[\w.]+|-?[\d.]+")
    parts = [part if simple.fullmatch(part) else f"({part})" for part in (top, bottom)]
    return f" {parts[0]}/{parts[1]}"


def _closing(text: str, start: int) -> int | None:
    """Where the brace is closed whose content starts at ``start``."""
    depth = 1
    for place in range(start, min(len(text), start + MOST_ANSWER + 1)):
        if text[place] in "{}":
            depth += 1 if text[place] == "{" else -1
            if depth == 0:
                return place
    return None


def _last(found: list[str]) -> str | None:
    return found[-1] if found else None
