"""Sentences of trainers and of their settings, as patterns; see `labelers.sentences`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

SENTENCES = (
    _("Choose keep or delete."),
    _("What was known of this person was erased already."),
    _("This is the last admin of the site: make another first."),
    _("{share} ({low} to {high}): no better than chance."),
    _("{share} ({low} to {high}): worse than chance; it prefers what people reject."),
    _(
        "{share} ({low} to {high}): better than chance, not clearly better than length alone"
        " ({length})."
    ),
    _("{share} ({low} to {high}): better than chance and than length alone ({length})."),
    _("{name} must be text, not {value}: correct it."),
    _("{name} must be a whole number, not {value}: correct it."),
    _("{name} must be a number, not {value}: correct it."),
    _("{name} must be true or false, not {value}: correct it."),
    _("{name} is {value}: choose one of {choices}."),
    _("{name} is {value}: give a number at least {low}."),
    _("{name} is {value}: give a number from {low} to {high}."),
    _(
        "label_smoothing is 0 but the loss {loss} is made for flipped labels: give their share,"
        " for example 0.1, or take the loss dpo."
    ),
    _(
        "reference is adapters_off but tuning is full, which has no adapters to switch off: take"
        " kept."
    ),
    _(
        "reference is adapters_off, which gives the model the run starts from, but reference_model"
        " names another: take kept, or leave reference_model empty."
    ),
    _(
        "reference_model is given but the loss {loss} knows no reference: leave it empty, or take"
        " the loss dpo."
    ),
    _(
        "{name} is {value}, which has no meaning for whole orders: take its default, or a pairwise"
        " loss in place of plackett_luce."
    ),
    _(
        "reference_model is {value}, but this run has computed its reference under {reference}: set"
        " it back, or start a new run."
    ),
    _(
        "{file} lacks examples of this dataset: restore the run's dataset and settings, or start a"
        " new run."
    ),
    _(
        "The policy does not start from its reference: log-probabilities differ by up to {gap}"
        " before the first step. Put back the model the run was begun with, or start a new run."
    ),
    _(
        "No prompt has a complete order without contradiction, as plackett_luce needs: choose a"
        " pairwise loss."
    ),
    _(
        "rules cannot be read at character {place} ({there}): there is no rule {name}, choose from"
        " {names}."
    ),
    _(
        "rules cannot be read at character {place} ({there}): {name} has no setting {setting}, it"
        " has {names}."
    ),
    _(
        "rules cannot be read at character {place} ({there}): give length either a target or"
        " bounds, for example length(target=80)."
    ),
    _("{setting} cannot be read at character {place} ({there}): put a comma between two of them."),
    _("{setting} cannot be read at character {place} ({there}): close the quotes."),
    _(
        "{setting} cannot be read at character {place} ({there}): a weight is a number, for example"
        " 0.5."
    ),
    _("{setting} cannot be read at character {place} ({there}): {remedy}."),
    _("rules: {pattern} is no regular expression ({reason}): correct it."),
    _("rules: a regular expression has {count} characters: give one of at most {most}."),
    _(
        "rules: the regular expression {pattern} took longer than {seconds} seconds on a response"
        " of {count} characters: make it simpler, without one repetition inside another."
    ),
    _(
        "rules is empty, and so are reward_model and reward_function: name what is rewarded, for"
        " example exact_answer=1."
    ),
    _("rules: every reward has the weight 0, raise one of them."),
    _(
        "rules ask for exact_answer, but no prompt has a known answer: give the prompts a"
        " reference, or take another rule."
    ),
    _("dataset and prompts_file: give exactly one of the two."),
    _("engine is vllm, which is not installed here: install vllm, or take own."),
    _("engine is vllm, which needs a CUDA device: take own."),
    _(
        "The model gives no numbers any more (its logits are nan): lower learning_rate and start a"
        " new run; the last good checkpoint is kept."
    ),
    _(
        "There is no prompt to answer ({count} too long or refused): raise max_prompt_tokens or"
        " choose another split."
    ),
    _("prompts_file {file} is no file and has no {splits} file: correct it."),
    _("prompts_file {file} has no prompt: correct it."),
    _("prompts_file {file} cannot be read ({reason})."),
    _("prompts_file {file} cannot be read: {reason}"),
    _("{file} line {number} is not {{'prompt': text or [messages]}} ({reason}): correct it."),
    _("{file} line {number} is not a prompt ({reason})."),
    _(
        "{setting} {name} has {count} labels ({labels}) and so no single score: say in"
        " head_weights which count, for example {example}=1."
    ),
    _(
        "{setting} {name} reads {most} tokens, and a response to the prompt {prompt} has {size}"
        " with it: lower max_prompt_tokens or max_new_tokens."
    ),
    _(
        "{setting} {name} cannot read the prompt {prompt} ({reason}): leave such prompts out, or"
        " take another reward model."
    ),
    _(
        "The reward {name} is {value} for response {number} of {count}, to the prompt {prompt}"
        " ({text}): correct what gives this reward, or leave the prompt out."
    ),
    _("reward_function {function} failed on {count} responses ({reason}): correct the function."),
    _("reward_function {function} gave {given} rewards for {count} responses: give one for each."),
    _(
        "reward_function: {module} cannot be imported ({reason}): correct its name, or start the"
        " run from the folder that it lies in."
    ),
    _("reward_function: {module} has no function {name}: correct its name."),
    _("reward_function {function} asks for {names}: it can have {known}."),
    _("model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."),
    _(
        "reference is empty and the model does not name its starting model: give it, or set"
        " scoring to likelihood."
    ),
    _("freeze_fraction is {value}, which leaves nothing to learn: lower it."),
    _("lora_targets names {names}, which this model does not have: it has {known}."),
    _("device is {device}, which this machine has not: take auto."),
    _(
        "The loss became {loss} at step {step} (gradient norm {norm}): lower learning_rate (now"
        " {rate}) and start a new run; the last good checkpoint is kept."
    ),
    _(
        "The held-out score became {score} at step {step}: lower learning_rate (now {rate}) and"
        " start a new run; the last good checkpoint is kept."
    ),
    _(
        "A weight is no longer a number after step {step}: lower learning_rate (now {rate}) and"
        " start a new run; the last good checkpoint is kept."
    ),
    _("report_to names {name}: choose from {choices}."),
    _("report_to names {name}, whose package is not installed: run `{command}`, or leave it out."),
    _(
        "report_to names wandb, which could not start ({reason}): run `wandb login`, or set"
        " WANDB_MODE=offline."
    ),
    _("report_to names mlflow, which could not start ({reason}): correct MLFLOW_TRACKING_URI."),
    _("{trainer} with these settings works in one process: start it without a launcher."),
    _("model {name} is a reward model, whose head GGUF cannot hold: choose safetensors."),
    _(
        "A model of the kind {kind} cannot be written as GGUF here, only {known}: choose"
        " safetensors."
    ),
    _(
        "A model with scaled positions or a sliding window cannot be written as GGUF here: choose"
        " safetensors."
    ),
    _(
        "The model's tokenizer is of a kind that cannot be written as GGUF here (byte-level BPE as"
        " GPT-2, SmolLM, Llama 3 and Qwen2 have it): choose safetensors."
    ),
    _("GGUF has no name for the tensor {name}: choose safetensors."),
    _(
        "There is no response to score ({left_out} too long or refused): raise max_length, or"
        " import items first."
    ),
    _(
        "margin_scale and label_smoothing are about pairs, and the loss plackett_luce has none: set"
        " both to 0, or take the loss pairwise."
    ),
    _("head_weights has {part}: write names with numbers, for example helpful=1,harmless=0.5."),
    _("head_weights names {name} twice: keep one of the two."),
    _("head_weights are all 0, which leaves no score: give one that is not."),
    _("head_weights names {names}, and the model has {heads}: correct it."),
    _(
        "criteria names {names}, and the training records have {criteria}: correct it, or take"
        " auto."
    ),
    _("model {name} is an ensemble: name one of its members, for example {member}."),
    _("{file} has no comparison of two answers ({reasons}): correct the file."),
    _(
        "{file} has the columns {columns}, which say of no two answers which is better: give"
        " prompt, answer1, answer2 (the better one first) or prompt, chosen, rejected."
    ),
    _("The split {split} has no decided pair: choose another split."),
    _("reward_model is empty, and so are rules and reward_function: name what judges."),
    _("reward_model is empty but others is not: name the first one there."),
    _(
        "reference measures the KL, for which responses must be drawn as the model has them: set"
        " temperature and top_p to 1."
    ),
    _("chat_template is plain, but responses are sampled with the model's own: take own."),
    _("n is 1, of which one is always the best: sample at least 2."),
    _("n is 1, which leaves nothing to compare: sample at least 2."),
    _("n is {n} but a ranking holds {most} responses: sample fewer, or take best_worst."),
    _(
        "reference is adapters_off, which gives the start of a round, but round_reference is"
        " first: take kept."
    ),
    _(
        "batch_size is 1, but kto measures the drift over the batch: give at least 2, or take the"
        " loss apo_zero."
    ),
    _("bad_weight and good_weight are 0, which leaves nothing to learn: raise one."),
    _("All records answer one prompt: KTO needs two prompts at least."),
    _("Every training response is {side}: label responses of the other kind."),
    _(
        "No response of round {round} ended within max_new_tokens ({limit}): raise it, or set"
        " finished_only to false."
    ),
    _("Nothing is left to learn from in round {round}: sample more (n), or keep more."),
    _("{share} on {count} items of a benchmark."),
    _(
        "held_out_labelers is {value}, but the dataset names {count} labelers: lower it, or export"
        " the judgments with their labelers."
    ),
    _(
        "labeler_fold is {value}, but the {count} labelers of the dataset are all held out by lower"
        " ones: lower it."
    ),
    _(
        "labeler_fold is {value}, but held_out_labelers holds out nobody: set it, or leave"
        " labeler_fold out."
    ),
    _("Nothing is left to train on without the held-out labelers: lower held_out_labelers."),
    _(
        "The model scores held-out responses with what is no number: its weights are broken, so"
        " train it anew with a lower learning_rate."
    ),
    _("rewardbench {path} cannot be read ({reason})."),
    _("{path} line {number} is not JSON ({reason}): correct it."),
    _("{path} line {number} is not a JSON object: correct it."),
    _(
        "{path} line {number} is no RewardBench item ({reason}): give prompt, chosen, rejected and"
        " subset."
    ),
    _("{path} has no item that can be scored: raise max_length."),
    _("dataset {path} has no split {split}: choose another split."),
    _(
        "There is no prompt to answer ({left_out} too long or refused): raise max_prompt_tokens or"
        " choose another split."
    ),
    _(
        "Nothing is left of {split} in {path} ({reasons}): raise max_length, or export more labels"
        " of responses that differ."
    ),
    _("{file} has no rows: export more labels, or delete the file."),
    _(
        "{file} is not the file that its manifest names (another checksum): copy it again, or"
        " delete manifest.json if you changed it yourself."
    ),
    _(
        "{file} has a {column} in row {row} that is no number it may be: correct it, or export it"
        " again."
    ),
    _("Every training comparison is a tie: set learn_from_ties, or label more."),
    _(
        "Every training comparison is a tie, so a model would only learn to like everything alike:"
        " label more."
    ),
    _(
        "model {name} has no chat template: take a model that converses, or set chat_template to"
        " plain, which writes User and Assistant lines."
    ),
    _(
        "model {name} is no folder here and the hub cannot be reached: connect to the network once,"
        " or name a folder."
    ),
    _(
        "model {name} brings its own Python code, which is never run: take a model whose"
        " architecture transformers knows."
    ),
    _(
        "model {name} has no safetensors weights, and pickled ones ({file}) are refused because"
        " they can run code: convert it with save_pretrained."
    ),
    _("{file} is torn ({size} of {promised} bytes): copy the model again."),
    _(
        "model {name} has {rows} embeddings but its tokenizer counts to {tokens}: take the"
        " tokenizer that the model was trained with."
    ),
    _(
        "{name} and {other} have different tokenizers ({different} of {tokens} tokens differ): take"
        " models of one family."
    ),
    _(
        "The model has no chat template of its own: conversations are written plainly, as User and"
        " Assistant lines."
    ),
    _(
        "{count} of {all} held-out examples have a prompt that is trained on: their figures are too"
        " good."
    ),
    _("Only {count} examples are left to train on."),
    _("Nothing is held out, so nobody will see whether the run learns or memorises."),
    _("model {name} is a reward model, which cannot write: name a policy in its place."),
    _("model {name} is a policy without scores: name a reward model."),
    _("model {name} could not be loaded ({reason}): name another folder or hub id."),
    _(
        "The trainer was killed or crashed {starts} times without reaching a new checkpoint;"
        " {words}. Read the log, correct the settings, and resume."
    ),
    _(
        "The trainer ended with exit code {code} {starts} times without reaching a new checkpoint;"
        " {words}. Read the log, correct the settings, and resume."
    ),
    _(
        "The trainer refused its command line (exit code {code}); {words}. Read the log, and start"
        " a new run."
    ),
    _(
        "The trainer was ended by signal {signal} {starts} times without reaching a new"
        " checkpoint; {words}. Read the log, correct the settings, and resume."
    ),
)
"""What trainers and their settings say of themselves; see `labelers.sentences`."""
