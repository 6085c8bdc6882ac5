"""From a batch of drops to the compiled kernels' problem of one drop, and back to decisions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.computing.queue_mmc import operation_delay
from sagin.core import random, records
from sagin.core.constants import SPEED_OF_LIGHT_MPS
from sagin.core.errors import InputError
from sagin.methods.k_means import k_means
from sagin.systems.thz_uav_mec.kernels import EXCESS, LONGEST_S, Problem, State
from sagin.systems.thz_uav_mec.model import Decision, Drops, clear, distance, link_snr
from sagin.systems.thz_uav_mec.scenario import check_capacity, most_iots


def problems(drops: Drops, *, equal_rates: bool = True) -> Iterator[Problem]:
    """The compiled problem of each drop. `equal_rates`: the caller needs them; else the queue table is empty."""
    spread = drops.antenna_gain * (SPEED_OF_LIGHT_MPS / (4 * np.pi * drops.frequency_hz)) ** 2
    spread /= drops.noise_psd_w_per_hz * drops.bandwidth_hz
    for i in range(records.n_drops(drops)):
        queue = queue_times(drops, common_rate(drops, i), False) if equal_rates else np.zeros(1)
        work = drops.task_bits[i] * np.log(2.0) / drops.bandwidth_hz
        works, kind = np.unique(work, return_inverse=True)
        yield Problem(
            iot_xy=drops.iot_xy[i],
            mec_xy=drops.mec_xy[i],
            spread=spread[i],
            absorption=drops.absorption_per_m[i],
            work=work,
            kind=kind.astype(np.int64),
            works=works,
            iot_power=drops.iot_power_w[i],
            delay_max=drops.delay_max_s[i],
            uav_power=drops.uav_power_w[i],
            direct=direct_times(drops, i),
            queue=queue,
            height_up=drops.uav_height_m - drops.iot_height_m,
            height_down=drops.uav_height_m - drops.mec_height_m,
            side=drops.area_side_m,
            excess=EXCESS,
        )


def common_rate(drops: Drops, i: int) -> float:
    """The arrival rate of all IoTs of a drop; InputError if they differ or overload the servers."""
    rates = drops.arrival_rate_per_s[i]
    rate = float(rates[0])
    if np.any(np.abs(rates - rate) > 1e-12 * rate):
        other = rates[np.abs(rates - rate) > 1e-12 * rate][0]
        raise InputError(
            "arrival_rate_per_s", float(other), f"equal for all IoTs, {rate:g}", "this scheme assigns equal slots"
        )
    check_capacity(drops.n_iots, drops.n_mecs, rate, drops.n_units * drops.service_rate_per_s)
    return rate


def queue_times(drops: Drops, rate: float, bounded: bool) -> np.ndarray:
    """(n_max + 1,) total queue and service time G(n) = n T(n rate) of a server with n IoTs [s]."""
    n_max = most_iots(rate, drops.n_units * drops.service_rate_per_s, drops.n_iots)
    count = np.arange(n_max + 1)
    return count * operation_delay(count * rate, drops.n_units, drops.service_rate_per_s, bounded=bounded)


def direct_times(drops: Drops, i: int) -> np.ndarray:
    """(K, M, F) capped times of direct links of a drop [s]."""
    ground = np.linalg.norm(drops.iot_xy[i][:, None] - drops.mec_xy[i], axis=2)[..., None]
    slant = distance(ground, drops.mec_height_m - drops.iot_height_m)
    power = drops.iot_power_w[i][:, None, None]
    snr = link_snr(drops, power, slant, drops.frequency_hz[i], drops.absorption_per_m[i])
    with np.errstate(divide="ignore", over="ignore"):
        times = drops.task_bits[i][:, None, None] / (clear(drops, ground) * shannon_rate(drops.bandwidth_hz, snr))
    return np.ascontiguousarray(np.minimum(times, LONGEST_S))


def central_positions(drops: Drops, i: int, algorithm_seed: int) -> np.ndarray:
    """(U, 2) k-means centres of the IoTs: where all schemes of the paper start."""
    centres = np.zeros((drops.n_uavs, 2))
    generator = random.scheme_stream(algorithm_seed, int(drops.seeds[i]), "k_means")
    k_means(drops.iot_xy[i], generator.random(drops.n_uavs), centres)
    return centres


def decision(states: list[State]) -> Decision:
    """The decisions of a batch; powers keep within the budget to the last bit."""
    return records.build(
        Decision,
        server=np.array([s.server for s in states]),
        subband=np.array([s.subband for s in states]),
        relay=np.array([s.relay for s in states]),
        uav_xy=np.array([s.xy for s in states]),
        uav_power=np.array([s.power for s in states]),
    )


def fresh_state(problem: Problem) -> State:
    """Everything on server 0 and direct, IoT k on sub-band k, UAVs in the corner."""
    n, u = len(problem.work), len(problem.uav_power)
    relay = np.full(n, -1, dtype=np.int64)
    return State(np.zeros(n, dtype=np.int64), np.arange(n), relay, np.zeros((u, 2)), np.zeros((u, n)), np.zeros(u))
