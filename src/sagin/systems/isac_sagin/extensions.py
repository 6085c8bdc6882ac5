"""Larger problems than the paper's: a ratio a frame, and a pilot duration a frame as well. Both are convex.

They are exact for what they solve, and they are never the paper's problem: the paper has one ratio and one pair of
durations for the whole mission. Only the far frames need long pilots, which is what the second gains from.
"""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.core.contracts import NoOptions
from sagin.core.records import build
from sagin.systems.isac_sagin import kernels
from sagin.systems.isac_sagin.bound import per_frame, within
from sagin.systems.isac_sagin.model import AllPerFrame, Drops, RatioPerFrame
from sagin.systems.isac_sagin.solver import DUST, Answers, least_pilot, without_dust


def solve_per_frame_ratio(drops: Drops, options: NoOptions) -> results.Solution:
    """One ratio a frame, common durations."""
    answers = Answers(drops)
    ratios = np.full(answers.bits.shape, drops.scenario.fixed_ratio)
    least = least_pilot(drops)
    for i, problem in enumerate(kernels.problems(drops)):
        bound, pilot, x, y, _ = within(problem, float(least[i]), 0.0, 1.0)
        if np.isfinite(bound):
            answers.put(i, pilot, 0.0, _bits(x, y))
            ratios[i] = _share(x, y)
    return results.solution(
        build(
            RatioPerFrame,
            pilot_s=answers.pilot_s,
            data_s=drops.frame_length_s - answers.pilot_s,
            ratio=ratios,
            bits=answers.bits,
        )
    )


def solve_extended(drops: Drops, options: NoOptions) -> results.Solution:
    """One ratio and one pair of durations a frame."""
    answers = Answers(drops)
    shape = answers.bits.shape
    ratios, pilots = np.full(shape, drops.scenario.fixed_ratio), np.full(shape, drops.scenario.fixed_pilot_s)
    for i, problem in enumerate(kernels.problems(drops)):
        bound, durations, x, y = per_frame(problem)
        if np.isfinite(bound):
            pilots[i], ratios[i], answers.bits[i] = durations, _share(x, y), _bits(x, y) * answers.frame_bits
    data = drops.frame_length_s - pilots
    return results.solution(build(AllPerFrame, pilot_s=pilots, data_s=data, ratio=ratios, bits=answers.bits))


def _share(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Forwarded part of the bits of each frame; 0 where there are none."""
    total = _bits(x, y)
    return np.where(total > 0, without_dust(y / np.where(total > 0, total, 1.0)), 0.0)


def _bits(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.where(x + y < DUST, 0.0, x + y)
