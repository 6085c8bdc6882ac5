"""The paper's Algorithm 1: a grid over the pilot duration, successive convex approximation of ratio and bits inside."""

from __future__ import annotations

from typing import Any

import numpy as np

from sagin.core import results
from sagin.core.contracts import NoOptions
from sagin.core.records import build
from sagin.systems.isac_sagin import kernels, kernels_sca
from sagin.systems.isac_sagin.model import Decision, Drops
from sagin.systems.isac_sagin.scenario import Scenario


def solve_sca(drops: Drops, options: NoOptions) -> results.Solution:
    """Algorithm 1 of the paper, the least energy over the grid."""
    return approximate_at(drops, [grid(drops.scenario, float(least)) for least in least_pilot(drops)])


def approximate_at(drops: Drops, durations: list[np.ndarray]) -> results.Solution:
    """Ratio and bits by successive convex approximation at the given pilot durations of each drop; the best of them."""
    s = drops.scenario
    rules = kernels_sca.Rules(
        s.sca_step_initial, s.sca_step_decay, s.sca_prox_weight, s.sca_tolerance, s.sca_max_iterations
    )
    answers = Answers(drops)
    trace = np.full((len(drops.seeds), rules.most + 1), np.nan)
    iterations = np.zeros(len(drops.seeds), dtype=np.int32)
    converged = np.zeros(len(drops.seeds), dtype=bool)
    for i, problem in enumerate(kernels.problems(drops)):
        at = kernels.room_for(problem.snr.size)
        best = np.inf
        for pilot in durations[i]:  # Algorithm 1, outer loop
            kernels.set_pilot(problem, pilot, at)
            bits = np.empty(problem.snr.size)
            ratio = kernels_sca.start(s.fixed_ratio, bits, at)
            if np.isnan(ratio):
                continue
            history = np.full(rules.most + 1, np.nan)
            energy, ratio, steps, done = kernels_sca.approximate(problem, pilot, ratio, bits, at, rules, history)
            if energy < best:
                best, trace[i], iterations[i], converged[i] = energy, history, steps, done
                bits = np.where(bits < DUST, 0.0, bits)
                trace[i, steps] = kernels.energy_of(problem, pilot, float(without_dust(ratio)), bits, at)
                answers.put(i, pilot, ratio, bits)
    return results.solution(answers.decision(), converged=converged, iterations=iterations, trace=trace)


def grid(scenario: Scenario, least_pilot_s: float) -> np.ndarray:
    """Pilot durations [s] the paper's algorithm tries: multiples of the step that sense well enough."""
    step, frame = scenario.duration_grid_step_s, scenario.frame_length_s
    points = step * np.arange(1, int(np.ceil(frame / step)) + 1)
    return points[(points < frame * (1 - 1e-12)) & (points >= least_pilot_s * (1 - 1e-12))]


def least_pilot(drops: Drops) -> np.ndarray:
    """(drop,) pilot duration [s] from which every frame senses well enough; inf: none does."""
    from sagin.systems.isac_sagin.model import least_pilot_s

    return least_pilot_s(drops).max(axis=1)


DUST = 1e-9  # smaller shares, of the data or of a frame's mean bits, become exact zeros


def without_dust(ratio: Any) -> Any:
    """Ratios less than DUST from 0 or 1 are 0 or 1."""
    return np.where(ratio < DUST, 0.0, np.where(ratio > 1 - DUST, 1.0, ratio))


class Answers:
    """Decisions being collected; a drop nobody answers keeps a finite placeholder, which is not feasible."""

    def __init__(self, drops: Drops) -> None:
        n_drops, n_frames = drops.leo_gain.shape
        s = drops.scenario
        self.frame_length_s = drops.frame_length_s
        self.frame_bits = drops.min_data_bits / n_frames
        self.pilot_s = np.full(n_drops, s.fixed_pilot_s)
        self.ratio = np.full(n_drops, s.fixed_ratio)
        self.bits = np.full((n_drops, n_frames), self.frame_bits)

    def put(self, drop: int, pilot: float, ratio: float, l: np.ndarray) -> None:  # noqa: E741
        """Keep an answer; `l` in mean bits of a frame."""
        self.pilot_s[drop], self.ratio[drop] = pilot, without_dust(ratio)
        self.bits[drop] = np.where(l < DUST, 0.0, l) * self.frame_bits

    def decision(self) -> Decision:
        """All drops."""
        return build(
            Decision,
            pilot_s=self.pilot_s,
            data_s=self.frame_length_s - self.pilot_s,
            ratio=self.ratio,
            bits=self.bits,
        )
