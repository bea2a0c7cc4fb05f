"""`python -m training.trainers.NAME RUN [--field value ...]`: what surrounds every trainer's work.

Flags only write RUN/config.json. The run is locked, a stop file or a signal is heeded, and however
it ends, result.json or error.json says so and the exit code agrees.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from training.run_dir import EXIT_DONE, EXIT_FAILED, EXIT_STOPPED, RunDir, RunDirError
from training.trainers.config_fields import ConfigError, TrainerConfig
from training.trainers.models.states_file import remove_states

Config = TypeVar("Config", bound=TrainerConfig)
Result = dict[str, Any]


class StopTraining(Exception):
    """Somebody asked for an end: leave at the next safe point."""


class CheckedOnly(Exception):
    """The check is made: nothing is to be trained."""


_STOPS = (None, "preempted", "cancelled")


class StopWatch:
    """Whether this run should stop, and in which state: cancelled (a person) or preempted.

    Processes that train together set ``agree``, which gives the largest of all their values: then
    every one of them must ask equally often. ``check_only`` says that nothing is to be trained.
    """

    def __init__(self, run: RunDir, *, check_only: bool = False) -> None:
        self.run, self.check_only = run, check_only
        self.agree: Callable[[int], int] = int
        self._signal: int | None = None

    def listen(self) -> None:
        """Take SIGTERM and SIGINT as requests instead of dying from them."""
        if threading.current_thread() is not threading.main_thread():
            return  # the engine that called us from a thread of its own answers to signals
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: object) -> None:
        self._signal = number

    def state(self) -> str | None:
        """``cancelled``, ``preempted``, or None while work may go on."""
        return _STOPS[self.agree(_STOPS.index(self._own_state()))]

    def _own_state(self) -> str | None:
        if self.run.stop_requested() or self._signal == signal.SIGINT:
            return "cancelled"
        return "preempted" if self._signal == signal.SIGTERM else None

    def check(self) -> None:
        """Raise StopTraining when it is time to stop."""
        if self.state() is not None:
            raise StopTraining


Work = Callable[[RunDir, Config, StopWatch], Result]


def main(config_class: type[Config], work: Work[Config], argv: Sequence[str] | None = None) -> int:
    """Run one trainer from the command line; the return value is the exit code."""
    from training.trainers.loop.processes import FollowedRun, together

    arguments = vars(_parser(config_class).parse_args(argv))
    path, check_only = arguments.pop("run"), arguments.pop("check", False)
    flags = {name: value for name, value in arguments.items() if value is not None}
    trainer = config_class.trainer
    try:
        with together() as processes:
            run = RunDir(path) if processes.leads else FollowedRun(path)
            config = _configured(run, config_class, flags)
            config.check_machine()
            if processes.count > 1 and not config.several_processes:
                raise ConfigError(
                    f"{trainer} with these settings works in one process: start it without a"
                    " launcher."
                )
            if not processes.leads:
                return _follow(run, config, work)
            with run.lock():
                return (_check if check_only else _train)(run, config, work)
    except (ConfigError, RunDirError) as error:
        print(f"{trainer}: {error}", file=sys.stderr)
        return EXIT_FAILED


def _parser(config_class: type[Config]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m training.trainers.{config_class.trainer}",
        description="Settings given here are written to RUN/config.json; without any, that file is"
        " read. Interrupted runs go on where they stopped.",
    )
    parser.add_argument("run", metavar="RUN", help="The run's folder.")
    if config_class.can_check:
        parser.add_argument(
            "--check",
            action="store_true",
            help="Only look at model and data, write RUN/data_report.json and print it with an"
            " estimate of time and memory.",
        )
    for info in config_class.options():
        choices = f" ({', '.join(info.choices)})" if info.choices else ""
        help_text = f"{info.help}{choices} Default: {info.default!r}.".replace("%", "%%")
        parser.add_argument(f"--{info.name}", metavar=info.kind.__name__, help=help_text)
    return parser


def _configured(run: RunDir, config_class: type[Config], flags: dict[str, str]) -> Config:
    given: dict[str, Any] = {}
    if run.config_path.exists() or not flags:
        given = run.config()
    config = config_class.from_dict(given | config_class.parse(flags))
    if flags:
        run.create(config.as_dict())
    return config


def _train(run: RunDir, config: Config, work: Work[Config]) -> int:
    finished = run.result()
    if finished is not None and finished["state"] == "done" and "check" not in finished:
        print("This run is done already; its result.json stays.", file=sys.stderr)
        return EXIT_DONE
    run.clear_outcome()
    stop = StopWatch(run)
    stop.listen()
    try:
        result = work(run, config, stop)
    except StopTraining:
        latest = run.latest_checkpoint()
        result = {
            "state": stop.state(),
            "metrics": {},
            "checkpoint": latest and latest.name,
            "outputs": {},
        }
    except Exception as error:  # whatever it is, the run must say how it ended
        return _failed(run, error)
    run.write_result(result)
    if result["state"] == "done":
        remove_states(run)
    print(f"{config.trainer}: {result['state']}", file=sys.stderr)
    return _exit_code(result)


def _follow(run: RunDir, config: Config, work: Work[Config]) -> int:
    """What a process does that does not lead: wait for the leader, then train with the others."""
    from training.trainers.loop.processes import wait_for_leader

    stop = StopWatch(run)
    stop.listen()
    try:
        return _exit_code(work(run, config, stop)) if wait_for_leader(stop.check) else EXIT_DONE
    except StopTraining:
        return EXIT_STOPPED
    except Exception as error:  # the leader would only learn that a process is gone
        return _failed(run, error)


def _check(run: RunDir, config: Config, work: Work[Config]) -> int:
    """Make the run's data report, print it, and train nothing. What a training left stays."""
    from training.trainers.data.data_report import report_text

    trained = run.latest_checkpoint() is not None or "check" not in (run.result() or {"check": 0})
    if not trained:
        run.clear_outcome()
    stop = StopWatch(run, check_only=True)
    stop.listen()
    try:
        work(run, config, stop)
    except CheckedOnly:
        print(report_text(run))
        if not trained:
            run.write_result({"state": "done", "metrics": {}, "check": True})
        return EXIT_DONE
    except StopTraining:
        return EXIT_STOPPED
    except Exception as error:
        if not trained:
            return _failed(run, error)
        print(explain(error), file=sys.stderr)
        return EXIT_FAILED
    raise RunDirError(f"{config.trainer} has nothing to check: start it without --check.")


def _exit_code(result: Result) -> int:
    return EXIT_DONE if result["state"] == "done" else EXIT_STOPPED


def _failed(run: RunDir, error: Exception) -> int:
    if not isinstance(error, (ConfigError, RunDirError)):
        traceback.print_exception(error)
    sentence = explain(error)
    print(sentence, file=sys.stderr)
    try:
        if run.error() is None:  # of several processes the first knows why; the rest only lost it
            run.write_error(sentence)
    except OSError as full:  # the disk that the run failed on may have no room for this either
        print(f"error.json could not be written ({full}).", file=sys.stderr)
    return EXIT_FAILED


def explain(error: BaseException) -> str:
    """One sentence about an error that a person can act on."""
    text = str(error)
    if isinstance(error, (ConfigError, RunDirError)):
        return text
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or any(
        sign in text for sign in ("No space left", "StorageFull", "os error 28")
    ):
        return (
            "The disk is full: free some space and start the run again, which goes on from its"
            " last checkpoint."
        )
    if isinstance(error, MemoryError) or "out of memory" in text.lower():
        return "Memory ran out: lower batch_size (raise accumulation instead) or max_length."
    return (
        f"The trainer failed unexpectedly ({type(error).__name__}: {text or 'no message'}): the"
        " log has the details."
    )


def prepare_machine(config: Any) -> Any:
    """Set threads and seeds; return the torch device. Telemetry and progress bars are off."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import torch
    from transformers.utils import logging

    from training.trainers.loop.processes import current

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    torch.set_num_threads(config.threads or _physical_cores())
    torch.manual_seed(config.seed)
    if config.device == "auto":
        return current().device("cuda" if torch.cuda.is_available() else "cpu")
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available[config.device]:
        raise ConfigError(f"device is {config.device}, which this machine has not: take auto.")
    return current().device(config.device)


def _physical_cores() -> int:
    if "OMP_NUM_THREADS" in os.environ and os.environ["OMP_NUM_THREADS"].isdigit():
        return int(os.environ["OMP_NUM_THREADS"])
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        with open("/sys/devices/system/cpu/smt/active") as handle:
            doubled = handle.read().strip() == "1"
    except OSError:
        doubled = False
    return max(1, (usable or 1) // (2 if doubled else 1))
