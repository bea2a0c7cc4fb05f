"""What PPO says when it is not to go on, and what its settings refuse."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

PPO_SENTENCES = (
    _(
        "At step {step} the {figure} became {value}: lower learning_rate (now {rate}) and start a"
        " new run; the last good checkpoint is kept."
    ),
    _(
        "The KL to the start is {kl} nats per response at step {step}, over kl_limit ({limit}):"
        " raise kl_coefficient or lower learning_rate and start a new run; the last good"
        " checkpoint is kept."
    ),
    _(
        "Every response of step {step} is empty, so nothing can be learned: start from a policy"
        " that writes, or pull it harder towards its start; the last good checkpoint is kept."
    ),
    _(
        "Every reward of the last {steps} steps is {value}, from which nothing can be learned:"
        " correct the rewards, or start from a policy that sometimes earns one."
    ),
    _("ptx_coefficient and ptx_data go together: give both, or leave both out."),
    _("critic_start is reward_model but reward_model is empty: name one, or take policy."),
    _(
        "critic_start is reward_model, but the reward model reads other tokens or stands on another"
        " base than the policy: take auto, or another reward model."
    ),
    _(
        "batch_size is {size}, which minibatches {minibatches} and accumulation {accumulation}"
        " cannot divide: raise it, or lower those."
    ),
    _("ptx_data {path} holds no text: name another file."),
    _("ptx_data {path} is not there: name a dataset directory, or a .txt or .jsonl file."),
    _(
        "ptx_data {path} cannot be read ({reason}): give a .txt file, or a .jsonl file whose lines"
        ' have a "text".'
    ),
    _(
        "The checkpoint {path} is of another trainer, for it has no critic.safetensors: start a new"
        " run."
    ),
    _(
        "The critic in {path} is of another shape than this run's: put the settings and the reward"
        " model back with which the run was begun, or start a new run."
    ),
    _(
        "The reward model's adapters do not fit the policy ({name} is not there): set tuning to"
        " full."
    ),
    _("The reference and the critic cannot share rows: {reason}."),
)
"""See `labelers.sentences`."""
