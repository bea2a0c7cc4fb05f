"""RUN/data_report.json: the data as the trainer will see it, what is odd about it, and as text.

What was read is `split_report`'s count; here it gets an example, the prompts that stand on both
sides, and the sentences a person should read first. No torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from training.durable_files import read_object, write_json
from training.run_dir import RunDir

if TYPE_CHECKING:
    from training.trainers.data.record_datasets import Example

FILE = "data_report.json"
SMALL = 50
MANY = 0.1
"""Share of rows from which something that is odd about them is worth a sentence."""

_BAR = 40


def leakage(train: Sequence[Example], held_out: Sequence[Example]) -> dict[str, Any]:
    """How many held-out examples have a prompt, or prompt and responses, of the training data."""
    prompts = {example.cluster for example in train}
    whole = {_content(example) for example in train}
    return {
        "held_out": len(held_out),
        "same_prompt": sum(example.cluster in prompts for example in held_out),
        "same_responses": sum(_content(example) in whole for example in held_out),
    }


def example_of(examples: Sequence[Example], tokenizer: Any) -> dict[str, Any]:
    """The example of median length, decoded from the very tokens that go in, roles marked.

    ``trained_tokens`` are those of the responses: losses look at nothing else.
    """
    shown = sorted(examples, key=lambda example: example.length)[len(examples) // 2]
    parts = [("prompt", shown.prompt)]
    for number, response in enumerate(shown.responses):
        parts.append((f"response {number + 1}{_standing(shown, number)}", response))
    return {
        "text": "\n".join(
            f"[{name}, {len(tokens)} tokens]\n{tokenizer.decode(tokens, skip_special_tokens=False)}"
            for name, tokens in parts
        ),
        "tokens": shown.length,
        "trained_tokens": sum(map(len, shown.responses)),
    }


def warnings_of(report: Mapping[str, Any]) -> list[str]:
    """What a person should know before the run is paid for, a sentence each."""
    text, leaked = report["text"], report["leakage"]
    shown = max(1, text["conversations"])
    train = report["splits"]["train"]
    rows, left = train["rows"], sum(train["left_out"].values())
    found = [
        (
            text["plain_template"],
            "The model has no chat template of its own: conversations are written plainly, as"
            " User and Assistant lines.",
        ),
        (
            text["not_prefix_stable"] > MANY * shown,
            f"The chat template changes the prompt once it is answered in"
            f" {text['not_prefix_stable']} of {shown} conversations: responses are written plainly"
            " there.",
        ),
        (
            text["doubled_bos"] > 0,
            f"{text['doubled_bos']} prompts began with two start tokens: one was taken away.",
        ),
        (
            text["missing_eos"] > MANY * shown,
            f"The chat template leaves {text['missing_eos']} of {shown} responses without an end"
            " token: one was put there.",
        ),
        (
            left > MANY * rows,
            f"{left} of the training data is left out of {rows} rows: see the reasons under"
            " left_out.",
        ),
        (
            train["duplicates"] > MANY * train["examples"],
            f"{train['duplicates']} of {train['examples']} training examples were there before,"
            " with the same responses.",
        ),
        (
            leaked["same_prompt"] > 0,
            f"{leaked['same_prompt']} of {leaked['held_out']} held-out examples have a prompt that"
            " is trained on: their figures are too good.",
        ),
        (
            train["examples"] < SMALL,
            f"Only {train['examples']} examples are left to train on.",
        ),
        (
            leaked["held_out"] == 0,
            "Nothing is held out, so nobody will see whether the run learns or memorises.",
        ),
        (
            bool(report.get("why_not_shared")),
            f"Every response is computed with its own copy of the prompt, because"
            f" {report.get('why_not_shared')}.",
        ),
    ]
    return [sentence for is_so, sentence in found if is_so]


def add_to_report(run: RunDir, more: Mapping[str, Any]) -> None:
    """Write further parts into the run's report."""
    write_json(run.path / FILE, {**(read_object(run.path / FILE) or {}), **more})


def report_text(run: RunDir) -> str:
    """The run's report for reading on a terminal."""
    report = read_object(run.path / FILE) or {}
    lines = [f"{report.get('dataset')} ({report.get('records')})", ""]
    for name, split in report.get("splits", {}).items():
        lines += [*_split_lines(name, split), ""]
    lines += _flat_lines("text", report.get("text", {}))
    lines += _flat_lines("leakage", report.get("leakage", {}))
    lines += [f"pad {report.get('pad_token')!r}, end {report.get('end_token')!r}", ""]
    if "example" in report:
        lines += ["An example, as its tokens go in:", report["example"]["text"], ""]
    lines += [*map("! {}".format, report.get("warnings", []))]
    if "estimate" in report:
        lines += ["", estimate_sentence(report["estimate"])]
    return "\n".join(lines)


def estimate_sentence(estimate: Mapping[str, Any]) -> str:
    """What a measured step says of the whole run."""
    seconds = estimate["seconds"]
    time = f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
    return (
        f"About {time} for {estimate['steps']} steps of"
        f" {estimate['seconds_per_step']:.2f} s, with {estimate['memory_bytes'] / 1e9:.1f} GB of"
        " memory at most."
    )


def _split_lines(name: str, split: Mapping[str, Any]) -> list[str]:
    counts = {key: value for key, value in split.items() if not isinstance(value, dict)}
    lines = [f"{name}: " + ", ".join(f"{key} {_number(value)}" for key, value in counts.items())]
    for key, counted in split.items():
        if isinstance(counted, dict) and any(counted.values()):
            most = max(counted.values())
            lines.append(f"  {key}")
            lines += [
                f"    {step:>32} {n:>8} {'#' * round(_BAR * n / most)}".rstrip()
                for step, n in counted.items()
                if n
            ]
    return lines


def _number(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value


def _flat_lines(name: str, values: Mapping[str, Any]) -> list[str]:
    return [f"{name}: " + ", ".join(f"{key} {value}" for key, value in values.items()), ""]


def _standing(example: Example, number: int) -> str:
    """Whether a response won or lost all of its decided comparisons."""
    decided = [c for c in example.comparisons if c.decided]
    won = any(c.better == number for c in decided)
    lost = any(c.worse == number for c in decided)
    if won == lost:
        return ""
    return ", better" if won else ", worse"


def _content(example: Example) -> tuple[object, ...]:
    return (example.cluster, *sorted(map(tuple, example.responses)))
