"""Local search over splits with powers and band shares eliminated, compiled for one drop.

A state is (theta, zeta, owner); its powers are the least that meet the deadlines and its band shares the optimal ones,
so energy = fixed part + sum over clusters of the uplink energy + terahertz energy, the last (sum of roots)^2 unless a
deadline binds a share.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.square_root_shares import square_root_shares
from sagin.systems.stin_vmdc.kernels import (
    EXACT,
    RecordArray,
    Task,
    Work,
    add_power,
    cluster_energy,
    held_by,
    least_powers_below,
)

TRIAL = 1e-3  # precision of trial powers: their energy is right to 1e-6
SURE = 1e-10  # relative fall of the energy that counts as one
SAME = 1e-12  # splits closer than this are one
N_GRID = 4  # intervals of the grid on which a split is sought
N_POINTS = N_GRID + 4
NEAR = 0.03  # distance of the trial points beside the present split
N_REFINE = 4  # parabolic steps
FRACTIONS = (1.0, 0.5, 0.2, 0.05)  # of a share, handed from one vehicle to another


class Place(NamedTuple):
    """Where a vehicle sits: vehicle, cluster, its number of sub-channels, rank, and energy of the ranks above."""

    m: int
    n: int
    s: int
    k: int
    above: float


@kernel
def set_split(task: Task, plan: RecordArray, m: int, theta: float, zeta: float) -> None:
    """Give vehicle `m` a split: its root cost and least band share follow."""
    vehicle = task.vehicle
    bits = zeta * vehicle[m].bits
    window = vehicle[m].deadline - zeta * vehicle[m].sat_s
    plan[m].theta = theta
    plan[m].zeta = zeta
    plan[m].root = math.sqrt(bits * task.p_thz / vehicle[m].sat_rate)
    plan[m].lower = 0.0
    if bits > 0.0:
        plan[m].lower = bits / (window * vehicle[m].sat_rate) if window > 0.0 else math.inf


@kernel
def band_energy(plan: RecordArray, cost: np.ndarray, lower: np.ndarray, shares: np.ndarray) -> float:
    """Terahertz energy [J] at the optimal shares, inf if the deadlines leave none; the arrays (M,) are scratch."""
    total = 0.0
    for m in range(plan.size):
        total += plan[m].root
    free = True
    for m in range(plan.size):
        free = free and plan[m].lower * total <= plan[m].root
    if free:
        return total * total
    for m in range(plan.size):
        cost[m] = plan[m].root ** 2
        lower[m] = plan[m].lower
    if not square_root_shares(cost, lower, shares):
        return math.inf
    energy = 0.0
    for m in range(plan.size):
        if cost[m] > 0.0:
            energy += cost[m] / shares[m]
    return energy


@kernel
def keep_powers(task: Task, plan: RecordArray, n: int, top: int) -> None:
    """Take over the trial powers of ranks `top` to 0 of cluster `n`."""
    for k in range(top + 1):
        m = task.members[n, k]
        if m >= 0:
            plan[m].power = plan[m].trial


@kernel
def settle(task: Task, plan: RecordArray, owner: np.ndarray, uplink: np.ndarray, work: Work) -> float:
    """Least powers, uplink energies (N,) and terahertz costs of the present state; returns its energy [J]."""
    energy = 0.0
    for n in range(uplink.size):
        uplink[n] = cluster_energy(task, plan, n, held_by(owner, n, work.held), EXACT, work)
        if uplink[n] == math.inf:
            return math.inf
        keep_powers(task, plan, n, task.members.shape[1] - 1)
        energy += uplink[n]
    for m in range(plan.size):
        theta, zeta = plan[m].theta, plan[m].zeta
        set_split(task, plan, m, theta, zeta)
        energy += task.vehicle[m].local_j + theta * task.vehicle[m].edge_j + zeta * task.vehicle[m].sat_j
    return energy + band_energy(plan, work.cost, work.lower, work.shares)


@kernel
def look_above(task: Task, plan: RecordArray, n: int, s: int, top: int, work: Work) -> float:
    """Interference from the ranks above `top` into `work.above`; returns their uplink energy [J]."""
    energy = 0.0
    for i in range(s):
        for q in range(work.above.shape[1]):
            work.above[i, q] = 1.0
    for k in range(task.members.shape[1] - 1, top, -1):
        m = task.members[n, k]
        if m >= 0 and plan[m].power > 0.0:
            window = min(task.vehicle[m].deadline - plan[m].theta * task.vehicle[m].edge_s, task.vehicle[m].stay)
            energy += plan[m].power * window
            add_power(task.gain, task.path, m, work.held, s, plan[m].power, work.above)
    return energy


@kernel
def trial_energy(task: Task, plan: RecordArray, at: Place, precision: float, work: Work) -> float:
    """Uplink energy of a cluster plus terahertz energy, splits of ranks up to `at.k` having changed."""
    terahertz = band_energy(plan, work.cost, work.lower, work.shares)
    if terahertz == math.inf:
        return terahertz
    for i in range(at.s):
        for q in range(work.seen.shape[1]):
            work.seen[i, q] = work.above[i, q]
    return at.above + least_powers_below(task, plan, at.n, at.s, at.k, precision, work) + terahertz


@kernel
def split_energy(
    task: Task, plan: RecordArray, at: Place, theta: float, zeta: float, precision: float, work: Work
) -> float:
    """Energy that depends on one vehicle if it splits so."""
    set_split(task, plan, at.m, theta, zeta)
    fixed = theta * task.vehicle[at.m].edge_j + zeta * task.vehicle[at.m].sat_j
    return fixed + trial_energy(task, plan, at, precision, work)


@kernel
def worth_a_look(plan: RecordArray, theta: float, saved: float, unit: float) -> bool:
    """Can a vehicle without satellite load gain from some? `saved`: energy saved elsewhere by a share NEAR theta.

    Taking the saving as linear in the share (it is concave; a tenth is added) and the terahertz energy as
    (others + root)^2, the gain is convex in the root of the share: the whole decides. `unit`: [J] of the whole task.
    """
    others = 0.0
    for j in range(plan.size):
        others += plan[j].root
    slope = 1.1 * saved / (theta * NEAR)
    return (slope - unit) * math.sqrt(theta) > 2.0 * others * math.sqrt(unit)


@kernel
def insert(points: np.ndarray, n: int, x: float, y: float) -> int:
    """Insert (x, y) into a list sorted by x, unless it is there; returns the length."""
    place = n
    while place > 0 and points[place - 1, 0] >= x - SAME:
        place -= 1
    if place < n and points[place, 0] <= x + SAME:
        return n
    for j in range(n, place, -1):
        points[j, 0] = points[j - 1, 0]
        points[j, 1] = points[j - 1, 1]
    points[place, 0] = x
    points[place, 1] = y
    return n + 1


@kernel
def best_split(
    task: Task, plan: RecordArray, at: Place, total: float, now: float, points: np.ndarray, work: Work
) -> tuple[float, float]:
    """Least energy over theta + zeta = total, and its theta: a grid, the neighbourhood, then parabolas.

    `now`: the energy at the present split. `points`: scratch (N_POINTS, 2).
    """
    theta = plan[at.m].theta
    here = theta if abs(theta + plan[at.m].zeta - total) <= SAME else total
    count = insert(points, 0, theta, now) if here == theta else 0
    for i in range(N_POINTS - 1):
        x = total * i / N_GRID
        if i > N_GRID:
            x = here + NEAR * total * (1.0 if i == N_GRID + 1 else -1.0)
        if 0.0 <= x <= total and (here != theta or abs(x - theta) > SAME):
            count = insert(points, count, x, split_energy(task, plan, at, x, total - x, TRIAL, work))
    best = 0
    for i in range(1, count):
        if points[i, 1] < points[best, 1]:
            best = i
    if best in (0, count - 1) or points[best, 1] == math.inf:
        return points[best, 1], points[best, 0]
    x0, x1, x2 = points[best - 1, 0], points[best, 0], points[best + 1, 0]
    y0, y1, y2 = points[best - 1, 1], points[best, 1], points[best + 1, 1]
    for _ in range(N_REFINE):
        if y0 == math.inf or y2 == math.inf:
            x = 0.5 * (x0 + x1) if y0 == math.inf else 0.5 * (x1 + x2)
        else:
            left, right = (x1 - x0) * (y1 - y2), (x1 - x2) * (y1 - y0)
            if left == right:
                break
            x = x1 - 0.5 * ((x1 - x0) * left - (x1 - x2) * right) / (left - right)
        if not x0 < x < x2 or abs(x - x1) < 1e-6 * total:
            break
        y = split_energy(task, plan, at, x, total - x, TRIAL, work)
        if y < y1:
            if x < x1:
                x2, y2 = x1, y1
            else:
                x0, y0 = x1, y1
            x1, y1 = x, y
        elif x < x1:
            x0, y0 = x, y
        else:
            x2, y2 = x, y
    return y1, x1


@kernel
def vehicle_step(
    task: Task,
    plan: RecordArray,
    owner: np.ndarray,
    uplink: np.ndarray,
    place: tuple[int, int, int],
    energy: float,
    points: np.ndarray,
    work: Work,
) -> float:
    """Best split of one vehicle, all others fixed; returns the energy. `place`: vehicle, cluster, rank."""
    m, n, k = place
    vehicle = task.vehicle
    s = held_by(owner, n, work.held)
    at = Place(m, n, s, k, look_above(task, plan, n, s, k, work))
    theta, zeta, least = plan[m].theta, plan[m].zeta, vehicle[m].least
    terahertz = band_energy(plan, work.cost, work.lower, work.shares)
    now = uplink[n] + terahertz + theta * vehicle[m].edge_j + zeta * vehicle[m].sat_j
    cheap = vehicle[m].edge_j < 0.0 or vehicle[m].sat_j < 0.0  # offloading may pay beyond what must go
    if zeta == 0.0 and not cheap:
        saved = 0.0
        if theta > 0.0:
            saved = now - split_energy(task, plan, at, theta * (1.0 - NEAR), theta * NEAR, TRIAL, work)
            saved += band_energy(plan, work.cost, work.lower, work.shares) - terahertz
            set_split(task, plan, m, theta, zeta)
        unit = vehicle[m].bits * task.p_thz / vehicle[m].sat_rate
        if theta == 0.0 or not worth_a_look(plan, theta, saved, unit):
            return energy
    best, best_theta, best_zeta = now, theta, zeta
    for level in range(2 if cheap else 1):
        total = least if level == 0 else 1.0
        value, x = best_split(task, plan, at, total, now, points, work)
        set_split(task, plan, m, theta, zeta)
        if value < best:
            best, best_theta, best_zeta = value, x, total - x
    for side in range(2 if cheap and theta > 0.0 and zeta > 0.0 else 0):  # one share may suffice
        x, y = (theta, 0.0) if side == 0 else (0.0, zeta)
        if x + y >= least:
            value = split_energy(task, plan, at, x, y, TRIAL, work)
            if value < best:
                best, best_theta, best_zeta = value, x, y
    if best < now:
        value = split_energy(task, plan, at, best_theta, best_zeta, EXACT, work)
        if value < now - SURE * energy:
            keep_powers(task, plan, n, k)
            terahertz = band_energy(plan, work.cost, work.lower, work.shares)
            uplink[n] = value - terahertz - best_theta * vehicle[m].edge_j - best_zeta * vehicle[m].sat_j
            return energy + value - now
    set_split(task, plan, m, theta, zeta)
    return energy


@kernel
def exchange(task: Task, plan: RecordArray, a: int, b: int, bits: float) -> float:
    """Send `bits` of a's upload to the satellite, take as many of b's back; returns the change of the fixed energy."""
    vehicle = task.vehicle
    part_a, part_b = bits / vehicle[a].bits, bits / vehicle[b].bits
    set_split(task, plan, a, max(0.0, plan[a].theta - part_a), plan[a].zeta + part_a)
    set_split(task, plan, b, plan[b].theta + part_b, max(0.0, plan[b].zeta - part_b))
    return part_a * (vehicle[a].sat_j - vehicle[a].edge_j) + part_b * (vehicle[b].edge_j - vehicle[b].sat_j)


@kernel
def exchange_step(
    task: Task, plan: RecordArray, owner: np.ndarray, uplink: np.ndarray, n: int, energy: float, work: Work
) -> float:
    """Best exchange of satellite load within cluster `n`; returns the energy."""
    s = held_by(owner, n, work.held)
    size = task.members.shape[1]
    now = uplink[n] + band_energy(plan, work.cost, work.lower, work.shares)
    best, best_a, best_b, best_bits = 0.0, -1, -1, 0.0
    for pair in range(size * size):
        a, b = task.members[n, pair // size], task.members[n, pair % size]
        if a < 0 or b < 0 or a == b or plan[a].theta <= 0.0 or plan[b].zeta <= 0.0:
            continue
        old = (plan[a].theta, plan[a].zeta, plan[b].theta, plan[b].zeta)
        k = max(pair // size, pair % size)
        at = Place(a, n, s, k, look_above(task, plan, n, s, k, work))
        tried = -1.0
        for fraction in FRACTIONS:
            bits = min(fraction * old[0] * task.vehicle[a].bits, old[3] * task.vehicle[b].bits)
            if bits != tried:
                change = exchange(task, plan, a, b, bits) + trial_energy(task, plan, at, TRIAL, work) - now
                set_split(task, plan, a, old[0], old[1])
                set_split(task, plan, b, old[2], old[3])
                if change < best:
                    best, best_a, best_b, best_bits = change, a, b, bits
            tried = bits
    if best >= -SURE * energy:
        return energy
    a, b = best_a, best_b
    old = (plan[a].theta, plan[a].zeta, plan[b].theta, plan[b].zeta)
    change = exchange(task, plan, a, b, best_bits) - now
    uplink_now = cluster_energy(task, plan, n, s, EXACT, work)
    change += uplink_now + band_energy(plan, work.cost, work.lower, work.shares)
    if change < -SURE * energy:
        keep_powers(task, plan, n, size - 1)
        uplink[n] = uplink_now
        return energy + change
    set_split(task, plan, a, old[0], old[1])
    set_split(task, plan, b, old[2], old[3])
    return energy
