"""Local search over splits and matchings with powers and band shares eliminated, compiled for one drop.

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
    EDGE,
    EXACT,
    Task,
    Work,
    add_power,
    held_by,
    least_powers_below,
)

TRIAL = 1e-4  # precision of trial powers: their energy is right to 1e-8
SURE = 1e-10  # relative fall of the energy that counts as one
N_GRID = 4  # intervals of the grid on which a split is sought
NEAR = 0.03  # distance of the trial points beside the present split
N_REFINE = 4  # parabolic steps
FRACTIONS = (1.0, 0.5, 0.2, 0.05)  # of a share, handed from one vehicle to another


class Search(NamedTuple):
    """A state of the search and what follows from it."""

    theta: np.ndarray  # (M,)
    zeta: np.ndarray  # (M,)
    power: np.ndarray  # (M,) least powers
    owner: np.ndarray  # (F,)
    uplink: np.ndarray  # (N,) [J]
    root: np.ndarray  # (M,) square roots of the terahertz costs
    lower: np.ndarray  # (M,) least band shares
    found: np.ndarray  # (M,) scratch: trial powers
    above: np.ndarray  # (F, Q) scratch: interference from the ranks above
    points: np.ndarray  # (N_GRID + 4,) scratch: trial splits
    values: np.ndarray  # (N_GRID + 4,) scratch: their energies


@kernel
def new_search(task: Task) -> Search:
    """Room for a search."""
    n, n_sub = task.bits.size, task.band.size
    return Search(
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n_sub, dtype=np.int64),
        np.zeros(task.members.shape[0]),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.empty((n_sub, task.path.shape[1])),
        np.empty(N_GRID + 4),
        np.empty(N_GRID + 4),
    )


@kernel
def set_load(task: Task, search: Search, m: int, zeta: float) -> None:
    """Give vehicle `m` a satellite share: its root cost and least band share follow."""
    window = task.deadline[m] - zeta * task.sat_s[m]
    search.zeta[m] = zeta
    search.root[m] = math.sqrt(zeta * task.bits[m] * task.p_thz / task.sat_rate[m])
    search.lower[m] = 0.0
    if zeta > 0.0:
        search.lower[m] = zeta * task.bits[m] / (window * task.sat_rate[m]) if window > 0.0 else math.inf


@kernel
def band_energy(root: np.ndarray, lower: np.ndarray, cost: np.ndarray, shares: np.ndarray) -> float:
    """Terahertz energy [J] at the optimal shares, inf if the deadlines leave none; `cost`, `shares` are scratch."""
    total = 0.0
    for m in range(root.size):
        total += root[m]
    free = True
    for m in range(root.size):
        free = free and lower[m] * total <= root[m]
    if free:
        return total * total
    for m in range(root.size):
        cost[m] = root[m] * root[m]
    if not square_root_shares(cost, lower, shares):
        return math.inf
    energy = 0.0
    for m in range(root.size):
        if cost[m] > 0.0:
            energy += cost[m] / shares[m]
    return energy


@kernel
def cluster_energy(task: Task, search: Search, n: int, held: np.ndarray, s: int, precision: float, work: Work) -> float:
    """Uplink energy [J] of cluster `n` on the listed sub-channels; its powers go to `search.found`."""
    work.seen[:s] = 1.0
    top = task.members.shape[1] - 1
    return least_powers_below(
        task, n, held, s, top, search.theta, search.power, search.found, work.seen, precision, work
    )


@kernel
def keep_powers(task: Task, search: Search, n: int, top: int) -> None:
    """Take over the trial powers of ranks `top` to 0 of cluster `n`."""
    for k in range(top + 1):
        m = task.members[n, k]
        if m >= 0:
            search.power[m] = search.found[m]


@kernel
def settle(task: Task, search: Search, work: Work) -> float:
    """Powers, uplink energies and terahertz costs of the present splits and owners; returns the energy [J]."""
    energy = 0.0
    for n in range(search.uplink.size):
        s = held_by(search.owner, n, work.held)
        search.uplink[n] = cluster_energy(task, search, n, work.held, s, EXACT, work)
        if search.uplink[n] == math.inf:
            return math.inf
        keep_powers(task, search, n, task.members.shape[1] - 1)
        energy += search.uplink[n]
    for m in range(search.theta.size):
        set_load(task, search, m, search.zeta[m])
        energy += task.local_j[m] + search.theta[m] * task.edge_j[m] + search.zeta[m] * task.sat_j[m]
    return energy + band_energy(search.root, search.lower, work.cost, work.rate)


@kernel
def look_above(task: Task, search: Search, n: int, s: int, top: int, held: np.ndarray) -> float:
    """Interference from the ranks above `top` into `search.above`; returns their uplink energy [J]."""
    search.above[:s] = 1.0
    energy = 0.0
    for k in range(task.members.shape[1] - 1, top, -1):
        m = task.members[n, k]
        if m >= 0 and search.power[m] > 0.0:
            window = min(task.deadline[m] - search.theta[m] * task.edge_s[m], task.stay[m])
            energy += search.power[m] * window
            add_power(task.gain[m], task.path[m], held, s, search.power[m], search.above)
    return energy


@kernel
def trial_energy(
    task: Task, search: Search, n: int, s: int, top: int, above: float, precision: float, work: Work
) -> float:
    """Uplink energy of cluster `n` plus terahertz energy, splits of ranks up to `top` having changed."""
    terahertz = band_energy(search.root, search.lower, work.cost, work.rate)
    if terahertz == math.inf:
        return terahertz
    work.seen[:s] = search.above[:s]
    below = least_powers_below(
        task, n, work.held, s, top, search.theta, search.power, search.found, work.seen, precision, work
    )
    return above + below + terahertz


@kernel
def split_energy(
    task: Task,
    search: Search,
    m: int,
    place: tuple[int, int, int, float],
    split: tuple[float, float],
    precision: float,
    work: Work,
) -> float:
    """Energy that depends on vehicle `m` if it splits so; `place`: cluster, its sub-channels, rank, energy above."""
    search.theta[m] = split[0]
    set_load(task, search, m, split[1])
    fixed = split[0] * task.edge_j[m] + split[1] * task.sat_j[m]
    return fixed + trial_energy(task, search, place[0], place[1], place[2], place[3], precision, work)


@kernel
def worth_a_look(task: Task, search: Search, m: int, slope: float) -> bool:
    """Can a vehicle without satellite load gain from some? `slope`: uplink and computing energy saved a unit share.

    Taking the saving as linear (it is concave) and the terahertz energy as (others + root)^2, the gain is convex in the
    square root of the share, so it suffices to look at the whole.
    """
    others = 0.0
    for j in range(search.root.size):
        others += search.root[j]
    unit = task.bits[m] * task.p_thz / task.sat_rate[m]
    return (slope - unit) * math.sqrt(task.least[m]) > 2.0 * others * math.sqrt(unit)


@kernel
def refine(
    task: Task,
    search: Search,
    m: int,
    place: tuple[int, int, int, float],
    total: float,
    n_points: int,
    best: int,
    work: Work,
) -> float:
    """Parabolic search for the split between the neighbours of the best of the sorted points; returns theta."""
    x0, x1, x2 = search.points[best - 1], search.points[best], search.points[best + 1]
    y0, y1, y2 = search.values[best - 1], search.values[best], search.values[best + 1]
    for _ in range(N_REFINE):
        if y0 == math.inf or y2 == math.inf:  # halve towards what is feasible
            x = 0.5 * (x0 + x1) if y0 == math.inf else 0.5 * (x1 + x2)
        else:
            left, right = (x1 - x0) * (y1 - y2), (x1 - x2) * (y1 - y0)
            if left == right:
                break
            x = x1 - 0.5 * ((x1 - x0) * left - (x1 - x2) * right) / (left - right)
        if not x0 < x < x2 or abs(x - x1) < 1e-6 * total:
            break
        y = split_energy(task, search, m, place, (x, total - x), TRIAL, work)
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
    search.values[best] = y1
    return x1


@kernel
def insert(points: np.ndarray, values: np.ndarray, n: int, point: float, value: float) -> int:
    """Insert into a list sorted by point; returns its new length. Points already there stay."""
    place = n
    while place > 0 and points[place - 1] >= point:
        place -= 1
    if place < n and points[place] <= point + EDGE:
        return n
    for j in range(n, place, -1):
        points[j] = points[j - 1]
        values[j] = values[j - 1]
    points[place] = point
    values[place] = value
    return n + 1


@kernel
def vehicle_step(task: Task, search: Search, n: int, k: int, m: int, energy: float, work: Work) -> float:
    """Best split of one vehicle, all others fixed; returns the energy, which falls or stays."""
    s = held_by(search.owner, n, work.held)
    above = look_above(task, search, n, s, k, work.held)
    place = (n, s, k, above)
    theta, zeta, least = search.theta[m], search.zeta[m], task.least[m]
    now = search.uplink[n] + band_energy(search.root, search.lower, work.cost, work.rate)
    now += theta * task.edge_j[m] + zeta * task.sat_j[m]
    best, best_theta, best_zeta = now, theta, zeta
    cheap = task.edge_j[m] < 0.0 or task.sat_j[m] < 0.0  # computing elsewhere may pay beyond what must go
    for level in range(2 if cheap else 1):
        total = least if level == 0 else 1.0
        x = theta if abs(theta + zeta - total) <= EDGE else total
        count = 0
        if x == theta and zeta == 0.0 and not cheap and theta > 0.0:
            near = split_energy(task, search, m, place, (theta * (1.0 - NEAR), theta * NEAR), TRIAL, work)
            terahertz = band_energy(search.root, search.lower, work.cost, work.rate)
            set_load(task, search, m, 0.0)
            before = band_energy(search.root, search.lower, work.cost, work.rate)
            slope = (now - before - near + terahertz) / (theta * NEAR)
            if terahertz < math.inf and not worth_a_look(task, search, m, 1.1 * slope):
                continue
        if x == theta:
            count = insert(search.points, search.values, count, theta, now)
        for i in range(N_GRID + 3):
            point = total * i / N_GRID
            if i > N_GRID:
                point = x + NEAR * total * (1.0 if i == N_GRID + 1 else -1.0)
            if 0.0 <= point <= total:
                value = split_energy(task, search, m, place, (point, total - point), TRIAL, work)
                count = insert(search.points, search.values, count, point, value)
        at = 0
        for i in range(1, count):
            if search.values[i] < search.values[at]:
                at = i
        point = search.points[at]
        if 0 < at < count - 1 and search.values[at] < math.inf:
            point = refine(task, search, m, place, total, count, at, work)
        if search.values[at] < best:
            best, best_theta, best_zeta = search.values[at], point, total - point
    for side in range(2):  # a surplus of one share makes the other needless
        share = theta if side == 0 else zeta
        if cheap and share >= least and theta > 0.0 and zeta > 0.0:
            split = (theta, 0.0) if side == 0 else (0.0, zeta)
            value = split_energy(task, search, m, place, split, TRIAL, work)
            if value < best:
                best, best_theta, best_zeta = value, split[0], split[1]
    return commit_split(task, search, m, place, (theta, zeta), (best_theta, best_zeta), now, energy, work)


@kernel
def commit_split(
    task: Task,
    search: Search,
    m: int,
    place: tuple[int, int, int, float],
    old: tuple[float, float],
    new: tuple[float, float],
    now: float,
    energy: float,
    work: Work,
) -> float:
    """Move vehicle `m` to the split `new` if exact powers confirm the fall; returns the energy."""
    n, _, k, _ = place
    value = now
    if new != old:
        value = split_energy(task, search, m, place, new, EXACT, work)
    if value < now - SURE * energy:
        keep_powers(task, search, n, k)
        terahertz = band_energy(search.root, search.lower, work.cost, work.rate)
        search.uplink[n] = value - terahertz - new[0] * task.edge_j[m] - new[1] * task.sat_j[m]
        return energy + value - now
    search.theta[m] = old[0]
    set_load(task, search, m, old[1])
    return energy


@kernel
def transfer_step(task: Task, search: Search, n: int, energy: float, work: Work) -> float:
    """Best exchange within cluster `n`: part of a's upload goes to the satellite, as many bits of b's come back."""
    s = held_by(search.owner, n, work.held)
    size = task.members.shape[1]
    best, best_a, best_b, best_bits = math.inf, -1, -1, 0.0
    terahertz = band_energy(search.root, search.lower, work.cost, work.rate)
    now = search.uplink[n] + terahertz
    for rank_b in range(size):
        b = task.members[n, rank_b]
        if b < 0 or search.zeta[b] <= 0.0:
            continue
        for rank_a in range(size):
            a = task.members[n, rank_a]
            if a < 0 or a == b or search.theta[a] <= 0.0:
                continue
            top = max(rank_a, rank_b)
            above = look_above(task, search, n, s, top, work.held)
            old = (search.theta[a], search.zeta[a], search.theta[b], search.zeta[b])
            tried = -1.0
            for fraction in FRACTIONS:
                bits = min(fraction * old[0] * task.bits[a], old[3] * task.bits[b])
                if bits == tried:
                    continue
                tried = bits
                value = exchange(task, search, a, b, bits)
                value += trial_energy(task, search, n, s, top, above, TRIAL, work)
                put_back(task, search, a, b, old)
                if value - now < best:
                    best, best_a, best_b, best_bits = value - now, a, b, bits
    if best >= -SURE * energy:
        return energy
    above = look_above(task, search, n, s, size - 1, work.held)
    old = (search.theta[best_a], search.zeta[best_a], search.theta[best_b], search.zeta[best_b])
    change = exchange(task, search, best_a, best_b, best_bits)
    value = trial_energy(task, search, n, s, size - 1, above, EXACT, work)
    if change + value - now < -SURE * energy:
        keep_powers(task, search, n, size - 1)
        search.uplink[n] = value - band_energy(search.root, search.lower, work.cost, work.rate)
        return energy + change + value - now
    put_back(task, search, best_a, best_b, old)
    return energy


@kernel
def exchange(task: Task, search: Search, a: int, b: int, bits: float) -> float:
    """Send `bits` of a's upload to the satellite and take as many of b's back; returns the change of the fixed energy."""
    part_a, part_b = bits / task.bits[a], bits / task.bits[b]
    search.theta[a] = max(0.0, search.theta[a] - part_a)
    search.theta[b] = max(0.0, search.theta[b] + part_b)
    set_load(task, search, a, max(0.0, search.zeta[a] + part_a))
    set_load(task, search, b, max(0.0, search.zeta[b] - part_b))
    return part_a * (task.sat_j[a] - task.edge_j[a]) + part_b * (task.edge_j[b] - task.sat_j[b])


@kernel
def put_back(task: Task, search: Search, a: int, b: int, old: tuple[float, float, float, float]) -> None:
    """Undo an exchange; `old`: theta and zeta of a, then of b."""
    search.theta[a], search.theta[b] = old[0], old[2]
    set_load(task, search, a, old[1])
    set_load(task, search, b, old[3])


@kernel
def sweep(task: Task, search: Search, energy: float, work: Work) -> float:
    """All vehicles in the order of their ranks, then all exchanges; returns the energy."""
    n_clusters, size = task.members.shape
    for k in range(size):
        for n in range(n_clusters):
            m = task.members[n, k]
            if m >= 0:
                energy = vehicle_step(task, search, n, k, m, energy, work)
    for n in range(n_clusters):
        energy = transfer_step(task, search, n, energy, work)
    return energy
