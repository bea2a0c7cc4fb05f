"""What pages call the signals about a labeler, what each means, and why somebody was paused."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class SignalWords:
    """``title``, what the figure is, and what could be behind it besides carelessness.

    ``is_ratio`` is whether the value is a ratio and not a share; ``usual`` names what it is held
    against; ``counts`` names the further numbers that a page shows.
    """

    title: str
    meaning: str
    usual: str = ""
    is_ratio: bool = False
    counts: tuple[tuple[str, str], ...] = ()


SIGNALS = {
    "speed": SignalWords(
        _("Speed"),
        _(
            "Time per item as a ratio to what others took for the same items. Somebody may read"
            " fast or have seen similar items before."
        ),
        _("as the others"),
        is_ratio=True,
        counts=(
            ("median_seconds", _("Seconds per item (median)")),
            ("unread", _("Answers faster than the text can be skimmed")),
        ),
    ),
    "straight_lining": SignalWords(
        _("Same place again"),
        _(
            "How often the same place on screen was chosen as the time before. The order is drawn"
            " anew for each item, so honest choices do not repeat more than by chance."
        ),
        _("by chance"),
        counts=(("longest_run", _("Longest run")),),
    ),
    "position": SignalWords(
        _("First place"),
        _(
            "How often what stood first was preferred. A slight lean to the first is common among"
            " honest readers."
        ),
        _("by chance"),
        counts=(("first", _("Times the first was preferred")),),
    ),
    "length": SignalWords(
        _("Longer text"),
        _(
            "How often the longer of two texts was preferred. Longer texts often are better, so it"
            " is held against what others said of the same items."
        ),
        _("the others on the same items"),
        counts=(("shared", _("Comparisons that others made, too")),),
    ),
    "undecided": SignalWords(
        _("Ties"),
        _("How often nothing was decided, beside the others on the same items."),
        _("the others on the same items"),
    ),
    "duplicates": SignalWords(
        _("Repeated reasons"),
        _(
            "Reasons that are the same as another of this labeler, or nearly. Short ones are left"
            " out; a project may ask for fixed wordings."
        ),
        counts=(("largest_group", _("Most alike at once")),),
    ),
    "repeated": SignalWords(
        _("Repeated texts"),
        _("Written texts that are the same as another of this labeler, or nearly."),
        counts=(("largest_group", _("Most alike at once")),),
    ),
    "pasting": SignalWords(
        _("Pasting"),
        _(
            "Texts of which at least half came from a clipboard. Some people write in another"
            " program and paste their own words."
        ),
        counts=(("pasted_share", _("Share of all text that was pasted")),),
    ),
    "machine_look": SignalWords(
        _("Look of a machine's text"),
        _(
            "Texts with at least two of the features below. Each of them occurs in what people"
            " write, above all in a second language: read the texts before you conclude anything."
        ),
        counts=(
            ("stock_phrase", _("With a stock phrase of assistants")),
            ("markdown", _("With Markdown")),
            ("even_sentences", _("With sentences of one length")),
            ("fast_hand", _("Typed faster than a hand can")),
            ("pasted", _("Mostly pasted")),
        ),
    ),
}

WHY = {
    "fell": _("Accuracy fell far below what is usual in this project"),
    "fell_from_own": _("Accuracy fell far below this labeler's own past"),
}
"""Why the figures paused somebody."""

PATHS = {
    "usual": _("Against what is usual in the project"),
    "own": _("Against this labeler's own past"),
}

SIDES = {
    "first": _("Chose what stood first"),
    "later": _("Chose what stood later"),
    "longer": _("Chose the longer text"),
    "shorter": _("Chose the shorter text"),
}

SCORES = {
    "gold": _("Gold score"),
    "consensus": _("Consensus score"),
    "corrected": _("Corrected for difficulty"),
}
