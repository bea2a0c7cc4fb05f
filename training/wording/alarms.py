"""What is said of a policy that learns from rewards and goes wrong; see `labelers.sentences`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

ALARMS = (
    _(
        "The KL to the start is {kl} nats per response, more than {times} times kl_budget"
        " ({budget}): start again from the best checkpoint, with a stronger KL penalty or a lower"
        " learning_rate."
    ),
    _(
        "The KL to the start is {kl} nats per response, beyond kl_budget ({budget}): checkpoints"
        " from here on are not the best any more. Make the KL penalty stronger, or raise kl_budget"
        " if the texts are still good."
    ),
    _(
        "The KL to the start is {kl} nats per response, near kl_budget ({budget}): read the texts,"
        " and stop the run if they get worse."
    ),
    _(
        "Since step {step} the reward rose from {low} to {high} while the unseen reward fell from"
        " {before} to {after}: the policy learns to please its judge. Start again with a stronger"
        " KL penalty, or with kl_budget at {kl}, the KL of that step."
    ),
    _(
        "Entropy fell from {before} to {after} nats per token: answers become all alike. Read the"
        " texts, and make the KL penalty or the entropy bonus stronger, or lower learning_rate."
    ),
    _(
        "Responses went from {before} to {after} tokens: the reward may be about length. Read the"
        " texts, compare rewards at similar lengths, or add a rule on the length."
    ),
    _(
        "{after} of a response repeats what it said before ({before} at the start): read the"
        " texts, and make the KL penalty stronger or start again from an earlier checkpoint."
    ),
    _(
        "{after} of the responses end by themselves ({before} at the start): raise"
        " missing_eos_penalty, or max_new_tokens."
    ),
    _(
        "Every held-out response has the same reward ({reward}), of which nothing can be learned:"
        " read the texts, and correct reward_model or rules."
    ),
    _(
        "{file} does not have the start's answers to the held-out prompts, which the policy is"
        " compared with: restore the run's files and settings, or start a new run."
    ),
)
"""Sentences of `trainers.evaluation.alarms` and of `policy_progress`, as patterns."""
