"""Jobs that wait for one another, in processes."""

import operator

import pytest

from bench.methods_jobs import Job, done


def test_results_reach_those_that_need_them() -> None:
    jobs = {
        "difference": Job(operator.sub, (), ("ten", "three")),
        "ten": Job(int, ("10",)),
        "three": Job(int, ("3",)),
    }
    assert done(jobs, 2) == {"ten": 10, "three": 3, "difference": 7}


def test_a_circle_is_refused() -> None:
    jobs = {"a": Job(int, (), ("b",)), "b": Job(int, (), ("a",))}
    with pytest.raises(ValueError, match="wait for one another: a, b"):
        done(jobs, 1)


def test_a_failure_ends_it() -> None:
    with pytest.raises(ZeroDivisionError):
        done({"a": Job(operator.truediv, (1, 0))}, 1)
