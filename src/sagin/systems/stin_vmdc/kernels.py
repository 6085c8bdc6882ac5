"""One drop, compiled: rates, least powers, band shares and energies.

`owner` (F,) is the cluster of every sub-channel or -1; `held` (F,) lists sub-channels, of which the first `s` count.
Gains are divided by the noise. Data and state of the vehicles are records: one array each keeps compilation short.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.least_powers import least_power, log_sum
from sagin.methods.square_root_shares import square_root_shares

RecordArray = Any  # structured array; compiled code reads its fields as attributes
EXACT = 1e-8  # precision that leaves least powers exact to rounding

VEHICLE = np.dtype(
    [
        ("bits", float),  # C
        ("local_j", float),  # energy of all local
        ("edge_j", float),  # change of energy when all goes to the base station, without the uplink
        ("sat_j", float),  # the same for the satellite, without the uplink
        ("edge_s", float),  # relay and computing time of the whole task
        ("sat_s", float),  # computing time of the whole task
        ("sat_rate", float),  # rate over the full terahertz band
        ("deadline", float),
        ("stay", float),
        ("least", float),  # least share to offload
    ]
)
PLAN = np.dtype(
    [
        ("theta", float),
        ("zeta", float),
        ("alpha", float),
        ("power", float),
        ("rate", float),
        ("trial", float),  # powers on trial
        ("trial_rate", float),
        ("root", float),  # square root of the terahertz cost
        ("lower", float),  # least band share
    ]
)


class Task(NamedTuple):
    """Data of one drop."""

    vehicle: RecordArray  # (M,) VEHICLE
    gain: np.ndarray  # (M, F) fading over noise [1/W]
    path: np.ndarray  # (M, Q)
    members: np.ndarray  # (N, K) vehicles by rank, -1 where there is none
    node_weight: np.ndarray  # (Q,)
    band: np.ndarray  # (F,) [Hz]
    fold: int  # sub-channels that share a logarithm: 1 where bandwidths differ
    p_max: float
    p_thz: float
    quota: int


class Work(NamedTuple):
    """Scratch arrays."""

    held: np.ndarray  # (F,)
    seen: np.ndarray  # (F, Q) interference plus noise over noise
    above: np.ndarray  # (F, Q) the same, kept
    cubic: np.ndarray  # (F, 3, Q)
    weight: np.ndarray  # (F,)
    cost: np.ndarray  # (M,)
    lower: np.ndarray  # (M,)
    shares: np.ndarray  # (M,)


@kernel
def held_by(owner: np.ndarray, n: int, held: np.ndarray) -> int:
    """List the sub-channels of cluster `n` in `held`; returns their number."""
    s = 0
    for f in range(owner.size):
        if owner[f] == n:
            held[s] = f
            s += 1
    return s


@kernel
def clear(seen: np.ndarray, s: int) -> None:
    """Nothing but noise on the first `s` sub-channels."""
    for i in range(s):
        for q in range(seen.shape[1]):
            seen[i, q] = 1.0


@kernel
def own_cubics(
    gain: np.ndarray,
    path: np.ndarray,
    band: np.ndarray,
    fold: int,
    m: int,
    held: np.ndarray,
    s: int,
    seen: np.ndarray,
    cubic: np.ndarray,
    weight: np.ndarray,
) -> int:
    """Prepare the rate of vehicle `m` as a function of its power, against what it sees; returns the groups.

    Fills `cubic` and `weight`, see `methods.least_powers`.
    """
    n_groups = 0
    for i in range(0, s, fold):
        size = min(fold, s - i)
        j, k = (i + 1 if size > 1 else i), (i + 2 if size > 2 else i)
        first = gain[m, held[i]] / s
        second = gain[m, held[j]] / s if size > 1 else 0.0
        third = gain[m, held[k]] / s if size > 2 else 0.0
        for q in range(path.shape[1]):
            a = first * path[m, q] / seen[i, q]  # Eq. (8), corrected, see E7, E8
            b = second * path[m, q] / seen[j, q]
            c = third * path[m, q] / seen[k, q]
            cubic[n_groups, 0, q] = a + b + c
            cubic[n_groups, 1, q] = a * b + (a + b) * c
            cubic[n_groups, 2, q] = a * b * c
        weight[n_groups] = band[held[i]]
        n_groups += 1
    return n_groups


@kernel
def add_power(
    gain: np.ndarray, path: np.ndarray, m: int, held: np.ndarray, s: int, power: float, seen: np.ndarray
) -> None:
    """Add what vehicle `m` radiates to what those decoded before it see."""
    for i in range(s):
        strength = power * gain[m, held[i]] / s
        for q in range(path.shape[1]):
            seen[i, q] += strength * path[m, q]


@kernel
def cluster_rates(task: Task, plan: RecordArray, n: int, s: int, work: Work) -> None:
    """Rates of cluster `n` on the sub-channels in `work.held`, from the last decoded to the first, as `trial_rate`."""
    gain, path, band, weights = task.gain, task.path, task.band, task.node_weight
    held, seen, cubic, weight = work.held, work.seen, work.cubic, work.weight
    clear(seen, s)
    for k in range(task.members.shape[1] - 1, -1, -1):
        m = task.members[n, k]
        if m < 0:
            continue
        n_groups = own_cubics(gain, path, band, task.fold, m, held, s, seen, cubic, weight)
        total = log_sum(cubic, n_groups, weight, weights, plan[m].power)
        plan[m].trial_rate = total / math.log(2.0)  # Eq. (11) [bit/s]
        add_power(gain, path, m, held, s, plan[m].power, seen)


@kernel
def needed_rate(vehicle: RecordArray, m: int, theta: float) -> float:
    """Least RF rate for a share [bit/s], inf if there is no time."""
    if theta <= 0.0:
        return 0.0
    window = min(vehicle[m].deadline - theta * vehicle[m].edge_s, vehicle[m].stay)
    return theta * vehicle[m].bits / window if window > 0.0 else math.inf  # Eq. (M2)


@kernel
def least_powers_below(task: Task, plan: RecordArray, n: int, s: int, top: int, precision: float, work: Work) -> float:
    """Least powers of ranks `top` to 0 of cluster `n`, as `trial`; returns their energy [J], inf beyond P_max.

    Sub-channels in `work.held`; `work.seen` holds interference plus noise at rank `top`. Newton starts at the present
    power. The energy rises with every power, so the least feasible powers are the best.
    """
    gain, path, band, weights, vehicle = task.gain, task.path, task.band, task.node_weight, task.vehicle
    held, seen, cubic, weight = work.held, work.seen, work.cubic, work.weight
    total = 0.0
    for i in range(s):
        for q in range(weights.size):
            total += band[held[i]] * weights[q]
    energy = 0.0
    for k in range(top, -1, -1):
        m = task.members[n, k]
        if m < 0:
            continue
        plan[m].trial = 0.0
        theta = plan[m].theta
        if theta <= 0.0:
            continue
        target = needed_rate(vehicle, m, theta) * math.log(2.0)
        if s == 0 or target == math.inf:
            return math.inf
        n_groups = own_cubics(gain, path, band, task.fold, m, held, s, seen, cubic, weight)
        p = least_power(
            cubic, n_groups, weight, weights, total, target, plan[m].power, task.p_max, precision
        )  # Eq. (M3), instead of (45), see E16
        if p == math.inf:
            return math.inf
        plan[m].trial = p
        energy += p * min(vehicle[m].deadline - theta * vehicle[m].edge_s, vehicle[m].stay)
        add_power(gain, path, m, held, s, p, seen)
    return energy


@kernel
def cluster_energy(task: Task, plan: RecordArray, n: int, s: int, precision: float, work: Work) -> float:
    """Least powers of a whole cluster on the sub-channels in `work.held`."""
    clear(work.seen, s)
    return least_powers_below(task, plan, n, s, task.members.shape[1] - 1, precision, work)


@kernel
def band_shares(task: Task, plan: RecordArray, work: Work) -> bool:
    """Optimal shares of the terahertz band for given splits; False, and no change, if the deadlines leave none."""
    vehicle = task.vehicle
    for m in range(plan.size):
        bits = plan[m].zeta * vehicle[m].bits
        work.cost[m] = bits * task.p_thz / vehicle[m].sat_rate  # Eq. (37)
        window = vehicle[m].deadline - plan[m].zeta * vehicle[m].sat_s
        work.lower[m] = 0.0
        if bits > 0.0:
            work.lower[m] = bits / (window * vehicle[m].sat_rate) if window > 0.0 else math.inf
    if not square_root_shares(work.cost, work.lower, work.shares):  # Eqs. (38)-(41), see E15
        return False
    for m in range(plan.size):
        plan[m].alpha = work.shares[m]
    return True


@kernel
def vehicle_energy(vehicle: RecordArray, plan: RecordArray, m: int, power: float, rate: float, p_thz: float) -> float:
    """Energy of one task [J] at an RF power and rate; bits without a rate make it inf."""
    theta, zeta = plan[m].theta, plan[m].zeta
    energy = vehicle[m].local_j + theta * vehicle[m].edge_j + zeta * vehicle[m].sat_j
    if theta > 0.0:
        energy += power * theta * vehicle[m].bits / rate if rate > 0.0 else math.inf
    if zeta > 0.0:
        full = plan[m].alpha * vehicle[m].sat_rate
        energy += p_thz * zeta * vehicle[m].bits / full if full > 0.0 else math.inf
    return energy
