"""What pages call trainers, settings, figures and phases, in the viewer's language.

Trainers know no language; a test compares their English with this. The sentences under settings
are not repeated here: `makemessages` reads them where they stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from labelers import sentences


@dataclass(frozen=True)
class TrainerWords:
    """What a trainer is called and what it does."""

    title: Promise
    description: Promise


TRAINERS = {
    "reward_model": TrainerWords(
        _("Reward model"),
        _("Learns a score from preferences and rankings; better responses score higher."),
    ),
    "dpo": TrainerWords(
        _("Preference optimisation (DPO family)"),
        _("Trains a policy on preferences directly, with DPO or one of its relatives."),
    ),
    "generate": TrainerWords(
        _("Generate responses"),
        _("Samples responses of a model or checkpoint to the prompts of a dataset."),
    ),
    "evaluate": TrainerWords(
        _("Evaluate on held-out pairs"),
        _("Measures how often a model agrees with held-out preferences, with baselines."),
    ),
    "score": TrainerWords(
        _("Score open items"),
        _("Scores the responses of open items, so that the most uncertain come first."),
    ),
}

SETTINGS = {
    "model": _("Model"),
    "seed": _("Seed"),
    "device": _("Device"),
    "precision": _("Precision"),
    "threads": _("Threads"),
    "dataset": _("Dataset"),
    "data": _("Data"),
    "tuning": _("Tuning"),
    "lora_rank": _("Lora rank"),
    "lora_alpha": _("Lora alpha"),
    "lora_targets": _("Lora targets"),
    "freeze_fraction": _("Freeze fraction"),
    "max_length": _("Max length"),
    "epochs": _("Epochs"),
    "max_steps": _("Max steps"),
    "batch_size": _("Batch size"),
    "accumulation": _("Accumulation"),
    "learning_rate": _("Learning rate"),
    "head_learning_rate": _("Head learning rate"),
    "warmup_fraction": _("Warmup fraction"),
    "weight_decay": _("Weight decay"),
    "max_grad_norm": _("Max grad norm"),
    "label_weights": _("Label weights"),
    "learn_from_ties": _("Learn from ties"),
    "margin_scale": _("Margin scale"),
    "label_smoothing": _("Label smoothing"),
    "evaluate_every": _("Evaluate every"),
    "evaluation_prompts": _("Evaluation prompts"),
    "checkpoint_every": _("Checkpoint every"),
    "loss": _("Loss"),
    "centering": _("Centering"),
    "beta": _("Beta"),
    "alpha": _("Alpha"),
    "target_margin": _("Target margin"),
    "sft_weight": _("Sft weight"),
    "dpop_lambda": _("Dpop lambda"),
    "samples": _("Samples"),
    "sample_tokens": _("Sample tokens"),
    "prompts_file": _("Prompts file"),
    "split": _("Split"),
    "limit": _("Limit"),
    "n": _("N"),
    "temperature": _("Temperature"),
    "top_p": _("Top p"),
    "max_new_tokens": _("Max new tokens"),
    "max_prompt_tokens": _("Max prompt tokens"),
    "scoring": _("Scoring"),
    "reference": _("Reference"),
    "resamples": _("Resamples"),
    "responses_file": _("Responses file"),
    "others": _("Others"),
}

FIGURES = {
    "accuracy": _("Accuracy"),
    "accuracy_longer": _("Choosing the longer"),
    "accuracy_shorter": _("Choosing the shorter"),
    "accuracy_first": _("Choosing the first shown"),
    "held_out_loss": _("Held-out loss"),
    "held_out_accuracy": _("Held-out accuracy"),
    "held_out_accuracy_longer": _("Choosing the longer"),
    "held_out_accuracy_shorter": _("Choosing the shorter"),
    "held_out_accuracy_first": _("Choosing the first shown"),
    "held_out_split": _("Held-out split"),
    "finished": _("Finished responses"),
    "score_margin": _("Score margin"),
    "score_mean": _("Score mean"),
    "reward_margin": _("Reward margin"),
    "reward_chosen": _("Reward chosen"),
    "reward_rejected": _("Reward rejected"),
    "logp_chosen": _("Logp chosen"),
    "logp_rejected": _("Logp rejected"),
    "grad_norm": _("Grad norm"),
    "tokens_per_second": _("Tokens per second"),
    "tokens": _("Tokens"),
    "mean_tokens": _("Mean tokens"),
    "pairs": _("Pairs"),
    "prompts": _("Prompts"),
    "responses": _("Responses"),
    "length_correlation": _("Length correlation"),
    "by_strength": _("By strength"),
    "by_language": _("By language"),
    "by_kind": _("By kind"),
}

DATA_REPORT = {
    "records": _("Records"),
    "splits": _("Splits"),
    "text": _("Text"),
    "train": _("Train"),
    "validation": _("Validation"),
    "test": _("Test"),
    "rows": _("Rows"),
    "examples": _("Examples"),
    "comparisons": _("Comparisons"),
    "left_out": _("Left out"),
    "longest": _("Longest"),
    "lengths": _("Lengths"),
    "plain_template": _("Plain template"),
    "conversations": _("Conversations"),
    "not_prefix_stable": _("Not prefix stable"),
    "doubled_bos": _("Doubled bos"),
    "missing_eos": _("Missing eos"),
    "refused": _("Refused"),
    "refusals": _("Refusals"),
    "to 64": _("Up to 64"),
    "to 128": _("Up to 128"),
    "to 256": _("Up to 256"),
    "to 512": _("Up to 512"),
    "to 1024": _("Up to 1024"),
    "to 2048": _("Up to 2048"),
    "to 4096": _("Up to 4096"),
    "more": _("More"),
    "pad_token": _("Pad token"),
    "end_token": _("End token"),
    "shared_prompt": _("Shared prompt"),
}

NAMES = {**DATA_REPORT, **SETTINGS, **FIGURES}

VALUES = {
    "significantly": _("Significantly better"),
    "better": _("Better"),
    "slightly": _("Slightly better"),
    "negligibly": _("Negligibly better"),
    "pairwise": _("Pairwise comparison"),
    "ranking": _("Ranking"),
    "not given": _("Not given"),
}
"""By what an evaluation is broken down."""

PHASES = {
    "loading": _("Loading"),
    "reference": _("Scoring with the reference model"),
    "training": _("Training"),
    "evaluating": _("Evaluating"),
    "generating": _("Generating"),
    "scoring": _("Scoring"),
}

SENTENCES = (
    gettext_noop("Choose keep or delete."),
    gettext_noop("What was known of this person was erased already."),
    gettext_noop("This is the last admin of the site: make another first."),
    gettext_noop("{share} ({low} to {high}): no better than chance."),
    gettext_noop("{share} ({low} to {high}): worse than chance; it prefers what people reject."),
    gettext_noop(
        "{share} ({low} to {high}): better than chance, not clearly better than length alone"
        " ({length})."
    ),
    gettext_noop("{share} ({low} to {high}): better than chance and than length alone ({length})."),
    gettext_noop("{name} must be text, not {value}: correct it."),
    gettext_noop("{name} must be a whole number, not {value}: correct it."),
    gettext_noop("{name} must be a number, not {value}: correct it."),
    gettext_noop("{name} must be true or false, not {value}: correct it."),
    gettext_noop("{name} is {value}: choose one of {choices}."),
    gettext_noop("{name} is {value}: give a number at least {low}."),
    gettext_noop("{name} is {value}: give a number from {low} to {high}."),
    gettext_noop(
        "label_smoothing is 0 but the loss {loss} is made for flipped labels: give their share,"
        " for example 0.1, or take the loss dpo."
    ),
    gettext_noop("model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."),
    gettext_noop(
        "reference is empty and the model does not name its starting model: give it, or set"
        " scoring to likelihood."
    ),
    gettext_noop("freeze_fraction is {value}, which leaves nothing to learn: lower it."),
    gettext_noop("lora_targets names {names}, which this model does not have: it has {known}."),
    gettext_noop("device is {device}, which this machine has not: take auto."),
    gettext_noop(
        "There is no response to score ({left_out} too long or refused): raise max_length, or"
        " import items first."
    ),
    gettext_noop("The split {split} has no decided pair: choose another split."),
    gettext_noop("dataset {path} has no split {split}: choose another split."),
    gettext_noop(
        "There is no prompt to answer ({left_out} too long or refused): raise max_prompt_tokens or"
        " choose another split."
    ),
    gettext_noop(
        "Nothing is left of {split} in {path} ({reasons}): raise max_length or export more labels."
    ),
    gettext_noop("model {name} is a reward model, which cannot write: name a policy in its place."),
    gettext_noop("model {name} is a policy without scores: name a reward model."),
    gettext_noop("model {name} could not be loaded ({reason}): name another folder or hub id."),
    gettext_noop(
        "The trainer was killed or crashed {starts} times without reaching a new checkpoint;"
        " {words}. Read the log, correct the settings, and resume."
    ),
    gettext_noop(
        "The trainer ended with exit code {code} {starts} times without reaching a new checkpoint;"
        " {words}. Read the log, correct the settings, and resume."
    ),
    gettext_noop(
        "The trainer was ended by signal {signal} {starts} times without reaching a new"
        " checkpoint; {words}. Read the log, correct the settings, and resume."
    ),
)
"""What trainers and their settings say of themselves; see `labelers.sentences`."""


def name_of(key: str) -> str:
    """What a setting or figure is called; one that is not known here, by its own letters."""
    known = NAMES.get(key)
    if known is not None:
        return str(known)
    if " / " in key:
        return " / ".join(name_of(part) for part in key.split(" / "))
    base = key.removeprefix("held_out_")
    if base != key and base in NAMES:
        return gettext("Held out: {name}").format(name=NAMES[base])
    words = key.replace("_", " ").replace("/", " ")
    return words[:1].upper() + words[1:]


def value_of(value: str) -> str:
    """What a part of an evaluation is called."""
    return str(VALUES.get(value, value))


def phase_of(phase: str) -> str:
    """What a trainer is doing."""
    return str(PHASES.get(phase, phase))


def sentence_of(sentence: str) -> str:
    """What a trainer said, as far as it is known here."""
    return sentences.in_words(sentence, SENTENCES)
