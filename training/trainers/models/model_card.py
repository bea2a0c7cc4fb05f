"""The README.md of a checkpoint: what the model is, what it learned from, how well, how to load it.

Hugging Face's front matter on top. Lineage is told by names and digests: no path of this machine
stands in it, for a model travels further than the machine that made it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from training.durable_files import read_object
from training.trainers.config_fields import TrainerConfig
from training.trainers.configs import DEFAULT_MODEL

CARD = "README.md"
LOADING = "## Loading"
_DEFAULT_ID, _DEFAULT_LICENCE = "HuggingFaceTB/SmolLM2-135M-Instruct", "apache-2.0"
_LICENCE_UNKNOWN = "not known here: look it up before you pass the model on"
_KINDS = {
    "reward_model": "reward model",
    "reward_ensemble": "ensemble of reward models",
    "policy": "policy",
}
_CLASSES = {
    "reward_model": "AutoModelForSequenceClassification",
    "reward_ensemble": "AutoModelForSequenceClassification",
    "policy": "AutoModelForCausalLM",
}


def write_card(
    folder: Path, *, run: str, config: TrainerConfig, step: int, metrics: dict[str, Any]
) -> None:
    """Write README.md into a checkpoint folder that has its weights and `accord.json`."""
    about = read_object(folder / "accord.json") or {}
    adapters = (folder / "adapter_config.json").exists()
    settings = config.as_dict()
    dataset = Path(settings["dataset"])
    manifest = (read_object(dataset / "manifest.json") if dataset.is_dir() else None) or {}
    base = about.get("base_model", settings["model"])
    licence = licence_of(base)
    kind = about.get("kind", "policy")
    lines = [
        *_front_matter(kind, config.trainer, base, licence, manifest, adapters=adapters),
        f"# {_KINDS.get(kind, kind).capitalize()} of the run {run}, step {step}",
        "",
        f"Made with Accord by the trainer `{config.trainer}` from {_named_model(base)}.",
        "",
        *_figures(metrics),
        *_lineage(base, licence, settings, manifest),
        *_settings(config),
        *loading_section(kind, adapters=adapters),
    ]
    (folder / CARD).write_text("\n".join(lines), encoding="utf-8")


def loading_section(kind: str, *, adapters: bool) -> list[str]:
    """How plain transformers loads a folder of this kind."""
    name = _CLASSES.get(kind, "AutoModelForCausalLM")
    notes = []
    if adapters:
        notes += [
            "These are adapters: loading them needs the package peft and their base model.",
            "",
        ]
    if kind == "reward_ensemble":
        notes += ["FOLDER is one of the member folders here; the score is the mean over all.", ""]
    return [
        LOADING,
        "",
        *notes,
        "```python",
        f"from transformers import AutoTokenizer, {name}",
        "",
        f"model = {name}.from_pretrained(FOLDER)",
        "tokenizer = AutoTokenizer.from_pretrained(FOLDER)",
        "```",
        "",
    ]


def merged_card(text: str, kind: str) -> str:
    """A card of adapters as the card of the model that they were merged into."""
    head, found, _ = text.partition(LOADING)
    if not found:
        return text
    head = head.replace("library_name: peft", "library_name: transformers")
    head = head.replace("- lora\n", "").replace("base_model_relation: adapter\n", "")
    return head + "\n".join(loading_section(kind, adapters=False))


def licence_of(model: str) -> str | None:
    """What a model's own card says of its licence; None where nothing does."""
    if model == DEFAULT_MODEL:
        return _DEFAULT_LICENCE
    try:
        text = (Path(model) / CARD).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(r"^---$.*?^license: *['\"]?([\w.+-]+)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else None


def _front_matter(
    kind: str,
    trainer: str,
    base: str,
    licence: str | None,
    manifest: dict[str, Any],
    *,
    adapters: bool,
) -> list[str]:
    known = [f"base_model: {_hub_id(base)}"] if _hub_id(base) else []
    if known and adapters:
        known += ["base_model_relation: adapter"]
    dataset = [manifest[key] for key in ("project", "name") if manifest.get(key)]
    if dataset:
        known += ["datasets:", f"- {'/'.join(map(_slug, dataset))}"]
    if licence:
        known += [f"license: {licence}"]
    tags = ["accord", kind.replace("_", "-"), trainer.replace("_", "-")]
    tags += ["lora"] if adapters else []
    return [
        "---",
        *known,
        f"library_name: {'peft' if adapters else 'transformers'}",
        f"pipeline_tag: text-{'generation' if kind == 'policy' else 'classification'}",
        "tags:",
        *(f"- {tag}" for tag in dict.fromkeys(tags)),
        "---",
        "",
    ]


def _figures(metrics: dict[str, Any]) -> list[str]:
    """A table of the numbers, each with its interval where it has one."""
    rows = []
    for name, value in metrics.items():
        if type(value) not in (int, float) or name.endswith(("_low", "_high")):
            continue
        ends = [metrics.get(f"{name}_{end}") for end in ("low", "high")]
        interval = " to ".join(f"{end:.4g}" for end in ends if end is not None)
        rows.append(f"| {name} | {value:.4g} | {interval} |")
    if not rows:
        return []
    split = metrics.get("held_out_split")
    where = f" on the split {split}" if split else ""
    head = [f"## Figures{where}", "", "Intervals are 95% over prompts.", ""]
    return [*head, "| figure | value | interval |", "| --- | ---: | --- |", *rows, ""]


def _lineage(
    base: str, licence: str | None, settings: dict[str, Any], manifest: dict[str, Any]
) -> list[str]:
    lines = [
        "## Lineage",
        "",
        f"- Base model: {_named_model(base)}, licence {licence or 'unknown'}",
    ]
    lines[-1] += "." if licence else f" ({_LICENCE_UNKNOWN})."
    if not manifest:
        name = _slug(Path(settings["dataset"]).name)
        return [*lines, f"- Data: {name}, which brought no manifest; its licence is unknown.", ""]
    labels = [
        f"{config} {', '.join(f'{count:,} {split}' for split, count in splits.items())}"
        for config, splits in manifest.get("counts", {}).items()
    ]
    lines += [
        f"- Data: snapshot `{manifest.get('name', '?')}` of the project"
        f" `{manifest.get('project', '?')}`, digest `{manifest.get('digest', '?')}`.",
        f"- Labels: {'; '.join(labels) or 'not counted'}; answers of several people by the method"
        f" `{(manifest.get('consensus') or {}).get('method', 'majority')}`.",
        f"- Filters: `{_json(manifest.get('filters', {}))}`.",
        f"- Licence of the data: {manifest.get('licence') or _LICENCE_UNKNOWN}.",
        "",
    ]
    return lines


def _settings(config: TrainerConfig) -> list[str]:
    """Every setting that is no path of this machine."""
    hidden = {info.name for info in config.options() if info.is_file or info.model}
    chosen = {
        info.name: getattr(config, info.name)
        for info in config.options()
        if info.name not in hidden
    }
    return ["## Settings", "", "```json", _json(chosen, indent=1), "```", ""]


def _named_model(model: str) -> str:
    """A model's name for people elsewhere: a hub id, or the last parts of its folder."""
    if _hub_id(model):
        return f"`{_hub_id(model)}`"
    parts = Path(model).parts
    run = parts[-3:] if "checkpoints" in parts[-2:] else parts[-1:]
    return f"`{'/'.join(run)}`"


def _hub_id(model: str) -> str | None:
    if model == DEFAULT_MODEL:
        return _DEFAULT_ID
    named = re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", model)
    return model if named and not Path(model).exists() else None


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "dataset"


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent, default=str)
