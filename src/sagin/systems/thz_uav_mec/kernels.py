"""Compiled model: one drop as plain arrays, link times, hop tables, and the sum of delays of a decision.

Notation: k IoT, m server, u UAV, f sub-band; A work D ln 2 / B [s], so that a link takes A / ln(1 + SNR).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import bare_kernel, kernel

LONGEST_S = 1e9  # a link never takes longer: assignment solvers refuse infinity
EXCESS = 10.0  # seconds of objective a second beyond a maximum delay costs while searching ...
FIRM_EXCESS = 1000.0  # ... and where incumbents are compared, or where the first charge left something late
LEAST_SNR = 1e-60  # keeps quotients finite where absorption leaves nothing


class Problem(NamedTuple):
    """One drop, ready for the kernels."""

    iot_xy: np.ndarray  # (K, 2)
    mec_xy: np.ndarray  # (M, 2)
    spread: np.ndarray  # (F,) SNR per watt at 1 m without absorption
    absorption: np.ndarray  # (F,)
    work: np.ndarray  # (K,)
    kind: np.ndarray  # (K,) index of the IoT's work among the different ones
    works: np.ndarray  # (W,) different works
    iot_power: np.ndarray  # (K,)
    delay_max: np.ndarray  # (K,)
    uav_power: np.ndarray  # (U,)
    direct: np.ndarray  # (K, M, F) time of direct links
    queue: np.ndarray  # (n_max + 1,) total queue and service time G(n) of n equal IoTs on a server
    height_up: float  # UAV above IoT
    height_down: float  # UAV above server
    side: float
    excess: float  # charge of a second beyond a maximum delay


class State(NamedTuple):
    """A decision, and the price of power [s/W] of each UAV."""

    server: np.ndarray
    subband: np.ndarray
    relay: np.ndarray
    xy: np.ndarray
    power: np.ndarray
    price: np.ndarray


@bare_kernel
def copy_state(source: State, target: State) -> None:
    """Overwrite a state."""
    for k in range(len(source.server)):
        target.server[k] = source.server[k]
        target.subband[k] = source.subband[k]
        target.relay[k] = source.relay[k]
        for u in range(len(source.price)):
            target.power[u, k] = source.power[u, k]
    for u in range(len(source.price)):
        target.xy[u, 0] = source.xy[u, 0]
        target.xy[u, 1] = source.xy[u, 1]
        target.price[u] = source.price[u]


@bare_kernel
def link_time(work: float, snr: float) -> float:
    """Time of one link; capped."""
    return min(work / np.log1p(max(snr, LEAST_SNR)), LONGEST_S)  # Eq. (M6) [s]


@bare_kernel
def snr_per_watt(problem: Problem, f: int, d: float) -> float:
    """SNR of one watt over a distance."""
    return problem.spread[f] / (d * d) * np.exp(-problem.absorption[f] * d)  # Eq. (M4)


@bare_kernel
def length(a: np.ndarray, b: np.ndarray, height: float) -> float:
    """Distance of two ground points with a height difference."""
    return np.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + height * height)  # Eq. (M3) [m]


@bare_kernel
def up_snr(problem: Problem, k: int, f: int, xy: np.ndarray) -> float:
    """SNR from an IoT to a UAV."""
    return problem.iot_power[k] * snr_per_watt(problem, f, length(problem.iot_xy[k], xy, problem.height_up))


@bare_kernel
def down_gain(problem: Problem, m: int, f: int, xy: np.ndarray) -> float:
    """SNR per watt from a UAV to a server."""
    return max(snr_per_watt(problem, f, length(problem.mec_xy[m], xy, problem.height_down)), LEAST_SNR)


@bare_kernel
def fill_hops(problem: Problem, u: int, xy: np.ndarray, first: np.ndarray, gain: np.ndarray) -> None:
    """Times of first hops (K, F) and SNR per watt of second hops (M, F) of UAV u into tables (K, U, F), (U, M, F)."""
    for f in range(len(problem.spread)):
        for k in range(len(problem.work)):
            first[k, u, f] = link_time(problem.work[k], up_snr(problem, k, f, xy))
        for m in range(len(problem.mec_xy)):
            gain[u, m, f] = down_gain(problem, m, f, xy)


@bare_kernel
def communication(problem: Problem, state: State, k: int) -> float:
    """Uplink time of one IoT."""
    m, f, u = state.server[k], state.subband[k], state.relay[k]
    if u < 0:
        return problem.direct[k, m, f]
    up = link_time(problem.work[k], up_snr(problem, k, f, state.xy[u]))
    return up + link_time(problem.work[k], down_gain(problem, m, f, state.xy[u]) * state.power[u, k])  # Eq. (M7) [s]


@kernel
def fill_operation(problem: Problem, server: np.ndarray, operation: np.ndarray) -> bool:
    """Queue and service time of each IoT under equal arrival rates; False if a server is overloaded."""
    count = np.zeros(len(problem.mec_xy), dtype=np.int64)
    for k in range(len(server)):
        count[server[k]] += 1
    for k in range(len(server)):
        n = count[server[k]]
        if n >= len(problem.queue):
            return False
        operation[k] = problem.queue[n] / n
    return True


@bare_kernel
def with_excess(delay: float, delay_max: float, charge: float) -> float:
    """A delay plus the charge for exceeding its maximum."""
    return delay + charge * max(0.0, delay - delay_max)


@bare_kernel
def sum_delay(problem: Problem, state: State, operation: np.ndarray) -> float:
    """Sum of the delays of all IoTs, excess charged."""
    total = 0.0
    for k in range(len(operation)):
        total += with_excess(communication(problem, state, k) + operation[k], problem.delay_max[k], problem.excess)
    return total
