"""The curves of the benchmark `ppo`: held-out reward and KL by step, as figures, SVG and table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, MARGIN = 420, 260, 48
COLOURS = {"rule": "#1f6f8b", "learned": "#b5541c"}


@dataclass(frozen=True)
class Measured:
    """Held-out figures at one step, ``minutes`` after the first evaluation."""

    step: int
    minutes: float
    reward: float
    low: float
    high: float
    kl: float


@dataclass(frozen=True)
class Curve:
    """One run: what it was measured to be, the deviation of the rewards it started with."""

    name: str
    seed: int
    points: Sequence[Measured]
    deviation: float
    seconds: float

    @property
    def last(self) -> Measured:
        """Where it ended: the highest of several would be what chance made of it, too."""
        return self.points[-1]

    @property
    def gain(self) -> float:
        """How far it rose, in deviations of the start's rewards."""
        return (self.last.reward - self.points[0].reward) / max(self.deviation, 1e-9)

    def described(self) -> str:
        """The run in a few words, for a figure's detail."""
        start, last = self.points[0], self.last
        apart = "" if last.low > start.high else ", intervals overlap"
        return (
            f"seed {self.seed}: {start.reward:.3g} ({start.low:.3g} to {start.high:.3g}) to"
            f" {last.reward:.3g} ({last.low:.3g} to {last.high:.3g}) at step {last.step} and KL"
            f" {last.kl:.2f}{apart}, {self.seconds / 60:.1f} minutes"
        )


def curve_of(
    name: str, seed: int, evaluations: Sequence[Mapping[str, Any]], seconds: float
) -> Curve:
    """A run's curve from its evaluations. Raises RuntimeError where there are not two."""
    if len(evaluations) < 2:
        raise RuntimeError(f"The run {name} {seed} was not evaluated twice: give it more minutes.")
    began = evaluations[0]["time"]
    points = [
        Measured(
            step=one["step"],
            minutes=(one["time"] - began) / 60,
            reward=one["held_out_reward"],
            low=one["held_out_reward_low"],
            high=one["held_out_reward_high"],
            kl=one.get("held_out_kl") or 0.0,
        )
        for one in evaluations
    ]
    return Curve(name, seed, points, evaluations[0]["held_out_reward_deviation"], seconds)


def write_curves(folder: Path, curves: Sequence[Curve]) -> None:
    """Write ppo-curve.svg and ppo-curve.md into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ppo-curve.svg").write_text(drawn(curves))
    (folder / "ppo-curve.md").write_text(tabled(curves))


def tabled(curves: Sequence[Curve]) -> str:
    """A Markdown table, a row per evaluation."""
    lines = [
        "| reward | seed | step | minutes | held-out reward | interval | KL |",
        "| --- | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    for curve in curves:
        lines += [
            f"| {curve.name} | {curve.seed} | {point.step} | {point.minutes:.1f} |"
            f" {point.reward:.3f} | {point.low:.3f} to {point.high:.3f} | {point.kl:.2f} |"
            for point in curve.points
        ]
    return "\n".join([*lines, ""])


def drawn(curves: Sequence[Curve]) -> str:
    """One panel per reward, as SVG: held-out reward against the square root of the KL."""
    names = list(dict.fromkeys(curve.name for curve in curves))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(names)} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH * len(names)}" height="{HEIGHT}" fill="white"/>',
    ]
    for number, name in enumerate(names):
        own = [curve for curve in curves if curve.name == name]
        parts.append(f'<g transform="translate({WIDTH * number} 0)">{_panel(name, own)}</g>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(name: str, curves: Sequence[Curve]) -> str:
    points = [point for curve in curves for point in curve.points]
    across = max(max(point.kl, 0.0) ** 0.5 for point in points) or 1.0
    low, high = min(p.low for p in points), max(p.high for p in points)
    scale = (high - low) or 1.0

    def place(kl: float, reward: float) -> str:
        x = MARGIN + (WIDTH - 2 * MARGIN) * max(kl, 0.0) ** 0.5 / across
        y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (reward - low) / scale
        return f"{x:.1f},{y:.1f}"

    colour = COLOURS.get(name, "#444444")
    parts = [
        f'<text x="{WIDTH / 2}" y="20" text-anchor="middle">{name} reward, {len(curves)} seeds'
        "</text>",
        f'<path d="M{MARGIN},{MARGIN} V{HEIGHT - MARGIN} H{WIDTH - MARGIN}" fill="none"'
        ' stroke="#888888"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">square root of the KL to'
        f" the start (to {across:.2f})</text>",
        f'<text x="{MARGIN - 6}" y="{HEIGHT - MARGIN}" text-anchor="end">{low:.2f}</text>',
        f'<text x="{MARGIN - 6}" y="{MARGIN + 8}" text-anchor="end">{high:.2f}</text>',
    ]
    for curve in curves:
        line = " ".join(place(point.kl, point.reward) for point in curve.points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for point in curve.points:
            top, bottom = place(point.kl, point.high), place(point.kl, point.low)
            parts.append(f'<path d="M{top} L{bottom}" stroke="{colour}" stroke-opacity="0.35"/>')
            x, y = place(point.kl, point.reward).split(",")
            words = f"step {point.step}: {point.reward:.3f} at KL {point.kl:.2f}"
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"><title>{words}</title></circle>'
            )
    return "".join(parts)
