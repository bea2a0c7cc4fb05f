"""The jobs of the bench of methods on a tiny model: every part fits the next."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bench.methods_ground import QUICK, judged_prompts
from bench.methods_jobs import Job
from bench.methods_sweep import METHODS
from bench.methods_work import Place, ground_jobs, method_jobs, write_kept

TINY = replace(
    QUICK, hidden_size=32, layers=1, care_read=60, text_read=20, sortings_read=20, each_survey=1,
    labelled=12, judged=6, pool_prompts=3, pool=4, text_held_out=4, sortings_held_out=4,
)  # fmt: skip


def _in_order(jobs: dict[str, Job]) -> dict[str, Any]:
    """All results; jobs come after what they need."""
    found: dict[str, Any] = {}
    for name, job in jobs.items():
        found[name] = job.work(*job.arguments, *(found[each] for each in job.needs))
    return found


@pytest.mark.long
def test_from_the_base_to_figures(tmp_path: Path) -> None:
    place = Place(tmp_path, TINY, None)
    jobs = ground_jobs(place, [0])
    jobs |= method_jobs(place, "dpo", METHODS["dpo"], 0, keep=1)
    jobs |= method_jobs(place, "kto", METHODS["kto"], 0, after="0 dpo 1")
    jobs |= method_jobs(place, "best_of_n", METHODS["best_of_n"], 0)
    found = _in_order(jobs)
    labels = pq.read_table(found["0 labels"] / "preference" / "train.parquet").to_pylist()
    asked = {row["prompt"][0]["content"] for row in labels}
    assert asked
    assert not asked & set(judged_prompts(TINY))
    start, (policy, point) = found["0 start base"], found["0 dpo 1"]
    assert start["kl"] == pytest.approx(0, abs=1e-4)
    assert set(point) == set(start)
    assert policy.is_dir()
    assert not (tmp_path / "seed-0" / "dpo-0").exists()
    pool = found["0 best_of_n"]
    assert [point["n"] for point in pool] == [1, 2, 4]
    assert pool[0]["reward"] < pool[1]["reward"] < pool[2]["reward"]


def test_ptx_imitates_what_the_base_has_read(tmp_path: Path) -> None:
    data = write_kept(tmp_path / "ptx", TINY, None)
    rows = pq.read_table(data / "demonstration" / "train.parquet").to_pylist()
    prompts = [row["prompt"][0]["content"] for row in rows]
    assert len(prompts) == TINY.text_read + TINY.sortings_read
    assert all(prompt.startswith(("the ", "sort ")) for prompt in prompts)
