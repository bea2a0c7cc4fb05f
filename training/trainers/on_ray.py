"""Train one run with several workers of a Ray cluster, or of this machine where there is none:

`python -m training.trainers.on_ray TRAINER RUN --workers 4 [--gpu] [--field value ...]`

Each worker runs the trainer's own command; they share every batch out and train as one process
would (`processes`). RUN, its data and this code must lie where every machine sees them. A signal to
this command is a stop file for the run. Ray is an optional package.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import runpy
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.run_dir import EXIT_DONE, EXIT_FAILED, EXIT_STOPPED, STOPPED_STATES, RunDir
from training.trainers.catalog import TRAINERS

CODE = Path(__file__).resolve().parents[2]


def main(argv: Sequence[str] | None = None) -> int:
    """Train and wait; the return value is the exit code of a trainer."""
    given, flags = _parser().parse_known_args(argv)
    if importlib.util.find_spec("ray") is None:
        print('on_ray needs the package ray: run `pip install "ray[train]"`.', file=sys.stderr)
        return EXIT_FAILED
    run = RunDir(Path(given.run).resolve())
    with _signals_stop(run):
        return _fit(run, given, flags)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.trainers.on_ray",
        description="Train a run with several Ray workers. RAY_ADDRESS names the cluster. Other"
        " flags are the trainer's own.",
    )
    parser.add_argument("trainer", choices=sorted(TRAINERS))
    parser.add_argument("run", metavar="RUN", help="The run's folder, which all machines see.")
    parser.add_argument("--workers", type=int, default=2, help="Processes in all.")
    parser.add_argument("--gpu", action="store_true", help="Give each worker a GPU of its own.")
    parser.add_argument("--cpus", type=int, default=1, help="CPUs per worker.")
    return parser


def _fit(run: RunDir, given: argparse.Namespace, flags: list[str]) -> int:
    import ray
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    path = os.pathsep.join(filter(None, [str(CODE), os.environ.get("PYTHONPATH")]))
    ray.init(
        include_dashboard=False,
        runtime_env={"env_vars": {"PYTHONPATH": path, "OMP_NUM_THREADS": str(given.cpus)}},
    )
    kept = run.path / "ray"
    trainer = TorchTrainer(
        train_as_worker,
        train_loop_config={
            "module": TRAINERS[given.trainer].module,
            "words": [str(run.path), *flags],
        },
        scaling_config=ScalingConfig(
            num_workers=given.workers,
            use_gpu=given.gpu,
            resources_per_worker={"CPU": given.cpus} | ({"GPU": 1} if given.gpu else {}),
        ),
        run_config=RunConfig(name="workers", storage_path=str(kept)),
        torch_config=TorchConfig(backend="cpu:gloo,cuda:nccl" if given.gpu else "gloo"),
    )
    try:
        trainer.fit()
    except Exception as error:  # the run's own words, where there are some, say more
        print(run.error() or f"Ray could not train ({error}).", file=sys.stderr)
        return EXIT_FAILED
    finally:
        ray.shutdown()
        shutil.rmtree(kept, ignore_errors=True)
    state = run.state()
    print(f"{given.trainer}: {state}", file=sys.stderr)
    return EXIT_STOPPED if state in STOPPED_STATES else EXIT_DONE


def train_as_worker(given: dict[str, Any]) -> None:
    """Run the trainer's command in this Ray worker, whose process group Ray has made."""
    sys.argv = [given["module"], *given["words"]]
    try:
        runpy.run_module(given["module"], run_name="__main__")
    except SystemExit as ended:
        if ended.code == EXIT_FAILED:
            raise RuntimeError(f"{given['module']} failed; error.json has the reason.") from None


@contextmanager
def _signals_stop(run: RunDir) -> Iterator[None]:
    """While this lasts, SIGTERM and SIGINT ask the run to stop; the request ends with the run."""

    def ask(number: int, frame: object) -> None:
        run.request_stop()
        asked.append(number)

    asked: list[int] = []
    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if asked:
            run.clear_stop()


if __name__ == "__main__":
    sys.exit(main())
