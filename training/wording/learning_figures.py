"""What the figures of policies that learn from rewards are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LEARNING_FIGURES = {
    "reward/": _("Rewards by name"),
    "reward_deviation": _("Spread of the reward"),
    "reward_deviation/": _("Spread of rewards by name"),
    "reward_gain": _("Reward gained over the start"),
    "unseen_reward": _("Unseen reward"),
    "unseen_reward_gain": _("Unseen reward gained over the start"),
    "win_rate": _("Win rate against the start"),
    "unseen_win_rate": _("Win rate by the unseen reward"),
    "length": _("Length in tokens"),
    "repetition": _("Repetition within a response"),
    "sqrt_kl": _("Root of the KL"),
    "clip_fraction": _("Share of tokens clipped"),
    "value_clip_fraction": _("Share of values clipped"),
    "approx_kl": _("KL moved within a step"),
    "ratio_deviation": _("Ratio off 1 before the first step"),
    "empty": _("Empty responses"),
    "value": _("Value expected by the critic"),
    "critic_grad_norm": _("Grad norm of the critic"),
    "policy_loss": _("Policy loss"),
    "value_loss": _("Value loss"),
    "ptx_loss": _("Loss on other text (ptx)"),
    "explained_variance": _("Explained variance of the values"),
    "advantage_deviation": _("Spread of the advantages"),
    "without_spread": _("Prompts whose responses are all rewarded alike"),
    "seconds_generate": _("Seconds generating"),
    "seconds_score": _("Seconds scoring"),
    "seconds_learn": _("Seconds learning"),
}
