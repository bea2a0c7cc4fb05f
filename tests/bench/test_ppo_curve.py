"""Curves of reward and KL from evaluations, as words, table and SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.ppo_curve import Curve, curve_of, write_curves


def evaluation(step: int, reward: float, kl: float | None) -> dict[str, Any]:
    return {
        "step": step, "time": 1000.0 + 30 * step, "held_out_reward": reward,
        "held_out_reward_low": reward - 0.1, "held_out_reward_high": reward + 0.1,
        "held_out_reward_deviation": 0.25, "held_out_kl": kl,
    }  # fmt: skip


@pytest.fixture
def curve() -> Curve:
    lines = [evaluation(0, 0.2, None), evaluation(4, 0.9, 2.25), evaluation(8, 0.7, 4.0)]
    return curve_of("rule", 3, lines, 250.0)


def test_a_gain_is_from_the_start_to_the_end_in_deviations(curve: Curve) -> None:
    assert curve.gain == pytest.approx((0.7 - 0.2) / 0.25)
    assert [point.minutes for point in curve.points] == [0.0, 2.0, 4.0]
    assert curve.points[0].kl == 0
    words = curve.described()
    assert words.startswith("seed 3: 0.2 (0.1 to 0.3) to 0.7 (0.6 to 0.8) at step 8 and KL 4.00,")
    assert words.endswith("4.2 minutes")
    flat = curve_of("rule", 0, [evaluation(0, 0.2, 0.0), evaluation(1, 0.25, 0.1)], 1.0)
    assert "intervals overlap" in flat.described()


def test_a_run_that_was_measured_once_has_no_curve() -> None:
    with pytest.raises(RuntimeError, match="not evaluated twice"):
        curve_of("rule", 0, [evaluation(0, 0.2, 0.0)], 1.0)


def test_curves_are_written_as_a_table_and_as_a_picture(curve: Curve, tmp_path: Path) -> None:
    learned = curve_of("learned", 0, [evaluation(0, -1.0, 0.0), evaluation(2, 1.0, 9.0)], 60.0)
    write_curves(tmp_path / "docs", [curve, learned])
    table = (tmp_path / "docs" / "ppo-curve.md").read_text().splitlines()
    assert len(table) == 2 + 3 + 2
    assert "| learned | 0 | 2 | 1.0 | 1.000 | 0.900 to 1.100 | 9.00 |" in table
    root = ElementTree.fromstring((tmp_path / "docs" / "ppo-curve.svg").read_text())
    lines = root.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 2]
    across = [float(place.split(",")[0]) for place in lines[0].attrib["points"].split()]
    assert across[1] - across[0] == pytest.approx(0.75 * (across[2] - across[0]), abs=0.2)
