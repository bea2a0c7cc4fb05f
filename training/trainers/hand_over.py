"""Hands a run of `ppo` over to OpenRLHF or verl, which train over many machines with GPUs:

`python -m training.trainers.hand_over RUN --to openrlhf|verl --out FOLDER [--machines N --gpus N]`

FOLDER gets the prompts, the policy that the run started from, its reward model or its rules, and
launch.sh with the run's settings as options of that trainer; README.md says what differs there.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from training.durable_files import sync_folder, sync_tree
from training.run_dir import EXIT_DONE, EXIT_FAILED, RunDir, RunDirError
from training.trainers.config_fields import ConfigError
from training.trainers.configs import TINY_MODEL, PpoConfig
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.preference_files import dataset_folder
from training.trainers.data.prompt_files import Prompt, prompts_folder
from training.trainers.data.prompt_rows import dataset_prompts, held_out_split
from training.trainers.handing_over import openrlhf, verl
from training.trainers.handing_over.plan import Plan, Target
from training.trainers.handing_over.reward_file import reward_file
from training.trainers.loop.command_line import explain
from training.trainers.models.exporting import export_model
from training.trainers.models.model_loading import load_reward_model, load_tokenizer
from training.trainers.models.saving import write_model

TARGETS = {target.name: target for target in (openrlhf.TARGET, verl.TARGET)}
CODE = Path(__file__).resolve().parents[2]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the folder; the return value is the exit code."""
    given = _parser().parse_args(argv)
    try:
        hand_over(
            RunDir(given.run),
            TARGETS[given.to],
            Path(given.out),
            machines=given.machines,
            gpus=given.gpus,
        )
    except (ConfigError, RunDirError, OSError) as error:
        print(f"hand_over: {explain(error)}", file=sys.stderr)
        return EXIT_FAILED
    print(f"{given.out}: start it with `bash launch.sh` there")
    return EXIT_DONE


def hand_over(run: RunDir, target: Target, out: Path, *, machines: int, gpus: int) -> None:
    """Write everything into a new folder, whole or not at all. Raises ConfigError."""
    config = PpoConfig.from_dict(run.config())
    _check(config, out, machines * gpus)
    data = _data(run, config)
    split = held_out_split(data)
    prompts = _different(dataset_prompts(data, "train"))
    plan = Plan(
        run=run.path.resolve().name,
        prompts=len(prompts),
        held_out=bool(split),
        rules=bool(config.rules),
        machines=machines,
        gpus=gpus,
        critic_is_policy=bool(config.rules) or config.critic_start == "policy",
    )
    writing = out.with_name(f".writing-{out.name}")
    shutil.rmtree(writing, ignore_errors=True)
    writing.mkdir(parents=True)
    try:
        target.write_prompts(writing, "train", prompts, config.instruction)
        if split:
            held_out = _different(dataset_prompts(data, split))
            target.write_prompts(writing, "test", held_out, config.instruction)
        _write_models(config, writing, plan)
        _write_launch(config, target, plan, writing)
        sync_tree(writing)
        writing.rename(out)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    sync_folder(out.parent)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.trainers.hand_over",
        description="Write a run of ppo as data and launch configuration of another trainer.",
    )
    parser.add_argument("run", metavar="RUN", help="The run's folder, or one with config.json.")
    parser.add_argument("--to", choices=sorted(TARGETS), required=True)
    parser.add_argument("--out", required=True, metavar="FOLDER", help="A new folder.")
    parser.add_argument("--machines", type=int, default=1, help="Machines with GPUs.")
    parser.add_argument("--gpus", type=int, default=8, help="GPUs of each.")
    return parser


def _check(config: PpoConfig, out: Path, devices: int) -> None:
    if out.exists():
        raise ConfigError(f"{out} exists already: name another place, or move it away.")
    if devices < 1:
        raise ConfigError("machines and gpus are at least 1 each: correct them.")
    if config.model == TINY_MODEL:
        raise ConfigError("model is 'tiny', which is made for trying out: train a real one.")
    if config.rules and config.reward_model:
        raise ConfigError(
            "The run is rewarded by rules and by a reward_model, of which these trainers take one:"
            " hand over a run with one of the two."
        )
    if config.reward_function:
        raise ConfigError(
            "reward_function is code of yours, which is not copied: leave it out here and call it"
            " in the file that you name to the other trainer."
        )
    minibatch = config.batch_size * config.n // config.minibatches
    if minibatch < devices:
        raise ConfigError(
            f"batch_size x n / minibatches is {minibatch}, less than one response for each of"
            f" {devices} GPUs: raise batch_size, or use fewer."
        )


def _data(run: RunDir, config: PpoConfig) -> Path:
    """The run's dataset directory, made of its file of prompts where it has one."""
    if config.prompts_file:
        return prompts_folder(config.prompts_file, run.path)
    return dataset_folder(config.dataset, run.path)


def _different(prompts: Iterable[Prompt]) -> list[Prompt]:
    """Every prompt once."""
    found: dict[str, Prompt] = {}
    for prompt in prompts:
        found.setdefault(prompt.id, prompt)
    if not found:
        raise DataError("The run's dataset has no prompt to hand over: export prompts first.")
    return list(found.values())


def _write_models(config: PpoConfig, folder: Path, plan: Plan) -> None:
    """The policy and the reward model without adapters, or the rules as code."""
    export_model(config.model, folder / "policy", format="safetensors")
    if plan.rules:
        end = str(load_tokenizer(str(folder / "policy")).eos_token)
        (folder / "reward.py").write_text(reward_file(config, plan.run, end), encoding="utf-8")
        return
    loaded = load_reward_model(
        config.reward_model, new_head=False, head_weights=config.head_weights
    )
    loaded.model.score.weight.data.mul_(config.reward_model_weight)
    write_model(loaded, folder / "reward_model")


def _write_launch(config: PpoConfig, target: Target, plan: Plan, folder: Path) -> None:
    words = [*target.command, *target.options(config, plan)]
    lines = " \\\n  ".join(map(shlex.quote, words))
    (folder / "launch.sh").write_text(
        f"#!/bin/bash\n# {target.title}, with the settings of Accord's run {plan.run}.\n"
        'set -e\ncd "$(dirname "$0")"\n'
        f'export PYTHONPATH="${{ACCORD:-{CODE}}}:$PYTHONPATH"\n\n{lines} "$@"\n',
        encoding="utf-8",
    )
    left_out = [*target.differences(config, plan), *_left_out(config)]
    (folder / "README.md").write_text(
        f"# The run {plan.run} for {target.title}\n\n"
        f"`bash launch.sh` starts it on {plan.machines} x {plan.gpus} GPUs; further options may be"
        " added. Option names are those of that version; it was not run here.\n\n"
        "What is not as it was in Accord:\n\n"
        + "".join(f"- {sentence}\n" for sentence in left_out),
        encoding="utf-8",
    )


def _left_out(config: PpoConfig) -> list[str]:
    """Settings that neither trainer has an option for."""
    given = {
        "ptx_coefficient": bool(config.ptx_coefficient),
        "stop_strings": bool(config.stop_strings),
        "target_kl": bool(config.target_kl),
        "unseen_reward_model": bool(config.unseen_reward_model),
        "whiten_rewards": config.whiten_rewards,
        "divergence": config.divergence != "k1",
        "kl_control": config.kl_control != "fixed",
        "kl_budget": bool(config.kl_budget),
    }
    names = [name for name, is_given in given.items() if is_given]
    return [f"Not handed over: {', '.join(names)}."] if names else []


if __name__ == "__main__":
    sys.exit(main())
