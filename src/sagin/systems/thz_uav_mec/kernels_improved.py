"""Compiled priced assignment: association and relays at prices of UAV power, exact local search, starts and kicks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.thz_uav_mec.kernels import (
    Problem,
    State,
    communication,
    copy_state,
    fill_hops,
    fill_operation,
    link_time,
    sum_delay,
    with_excess,
)
from sagin.systems.thz_uav_mec.kernels_associate import associate
from sagin.systems.thz_uav_mec.kernels_limits import polish_within, split_within
from sagin.systems.thz_uav_mec.kernels_uav import priced_hop

MOST_STEPS = 2000  # of a descent; it ends after some ten
LEAST_GAIN = 1e-9  # relative; a step that gains less is none
PATIENCE = 3  # priced steps without gain before giving up: an overshoot often leads to a better point


class Tables(NamedTuple):
    """Times and prices of every link at the present positions and prices."""

    first: np.ndarray  # (K, U, F) time of first hops
    gain: np.ndarray  # (U, M, F) SNR per watt of second hops
    second: np.ndarray  # (W, U, M, F) priced time of second hops, by kind of work
    cost: np.ndarray  # (K, M, F) least priced time
    relay: np.ndarray  # (K, M, F) which relay gives it
    band_price: np.ndarray  # (F,) of the last association, where the next one begins


@kernel
def fill_tables(problem: Problem, state: State, tables: Tables) -> None:
    """Priced costs c = min(direct, min over UAVs of first hop + min_p (second hop + price p))."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    for u in range(len(problem.uav_power)):
        fill_hops(problem, u, state.xy[u], tables.first, tables.gain)
        most = problem.uav_power[u]
        for w in range(len(problem.works)):
            for m in range(n_mecs):
                for f in range(n_bands):
                    tables.second[w, u, m, f] = priced_hop(problem.works[w], tables.gain[u, m, f], state.price[u], most)
    for k in range(n_iots):
        for m in range(n_mecs):
            for f in range(n_bands):
                tables.cost[k, m, f] = problem.direct[k, m, f]
                tables.relay[k, m, f] = -1
                for u in range(len(problem.uav_power)):
                    time = tables.first[k, u, f] + tables.second[problem.kind[k], u, m, f]
                    if time < tables.cost[k, m, f]:
                        tables.cost[k, m, f] = time
                        tables.relay[k, m, f] = u


@kernel
def priced_cost(problem: Problem, tables: Tables, k: int, m: int, f: int, u: int) -> float:
    """Priced time of an IoT through a given relay."""
    if u < 0:
        return problem.direct[k, m, f]
    return tables.first[k, u, f] + tables.second[problem.kind[k], u, m, f]


@kernel
def total_delay(problem: Problem, state: State) -> float:
    """Sum of delays, excess charged; infinite if a server is overloaded."""
    operation = np.empty(len(problem.work))
    if not fill_operation(problem, state.server, operation):
        return np.inf
    return sum_delay(problem, state, operation)


@kernel
def is_late(problem: Problem, state: State) -> bool:
    """Whether some IoT exceeds its maximum delay, or a server is overloaded."""
    operation = np.empty(len(problem.work))
    if not fill_operation(problem, state.server, operation):
        return True
    late = 0
    for k in range(len(operation)):
        late += communication(problem, state, k) + operation[k] > problem.delay_max[k]
    return late > 0


@kernel
def _total_at_tables(problem: Problem, state: State, tables: Tables, operation: np.ndarray) -> float:
    """The sum of delays with powers split anew at fixed positions."""
    n_iots = len(problem.work)
    if not fill_operation(problem, state.server, operation):
        return np.inf
    work, gain, power, room = np.empty(n_iots), np.empty(n_iots), np.empty(n_iots), np.empty(n_iots)
    total = 0.0
    for k in range(n_iots):
        if state.relay[k] < 0:
            time = problem.direct[k, state.server[k], state.subband[k]]
            total += with_excess(time + operation[k], problem.delay_max[k], problem.excess)
    for u in range(len(problem.uav_power)):
        n = 0
        for k in range(n_iots):
            if state.relay[k] == u:
                work[n] = problem.work[k]
                gain[n] = tables.gain[u, state.server[k], state.subband[k]]
                room[n] = problem.delay_max[k] - operation[k] - tables.first[k, u, state.subband[k]]
                n += 1
        split_within(work, gain, room, n, problem.uav_power[u], power, problem.excess)
        n = 0
        for k in range(n_iots):
            if state.relay[k] == u:
                time = tables.first[k, u, state.subband[k]] + link_time(work[n], gain[n] * power[n])
                total += with_excess(time + operation[k], problem.delay_max[k], problem.excess)
                n += 1
    return total


@kernel
def _charge(problem: Problem, late: bool, k: int, time: float, count: int) -> float:
    """Charge for the excess of an IoT at a server with `count` IoTs; 0 while no IoT is late."""
    if not late:
        return 0.0
    return problem.excess * max(0.0, time + problem.queue[count] / count - problem.delay_max[k])


@kernel
def _list_moves(
    problem: Problem, state: State, tables: Tables, late: bool, moves: np.ndarray, change: np.ndarray
) -> int:  # fmt: skip
    """Moves of one IoT to another server and relay (same sub-band) or to a free sub-band, with their priced change."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    count = np.zeros(n_mecs, dtype=np.int64)
    taken = np.zeros(n_bands, dtype=np.bool_)
    for k in range(n_iots):
        count[state.server[k]] += 1
        taken[state.subband[k]] = True
    n = 0
    for k in range(n_iots):
        a, f, r = state.server[k], state.subband[k], state.relay[k]
        now = priced_cost(problem, tables, k, a, f, r)
        over = _charge(problem, late, k, now, count[a])
        leave = problem.queue[count[a] - 1] - problem.queue[count[a]]
        for m in range(n_mecs):
            if m != a and count[m] + 1 >= len(problem.queue):
                continue
            queues = 0.0 if m == a else leave + problem.queue[count[m] + 1] - problem.queue[count[m]]
            for u in range(-1, len(problem.uav_power)):
                if m != a or u != r:
                    time = priced_cost(problem, tables, k, m, f, u)
                    change[n] = time - now + queues
                    change[n] += _charge(problem, late, k, time, count[m] + (m != a)) - over
                    _set_move(moves[n], k, -1, m, f, u, 0, 0, 0)
                    n += 1
        for g in range(n_bands):
            if not taken[g]:
                change[n] = (
                    tables.cost[k, a, g] - now + _charge(problem, late, k, tables.cost[k, a, g], count[a]) - over
                )
                _set_move(moves[n], k, -1, a, g, tables.relay[k, a, g], 0, 0, 0)
                n += 1
    return n


@kernel
def _list_exchanges(
    problem: Problem, state: State, tables: Tables, late: bool, moves: np.ndarray, change: np.ndarray
) -> int:  # fmt: skip
    """Exchanges of servers, sub-bands or both between two IoTs; relays are chosen anew at the prices."""
    n_iots = len(problem.work)
    count = np.zeros(len(problem.mec_xy), dtype=np.int64)
    for k in range(n_iots):
        count[state.server[k]] += 1
    n = 0
    for i in range(n_iots):
        a, f = state.server[i], state.subband[i]
        for j in range(i + 1, n_iots):
            b, g = state.server[j], state.subband[j]
            first = priced_cost(problem, tables, i, a, f, state.relay[i])
            second = priced_cost(problem, tables, j, b, g, state.relay[j])
            now = first + second + _charge(problem, late, i, first, count[a])
            now += _charge(problem, late, j, second, count[b])
            for which in range(3):
                if which != 1 and a == b:
                    continue
                m1, m2 = (a, b) if which == 1 else (b, a)
                f1, f2 = (f, g) if which == 0 else (g, f)
                first, second = tables.cost[i, m1, f1], tables.cost[j, m2, f2]
                change[n] = first + second - now + _charge(problem, late, i, first, count[m1])
                change[n] += _charge(problem, late, j, second, count[m2])
                _set_move(moves[n], i, j, m1, f1, tables.relay[i, m1, f1], m2, f2, tables.relay[j, m2, f2])
                n += 1
    return n


@kernel
def _set_move(move: np.ndarray, i: int, j: int, m1: int, f1: int, u1: int, m2: int, f2: int, u2: int) -> None:
    move[0], move[1], move[2], move[3], move[4], move[5], move[6], move[7] = i, j, m1, f1, u1, m2, f2, u2


@kernel
def _apply(move: np.ndarray, state: State) -> None:
    i, j = move[0], move[1]
    state.server[i], state.subband[i], state.relay[i] = move[2], move[3], move[4]
    if j >= 0:
        state.server[j], state.subband[j], state.relay[j] = move[5], move[6], move[7]


@kernel
def _try_best(
    problem: Problem, state: State, tables: Tables, total: float, moves: np.ndarray, change: np.ndarray, n: int,
    tries: int, trial: State,
) -> bool:  # fmt: skip
    """Try the `tries` candidates of least priced change exactly, best first; the first improvement stays in `trial`."""
    operation = np.empty(len(problem.work))
    for _ in range(min(tries, n)):
        at = 0
        for i in range(1, n):
            if change[i] < change[at]:
                at = i
        if not change[at] < 0.02 * total:
            return False
        change[at] = np.inf
        copy_state(state, trial)
        _apply(moves[at], trial)
        if _total_at_tables(problem, trial, tables, operation) < total * (1.0 - 2.0 * LEAST_GAIN):
            return True
    return False


@kernel
def search(problem: Problem, state: State, tables: Tables, total: float, tries: int, trial: State) -> bool:
    """One exact improvement at fixed positions, left in `trial`; False if none of the tries helps."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    most = n_iots * (n_mecs * (len(problem.uav_power) + 1) + n_bands) + 3 * n_iots * (n_iots - 1) // 2
    moves = np.empty((most, 8), dtype=np.int64)
    change = np.empty(most)
    late = is_late(problem, state)
    for kind in range(2):
        if kind == 0:
            n = _list_moves(problem, state, tables, late, moves, change)
        else:
            n = _list_exchanges(problem, state, tables, late, moves, change)
        if _try_best(problem, state, tables, total, moves, change, n, tries, trial):
            return True
    return False


@kernel
def descend(problem: Problem, state: State, trial: State, tables: Tables, tries: int) -> float:
    """Powers, then priced association and, if `tries` > 0, local search until neither helps; returns the sum of delays.

    `trial`, `tables`: work space. Ends: every step but PATIENCE in a row lowers the sum by LEAST_GAIN, since polishing
    never raises it, and there are MOST_STEPS at most.
    """
    total = np.inf
    n_uavs = len(problem.uav_power)
    before = np.zeros(n_uavs)
    copy_state(state, trial)
    failed = -1  # the first round only splits the power
    for _ in range(MOST_STEPS):
        polish_within(problem, trial, 30 if failed >= 0 else 0)
        after = total_delay(problem, trial)
        if after < total * (1.0 - LEAST_GAIN) or failed < 0:
            total = after
            copy_state(trial, state)
            failed = 0
        else:
            failed += 1
        for u in range(n_uavs):  # the next round asks halfway between what it asked and what had to be paid
            if before[u] > 0.0:
                trial.price[u] = np.sqrt(before[u] * max(trial.price[u], 0.01 * before[u]))
        if failed < PATIENCE:
            fill_tables(problem, trial, tables)
            associate(tables.cost, problem.queue, trial.server, trial.subband, tables.band_price, False)
            for k in range(len(problem.work)):
                trial.relay[k] = tables.relay[k, trial.server[k], trial.subband[k]]
            for u in range(n_uavs):
                before[u] = trial.price[u]
        else:
            fill_tables(problem, state, tables)
            if tries == 0 or not search(problem, state, tables, total, tries, trial):
                return total
            failed = 0
            for u in range(n_uavs):
                before[u] = 0.0
    return total


@kernel
def place_greedily(problem: Problem, state: State, share: float) -> None:
    """UAV after UAV goes to the candidate point with the largest saving if it gave each IoT 1/share of its power.

    Candidates: a 10 x 10 grid and the midpoints of all IoT-server pairs. Servers and sub-bands are those of the state.
    """
    n_iots, n_mecs = len(problem.work), len(problem.mec_xy)
    time = np.empty(n_iots)
    for k in range(n_iots):
        time[k] = problem.direct[k, state.server[k], state.subband[k]]
    point = np.empty(2)
    served, best_served = np.empty(n_iots), np.empty(n_iots)
    for u in range(len(problem.uav_power)):
        best = -1.0
        for c in range(100 + n_iots * n_mecs):
            if c < 100:
                point[0] = (c // 10 + 0.5) * problem.side / 10.0
                point[1] = (c % 10 + 0.5) * problem.side / 10.0
            else:
                k, m = (c - 100) // n_mecs, (c - 100) % n_mecs
                point[0] = 0.5 * (problem.iot_xy[k, 0] + problem.mec_xy[m, 0])
                point[1] = 0.5 * (problem.iot_xy[k, 1] + problem.mec_xy[m, 1])
            saving = _saving(problem, state, point, problem.uav_power[u] / share, time, served)
            if saving > best:
                best = saving
                state.xy[u, 0], state.xy[u, 1] = point[0], point[1]
                for k in range(n_iots):
                    best_served[k] = served[k]
        for k in range(n_iots):
            time[k] = best_served[k]


@kernel
def _saving(
    problem: Problem, state: State, point: np.ndarray, power: float, time: np.ndarray, served: np.ndarray
) -> float:
    """Time saved by a UAV at a point; `served`: the times of the IoTs with it."""
    saving = 0.0
    for k in range(len(time)):
        m, f = state.server[k], state.subband[k]
        served[k] = time[k]
        relayed = _relay_time(problem, k, m, f, point, power)
        if relayed < time[k]:
            saving += time[k] - relayed
            served[k] = relayed
    return saving


@kernel
def _relay_time(problem: Problem, k: int, m: int, f: int, point: np.ndarray, power: float) -> float:
    up = (problem.iot_xy[k, 0] - point[0]) ** 2 + (problem.iot_xy[k, 1] - point[1]) ** 2 + problem.height_up**2
    down = (problem.mec_xy[m, 0] - point[0]) ** 2 + (problem.mec_xy[m, 1] - point[1]) ** 2 + problem.height_down**2
    loss = problem.absorption[f]
    time = link_time(problem.work[k], problem.iot_power[k] * problem.spread[f] / up * np.exp(-loss * np.sqrt(up)))
    return time + link_time(problem.work[k], power * problem.spread[f] / down * np.exp(-loss * np.sqrt(down)))


@kernel
def kick(problem: Problem, state: State, draws: np.ndarray) -> None:
    """Perturb: a UAV jumps between a random IoT and server and takes that IoT; two servers or a 3-cycle change too.

    `draws`: (8,) uniform numbers.
    """
    n_iots, n_mecs, n_uavs = len(problem.work), len(problem.mec_xy), len(problem.uav_power)
    k = int(draws[0] * n_iots)
    m = int(draws[1] * n_mecs)
    if n_uavs > 0:
        u = int(draws[2] * n_uavs)
        for axis in range(2):
            state.xy[u, axis] = 0.5 * (problem.iot_xy[k, axis] + problem.mec_xy[m, axis])
        state.relay[k] = u
    if draws[3] < 0.5 or n_iots < 3:
        count = 0
        for i in range(n_iots):
            count += state.server[i] == m
        if state.server[k] != m and count + 1 >= len(problem.queue):
            other = int(draws[4] * n_iots)  # the server is full: take somebody's place there
            for i in range(n_iots):
                j = (other + i) % n_iots
                if state.server[j] == m:
                    state.server[j] = state.server[k]
                    break
        state.server[k] = m
    else:
        i = int(draws[4] * n_iots)
        j = (i + 1 + int(draws[5] * (n_iots - 1))) % n_iots
        third = (i + 1 + int(draws[6] * (n_iots - 1))) % n_iots
        if third != j:
            state.server[i], state.server[j], state.server[third] = (
                state.server[j], state.server[third], state.server[i],
            )  # fmt: skip
            state.subband[i], state.subband[j], state.subband[third] = (
                state.subband[j], state.subband[third], state.subband[i],
            )  # fmt: skip
