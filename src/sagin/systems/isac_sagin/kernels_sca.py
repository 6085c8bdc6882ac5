"""The paper's inner loop: successive convex approximation at one pilot duration, each subproblem (18) solved exactly.

Subproblem at the iterate (rho_v, l_v), with the slack s_n eliminated (its energy rises, so s_n = q_n):
    minimise  (1 - rho)^3 A sum l_v^3 + (1 - rho_v)^3 A sum l^3 + sum_n G (exp(th q_n(rho, l)) - 1)
              + (c/2) (rho - rho_v)^2 + (c/2) |l - l_v|^2
    subject to  q_n <= V, 0 <= l <= U, 0 <= rho <= 1, sum l >= frames;   q_n the convex upper bound of rho l_n.
For a given rho it is a priced allocation; rho is the root of the value's slope (envelope theorem).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.bracketed_root import HIGH, LOW, SIZE, narrow, next_point, open_bracket
from sagin.methods.capped_level import capped_level
from sagin.methods.priced_allocation import Cost, allocate, marginal
from sagin.methods.successive_convex import bilinear_surrogate, next_step, product_surrogate
from sagin.systems.isac_sagin.kernels import At, Problem, energy_of, set_ratio


class Rules(NamedTuple):
    """Constants of the iteration, see `Scenario`."""

    step: float
    decay: float
    prox: float
    tolerance: float
    most: int


class Trial(NamedTuple):
    """Scratch of a subproblem, arrays (frame,): bounds of the bits, the bits, and those at the best ratio so far."""

    low: np.ndarray
    high: np.ndarray
    bits: np.ndarray
    best: np.ndarray


@kernel
def room_for_trial(n: int) -> Trial:
    """Arrays for n frames."""
    return Trial(np.empty(n), np.empty(n), np.empty(n), np.empty(n))


@kernel
def uniform_bits(ratio: float, l: np.ndarray, at: At) -> bool:  # noqa: E741
    """Capped-uniform bits for a ratio; False if the caps are too small (the bits are then the caps)."""
    room = set_ratio(ratio, at)
    capped_level(at.high, float(l.size), l)
    return room >= l.size * (1.0 - 1e-12)


@kernel
def start(ratio: float, l: np.ndarray, at: At) -> float:  # noqa: E741
    """A feasible start: the ratio, or if its caps are too small 0.9 times the largest that has room; NaN if none."""
    if not uniform_bits(ratio, l, at):
        if not uniform_bits(0.0, l, at):
            return np.nan
        low, high = 0.0, ratio
        for _ in range(60):
            middle = 0.5 * (low + high)
            if set_ratio(middle, at) >= l.size:
                low = middle
            else:
                high = middle
        ratio = 0.9 * low
        uniform_bits(ratio, l, at)
    return ratio


@kernel
def slope_at(
    problem: Problem,
    pilot: float,
    ratio: float,
    ratio_at: float,
    l_at: np.ndarray,
    prox: float,
    at: At,
    trial: Trial,
) -> float:
    """Best bits of the subproblem for a ratio, into `trial.bits`; returns the slope of its value by the ratio.

    Infinite, pointing back to the iterate, where the satellite's cap leaves no room.
    """
    data = problem.frame - pilot
    A = problem.computing / data**2
    th = problem.exponent / data
    # Eq. (18)
    offset = ratio - ratio_at
    outside = np.inf if offset > 0.0 else -np.inf
    for n in range(l_at.size):  # q_n <= V is an interval of l
        centre = l_at[n] - ratio
        radicand = centre**2 - (offset**2 + l_at[n] ** 2 - 2.0 * at.top[n])
        if radicand < 0.0:
            return outside
        width = np.sqrt(radicand)
        trial.low[n] = max(0.0, centre - width)
        trial.high[n] = min(at.cap[n], centre + width)
        if trial.high[n] < trial.low[n]:
            return outside
    cost = Cost((1.0 - ratio_at) ** 3 * A, th, ratio, 1.0, offset, prox)
    price = allocate(cost, at.uplink, l_at, trial.low, trial.high, float(l_at.size), trial.bits, at.work)
    if np.isnan(price):
        return outside
    cubes = 0.0
    slope = prox * offset
    for n in range(l_at.size):
        l = trial.bits[n]  # noqa: E741
        cubes += A * l_at[n] ** 3
        steep = at.uplink[n] * th * np.exp(th * bilinear_surrogate(ratio, l, ratio_at, l_at[n]))  # Eq. (16), (17)
        slope += steep * (l + offset)
        lean = ratio + l - l_at[n]
        if (l >= trial.high[n] and l < at.cap[n]) or (l <= trial.low[n] and l > 0.0):
            slope -= (marginal(cost, at.uplink[n], l_at[n], l)[0] - price) * (l + offset) / lean
    # Eq. (15): the surrogate is linear in the two factors, so their slopes by the ratio give its slope
    return slope + product_surrogate(-3.0 * (1.0 - ratio) ** 2, 0.0, (1.0 - ratio_at) ** 3, cubes)


@kernel
def subproblem(
    problem: Problem,
    pilot: float,
    ratio_at: float,
    l_at: np.ndarray,
    energy_at: float,
    prox: float,
    at: At,
    trial: Trial,
    state: np.ndarray,
) -> float:
    """Solution of the convex problem at an iterate of energy `energy_at`: the ratio; its bits in `trial.best`."""
    trial.bits[:] = l_at
    slope = slope_at(problem, pilot, ratio_at, ratio_at, l_at, prox, at, trial)
    trial.best[:] = trial.bits
    end = 1.0 if slope < 0.0 else 0.0
    if slope == 0.0 or end == ratio_at:
        return ratio_at
    far = slope_at(problem, pilot, end, ratio_at, l_at, prox, at, trial)
    if far * slope >= 0.0:
        trial.best[:] = trial.bits
        return end
    if end > ratio_at:
        open_bracket(state, ratio_at, slope, end, far)
    else:
        open_bracket(state, end, far, ratio_at, slope)
    best = ratio_at
    for _ in range(100):
        ratio = next_point(state)
        if state[HIGH] - state[LOW] <= 1e-14:
            break
        trial.bits[:] = trial.best
        slope = slope_at(problem, pilot, ratio, ratio_at, l_at, prox, at, trial)
        narrow(state, ratio, slope)
        if np.isfinite(slope):  # beyond the satellite's caps it is not: then the last one inside is the answer
            best = ratio
            trial.best[:] = trial.bits
            if abs(slope) <= 1e-12 * energy_at:
                break
    return best


@kernel
def approximate(
    problem: Problem,
    pilot: float,
    ratio: float,
    l: np.ndarray,  # noqa: E741
    at: At,
    rules: Rules,
    trace: np.ndarray,
) -> tuple[float, float, int, bool]:
    """Iterate from a feasible (ratio, l) at the duration `at` is set to: energy, ratio, iterations, converged; fills l.

    `trace`: (most + 1,) energies, start first. The step is halved while the true energy would rise.
    """
    trial = room_for_trial(l.size)
    candidate = np.empty(l.size)
    state = np.empty(SIZE)
    energy = energy_of(problem, pilot, ratio, l, at)
    trace[0] = energy
    step = rules.step
    for v in range(rules.most):
        aim = subproblem(problem, pilot, ratio, l, energy, rules.prox * energy, at, trial, state)
        used = step
        for _ in range(31):
            new_ratio = ratio + used * (aim - ratio)
            for n in range(l.size):
                candidate[n] = l[n] + used * (trial.best[n] - l[n])
            new = energy_of(problem, pilot, new_ratio, candidate, at)
            if new <= energy:
                break
            used *= 0.5
        if not new <= energy:  # no descent left at this precision
            trace[v + 1] = energy
            return energy, ratio, v + 1, True
        decrease = (energy - new) / energy
        energy, ratio = new, new_ratio
        l[:] = candidate
        trace[v + 1] = energy
        step = next_step(step, rules.decay)
        if decrease <= rules.tolerance:
            return energy, ratio, v + 1, True
    return energy, ratio, rules.most, False
