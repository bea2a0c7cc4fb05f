"""Signs that a policy which learns from rewards goes wrong, found in what was measured so far.

Pure functions of the evaluations: the start first, each a dict of the figures of `answers`. Every
alarm says in a sentence what it saw and what to do. Numbers only: no torch, no arrays, no Django.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NEAR = 0.8
"""Share of the KL budget from which on a warning is due."""

EXPLODED = 8
"""Times the KL budget at which a run is ended whatever its settings say."""

ENTROPY_LEFT = 0.35
"""Share of the start's entropy below which answers are nearly always the same."""

LENGTHS = (0.5, 2.0)
"""Mean lengths, in those of the start, between which all is well."""

FEW_TOKENS = 8
"""By so much a length must have changed at least: tiny answers double easily."""

REPEATED = 0.15
"""By how much the share of repeated n-grams may rise over the start's."""

FINISHED_LEFT = 0.5
"""Share of the start's finished responses below which the policy forgets to end."""

Evaluation = Mapping[str, Any]
History = Sequence[Evaluation]
"""Evaluations by step, the start first: ``step`` and figures under their names."""


@dataclass(frozen=True)
class Alarm:
    """What is wrong, since which step, and what to do. ``stops``: a run may be ended for it."""

    name: str
    step: int
    sentence: str
    stops: bool

    def as_dict(self) -> dict[str, Any]:
        """As it stands in RUN/alarms.json."""
        return {
            "name": self.name,
            "step": self.step,
            "sentence": self.sentence,
            "stops": self.stops,
        }


def alarms(history: History, *, kl_budget: float) -> list[Alarm]:
    """What is wrong at the last of these evaluations, each since when it is so without a break."""
    found = []
    for name, check in CHECKS.items():
        sentence = check(history, kl_budget)
        if sentence:
            since = len(history)
            while since > 1 and check(history[: since - 1], kl_budget):
                since -= 1
            step = int(history[since - 1]["step"])
            found.append(Alarm(name, step, sentence, stops=name not in WARNINGS))
    return found


def kl_exploded(history: History, kl_budget: float) -> str:
    """The policy is so far away that nothing said of the start holds any more."""
    kl = _last(history, "held_out_kl")
    if kl is None or not kl_budget or kl <= EXPLODED * kl_budget:
        return ""
    return (
        f"The KL to the start is {kl:.3g} nats per response, more than {EXPLODED} times kl_budget"
        f" ({kl_budget:g}): start again from the best checkpoint, with a stronger KL penalty or a"
        " lower learning_rate."
    )


def kl_beyond(history: History, kl_budget: float) -> str:
    """The policy has spent its budget."""
    kl = _last(history, "held_out_kl")
    if kl is None or not kl_budget or not kl_budget < kl <= EXPLODED * kl_budget:
        return ""
    return (
        f"The KL to the start is {kl:.3g} nats per response, beyond kl_budget ({kl_budget:g}):"
        " checkpoints from here on are not the best any more. Make the KL penalty stronger, or"
        " raise kl_budget if the texts are still good."
    )


def kl_near(history: History, kl_budget: float) -> str:
    """The policy will soon have spent its budget."""
    kl = _last(history, "held_out_kl")
    if kl is None or not kl_budget or not NEAR * kl_budget <= kl <= kl_budget:
        return ""
    return (
        f"The KL to the start is {kl:.3g} nats per response, near kl_budget ({kl_budget:g}): read"
        " the texts, and stop the run if they get worse."
    )


def over_optimised(history: History, kl_budget: float) -> str:
    """The reward goes on rising while a reward model that nobody optimises falls, twice running.

    What is compared are gains over the start on the same prompts; the fall must be larger than the
    interval of the later gain.
    """
    gains = [e for e in history if _number(e, "held_out_unseen_reward_gain") is not None]
    if len(gains) < 3:
        return ""
    best = max(gains[:-2], key=lambda e: float(e["held_out_unseen_reward_gain"]))
    if not all(_fell_since(best, later) for later in gains[-2:]):
        return ""
    now = gains[-1]
    return (
        f"Since step {best['step']} the reward rose from {best['held_out_reward']:.3g} to"
        f" {now['held_out_reward']:.3g} while the unseen reward fell from"
        f" {best['held_out_unseen_reward']:.3g} to {now['held_out_unseen_reward']:.3g}: the policy"
        " learns to please its judge. Start again with a stronger KL penalty, or with kl_budget at"
        f" {best['held_out_kl']:.3g}, the KL of that step."
    )


def entropy_collapsed(history: History, kl_budget: float) -> str:
    """The policy writes nearly the same every time, so there is nothing to choose from."""
    start, now = _first_and_last(history, "held_out_entropy")
    if now is None or start is None or start <= 0 or now >= ENTROPY_LEFT * start:
        return ""
    return (
        f"Entropy fell from {start:.3g} to {now:.3g} nats per token: answers become all alike. Read"
        " the texts, and make the KL penalty or the entropy bonus stronger, or lower learning_rate."
    )


def length_ran_away(history: History, kl_budget: float) -> str:
    """Responses are much longer or shorter than at first, as where a reward pays for length."""
    start, now = _first_and_last(history, "held_out_length")
    if now is None or start is None or abs(now - start) < FEW_TOKENS:
        return ""
    if LENGTHS[0] * start <= now <= LENGTHS[1] * start:
        return ""
    return (
        f"Responses went from {start:.3g} to {now:.3g} tokens: the reward may be about length. Read"
        " the texts, compare rewards at similar lengths, or add a rule on the length."
    )


def repetition_rose(history: History, kl_budget: float) -> str:
    """Responses say the same words again and again."""
    start, now = _first_and_last(history, "held_out_repetition")
    if now is None or start is None or now - start <= REPEATED:
        return ""
    return (
        f"{now:.0%} of a response repeats what it said before ({start:.0%} at the start): read the"
        " texts, and make the KL penalty stronger or start again from an earlier checkpoint."
    )


def unfinished(history: History, kl_budget: float) -> str:
    """The policy forgets to end its responses."""
    start, now = _first_and_last(history, "held_out_finished")
    if now is None or not start or now >= FINISHED_LEFT * start:
        return ""
    return (
        f"{now:.0%} of the responses end by themselves ({start:.0%} at the start): raise"
        " missing_eos_penalty, or max_new_tokens."
    )


def reward_constant(history: History, kl_budget: float) -> str:
    """Every response gets the same reward, which teaches nothing."""
    if _last(history, "held_out_reward_deviation") != 0:
        return ""
    return (
        f"Every held-out response has the same reward ({_last(history, 'held_out_reward'):.3g}), of"
        " which nothing can be learned: read the texts, and correct reward_model or rules."
    )


CHECKS: dict[str, Callable[[History, float], str]] = {
    "kl_exploded": kl_exploded,
    "kl_beyond": kl_beyond,
    "over_optimised": over_optimised,
    "entropy": entropy_collapsed,
    "repetition": repetition_rose,
    "length": length_ran_away,
    "unfinished": unfinished,
    "reward_constant": reward_constant,
    "kl_near": kl_near,
}
"""Every alarm, the worst first; each gives a sentence, or nothing where all is well."""

WARNINGS = ("kl_near", "reward_constant")
"""For these no run is ended: nothing is lost yet, and a reward of 0 may be a beginning."""


def _fell_since(best: Evaluation, later: Evaluation) -> bool:
    highest = _number(later, "held_out_unseen_reward_gain_high")
    return (
        highest is not None
        and highest < best["held_out_unseen_reward_gain"]
        and later["held_out_reward_gain"] > best["held_out_reward_gain"]
    )


def _last(history: History, name: str) -> float | None:
    return _number(history[-1], name) if history else None


def _first_and_last(history: History, name: str) -> tuple[float | None, float | None]:
    return (_number(history[0], name), _number(history[-1], name)) if history else (None, None)


def _number(evaluation: Evaluation, name: str) -> float | None:
    value = evaluation.get(name)
    return float(value) if isinstance(value, int | float) else None
