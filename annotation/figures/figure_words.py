"""What pages call figures, in the viewer's language: titles, explanations, reasons, parts.

Kept figures know no language; everything that a person reads of them is made here. Which figures
there are is `agreeing` and `breaking_down`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotation import wording

TITLES = {
    "percent": _("Percent agreement"),
    "alpha": _("Krippendorff's alpha"),
    "fleiss": _("Fleiss' kappa"),
    "cohen": _("Cohen's kappa, mean of pairs"),
    "gwet": _("Gwet's AC1"),
    "comparisons": _("Comparisons that agree"),
    "alpha_strength": _("Krippendorff's alpha over strengths"),
    "alpha_rank": _("Krippendorff's alpha over ranks"),
    "tau_b": _("Kendall's tau-b"),
    "w": _("Kendall's W"),
    "gold": _("Agreement with gold"),
    "researchers": _("Agreement with researchers"),
}

EXPLAINED = {
    "percent": _("Mean share of labeler pairs who say the same: first, second or tie."),
    "alpha": _("Corrected for chance: 1 is perfect, 0 is guessing. For any number of labelers."),
    "fleiss": _("Corrected for chance by how often all together say each answer."),
    "cohen": _("Corrected for how often each of the two says each answer, mean over pairs."),
    "gwet": _("Corrected for chance in a way that stays steady where one answer prevails."),
    "comparisons": _("Share of labeler pairs who prefer the same response, ties left out."),
    "alpha_strength": _("Counts near misses on the scale of preference less (ordinal)."),
    "alpha_rank": _("How far each response gets the same rank, near misses counting less."),
    "tau_b": _("Concordant less discordant pairs of two rankings, with ties: -1 to 1."),
    "w": _("Concordance of all rankings of an item, with ties: 0 to 1."),
    "gold": _("Share of comparisons that agree with the known answers, ties left out."),
    "researchers": _("Share of comparisons that agree with answers of researchers, ties left out."),
}

SHARES = frozenset({"percent", "comparisons", "gold", "researchers"})
"""Figures that are a share and read as a percentage."""

REASONS = (
    *wording.UNDEFINED.values(),
    _("There are no judgments yet."),
    _("Nobody was asked how much better a response is."),
    _("No answer puts three or more responses in order."),
    _("No answer to a gold item could be compared yet."),
    _("No researcher of this project has labeled what others labeled, too."),
    _("Every ranking ties all responses, so there is no order to compare."),
)

DIMENSIONS = {
    "language": _("By language"),
    "criterion": _("By criterion"),
    "tag": _("By tag"),
    "source": _("By source of a response"),
    "sources": _("By pair of sources"),
    "strength": _("By strength of the preference"),
}

STRENGTHS = {
    "significantly": _("significantly better"),
    "better": _("better"),
    "slightly": _("slightly better"),
    "negligibly": _("negligibly better or unsure"),
    "tie": _("a tie"),
}

Figure = Mapping[str, Any]


def in_words(figure: Figure) -> dict[str, Any]:
    """A coefficient with its title, explanation and reason."""
    name = figure["name"]
    return {
        **figure,
        "title": str(TITLES[name]),
        "explained": str(EXPLAINED[name]),
        "is_share": name in SHARES,
        "reason": figure["reason"] and gettext(figure["reason"]),
    }


def all_in_words(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Several coefficients."""
    return [in_words(figure) for figure in figures]


def part_name(dimension: str, part: str) -> str:
    """What a part of a breakdown is called; what people named stays as it is."""
    if dimension == "strength":
        return str(STRENGTHS[part])
    if dimension == "criterion" and part in wording.CRITERIA:
        return str(wording.CRITERIA[part])
    if dimension == "sources":
        first, second = part.split("\n")
        return f"{first} – {second}"
    return part or gettext("not given")
