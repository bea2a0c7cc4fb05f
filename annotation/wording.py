"""What pages call task kinds, file formats and coefficients, in the viewer's language.

The modules that own them know no language; a test compares their English with this.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

KINDS = {"pairwise": _("Pairwise comparison"), "ranking": _("Ranking")}
READERS = {
    "accord": _("a prompt with 0 to 9 responses per line, with optional ranks, preference or gold"),
    "hh_rlhf": _('{"chosen": "\\n\\nHuman: ...\\n\\nAssistant: ...", "rejected": ...} per line'),
    "trl": _("columns prompt, chosen, rejected as texts or as messages; JSONL or Parquet"),
}
COEFFICIENTS = {"percent": _("Percent agreement"), "alpha": _("Krippendorff's alpha")}
NO_JUDGMENTS = _("There are no judgments yet.")
UNDEFINED = {
    "no_overlap": _("No item has answers from two labelers, so there is nothing to compare."),
    "one_category": _("All answers are the same, so agreement cannot be told from chance."),
}
"""Why a coefficient has no value: the sentences of `annotation.stats.coefficient`."""
