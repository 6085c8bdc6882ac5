"""The alternation over split, power, matching and band shares, compiled for one drop and one start."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.log1p import log1p_in_place
from sagin.methods.stable_matching import greedy_matching
from sagin.systems.stin_vmdc.kernels import (
    EXACT,
    RecordArray,
    Task,
    Work,
    band_shares,
    cluster_energy,
    cluster_rates,
    held_by,
    needed_rate,
    vehicle_energy,
)

MET = 1.0 - 1e-9  # a needed rate counts as met above this part of it
EDGE = 1e-12  # how far outside the split's polygon a corner may lie
HALVINGS = 50  # of the interval in which the start's satellite load lies
N_VERTICES = 12
OPTIMAL, LOCAL_FIRST, EDGE_FIRST, MIXED = 0, 1, 2, 3  # rules of the split


class Rules(NamedTuple):
    """What distinguishes the schemes that alternate."""

    split: int  # OPTIMAL: least energy. LOCAL_FIRST: what must go, in proportion to the tiers' limits. EDGE_FIRST:
    # fill the base station, then the satellite. MIXED: a mixture of the polygon's corners
    honest: bool  # powers as low as the deadlines allow; otherwise fixed at the start's
    max_iterations: int
    tolerance: float


@kernel
def vertices(a: float, b: float, s: float, corners: np.ndarray) -> int:
    """Corners of 0 <= x <= a, 0 <= y <= b, s <= x + y <= 1, some of them twice; returns their number (0: empty)."""
    n = 0
    for i in range(N_VERTICES):
        if i < 4:
            u, v = (a if i % 2 == 1 else 0.0), (b if i >= 2 else 0.0)
        else:  # where the lines x + y = s and x + y = 1 leave the box
            total = s if i < 8 else 1.0
            u = (total, 0.0, a, total - b)[i % 4]
            v = total - u
        if -EDGE <= u <= a + EDGE and -EDGE <= v <= b + EDGE and s - EDGE <= u + v <= 1.0 + EDGE:
            corners[n, 0] = min(max(u, 0.0), a)
            corners[n, 1] = min(max(v, 0.0), b)
            n += 1
    return n


@kernel
def mixture(corners: np.ndarray, n: int, mix: np.ndarray) -> tuple[float, float]:
    """Convex combination of the distinct ones of `n` points in lexicographic order, which sorts them in place."""
    distinct = 0
    for i in range(n):
        u, v = corners[i, 0], corners[i, 1]
        place = 0
        while place < distinct and (
            corners[place, 0] < u - EDGE or (corners[place, 0] <= u + EDGE and corners[place, 1] < v - EDGE)
        ):
            place += 1
        if place < distinct and abs(corners[place, 0] - u) <= EDGE and abs(corners[place, 1] - v) <= EDGE:
            continue
        for j in range(distinct, place, -1):
            corners[j, 0] = corners[j - 1, 0]
            corners[j, 1] = corners[j - 1, 1]
        corners[place, 0] = u
        corners[place, 1] = v
        distinct += 1
    total, theta, zeta = 0.0, 0.0, 0.0
    for j in range(distinct):
        total += mix[j]
        theta += mix[j] * corners[j, 0]
        zeta += mix[j] * corners[j, 1]
    return theta / total, zeta / total


@kernel
def most_uploaded(vehicle: RecordArray, m: int, rate: float) -> float:
    """Largest share the base station's path can take at an RF rate."""
    if rate <= 0.0:
        return 0.0
    upload = vehicle[m].bits / rate
    return min(1.0, vehicle[m].deadline / (upload + vehicle[m].edge_s), vehicle[m].stay / upload)


@kernel
def split_tasks(task: Task, plan: RecordArray, rule: int, mix: np.ndarray, corners: np.ndarray) -> bool:
    """Shares of every task at fixed rates by a rule; False if some vehicle has no feasible split."""
    vehicle = task.vehicle
    for m in range(plan.size):
        bits, s = vehicle[m].bits, vehicle[m].least
        f = vehicle[m].edge_j
        if plan[m].rate > 0.0:
            f += plan[m].power * bits / plan[m].rate  # Eq. (35)
        a = most_uploaded(vehicle, m, plan[m].rate)
        g = vehicle[m].sat_j
        b = 0.0
        if plan[m].alpha > 0.0:
            full = plan[m].alpha * vehicle[m].sat_rate
            g += task.p_thz * bits / full  # Eq. (36), corrected, see E14
            b = min(1.0, vehicle[m].deadline / (bits / full + vehicle[m].sat_s))
        if a + b < s - EDGE:
            return False
        if rule == LOCAL_FIRST:
            plan[m].theta = s * a / (a + b) if s > 0.0 else 0.0
            plan[m].zeta = s * b / (a + b) if s > 0.0 else 0.0
        elif rule == EDGE_FIRST:
            plan[m].theta = a
            plan[m].zeta = min(b, 1.0 - a)
        else:
            n = vertices(a, b, s, corners)  # Eqs. (31)-(34), replaced, see E13
            if n == 0:
                return False
            theta, zeta = corners[0, 0], corners[0, 1]
            for i in range(1, n):
                if f * corners[i, 0] + g * corners[i, 1] < f * theta + g * zeta:
                    theta, zeta = corners[i, 0], corners[i, 1]
            if rule == MIXED:
                theta, zeta = mixture(corners, n, mix[m])
            plan[m].theta = theta
            plan[m].zeta = zeta
    return True


@kernel
def deal_out(task: Task, owner: np.ndarray) -> None:
    """Sub-channel f to cluster f mod N while its quota lasts."""
    n_clusters = task.members.shape[0]
    for f in range(owner.size):
        owner[f] = f % n_clusters if f < task.quota * n_clusters else -1


@kernel
def load_satellite(task: Task, plan: RecordArray, part: float, work: Work) -> bool:
    """Satellite shares a `part` of the way from what the base station cannot take to all that must go, with shares."""
    for m in range(plan.size):
        least = task.vehicle[m].least
        kept = max(0.0, least - most_uploaded(task.vehicle, m, plan[m].rate))
        plan[m].zeta = kept + part * (least - kept)
        plan[m].theta = max(0.0, least - plan[m].zeta)
    return band_shares(task, plan, work)


@kernel
def feasible_start(task: Task, plan: RecordArray, work: Work) -> bool:
    """Splits and band shares that meet all deadlines at given rates, with as much load on the satellite as possible.

    Equal band shares would often be infeasible although others are not.
    """
    if load_satellite(task, plan, 1.0, work):
        return True
    if not load_satellite(task, plan, 0.0, work):
        return False
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if load_satellite(task, plan, middle, work):
            low = middle
        else:
            high = middle
    return load_satellite(task, plan, low, work)


@kernel
def all_rates(task: Task, plan: RecordArray, owner: np.ndarray, work: Work) -> None:
    """Rates of all vehicles at their powers, as `trial_rate`."""
    for n in range(task.members.shape[0]):
        cluster_rates(task, plan, n, held_by(owner, n, work.held), work)


@kernel
def all_least_powers(task: Task, plan: RecordArray, owner: np.ndarray, work: Work) -> bool:
    """Least powers and their rates, as `trial` and `trial_rate`; False if some cluster has none."""
    for n in range(task.members.shape[0]):
        if cluster_energy(task, plan, n, held_by(owner, n, work.held), EXACT, work) == math.inf:
            return False
    for m in range(plan.size):
        plan[m].trial_rate = needed_rate(task.vehicle, m, plan[m].theta)
    return True


@kernel
def utilities(task: Task, plan: RecordArray, value: np.ndarray) -> None:
    """Computation efficiency (F, N) of each cluster if one sub-channel served it alone; all sub-channels at once."""
    gain, path, weights, vehicle, n_nodes = task.gain, task.path, task.node_weight, task.vehicle, task.path.shape[1]
    n_sub = value.shape[0]
    seen, log = np.empty(n_sub * n_nodes), np.empty(n_sub * n_nodes)
    for n in range(value.shape[1]):
        bits = 0.0
        for i in range(seen.size):
            seen[i] = 1.0
        for f in range(n_sub):
            value[f, n] = 0.0
        for k in range(task.members.shape[1] - 1, -1, -1):
            m = task.members[n, k]
            if m < 0:
                continue
            bits += vehicle[m].bits
            power = plan[m].power
            for f in range(n_sub):
                for q in range(n_nodes):
                    log[f * n_nodes + q] = power * gain[m, f] * path[m, q] / seen[f * n_nodes + q]
            for i in range(seen.size):
                seen[i] += log[i] * seen[i]
            log1p_in_place(log)
            for f in range(n_sub):
                nats = 0.0
                for q in range(n_nodes):
                    nats += weights[q] * log[f * n_nodes + q]
                rate = task.band[f] * nats / math.log(2.0)
                value[f, n] += vehicle_energy(vehicle, plan, m, power, rate, task.p_thz)
        for f in range(n_sub):
            value[f, n] = bits / value[f, n] if value[f, n] > 0.0 else math.inf  # Eqs. (48)-(51), see E18


@kernel
def rematch(
    task: Task, plan: RecordArray, owner: np.ndarray, honest: bool, value: np.ndarray, trial: np.ndarray, work: Work
) -> float:
    """Match by utility; keep the result only if all stay in time and energy falls. Returns the energy [J]."""
    utilities(task, plan, value)
    greedy_matching(value, task.quota, trial)
    before, after = 0.0, 0.0
    for m in range(plan.size):
        before += vehicle_energy(task.vehicle, plan, m, plan[m].power, plan[m].rate, task.p_thz)
        plan[m].trial = plan[m].power
    if honest:
        if not all_least_powers(task, plan, trial, work):
            return before
    else:
        all_rates(task, plan, trial, work)
    for m in range(plan.size):
        if plan[m].trial_rate < needed_rate(task.vehicle, m, plan[m].theta) * MET:
            return before
        after += vehicle_energy(task.vehicle, plan, m, plan[m].trial, plan[m].trial_rate, task.p_thz)
    if after >= before:
        return before
    for f in range(owner.size):
        owner[f] = trial[f]
    take_trial(plan)
    return after


@kernel
def take_trial(plan: RecordArray) -> None:
    """Take over powers and rates on trial."""
    for m in range(plan.size):
        plan[m].power = plan[m].trial
        plan[m].rate = plan[m].trial_rate


@kernel
def begin(task: Task, plan: RecordArray, owner: np.ndarray, work: Work) -> bool:
    """First matching, rates at the plan's powers, and a feasible split; False if there is none."""
    deal_out(task, owner)
    all_rates(task, plan, owner, work)
    for m in range(plan.size):
        plan[m].rate = plan[m].trial_rate
    return feasible_start(task, plan, work)


@kernel
def alternate(
    task: Task, rules: Rules, mix: np.ndarray, plan: RecordArray, owner: np.ndarray, trace: np.ndarray, work: Work
) -> int:
    """Alternate from the plan's powers; fills `plan`, `owner` and `trace`, returns the rounds, 0 if infeasible.

    `trace` (max_iterations + 1,): energy, the start first. A negative return: stopped by the limit.
    """
    value = np.empty((owner.size, task.members.shape[0]))
    trial = np.empty(owner.size, dtype=np.int64)
    corners = np.empty((N_VERTICES, 2))
    if not begin(task, plan, owner, work):
        return 0
    trace[0] = 0.0
    for m in range(plan.size):
        trace[0] += vehicle_energy(task.vehicle, plan, m, plan[m].power, plan[m].rate, task.p_thz)
    for i in range(1, rules.max_iterations + 1):
        if not split_tasks(task, plan, rules.split, mix, corners) and i == 1:
            return 0
        if rules.honest and all_least_powers(task, plan, owner, work):
            take_trial(plan)
        rematch(task, plan, owner, rules.honest, value, trial, work)
        band_shares(task, plan, work)
        trace[i] = 0.0
        for m in range(plan.size):
            trace[i] += vehicle_energy(task.vehicle, plan, m, plan[m].power, plan[m].rate, task.p_thz)
        if i > 1 and 1.0 / trace[i] - 1.0 / trace[i - 1] <= rules.tolerance / trace[i]:
            return i
    return -rules.max_iterations


@kernel
def alternate_each(
    task: Task,
    rules: Rules,
    mix: np.ndarray,
    starts: np.ndarray,
    plans: RecordArray,
    owners: np.ndarray,
    traces: np.ndarray,
    work: Work,
) -> np.ndarray:
    """`alternate` from every row of `starts` (start, vehicle) [W], each into its own rows; (start,) rounds."""
    rounds = np.empty(starts.shape[0], dtype=np.int64)
    for k in range(starts.shape[0]):
        for m in range(starts.shape[1]):
            plans[k, m].power = starts[k, m]
        rounds[k] = alternate(task, rules, mix, plans[k], owners[k], traces[k], work)
    return rounds
