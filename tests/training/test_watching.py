"""Alarms on a page, and why a checkpoint is the best."""

from __future__ import annotations

import pytest

from training import watching
from training.durable_files import write_json
from training.models import Checkpoint

pytestmark = pytest.mark.django_db


def rows(run, *measured):
    made = [
        Checkpoint(run=run, name=f"step-{n}", step=n, is_best=n == 0,
                   metrics={"held_out_reward": reward, "held_out_kl": kl, "held_out_loss": 1.0})
        for n, (reward, kl) in enumerate(measured)
    ]  # fmt: skip
    return watching.listed(run, made)


def test_alarms_are_read_from_the_run_and_none_is_nothing(run_factory) -> None:
    run = run_factory()
    assert watching.alarms(run) is None
    run.path.mkdir(parents=True, exist_ok=True)
    alarm = {"name": "length", "step": 20, "sentence": "Responses went on.", "stops": True}
    write_json(run.path / "alarms.json", {"step": 40, "alarms": [alarm], "stopped": True})
    found = watching.alarms(run)
    assert found is not None
    assert (found.step, found.stopped) == (40, True)
    assert [(a.step, a.sentence) for a in found.alarms] == [(20, "Responses went on.")]
    write_json(run.path / "alarms.json", {"step": 50, "alarms": [], "stopped": False})
    assert watching.alarms(run) is None


def test_checkpoints_stand_with_what_they_were_chosen_by(run_factory) -> None:
    run = run_factory()
    run.config = {"kl_budget": 10.0}
    within, beyond = rows(run, (0.5, 9.0), (0.9, 12.0))
    assert [figure.text for figure in within.figures] == ["0.5", "9"]
    assert (within.is_beyond, beyond.is_beyond) == (False, True)


@pytest.mark.parametrize(
    ("config", "kl", "words"),
    [
        ({"kl_budget": 10.0}, 9.0, "within the budget of 10 nats"),
        ({"kl_budget": 10.0}, 12.0, "the nearest to it counts as the best"),
        ({"kl_budget": 0.0}, 99.0, "no KL budget is set"),
    ],
)
def test_why_the_best_is_the_best(run_factory, config, kl, words) -> None:
    run = run_factory()
    run.config = config
    assert words in watching.why_best(run, rows(run, (0.5, kl)))


def test_runs_without_a_budget_say_nothing_of_it(run_factory) -> None:
    run = run_factory()
    run.config = {}
    assert watching.why_best(run, rows(run, (0.5, 1.0))) == ""
    assert watching.why_best(run, []) == ""
