"""Compiled core, one drop at a time, in mean bits of a frame: l = bits / (min_data_bits / frames), sum l = frames.

Notation of the kernels: A cubic coefficient of computing, G energy scale of the uplink, th its exponent, U cap of the
bits by the device's rate, V cap of the forwarded bits by the satellite's rate, r the ratio, p the price (multiplier).
    energy = estimation + sum_n A ((1 - r) l)^3 + G (exp(th r l) - 1),  0 <= l <= U,  r l <= V
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.bracketed_root import HIGH, LOW, narrow, next_point, open_bracket
from sagin.methods.priced_allocation import Cost, allocate, marginal
from sagin.systems.isac_sagin.model import Drops, least_pilot_s

LAST = 1e-9  # the data phase is never shorter than this share of a frame


class Problem(NamedTuple):
    """One drop: what does not depend on the decision."""

    snr: np.ndarray  # (frame,) device's SNR with a known channel
    price: np.ndarray  # (frame,) noise / gain of the satellite link [W]
    top: np.ndarray  # (frame,) rate to the satellite at full power [mean frame bits / s]
    least: np.ndarray  # (frame,) least pilot duration [s]
    computing: float  # kappa (C_d L_ref)^3 [J s^2]
    estimation: float  # power of channel estimation, all frames [W]
    exponent: float  # ln(2) L_ref / B [s]
    pilots: float  # pilot symbols a second [1/s]
    frame: float  # frame length [s]


class At(NamedTuple):
    """A problem at one pilot duration: arrays (frame,), filled by `set_pilot`."""

    uplink: np.ndarray  # G [J]
    cap: np.ndarray  # U
    cap_slope: np.ndarray  # derivative of U by the pilot duration [1/s]
    top: np.ndarray  # V
    high: np.ndarray  # min(U, V / r)
    zero: np.ndarray  # lower bounds
    work: np.ndarray  # (2, frame) scratch


def problems(drops: Drops) -> list[Problem]:
    """The problem of each drop, in the units of this file."""
    d = drops
    n_frames = d.leo_gain.shape[1]
    frame_bits = d.min_data_bits / n_frames
    snr = d.iot_power_w * d.channel_gain / d.noise_power_w
    price = d.noise_power_w / d.leo_gain
    exponent = np.log(2.0) * frame_bits / d.bandwidth_hz
    top = np.log1p(d.aav_max_power_w * d.leo_gain / d.noise_power_w) / exponent
    least = least_pilot_s(d)
    pilot_clock = d.cycles_per_pilot_bit * d.pilot_bits_per_symbol * d.bandwidth_hz
    return [
        Problem(
            snr[i],
            price[i],
            top[i],
            least[i],
            float(d.switched_capacitance_aav * (d.cycles_per_data_bit * frame_bits) ** 3),
            float(n_frames * d.switched_capacitance_aav * pilot_clock**3),
            float(exponent),
            float(d.pilot_symbol_rate_hz),
            float(d.frame_length_s),
        )
        for i in range(len(d.seeds))
    ]


@kernel
def room_for(n: int) -> At:
    """Arrays for n frames."""
    return At(np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.zeros(n), np.empty((2, n)))


@kernel
def limits(problem: Problem, n: int, pilot: float) -> tuple[float, float, float, float]:
    """G, U, dU/dpilot and V of frame n for a pilot duration."""
    data = problem.frame - pilot
    symbols = problem.pilots * pilot
    snr = problem.snr[n]
    sinr = snr * symbols / (symbols + 1.0)
    rate = np.log1p(sinr) / problem.exponent
    rise = snr * problem.pilots / ((symbols + 1.0) ** 2 * (1.0 + sinr) * problem.exponent)
    return data * problem.price[n], rate * data, rise * data - rate, problem.top[n] * data


@kernel
def set_pilot(problem: Problem, pilot: float, at: At) -> None:
    """Fill G, U, dU/dpilot and V of all frames for a pilot duration."""
    for n in range(problem.snr.size):
        at.uplink[n], at.cap[n], at.cap_slope[n], at.top[n] = limits(problem, n, pilot)


@kernel
def set_ratio(ratio: float, at: At) -> float:
    """Fill the caps min(U, V / r); returns their sum."""
    total = 0.0
    for n in range(at.cap.size):
        at.high[n] = at.cap[n]
        if ratio * at.cap[n] > at.top[n]:
            at.high[n] = at.top[n] / ratio
        total += at.high[n]
    return total


@kernel
def energy_of(problem: Problem, pilot: float, ratio: float, l: np.ndarray, at: At) -> float:  # noqa: E741
    """Energy [J] of bits l, estimation included."""
    data = problem.frame - pilot
    A = problem.computing / data**2
    th = problem.exponent / data
    energy = problem.estimation * pilot
    for n in range(l.size):  # Eq. (M11)
        energy += A * ((1.0 - ratio) * l[n]) ** 3 + at.uplink[n] * np.expm1(th * ratio * l[n])
    return energy


@kernel
def best_bits(problem: Problem, pilot: float, ratio: float, l: np.ndarray, at: At) -> tuple[float, float, float]:  # noqa: E741
    """Exact bits l for a pilot duration (set in `at`) and a ratio: energy, its slopes by ratio and by pilot duration.

    Slopes by the envelope theorem: those of the energy at fixed bits, and a price for every cap that moves. If the caps
    are too small the energy is inf and the slopes are those of the room that is missing.
    """
    n_frames = l.size
    data = problem.frame - pilot
    A = problem.computing / data**2
    th = problem.exponent / data
    room = set_ratio(ratio, at)
    if room < n_frames * (1.0 - 1e-12):
        by_ratio, by_pilot = 0.0, 0.0
        for n in range(n_frames):
            if at.high[n] == at.cap[n]:
                by_pilot -= at.cap_slope[n]
            else:
                by_pilot += at.high[n] / data
                by_ratio += at.high[n] / ratio
        return np.inf, by_ratio, by_pilot
    cost = Cost(A * (1.0 - ratio) ** 3, th, ratio, 0.0, 0.0, 0.0)
    price = allocate(cost, at.uplink, at.zero, at.zero, at.high, float(n_frames), l, at.work)
    energy = problem.estimation * pilot
    by_ratio = 0.0
    by_pilot = problem.estimation
    for n in range(n_frames):
        own = (1.0 - ratio) * l[n]
        sent = ratio * l[n]
        cube = A * own * own * l[n]
        rise = np.expm1(th * sent)
        energy += (1.0 - ratio) * cube + at.uplink[n] * rise
        by_ratio += at.uplink[n] * th * l[n] * (rise + 1.0) - 3.0 * cube
        by_pilot += 2.0 * (1.0 - ratio) * cube / data
        by_pilot += at.uplink[n] / data * (th * sent * (rise + 1.0) - rise)
        if l[n] >= at.high[n]:
            worth = max(price - marginal(cost, at.uplink[n], 0.0, l[n])[0], 0.0)
            if at.high[n] == at.cap[n]:
                by_pilot -= worth * at.cap_slope[n]
            else:
                by_pilot += worth * at.high[n] / data
                by_ratio += worth * at.high[n] / ratio
    return energy, by_ratio, by_pilot


@kernel
def balanced(left: np.ndarray, right: np.ndarray) -> float:
    """Slope by the ratio at a duration where the slope by the duration jumps from negative to positive.

    `left`, `right`: (energy, slope by ratio, slope by duration) just before and after. The multipliers are the mixture
    of both sides that balances the durations; an infeasible side enters as a direction (any multiple of it).
    """
    span = right[2] - left[2]
    if not span > 0.0:
        return left[1] if left[0] < right[0] else right[1]
    if left[0] == np.inf:
        return right[1] - right[2] / left[2] * left[1]
    if right[0] == np.inf:
        return left[1] - left[2] / right[2] * right[1]
    return (right[2] * left[1] - left[2] * right[1]) / span


@kernel
def best_pilot(
    problem: Problem,
    least: float,
    ratio: float,
    l: np.ndarray,  # noqa: E741
    at: At,
    state: np.ndarray,
) -> tuple[float, float, float]:
    """Best pilot duration >= least for a ratio, with its bits l: duration, energy, slope of the energy by the ratio.

    For a fixed ratio the problem is jointly convex in bits and pilot duration, so the sign of the slope at `least`
    decides whether to search at all. Energy and slope inf if no duration has room for the bits.
    """
    set_pilot(problem, least, at)
    energy, by_ratio, by_pilot = best_bits(problem, least, ratio, l, at)
    if by_pilot >= 0.0:
        return least, energy, by_ratio if energy < np.inf else np.inf
    last = problem.frame * (1.0 - LAST)
    best, best_energy = least, energy
    sides = np.array([[energy, by_ratio, by_pilot], [np.inf, 0.0, np.inf]])
    open_bracket(state, least, by_pilot if energy < np.inf else -np.inf, last, np.inf)
    for _ in range(200):
        pilot = next_point(state)
        if state[HIGH] - state[LOW] <= 4e-16 * problem.frame:
            break
        set_pilot(problem, pilot, at)
        energy, by_ratio, by_pilot = best_bits(problem, pilot, ratio, l, at)
        if energy < best_energy:
            best, best_energy = pilot, energy
        side = sides[0] if by_pilot < 0.0 else sides[1]
        side[0], side[1], side[2] = energy, by_ratio, by_pilot
        if energy == np.inf:
            by_pilot = -np.inf if by_pilot < 0.0 else np.inf
        narrow(state, pilot, by_pilot)
        if energy < np.inf and abs(by_pilot) * (state[HIGH] - state[LOW]) <= 1e-15 * best_energy:
            break
    if best_energy == np.inf:
        return least, np.inf, np.inf
    set_pilot(problem, best, at)
    best_energy, _, _ = best_bits(problem, best, ratio, l, at)
    return best, best_energy, balanced(sides[0], sides[1])


@kernel
def best_ratio(problem: Problem, least: float, n_scan: int, l: np.ndarray, state: np.ndarray) -> tuple[float, float]:  # noqa: E741
    """Least energy over pilot duration, ratio and bits: ratio and pilot duration (NaN: infeasible); fills l.

    The ratio is the one direction in which the problem is not convex: it is scanned, and each interval of the scan in
    which the slope turns from falling to rising is searched. Ratios without room end the scan; where they leave less
    than half of it, the rest is scanned again, finer. `state`: (2, SIZE) scratch.
    """
    at = room_for(l.size)
    l[:] = 1.0
    best, best_energy, best_at = np.nan, np.inf, np.nan
    top = 1.0
    for _ in range(20):
        low, low_slope = 0.0, np.inf
        used = n_scan
        for k in range(n_scan):
            ratio = top * (k / (n_scan - 1.0))
            pilot, energy, slope = best_pilot(problem, least, ratio, l, at, state[0])
            if energy < best_energy:
                best, best_energy, best_at = ratio, energy, pilot
            if low_slope < 0.0 and slope >= 0.0:
                open_bracket(state[1], low, low_slope, ratio, slope)
                for _ in range(100):
                    middle = next_point(state[1])
                    tight = (state[1, HIGH] - state[1, LOW]) <= 4e-16
                    pilot, energy, middle_slope = best_pilot(problem, least, middle, l, at, state[0])
                    narrow(state[1], middle, middle_slope)
                    if energy < best_energy:
                        best, best_energy, best_at = middle, energy, pilot
                    if tight or abs(middle_slope) * (state[1, HIGH] - state[1, LOW]) <= 1e-15 * best_energy:
                        break
            if slope == np.inf:  # no room, nor with more to the satellite
                used = k
                break
            low, low_slope = ratio, slope
        if used == 0 or 2 * used >= n_scan:
            break
        top = ratio
    if best_energy < np.inf:
        set_pilot(problem, best_at, at)
        best_bits(problem, best_at, best, l, at)
    return best, best_at
