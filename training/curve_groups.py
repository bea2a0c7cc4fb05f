"""Which figures share a chart, and which charts are seen at once or under a fold."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TOGETHER: dict[str, tuple[Promise, tuple[str, ...]]] = {
    "logp": (_("Log-probabilities"), ("logp_chosen", "logp_rejected")),
    "rewards": (_("Rewards"), ("reward_chosen", "reward_rejected")),
    "kl": (_("Distance from the reference (KL)"), ("kl", "kl_k1", "kl_k3")),
    "distinct": (
        _("Diversity"),
        ("distinct_1", "distinct_2", "distinct_3", "distinct_4", "self_bleu"),
    ),
    "win_rates": (_("Win rate against the start"), ("win_rate", "unseen_win_rate")),
    "clipped": (_("Clipped by PPO"), ("clip_fraction", "value_clip_fraction")),
    "grad_norms": (_("Gradient norms"), ("grad_norm", "critic_grad_norm")),
    "learning_rates": (_("Learning rates"), ("learning_rate", "critic_learning_rate")),
}
"""Figures that are read against one another share a chart: its title, and which they are."""

BY_NAME = ("reward/", "reward_deviation/")
"""Figures that begin alike share a chart, whatever the parts are called."""

MAIN = "main"
GROUPS: dict[str, tuple[Promise, tuple[str, ...]]] = {
    MAIN: (
        _("What matters most"),
        (
            *("loss", "accuracy", "score_margin", "reward_margin", "reward", "reward_by_kl"),
            *("unseen_reward", "unseen_reward_by_kl", "win_rates", "kl", "reward_kept"),
        ),
    ),
    "responses": (
        _("What is written"),
        (
            *("length", "response_tokens", "mean_tokens", "finished", "empty", "entropy"),
            *(
                "repetition",
                "distinct",
                "reward/",
                "reward_deviation",
                "reward_deviation/",
                "without_spread",
            ),
            *("reward_gain", "unseen_reward_gain", "rewards", "logp"),
        ),
    ),
    "learning": (
        _("The learning itself"),
        (
            *("policy_loss", "value_loss", "ptx_loss", "clipped", "approx_kl", "ratio_deviation"),
            *("advantage_deviation", "explained_variance", "value", "kl_coefficient", "grad_norms"),
            "learning_rates",
        ),
    ),
    "time": (_("Time"), ("time", "tokens_per_second")),
    "more": (_("Everything else"), ()),
}
"""Groups of charts in their order, each with its charts; all but the first are folded."""


def group_of(chart: str) -> str:
    """The group that a chart belongs to."""
    return next((name for name, (_title, charts) in GROUPS.items() if chart in charts), "more")


def rank(chart: str) -> tuple[int, int, str]:
    """Where a chart stands among the others; those that are not known, by their names."""
    group = group_of(chart)
    charts = GROUPS[group][1]
    place = charts.index(chart) if chart in charts else len(charts)
    return list(GROUPS).index(group), place, chart


def folded(charts: list[dict[str, str]]) -> list[dict[str, str]]:
    """The groups that are folded and have some of these charts, as `charts.js` wants them."""
    there = {chart["group"] for chart in charts if "group" in chart}
    return [
        {"id": name, "title": str(title)}
        for name, (title, _charts) in GROUPS.items()
        if name in there and name != MAIN
    ]
