"""Figures with a sweep, an iteration axis, a computed curve, a schedule and a map."""

from typing import Any

import numpy as np

from sagin.core import statistics
from sagin.core.figures import Axis, Claim, Curve, Figure, Picture, Series, Verdict
from sagin_toy import model


def _schedule(scenario: Any, seeds: np.ndarray) -> Picture:
    drops = model.draw(scenario, seeds)
    spans = drops.task_bits[0] / drops.speed_bit_per_s
    starts = np.concatenate([[0.0], np.cumsum(spans)[:-1]])
    bars = tuple((f"task {user}", user % 2, starts[user], spans[user]) for user in range(len(spans)))
    return Picture("time (s)", "", bars=bars, rows=("core 0", "core 1"))


def _map(scenario: Any, seeds: np.ndarray) -> Picture:
    x = np.linspace(0, 1, 5)
    lines = (("link", np.stack([x, x + 0.1], axis=1), np.stack([x, x**2], axis=1)),)
    return Picture("x (m)", "y (m)", points=(("user", x, x**2), ("server", x[:1], x[:1])), lines=lines)


def _stacks(scenario: Any, seeds: np.ndarray) -> Picture:
    heights = (("direct", np.array([1.0, 2.0])), ("relayed", np.array([0.5, 0.1])))
    return Picture("server", "utilisation", stacks=heights, columns=("A", "B"))


def _curve(scenario: Any, seeds: np.ndarray) -> Series:
    x = np.linspace(1, 3, 4)
    values = np.stack([np.repeat(x[:, None], len(seeds), axis=1), np.repeat(x[:, None] ** 2, len(seeds), axis=1)])
    return Series(x, ("line", "parabola"), values, np.ones(values.shape, dtype=bool))


def _hopeless(series: Series) -> Verdict:
    return Verdict("contradictory", "the text says both")


SWEEP = Figure(
    name="fig1",
    title="Delay against users",
    axis=Axis(("n_users",), (2, 3, 4), "number of users $I$"),
    y_label="sum delay (s)",
    curves=(
        Curve("iterate", "iterate", options={"rounds": 4}),
        Curve("equal", "equal"),
        Curve("equal, large tasks", "equal", overrides={"task_bits_min": 2e6}),
        Curve("bound", "bound"),
    ),
    claims=(
        Claim("order", "iterate is below equal", "paired", lambda s: statistics.below(s, "iterate", "equal")),
        Claim(
            "rise",
            "the delay rises",
            "paired",
            lambda s: statistics.rises(s, "iterate"),
            note="by construction",
            otherwise={"end above start": lambda s: Verdict("does_not_hold", "a reading for tests")},
        ),
        Claim("text", "it rises and falls", "never", _hopeless),
    ),
    n_drops=8,
    extra=("longest_s",),
)
CONVERGENCE = Figure(
    name="fig2",
    title="Convergence",
    axis=Axis(("iteration",), tuple(range(7)), "iteration"),
    y_label="sum delay (s)",
    curves=(Curve("4 rounds", "iterate", options={"rounds": 4}), Curve("closed form", "closed_form")),
    claims=(Claim("fall", "the objective falls", "paired", lambda s: statistics.falls(s, "4 rounds")),),
    n_drops=8,
)
DEADLINE = Figure(
    name="fig3",
    title="Delay against the deadline",
    axis=Axis(("deadline_s", "task_bits_max"), ((1e-3, 2e6), (3.0, 2e6), (9.0, 2e6)), "deadline (s)", log=True),
    y_label="longest delay (s)",
    curves=(Curve("iterate", "iterate", value="longest_s"), Curve("closed form", "closed_form", value="longest_s")),
    fixed={"tight": True},
    n_drops=8,
)
SCHEDULE = Figure("schedule", "Schedule", Axis((), (), ""), "", paint=_schedule)
MAP = Figure("map", "Map", Axis((), (), ""), "", paint=_map)
LOAD = Figure("load", "Load", Axis((), (), ""), "", paint=_stacks)
COMPUTED = Figure("computed", "Computed", Axis(("x",), (), "x", log=True), "y", compute=_curve, y_log=True)
FIGURES = (SWEEP, CONVERGENCE, DEADLINE, SCHEDULE, MAP, LOAD, COMPUTED)
