"""Personal data in texts: e-mail and IP addresses, telephone, card, account and identity numbers.

What has a checksum is believed by its checksum, what has none by its form; names of people and most
addresses have neither and are not found. Pure, and quick on texts that hold nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

KINDS = ("email", "phone", "card", "iban", "ip", "my_number", "ssn", "address")
FEWEST_DIGITS = 4
LONGEST_SCAN = 200_000

_NOT_DIGITS = bytes(code for code in range(256) if not 48 <= code <= 57)
_NARROW = {0xFF10 + digit: 48 + digit for digit in range(10)} | {
    **{0xFF0D: 45, 0x2010: 45, 0x2011: 45, 0x2012: 45, 0x2013: 45, 0x2212: 45},
    **{0xFF0B: 43, 0xFF08: 40, 0xFF09: 41, 0xFF20: 64, 0xFF0E: 46, 0x3000: 32, 0x00A0: 32},
}
"""Wide digits and signs, each as the narrow one: places in the text stay what they are."""

_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![\w-])",
    re.ASCII,
)
_RESERVED = re.compile(
    r"@(?:.*\.)?(?:example\.(?:com|org|net)|[^@]*\.(?:example|invalid|test|localhost))$", re.I
)
_NUMBER = re.compile(r"(?<![\w.,+])[+(]?\d(?:[ ()./-]{0,2}\d){6,21}(?![\w])", re.ASCII)
_CARD = re.compile(r"\d{4}([ -]?)(?:\d{4}\1\d{4}\1\d{1,7}|\d{6}\1\d{4,5})|\d{13,19}")
_PHONES = tuple(
    re.compile(form)
    for form in (
        r"\+\d[\d ()./-]{6,20}",
        r"0[5789]0[ -]?\d{4}[ -]?\d{4}",
        r"\(?0\d{1,4}\)?[ -]\(?\d{1,4}\)?[ -]\d{4}",
        r"0120[ -]\d{3}[ -]\d{3}",
        r"(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-][2-9]\d{2}[ .-]\d{4}",
    )
)
_SSN = re.compile(r"(?!000|666|9)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}")
_MY_NUMBER = re.compile(r"\d{4}([ -])\d{4}\1\d{4}")
_ABOUT_MY_NUMBER = re.compile(r"マイナンバー|個人番号|my ?number|individual number", re.I)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_IBAN_LENGTHS = {
    **{"AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20},
    **{"ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26},
    **{"IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MT": 31, "NL": 18, "NO": 15, "PL": 28},
    **{"PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26, "SA": 24, "AE": 23, "IL": 23},
    **{"BR": 29, "UA": 29, "QA": 29, "KW": 30},
}
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])", re.ASCII)
_VERSION = re.compile(r"(?:version|ver|v|release)\.? ?$", re.I)
_JAPANESE_ADDRESS = re.compile(
    r"(?<!\d)\d{3}-\d{4}\s{0,2}(?:東京都|北海道|京都府|大阪府|[一-龥]{2,3}県)[^\s、。,]{2,40}\d"
)
_STATE_AND_ZIP = re.compile(r" [A-Z]{2} \d{5}")
_AMERICAN_ADDRESS = re.compile(
    r"(?<!\w)\d{1,6} (?:[NSEW]\.? )?(?:[A-Z][a-z]+ ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|"
    r"Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way)\.?,? (?:[A-Z][a-z]+ ?){1,3},? "
    r"[A-Z]{2} \d{5}(?:-\d{4})?(?!\w)"
)


class Found(NamedTuple):
    """What was found: its kind, and where it stands in the text."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """Personal data in `text`, in order, no two of them overlapping.

    Only the first 200,000 characters are looked at, which is as long as a stored text can be.
    """
    text = text[:LONGEST_SCAN]
    if not text.isascii():
        text = text.translate(_NARROW)
    at = "@" in text
    digits = len(text.encode("utf-8", "replace").translate(None, _NOT_DIGITS))
    if not at and digits < FEWEST_DIGITS and "::" not in text:
        return []
    found = list(_emails(text)) if at else []
    if digits >= FEWEST_DIGITS:
        found += _addresses(text)
        found += _ibans(text) if digits >= 7 else []
        found += _ips(text, _IPV4) if text.count(".") >= 3 else []
        found += _numbers(text) if digits >= 9 else []
    if text.count(":") >= 2:
        found += _ips(text, _IPV6)
    return _apart(found)


def cover(text: str) -> tuple[str, list[Found]]:
    """`text` with each thing found replaced by its kind in brackets, and what was found."""
    found = find(text)
    for one in reversed(found):
        text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    return text, found


def masked(kind: str, text: str) -> str:
    """What was found, so that one knows it again and nobody else learns it."""
    if kind == "email":
        name, _at, domain = text.partition("@")
        return f"{name[:1]}•••@•••{domain[domain.rfind('.') :]}"
    if kind == "address":
        return f"{text[:3]}•••"
    shown = max(len(text) - 2, 1)
    return "".join(c if n >= shown or not c.isalnum() else "•" for n, c in enumerate(text))


def _emails(text: str) -> Iterable[Found]:
    for match in _EMAIL.finditer(text):
        if not _RESERVED.search(match[0]):
            yield Found("email", *match.span())


def _addresses(text: str) -> Iterable[Found]:
    """Only where a postal code stands beside its prefecture or state."""
    forms = [] if text.isascii() else [_JAPANESE_ADDRESS]
    forms += [_AMERICAN_ADDRESS] if _STATE_AND_ZIP.search(text) else []
    for form in forms:
        for match in form.finditer(text):
            yield Found("address", *match.span())


def _ibans(text: str) -> Iterable[Found]:
    for match in _IBAN.finditer(text):
        number = match[0].replace(" ", "")
        length = _IBAN_LENGTHS.get(number[:2])
        if length and len(number) >= length:
            end = _end_of(match[0], length)
            number = number[:length]
            turned = "".join(str(int(c, 36)) for c in number[4:] + number[:4])
            if int(turned) % 97 == 1:
                yield Found("iban", match.start(), match.start() + end)


def _end_of(text: str, count: int) -> int:
    """Where the first `count` characters of `text` that are no blanks end."""
    for place, character in enumerate(text):
        count -= character != " "
        if not count:
            return place + 1
    return len(text)


def _ips(text: str, form: re.Pattern[str]) -> Iterable[Found]:
    for match in form.finditer(text):
        try:
            address = ipaddress.ip_address(match[0])
        except ValueError:
            continue
        before = text[max(match.start() - 12, 0) : match.start()]
        if address.version == 6 and sum(map(bool, match[0].split(":"))) < 3:
            # Two names around "::" are code far more often than a host.
            continue
        if address.is_global and not _VERSION.search(before):
            yield Found("ip", *match.span())


def _numbers(text: str) -> Iterable[Found]:
    for match in _NUMBER.finditer(text):
        number = match[0]
        digits = "".join(filter(str.isdigit, number))
        for kind, holds in _KINDS_OF_NUMBERS:
            if holds(number, digits, text, match.start()):
                yield Found(kind, *match.span())
                break


def _is_card(number: str, digits: str, text: str, start: int) -> bool:
    if not 13 <= len(digits) <= 19 or not _CARD.fullmatch(number):
        return False
    issued = digits[0] in "456" or digits[:2] in ("34", "35", "36", "37", "38", "30")
    issued = issued or 2221 <= int(digits[:4]) <= 2720
    return issued and len(set(digits)) > 1 and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_my_number(number: str, digits: str, text: str, start: int) -> bool:
    """Twelve digits of which the last checks the others (Japan, ordinance 85 of 2014)."""
    if len(digits) != 12:
        return False
    said = _ABOUT_MY_NUMBER.search(text[max(start - 40, 0) : start])
    if not said and not _MY_NUMBER.fullmatch(number):
        return False
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    left = sum(int(d) * w for d, w in zip(digits[:11], weights, strict=True)) % 11
    return int(digits[11]) == (0 if left <= 1 else 11 - left)


def _is_ssn(number: str, digits: str, text: str, start: int) -> bool:
    return bool(_SSN.fullmatch(number))


def _is_phone(number: str, digits: str, text: str, start: int) -> bool:
    if not any(form.fullmatch(number) for form in _PHONES):
        return False
    if number.startswith("+"):
        return 8 <= len(digits) <= 15
    return digits[0] != "0" or len(digits) in (10, 11)


_KINDS_OF_NUMBERS: tuple[tuple[str, Callable[[str, str, str, int], bool]], ...] = (
    ("card", _is_card),
    ("my_number", _is_my_number),
    ("ssn", _is_ssn),
    ("phone", _is_phone),
)


def _apart(found: list[Found]) -> list[Found]:
    """What was found in order; of two that overlap the one that begins first, then the longer."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept
