"""One drop, compiled: rates, least powers, task split, band shares and utilities.

Letters: theta, zeta, alpha, power as in the decision; `owner` (F,) is the cluster of every sub-channel or -1, `held`
(F,) a list of sub-channels of which the first `s` count. Gains are divided by the noise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.least_powers import least_power, log_sum
from sagin.methods.square_root_shares import square_root_shares

EDGE = 1e-12  # how far outside the split's polygon a vertex may lie

EXACT = 1e-8  # precision that leaves least powers exact to rounding
N_VERTICES = 12
OPTIMAL, LOCAL_FIRST, EDGE_FIRST, MIXED = 0, 1, 2, 3  # rules of the split


class Task(NamedTuple):
    """Data of one drop, or of all with a leading drop axis: see `solver.tasks`."""

    bits: np.ndarray  # (M,) C
    local_j: np.ndarray  # (M,) energy of all local
    edge_j: np.ndarray  # (M,) change of energy when all goes to the base station, without the uplink
    sat_j: np.ndarray  # (M,) the same for the satellite, without the uplink
    edge_s: np.ndarray  # (M,) relay and computing time of the whole task
    sat_s: np.ndarray  # (M,) computing time of the whole task
    sat_rate: np.ndarray  # (M,) full-band rate
    deadline: np.ndarray  # (M,)
    stay: np.ndarray  # (M,)
    least: np.ndarray  # (M,) least share to offload
    gain: np.ndarray  # (M, F) fading over noise [1/W]
    path: np.ndarray  # (M, Q)
    cluster: np.ndarray  # (M,)
    members: np.ndarray  # (N, K) vehicles by rank, -1 where there is none
    node_weight: np.ndarray  # (Q,)
    band: np.ndarray  # (F,) [Hz]
    fold: int  # sub-channels that share a logarithm: 1 where bandwidths differ
    p_max: float
    p_thz: float
    quota: int


class Work(NamedTuple):
    """Scratch arrays of one drop."""

    held: np.ndarray  # (F,)
    seen: np.ndarray  # (F, Q) interference plus noise over noise
    cubic: np.ndarray  # (F, 3, Q)
    weight: np.ndarray  # (F,)
    cost: np.ndarray  # (M,)
    lower: np.ndarray  # (M,)
    rate: np.ndarray  # (M,)
    x: np.ndarray  # (12,)
    y: np.ndarray  # (12,)


@kernel
def one_task(tasks: Task, d: int) -> Task:
    """Drop `d` of a batch."""
    return Task(
        tasks.bits[d],
        tasks.local_j[d],
        tasks.edge_j[d],
        tasks.sat_j[d],
        tasks.edge_s[d],
        tasks.sat_s[d],
        tasks.sat_rate[d],
        tasks.deadline[d],
        tasks.stay[d],
        tasks.least[d],
        tasks.gain[d],
        tasks.path[d],
        tasks.cluster[d],
        tasks.members[d],
        tasks.node_weight,
        tasks.band,
        tasks.fold,
        tasks.p_max,
        tasks.p_thz,
        tasks.quota,
    )


@kernel
def workspace(task: Task) -> Work:
    """Scratch arrays for a drop."""
    n, n_sub, n_node = task.bits.size, task.band.size, task.node_weight.size
    return Work(
        np.empty(n_sub, dtype=np.int64),
        np.empty((n_sub, n_node)),
        np.empty((n_sub, 3, n_node)),
        np.empty(n_sub),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(N_VERTICES),
        np.empty(N_VERTICES),
    )


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
def own_cubics(
    gain: np.ndarray,
    path: np.ndarray,
    band: np.ndarray,
    fold: int,
    held: np.ndarray,
    s: int,
    seen: np.ndarray,
    cubic: np.ndarray,
    weight: np.ndarray,
) -> int:
    """Prepare a vehicle's rate as a function of its power, against what it sees; returns the groups of sub-channels.

    `gain` (F,) and `path` (Q,) are the vehicle's own; `cubic` and `weight` are filled, see `methods.least_powers`.
    """
    n_groups = 0
    for start in range(0, s, fold):
        size = min(fold, s - start)
        first = gain[held[start]] / s
        second = gain[held[start + 1]] / s if size > 1 else 0.0
        third = gain[held[start + 2]] / s if size > 2 else 0.0
        j, k = (start + 1 if size > 1 else start), (start + 2 if size > 2 else start)
        for q in range(path.size):
            a = first * path[q] / seen[start, q]  # Eq. (8), corrected, see E7, E8
            b = second * path[q] / seen[j, q]
            c = third * path[q] / seen[k, q]
            cubic[n_groups, 0, q] = a + b + c
            cubic[n_groups, 1, q] = a * b + (a + b) * c
            cubic[n_groups, 2, q] = a * b * c
        weight[n_groups] = band[held[start]]
        n_groups += 1
    return n_groups


@kernel
def total_band(band: np.ndarray, node_weight: np.ndarray, held: np.ndarray, s: int) -> float:
    """Bandwidth of the listed sub-channels [Hz], times the sum of the node weights."""
    total = 0.0
    for i in range(s):
        total += band[held[i]]
    nodes = 0.0
    for q in range(node_weight.size):
        nodes += node_weight[q]
    return total * nodes


@kernel
def add_power(
    gain: np.ndarray, path: np.ndarray, held: np.ndarray, s: int, power: float, seen: np.ndarray
) -> None:
    """Add what a vehicle with `gain` (F,) and `path` (Q,) radiates to what those decoded before it see."""
    for i in range(s):
        strength = power * gain[held[i]] / s
        for q in range(path.size):
            seen[i, q] += strength * path[q]


@kernel
def cluster_rates(
    task: Task, n: int, held: np.ndarray, s: int, power: np.ndarray, rate: np.ndarray, work: Work
) -> None:
    """Rates of cluster `n` on the listed sub-channels, from the last decoded to the first."""
    gain, path, seen, cubic, weight = task.gain, task.path, work.seen, work.cubic, work.weight
    band, node_weight, fold = task.band, task.node_weight, task.fold
    seen[:s] = 1.0
    for k in range(task.members.shape[1] - 1, -1, -1):
        m = task.members[n, k]
        if m < 0:
            continue
        rate[m] = 0.0
        if s > 0:
            n_groups = own_cubics(gain[m], path[m], band, fold, held, s, seen, cubic, weight)
            total = log_sum(cubic, n_groups, weight, node_weight, power[m])
            rate[m] = total / math.log(2.0)  # Eq. (11) [bit/s]
            add_power(gain[m], path[m], held, s, power[m], seen)


@kernel
def all_rates(task: Task, owner: np.ndarray, power: np.ndarray, rate: np.ndarray, work: Work) -> None:
    """Rates of all vehicles."""
    for n in range(task.members.shape[0]):
        s = held_by(owner, n, work.held)
        cluster_rates(task, n, work.held, s, power, rate, work)


@kernel
def needed_rate(task: Task, m: int, theta: float) -> float:
    """Least RF rate for a share [bit/s], inf if there is no time."""
    if theta <= 0.0:
        return 0.0
    window = min(task.deadline[m] - theta * task.edge_s[m], task.stay[m])
    return theta * task.bits[m] / window if window > 0.0 else math.inf  # Eq. (M2)


@kernel
def least_powers_below(
    task: Task,
    n: int,
    held: np.ndarray,
    s: int,
    top: int,
    theta: np.ndarray,
    power: np.ndarray,
    found: np.ndarray,
    seen: np.ndarray,
    precision: float,
    work: Work,
) -> float:
    """Least powers of ranks `top` to 0 of cluster `n`; returns their energy [J], inf if P_max does not suffice.

    `seen`: interference plus noise at rank `top` on entry; what lies below all ranks on return. `power`: (M,) where
    Newton starts. `found`: (M,) output. Energy nondecreasing in every power makes the least feasible powers optimal.
    """
    gain, path, cubic, weight = task.gain, task.path, work.cubic, work.weight
    band, node_weight, fold = task.band, task.node_weight, task.fold
    energy = 0.0
    total = total_band(band, node_weight, held, s)
    for k in range(top, -1, -1):
        m = task.members[n, k]
        if m < 0:
            continue
        found[m] = 0.0
        if theta[m] <= 0.0:
            continue
        window = min(task.deadline[m] - theta[m] * task.edge_s[m], task.stay[m])
        if s == 0 or window <= 0.0:
            return math.inf
        target = theta[m] * task.bits[m] / window * math.log(2.0)  # Eq. (M2)
        n_groups = own_cubics(gain[m], path[m], band, fold, held, s, seen, cubic, weight)
        p = least_power(
            cubic, n_groups, weight, node_weight, total, target, power[m], task.p_max, precision
        )  # Eq. (M3), instead of (45), see E16
        if p == math.inf:
            return math.inf
        found[m] = p
        energy += p * window
        add_power(gain[m], path[m], held, s, p, seen)
    return energy


@kernel
def all_least_powers(
    task: Task, owner: np.ndarray, theta: np.ndarray, power: np.ndarray, found: np.ndarray, work: Work
) -> float:
    """Least powers of all vehicles; returns the uplink energy [J], inf if some cluster has none."""
    energy = 0.0
    for n in range(task.members.shape[0]):
        s = held_by(owner, n, work.held)
        work.seen[:s] = 1.0
        top = task.members.shape[1] - 1
        energy += least_powers_below(task, n, work.held, s, top, theta, power, found, work.seen, EXACT, work)
        if energy == math.inf:
            return energy
    return energy


@kernel
def band_shares(task: Task, zeta: np.ndarray, alpha: np.ndarray, work: Work) -> bool:
    """Optimal shares of the terahertz band for given splits; False, and no change, if the deadlines leave none."""
    for m in range(zeta.size):
        work.cost[m] = zeta[m] * task.bits[m] * task.p_thz / task.sat_rate[m]  # Eq. (37)
        window = task.deadline[m] - zeta[m] * task.sat_s[m]
        work.lower[m] = 0.0
        if zeta[m] > 0.0:
            work.lower[m] = zeta[m] * task.bits[m] / (window * task.sat_rate[m]) if window > 0.0 else math.inf
    return square_root_shares(work.cost, work.lower, alpha)  # Eqs. (38)-(41), see E17


@kernel
def vehicle_energy(task: Task, m: int, theta: float, zeta: float, alpha: float, power: float, rate: float) -> float:
    """Energy of one task [J]; bits without a rate make it inf."""
    energy = task.local_j[m] + theta * task.edge_j[m] + zeta * task.sat_j[m]
    if theta > 0.0:
        energy += power * theta * task.bits[m] / rate if rate > 0.0 else math.inf
    if zeta > 0.0:
        full = alpha * task.sat_rate[m]
        energy += task.p_thz * zeta * task.bits[m] / full if full > 0.0 else math.inf
    return energy


@kernel
def total_energy(
    task: Task, theta: np.ndarray, zeta: np.ndarray, alpha: np.ndarray, power: np.ndarray, rate: np.ndarray
) -> float:
    """Energy of all tasks [J]."""
    energy = 0.0
    for m in range(theta.size):
        energy += vehicle_energy(task, m, theta[m], zeta[m], alpha[m], power[m], rate[m])
    return energy


@kernel
def vertices(a: float, b: float, s: float, x: np.ndarray, y: np.ndarray) -> int:
    """Corners of 0 <= x <= a, 0 <= y <= b, s <= x + y <= 1, some of them twice; returns their number (0: empty)."""
    n = 0
    for i in range(N_VERTICES):
        u, v = 0.0, 0.0
        if i < 4:
            u, v = (a if i % 2 == 1 else 0.0), (b if i >= 2 else 0.0)
        else:  # where the lines x + y = s and x + y = 1 leave the box
            total = s if i < 8 else 1.0
            u = (total, 0.0, a, total - b)[i % 4]
            v = total - u
        inside = -EDGE <= u <= a + EDGE and -EDGE <= v <= b + EDGE and s - EDGE <= u + v <= 1.0 + EDGE
        if inside:
            x[n] = min(max(u, 0.0), a)
            y[n] = min(max(v, 0.0), b)
            n += 1
    return n


@kernel
def mixture(x: np.ndarray, y: np.ndarray, n: int, mix: np.ndarray) -> tuple[float, float]:
    """Convex combination of the distinct points (x, y)[:n] in lexicographic order; sorts the arrays in place."""
    distinct = 0
    for i in range(n):
        u = x[i]
        v = y[i]
        place = 0
        while place < distinct and (x[place] < u - EDGE or (x[place] <= u + EDGE and y[place] < v - EDGE)):
            place += 1
        if place < distinct and abs(x[place] - u) <= EDGE and abs(y[place] - v) <= EDGE:
            continue
        for j in range(distinct, place, -1):
            x[j] = x[j - 1]
            y[j] = y[j - 1]
        x[place] = u
        y[place] = v
        distinct += 1
    total, theta, zeta = 0.0, 0.0, 0.0
    for j in range(distinct):
        total += mix[j]
        theta += mix[j] * x[j]
        zeta += mix[j] * y[j]
    return theta / total, zeta / total


@kernel
def split_tasks(
    task: Task,
    rule: int,
    mix: np.ndarray,
    alpha: np.ndarray,
    power: np.ndarray,
    rate: np.ndarray,
    theta: np.ndarray,
    zeta: np.ndarray,
    work: Work,
) -> bool:
    """Shares of every task at fixed rates; False if some vehicle has no feasible split.

    `rule` OPTIMAL minimises the energy; LOCAL_FIRST offloads the least amount, in proportion to the tiers' limits;
    EDGE_FIRST fills the base station, then the satellite; MIXED takes a random mixture of the polygon's corners.
    """
    for m in range(theta.size):
        bits, deadline, s = task.bits[m], task.deadline[m], task.least[m]
        f = task.edge_j[m]
        a = 0.0
        if rate[m] > 0.0:
            f += power[m] * bits / rate[m]  # Eq. (35)
            a = min(1.0, deadline / (bits / rate[m] + task.edge_s[m]), task.stay[m] * rate[m] / bits)
        g = task.sat_j[m]
        b = 0.0
        if alpha[m] > 0.0:
            full = alpha[m] * task.sat_rate[m]
            g += task.p_thz * bits / full  # Eq. (36), corrected, see E14
            b = min(1.0, deadline / (bits / full + task.sat_s[m]))
        if a + b < s - EDGE:
            return False
        if rule == LOCAL_FIRST:
            theta[m] = s * a / (a + b) if s > 0.0 else 0.0
            zeta[m] = s * b / (a + b) if s > 0.0 else 0.0
        elif rule == EDGE_FIRST:
            theta[m] = a
            zeta[m] = min(b, 1.0 - a)
        else:
            n = vertices(a, b, s, work.x, work.y)  # Eqs. (31)-(34), replaced, see E13
            if n == 0:
                return False
            if rule == MIXED:
                theta[m], zeta[m] = mixture(work.x, work.y, n, mix[m])
                continue
            best = 0
            for i in range(1, n):
                if f * work.x[i] + g * work.y[i] < f * work.x[best] + g * work.y[best]:
                    best = i
            theta[m] = work.x[best]
            zeta[m] = work.y[best]
    return True


@kernel
def utilities(
    task: Task, theta: np.ndarray, zeta: np.ndarray, alpha: np.ndarray, power: np.ndarray, value: np.ndarray, work: Work
) -> None:
    """Computation efficiency (F, N) of each cluster if one sub-channel served it alone."""
    rate, uplink, held = work.rate, work.cost, work.held
    n_clusters = value.shape[1]
    bits, fixed = np.zeros(n_clusters), np.zeros(n_clusters)
    for m in range(theta.size):
        n = task.cluster[m]
        bits[n] += task.bits[m]
        fixed[n] += vehicle_energy(task, m, theta[m], zeta[m], alpha[m], 0.0, 1.0)
        uplink[m] = power[m] * theta[m] * task.bits[m]
    for n in range(n_clusters):
        for f in range(value.shape[0]):
            held[0] = f
            cluster_rates(task, n, held, 1, power, rate, work)
            energy = fixed[n]
            for k in range(task.members.shape[1]):
                m = task.members[n, k]
                if m >= 0 and theta[m] > 0.0:
                    energy += uplink[m] / rate[m] if rate[m] > 0.0 else math.inf
            value[f, n] = bits[n] / energy if energy > 0.0 else math.inf  # Eqs. (48)-(51)
