"""The rewards of a run's rules as a Python file that OpenRLHF and verl load.

The file asks Accord's own rules, so that a reward there is a reward here; Accord must be importable
where it runs (PYTHONPATH), its packages of the machine learning kind need not.
"""

from __future__ import annotations

from training.trainers.configs import PpoConfig

_TEXT = '''"""Rewards by the rules of the run {run}, for OpenRLHF and verl.

Written by Accord, whose code must be importable: launch.sh sets PYTHONPATH to it.
"""

from training.trainers.rewards.rules import parse_rules

RULES = parse_rules({rules!r})
END = {end!r}
MISSING_END_PENALTY = {penalty!r}


def rewards_of(text, reference):
    """The weighted sum of the rules' rewards, and each by its name."""
    found = {{rule.label: rule(text, reference or None) for rule in RULES}}
    return sum(rule.weight * found[rule.label] for rule in RULES), found


def reward_func(queries, prompts, labels, **others):
    """For OpenRLHF: queries are prompts with their responses, special tokens included."""
    import torch

    totals, by_name = [], {{rule.label: [] for rule in RULES}}
    for query, prompt, label in zip(queries, prompts, labels):
        response = query.removeprefix(prompt)
        ended = response.rstrip().endswith(END)
        text = response.rstrip().removesuffix(END).strip()
        total, found = rewards_of(text, label)
        totals.append(total if ended else total - MISSING_END_PENALTY)
        for name, value in found.items():
            by_name[name].append(value)
    rewards = torch.tensor(totals, dtype=torch.float32)
    logs = {{name: torch.tensor(values, dtype=torch.float32) for name, values in by_name.items()}}
    return {{"rewards": rewards, "scores": rewards, "extra_logs": logs}}


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **others):
    """For verl: the response as text, without special tokens."""
    total, found = rewards_of(solution_str.strip(), ground_truth)
    return {{"score": total, **found}}
'''


def reward_file(config: PpoConfig, run: str, end: str) -> str:
    """The file's text; ``end`` is the text of the policy's end token."""
    return _TEXT.format(
        run=run, rules=config.rules, end=end, penalty=float(config.missing_eos_penalty)
    )
