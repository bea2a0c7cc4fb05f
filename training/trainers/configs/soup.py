"""Settings of `training.trainers.soup`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.generate import GenerateConfig
from training.trainers.configs.mixtures import (
    MOST_MIXTURES,
    Mixture,
    ends,
    grid,
    grid_size,
    parse_mixtures,
    written,
)
from training.trainers.rewards.head_weights import parse_head_weights


@dataclass(frozen=True, kw_only=True)
class SoupConfig(GenerateConfig):
    """Settings of `soup`."""

    trainer: ClassVar[str] = "soup"

    model: str = option(
        "",
        "The first policy: the checkpoint folder of a run, or a hub id.",
        model="policy",
    )
    other_policies: str = option(
        "",
        "The policies to mix it with, with commas: trained from the same model, each for a"
        " criterion of its own.",
        model="policy",
        many_models=True,
    )
    reward_models: str = option(
        "",
        "The reward models that judge every mixture, with commas; each head of one is a criterion"
        " of its own.",
        model="reward_model",
        many_models=True,
    )
    head_weights: str = option(
        "",
        "How much each criterion counts when a mixture is chosen, as helpful=2,harmless=1, with"
        " rewards in units of their deviation; empty weighs all alike.",
        group="model",
    )
    grid: int = option(
        4,
        "Mixtures to try: all whose shares are multiples of 1 / grid, where none are given.",
        minimum=1,
        maximum=100,
    )
    mixtures: str = option(
        "",
        "Mixtures to try in place of the grid, as 0.7,0.3; 0.5,0.5 with a share for each policy;"
        " each policy alone is always tried.",
    )
    chosen: str = option(
        "",
        "The mixture to keep, as 0.7,0.3; empty keeps the one whose rewards together are highest.",
    )
    temperature: float = option(
        1.0, "Sampling temperature; 0 always takes the likeliest token.", minimum=0, maximum=10
    )
    top_p: float = option(
        1.0, "Sample from the likeliest tokens that sum to this.", minimum=0.01, maximum=1
    )
    reference: str = option(
        "",
        "The policy that all were trained from, which is sampled as well and from which the KL is"
        " measured, with temperature and top_p 1; empty takes the one that the first names.",
        group="model",
        model="policy",
    )

    @property
    def policies(self) -> list[str]:
        """All policies in the order of a mixture's shares."""
        return [self.model, *_names(self.other_policies)]

    @property
    def judges(self) -> list[str]:
        """All reward models, each once."""
        return list(dict.fromkeys(_names(self.reward_models)))

    @property
    def points(self) -> dict[str, Mixture]:
        """The mixtures to try by name: each policy alone first, then the others."""
        count = len(self.policies)
        given = parse_mixtures("mixtures", self.mixtures, count) or grid(count, self.grid)
        chosen = parse_mixtures("chosen", self.chosen, count)
        named: dict[str, Mixture] = {}
        for mixture in (*ends(count), *given, *chosen):
            named.setdefault(written(mixture), mixture)
        return named

    @property
    def kept(self) -> str:
        """The name of the mixture to keep; empty where the rewards decide."""
        chosen = parse_mixtures("chosen", self.chosen, len(self.policies))
        return written(chosen[0]) if chosen else ""

    def check(self) -> None:
        super().check()
        parse_head_weights(self.head_weights)
        count = len(self.policies)
        if count < 2:
            raise ConfigError("other_policies is empty: name at least one policy to mix with.")
        if not self.judges:
            raise ConfigError(
                "reward_models is empty: name the reward models that judge, one for each criterion."
            )
        if len(parse_mixtures("chosen", self.chosen, count)) > 1:
            raise ConfigError(
                "chosen names several mixtures: keep one, and try others as mixtures."
            )
        given = parse_mixtures("mixtures", self.mixtures, count)
        size = len(given) or grid_size(count, self.grid)
        if size > MOST_MIXTURES:
            raise ConfigError(
                f"grid is {self.grid}, which makes {size} mixtures of {count} policies: at most"
                f" {MOST_MIXTURES} are tried; lower it, or give mixtures."
                if not given
                else f"mixtures names {size}: at most {MOST_MIXTURES} are tried."
            )


def _names(text: str) -> list[str]:
    return [name for name in map(str.strip, text.split(",")) if name]
