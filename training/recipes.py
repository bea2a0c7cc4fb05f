"""Settings that go together, as a form can begin with them: by trainer, a title and what differs.

Only what the trainers' own sentences recommend; every other setting keeps its default.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Recipe:
    """A way to begin: what it is good for, and the settings that are not the defaults."""

    title: Promise
    settings: dict[str, str | int | float]

    @property
    def query(self) -> str:
        """The settings as a link fills them in."""
        return urlencode(self.settings)


RECIPES: dict[str, tuple[Recipe, ...]] = {
    "reward_model": (
        Recipe(
            _("Lower layers frozen, the rest in full"),
            {"tuning": "full", "freeze_fraction": 0.7, "learning_rate": 1e-5},
        ),
        Recipe(_("Strong preferences count more"), {"margin_scale": 1}),
    ),
    "dpo": (
        Recipe(
            _("Labels that may be flipped"),
            {"loss": "robust", "label_smoothing": 0.1},
        ),
        Recipe(
            _("Without a reference model"),
            {"loss": "simpo", "beta": 2},
        ),
    ),
}
