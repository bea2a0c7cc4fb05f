"""A small real trainer for tests: honours the run directory's contract and computes a sum.

Each step adds its number to a total kept in checkpoints, so that a lost or doubled step shows in
the result. `python -m tests.training.contract_trainer RUN`; settings come from the run's config.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

from training.run_dir import EXIT_DONE, EXIT_FAILED, EXIT_STOPPED, RunDir

preempted = False


def note_sigterm(*_: object) -> None:
    global preempted
    preempted = True


def main(path: str, *flags: str) -> int:
    run = RunDir(path)
    if run.config()["seed"] == 2:
        print("error: unrecognized arguments", flush=True)
        return 2  # as argparse does
    if "--check" in flags:
        with run.lock():
            report = {"records": "ranking", "warnings": ["It is small."]}
            (run.path / "data_report.json").write_text(json.dumps(report))
            run.write_result({"state": "done", "metrics": {}, "check": True})
        return EXIT_DONE
    with run.lock():
        signal.signal(signal.SIGTERM, note_sigterm)
        run.clear_outcome()
        config = run.config()
        steps, pause = config["max_steps"], config["learning_rate"]
        latest = run.latest_checkpoint()
        run.truncate_to(latest)
        step = latest.step if latest else 0
        total = json.loads((latest.path / "total.json").read_text()) if latest else 0
        print(f"starting at step {step}", flush=True)

        def save() -> str:
            return run.write_checkpoint(
                step=step,
                metrics={"total": total},
                score=float(step),
                write=lambda folder: (folder / "total.json").write_text(str(total)) and None,
            ).name

        while step < steps:
            if config["loss"] == "plackett_luce" and step == 2:
                print("this trainer was told to crash", flush=True)
                return 3
            step += 1
            total += step
            time.sleep(pause)
            metrics = {"loss": 1 / step, "held_out_accuracy": step / steps}
            run.append_progress(
                {"step": step, "total_steps": steps, "phase": "train", "metrics": metrics}
            )
            if run.stop_requested() or preempted:
                state = "cancelled" if run.stop_requested() else "preempted"
                run.write_result({"state": state, "metrics": {}, "checkpoint": save()})
                return EXIT_STOPPED
            if step % config["checkpoint_every"] == 0 or step == steps:
                name = save()
        if config["seed"] == 13:
            run.write_error("The dataset has no pairs: choose another snapshot.")
            return EXIT_FAILED
        run.write_result({"state": "done", "metrics": {"total": total}, "checkpoint": name})
        return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1])), *sys.argv[2:]))
