"""The command of methods: its options, its jobs in an order that works, and its curves."""

import argparse
from pathlib import Path

import pytest

from bench.methods import curve_of, jobs_of, methods_in, parser_of
from bench.methods_ground import QUICK
from bench.methods_sweep import DPO_TO_START_FROM, METHODS
from bench.methods_work import Place

PLACE = Place(Path("nowhere"), QUICK, None)


def test_methods_are_named_or_all() -> None:
    assert methods_in("") == list(METHODS)
    assert methods_in("dpo, kto") == ["dpo", "kto"]
    with pytest.raises(argparse.ArgumentTypeError, match="no method dopo"):
        methods_in("dpo,dopo")


@pytest.mark.parametrize("words", [["--seeds", "0"], ["--workers", "-1"]])
def test_less_than_one_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser_of("methods").parse_args(words)
    assert "give 1 or more" in capsys.readouterr().err


def test_every_job_needs_jobs_that_there_are() -> None:
    jobs = jobs_of(PLACE, range(3), list(METHODS))
    assert all(need in jobs for job in jobs.values() for need in job.needs)
    points = sum(len(m.sweep) if m.trainer else 1 for m in METHODS.values())
    # Base; of every seed labels, SFT, reward model, ground and what both starts are.
    assert len(jobs) == 1 + 3 * (6 + points)


def test_ppo_from_dpo_brings_the_dpo_that_it_starts_from() -> None:
    jobs = jobs_of(PLACE, [0], ["ppo_from_dpo"])
    name = f"0 dpo {DPO_TO_START_FROM}"
    assert jobs["0 ppo_from_dpo 0"].needs == ("0 ground", name)
    keeps = {n: job.arguments[-1] for n, job in jobs.items() if n.startswith("0 dpo ")}
    assert [n for n, keep in keeps.items() if keep] == [name]


def test_a_curve_begins_where_its_method_does() -> None:
    points = [{"kl": float(n)} for n in range(9)]
    results = {
        "0 start base": points[0], "0 start sft": points[1], "0 best_of_n": points[2:4],
        f"0 dpo {DPO_TO_START_FROM}": (Path("p"), points[4]),
        **{f"0 {name} {n}": (Path("p"), points[5 + n]) for name in ("sft", "ppo_from_dpo")
           for n in range(4)},
    }  # fmt: skip
    assert curve_of(results, "sft", 0)[0] == points[0]
    assert curve_of(results, "ppo_from_dpo", 0)[:2] == [points[4], points[5]]
    assert curve_of(results, "best_of_n", 0) == points[2:4]
