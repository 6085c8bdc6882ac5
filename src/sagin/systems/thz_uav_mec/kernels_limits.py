"""Compiled powers and placement of the UAVs where maximum delays bind: the sum of delays with the excess charged."""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sagin.core.engine import bare_kernel, kernel
from sagin.methods.lambert_w import lambert_w
from sagin.systems.thz_uav_mec.kernels import (
    Problem,
    State,
    down_gain,
    link_time,
    up_snr,
    with_excess,
)
from sagin.systems.thz_uav_mec.kernels_uav import Pull, alternate, link_users, new_pull, place, split_power

HALVINGS = 50  # of the price between that without limits and 1 + charge times it
LINE_STEPS = 8  # shorter and shorter moves of a UAV tried


@bare_kernel
def _power_at(work: float, gain: float, room: float, price: float, charge: float) -> float:
    """Power that minimises the time of a second hop, its excess over `room` charged, plus price times power [W]."""
    free = np.expm1(2.0 * lambert_w(0.5 * np.sqrt(work * gain / price))) / gain
    if link_time(work, gain * free) <= room:
        return free
    weight = 1.0 + charge
    pressed = np.expm1(2.0 * lambert_w(0.5 * np.sqrt(weight * work * gain / price))) / gain
    if room <= 0.0 or work > 600.0 * room:
        return pressed
    return min(pressed, np.expm1(work / room) / gain)  # in time to the second, or as much as the charge is worth


@bare_kernel
def split_within(
    work: np.ndarray, gain: np.ndarray, room: np.ndarray, n: int, budget: float, power: np.ndarray, charge: float
) -> float:
    """Minimise the sum of times with the excess over `room` charged, subject to sum p = budget; returns the price.

    As `split_power` where no time exceeds its room. Else the price lies between that one and 1 + charge times it, and
    the powers fall with the price: bisection.
    """
    price = split_power(work, gain, n, budget, power)
    late = False
    for i in range(n):
        late = late or link_time(work[i], gain[i] * power[i]) > room[i]
    if not late:
        return price
    low, high = np.log(price), np.log(price * (1.0 + charge))
    total = 0.0
    for _ in range(HALVINGS):
        price = np.exp(0.5 * (low + high))
        total = 0.0
        for i in range(n):
            power[i] = _power_at(work[i], gain[i], room[i], price, charge)
            total += power[i]
        if total > budget:
            low = np.log(price)
        else:
            high = np.log(price)
    for i in range(n):
        power[i] *= budget / total
    return price


@kernel
def fill_room(problem: Problem, server: np.ndarray, room: np.ndarray) -> bool:
    """Time left for the links of each IoT [s] by its maximum delay; False if a server is overloaded."""
    count = np.zeros(len(problem.mec_xy), dtype=np.int64)
    for k in range(len(server)):
        count[server[k]] += 1
    for k in range(len(server)):
        n = count[server[k]]
        if n >= len(problem.queue):
            return False
        room[k] = problem.delay_max[k] - problem.queue[n] / n
    return True


@kernel
def _split_at(
    problem: Problem, state: State, u: int, users: np.ndarray, n: int, xy: np.ndarray, room: np.ndarray,
    work: np.ndarray, rows: np.ndarray,
) -> tuple[float, float]:  # fmt: skip
    """Best powers of UAV u at a point, left in rows[2]; returns the sum of times with the excess charged, the price.

    `rows`: (4, K) gains, times left for second hops, powers, first hops of the users.
    """
    gain, left, power, first = rows[0], rows[1], rows[2], rows[3]
    for i in range(n):
        k, f = users[i], state.subband[users[i]]
        first[i] = link_time(work[i], up_snr(problem, k, f, xy))
        gain[i] = down_gain(problem, state.server[k], f, xy)
        left[i] = room[k] - first[i]
    price = split_within(work, gain, left, n, problem.uav_power[u], power, problem.excess)
    total = 0.0
    for i in range(n):
        total += with_excess(first[i] + link_time(work[i], gain[i] * power[i]), room[users[i]], problem.excess)
    return total, price


@kernel
def _descend_within(
    problem: Problem, state: State, u: int, users: np.ndarray, n: int, room: np.ndarray, work: np.ndarray, pull: Pull,
    rows: np.ndarray, rounds: int,
) -> None:  # fmt: skip
    """Powers and position of one UAV in turn while the charged sum falls, from the position in the state.

    By the envelope theorem the sum at the best powers has the slope of a sum of times in which each IoT weighs what
    its time is worth at the margin: 1 in time, 1 + the charge late, in between where the power just suffices.
    """
    trial = np.empty(2)
    total, price = _split_at(problem, state, u, users, n, state.xy[u], room, work, rows)
    for _ in range(rounds):
        for i in range(n):
            snr = rows[0, i] * rows[2, i]
            time = link_time(work[i], snr)
            worth = price * (1.0 + snr) / rows[0, i] * work[i] / (time * time)
            pull.weight[i] = pull.weight[n + i] = work[i] * min(max(worth, 1.0), 1.0 + problem.excess)
            pull.power[n + i] = rows[2, i]
        trial[0], trial[1] = state.xy[u, 0], state.xy[u, 1]
        place(pull, 2 * n, trial, problem.side)
        dx, dy = trial[0] - state.xy[u, 0], trial[1] - state.xy[u, 1]
        step, better = 1.0, False
        for _ in range(LINE_STEPS):
            trial[0], trial[1] = state.xy[u, 0] + step * dx, state.xy[u, 1] + step * dy
            after, asked = _split_at(problem, state, u, users, n, trial, room, work, rows)
            if after < total * (1.0 - 1e-10):
                state.xy[u, 0], state.xy[u, 1] = trial[0], trial[1]
                total, price, better = after, asked, True
                break
            step *= 0.5
        if not better:
            break
    _, state.price[u] = _split_at(problem, state, u, users, n, state.xy[u], room, work, rows)


@kernel
def polish_within(problem: Problem, state: State, rounds: int) -> None:
    """`polish` for the sum of delays with the excess over maximum delays charged; never worse than at the start.

    Where no delay exceeds its maximum this is `polish`.
    """
    n_iots = len(problem.work)
    users, room = np.empty(n_iots, dtype=np.int64), np.empty(n_iots)
    if not fill_room(problem, state.server, room):
        room[:] = np.inf
    work, rows, start = np.empty(n_iots), np.empty((4, n_iots)), np.empty(2)
    pull = new_pull(2 * n_iots, 2 * n_iots)
    for i in range(2 * n_iots):
        pull.first[i + 1] = i + 1
    for u in range(len(problem.uav_power)):
        n = link_users(problem, state, u, users, work, pull)
        if n == 0:
            continue
        start[0], start[1] = state.xy[u, 0], state.xy[u, 1]
        alternate(problem, state, u, users, n, work, rows[0], rows[2], pull, rounds)
        late = False
        for i in range(n):
            time = link_time(work[i], up_snr(problem, users[i], state.subband[users[i]], state.xy[u]))
            late = late or time + link_time(work[i], rows[0, i] * rows[2, i]) > room[users[i]]
        if late:
            here, _ = _split_at(problem, state, u, users, n, state.xy[u], room, work, rows)
            there, _ = _split_at(problem, state, u, users, n, start, room, work, rows)
            if there < here:
                state.xy[u, 0], state.xy[u, 1] = start[0], start[1]
            _descend_within(problem, state, u, users, n, room, work, pull, rows, rounds)
        for i in range(n):
            state.power[u, users[i]] = rows[2, i]
