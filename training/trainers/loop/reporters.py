"""Progress for those who watch many runs elsewhere: TensorBoard, Weights & Biases, MLflow.

A reporter gets the settings, without paths of this machine, and the lines of progress.jsonl. When a
run goes on it gets all lines again and brings its series to that state, so that no step is doubled
or missing. The packages are optional and are asked for before any compute is spent.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError, TrainerConfig

Line = dict[str, Any]
PROJECT = "accord"


class Reporter(Protocol):
    """One open series of figures."""

    def write(self, lines: Sequence[Line]) -> None:
        """Add progress lines, in their order; known ones change nothing."""

    def close(self) -> None:
        """Put everything where it belongs."""


@dataclass(frozen=True)
class ReporterEntry:
    """A reporter's package on PyPI and how to open it for a run."""

    package: str
    open: Callable[[RunDir, dict[str, Any]], Reporter]


class TensorBoard:
    """Event files below RUN/tensorboard, written anew from the progress lines at each start."""

    def __init__(self, run: RunDir, settings: dict[str, Any]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        folder = run.path / "tensorboard"
        shutil.rmtree(folder, ignore_errors=True)
        self.writer: Any = SummaryWriter(str(folder))

    def write(self, lines: Sequence[Line]) -> None:
        """One scalar per figure, at the time it was measured."""
        for line in lines:
            for name, value in figures_of(line):
                self.writer.add_scalar(name, value, line["step"], walltime=line["time"])
        self.writer.flush()

    def close(self) -> None:
        """Close the event file."""
        self.writer.close()


class WeightsAndBiases:
    """A run of Weights & Biases whose name and id belong to RUN; WANDB_MODE=offline stays here.

    Offline files are written anew from the progress lines at each start; online the server says how
    far it is, and it takes no step twice.
    """

    def __init__(self, run: RunDir, settings: dict[str, Any]) -> None:
        import wandb

        folder = run.path / "wandb"
        if os.environ.get("WANDB_MODE") == "offline":
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        try:
            self.run: Any = wandb.init(
                project=os.environ.get("WANDB_PROJECT", PROJECT),
                name=run.path.name,
                id=_identity(run),
                resume="allow",
                dir=str(run.path),
                config=settings,
                settings=wandb.Settings(
                    silent=True,
                    x_disable_stats=True,
                    # What these would send has paths of this machine in it.
                    x_disable_meta=True,
                    x_disable_machine_info=True,
                    disable_git=True,
                    disable_code=True,
                    console="off",
                ),
            )
        except wandb.Error as error:
            raise ConfigError(
                f"report_to names wandb, which could not start ({_first_line(error)}): run `wandb"
                " login`, or set WANDB_MODE=offline."
            ) from error
        self.known = int(self.run.step) - 1

    def write(self, lines: Sequence[Line]) -> None:
        """One step per training step, with what was measured on held-out prompts at it."""
        for line in lines:
            if line["step"] > self.known:
                self.run.log(dict(figures_of(line)), step=line["step"])

    def close(self) -> None:
        """Finish the run."""
        self.run.finish()


class MLflow:
    """A run of MLflow named after RUN; kept in RUN/mlflow.db unless MLFLOW_TRACKING_URI is set."""

    def __init__(self, run: RunDir, settings: dict[str, Any]) -> None:
        from mlflow import MlflowClient, MlflowException

        store = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{run.path.resolve()}/mlflow.db"
        try:
            self.client: Any = MlflowClient(tracking_uri=store)
            self.run_id = self._found_or_made(run, settings)
            self.known = self._known_steps()
        except MlflowException as error:
            raise ConfigError(
                f"report_to names mlflow, which could not start ({_first_line(error)}): correct"
                " MLFLOW_TRACKING_URI."
            ) from error

    def _found_or_made(self, run: RunDir, settings: dict[str, Any]) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        experiment = self.client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self.client.create_experiment(name)
        identity = _identity(run)
        found = self.client.search_runs([number], f"tags.accord_run = '{identity}'")
        if found:
            return str(found[0].info.run_id)
        tags = {"accord_run": identity}
        made = self.client.create_run(number, tags=tags, run_name=run.path.name)
        for key, value in settings.items():
            self.client.log_param(made.info.run_id, key, value)
        return str(made.info.run_id)

    def _known_steps(self) -> dict[str, int]:
        """The last step that each figure has."""
        names = self.client.get_run(self.run_id).data.metrics
        return {
            name: max(one.step for one in self.client.get_metric_history(self.run_id, name))
            for name in names
        }

    def write(self, lines: Sequence[Line]) -> None:
        """Each figure at its step and time, unless the store has it."""
        from mlflow.entities import Metric

        new = [
            Metric(key=name, value=value, timestamp=int(line["time"] * 1000), step=line["step"])
            for line in lines
            for name, value in figures_of(line)
            if line["step"] > self.known.get(name, -1)
        ]
        for start in range(0, len(new), 1000):  # more at once is refused
            self.client.log_batch(self.run_id, metrics=new[start : start + 1000])

    def close(self) -> None:
        """Mark the run as ended."""
        self.client.set_terminated(self.run_id)


REPORTERS: dict[str, ReporterEntry] = {
    "tensorboard": ReporterEntry(package="tensorboard", open=TensorBoard),
    "wandb": ReporterEntry(package="wandb", open=WeightsAndBiases),
    "mlflow": ReporterEntry(package="mlflow", open=MLflow),
}


def reporter_names(text: str) -> list[str]:
    """The reporters that a setting names. Raises ConfigError for unknown ones."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in REPORTERS]
    if unknown:
        raise ConfigError(f"report_to names {unknown[0]}: choose from {', '.join(REPORTERS)}.")
    return names


def require_packages(text: str) -> None:
    """Raise ConfigError where the package of a named reporter is not installed."""
    for name in reporter_names(text):
        package = REPORTERS[name].package
        if importlib.util.find_spec(package) is None:
            raise ConfigError(
                f"report_to names {name}, whose package is not installed: run"
                f" `{Path(sys.executable).name} -m pip install {package}`, or leave it out."
            )


class Reporting:
    """Every reporter of a run. One that fails later is left out and the training goes on."""

    def __init__(self, run: RunDir, config: Any) -> None:
        settings = settings_told(config)
        names = reporter_names(config.report_to) if run.leads else []
        self.reporters = {name: REPORTERS[name].open(run, settings) for name in names}
        self.write(run.read_progress()[0] if names else [])

    def write(self, lines: Sequence[Line]) -> None:
        """Pass progress lines on."""
        counted = [line for line in lines if line.get("phase") in ("training", "evaluating")]
        for name, reporter in list(self.reporters.items()):
            self._try(name, partial(reporter.write, counted))

    def close(self) -> None:
        """Close all of them."""
        for name, reporter in list(self.reporters.items()):
            self._try(name, reporter.close)

    def _try(self, name: str, deed: Callable[[], None]) -> None:
        try:
            deed()
        except Exception as error:  # a server that is away must not cost a training
            print(f"{name} is left out from here on: {_first_line(error)}", file=sys.stderr)
            del self.reporters[name]


def settings_told(config: TrainerConfig) -> dict[str, Any]:
    """The settings for people elsewhere: no empty ones, and none that names a path of this machine.

    A hub id stays; the folder of a model goes, for it tells where this machine keeps its files.
    """
    paths = {
        info.name
        for info in config.options()
        if info.is_file or (info.model and _names_folder(getattr(config, info.name)))
    }
    told = config.as_dict().items()
    return {name: value for name, value in told if value != "" and name not in paths}


def _names_folder(models: str) -> bool:
    folders = [Path(name.strip()) for name in models.split(",")]
    return any(folder.is_absolute() or folder.exists() for folder in folders if folder.name)


def figures_of(line: Line) -> Iterator[tuple[str, float]]:
    """The numbers of a progress line by name, nested ones with their parents' names."""
    yield from _numbers(line.get("metrics") or {}, "")


def _numbers(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _numbers(inner, f"{prefix}{key}/")
        elif type(inner) in (int, float) and math.isfinite(inner):
            yield f"{prefix}{key}", float(inner)


def _identity(run: RunDir) -> str:
    """A name for the run's folder that stays over restarts and differs from all others'."""
    return hashlib.sha256(str(run.path.resolve()).encode()).hexdigest()[:16]


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
