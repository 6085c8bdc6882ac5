"""Exact shares and split together, for given precoders of one drop, and the true price of the satellite branch."""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import (
    ALPHA,
    BITS,
    BITS_SAT,
    END,
    RSU_S_PER_BIT,
    SAT_S_PER_BIT,
    TAU,
    UPLOAD_S,
    UPLOAD_WEIGHT,
    Link,
    Problem,
    best_fraction,
    branch_time,
    cost,
    earliest_shares,
    satellite_premium,
)

_INFEASIBLE = 1e9  # cost of a second of the latest completion where the deadline cannot be met


@kernel
def joint_plan(problem: Problem, link: Link, plan: np.ndarray, price: np.ndarray) -> float:
    """Least cost over shares and split, and `price` (vehicle,): what a second of the satellite branch costs there.

    By the envelope theorem these prices, with the weights of M5, are the exact slopes of that least cost in rate and
    power. Where no plan meets the deadline: the shares and splits of least latest completion, that time at a charge
    above every feasible cost, and its slopes: the first phase of the descent minimises the largest delay.
    """
    tasks, rate, power = problem.tasks, link.rate, link.power
    n = rate.size
    roots = 0.0
    for i in range(n):
        plan[BITS_SAT, i] = best_fraction(problem, i, power[i], rate[i]) * tasks[BITS, i]
        plan[TAU, i] = branch_time(tasks, i, plan[BITS_SAT, i], rate[i])
        roots += math.sqrt(tasks[UPLOAD_WEIGHT, i] * tasks[UPLOAD_S, i])
        price[i] = 0.0
    relaxed = True
    for i in range(n):
        plan[ALPHA, i] = math.sqrt(tasks[UPLOAD_WEIGHT, i] * tasks[UPLOAD_S, i]) / roots
        relaxed = relaxed and tasks[UPLOAD_S, i] / plan[ALPHA, i] <= problem.t_max_s - plan[TAU, i]
    feasible = relaxed or _meet_deadline(problem, link, plan, price)
    value = cost(problem, link, plan)
    if not feasible:
        return _latest(problem, link, plan, price)
    for i in range(n):  # until here price holds the multiplier m_i of the deadline
        highest = problem.beta + price[i]
        price[i] = 0.0
        if rate[i] > 0.0:
            per_sat = 1.0 / rate[i] + tasks[SAT_S_PER_BIT, i]
            per_rsu = tasks[RSU_S_PER_BIT, i]
            worth = highest * per_rsu - satellite_premium(problem, power[i], rate[i])
            price[i] = min(max(worth / (per_sat + per_rsu), 0.0), highest)  # Eq. (M7)
    return value


@kernel
def _latest(problem: Problem, link: Link, plan: np.ndarray, price: np.ndarray) -> float:
    """The latest completion T at its charge, and its slopes; sum_i u_i / (T - tau_i) = 1 with the least tau_i.

    dT / dtau_i = c_i / sum_j c_j with c_i = u_i / (T - tau_i)^2, and a second of the satellite branch is worth
    per_rsu / (per_sat + per_rsu) seconds of tau_i.
    """
    tasks, rate = problem.tasks, link.rate
    n = rate.size
    latest, total = 0.0, 0.0
    for i in range(n):
        latest = max(latest, plan[END, i])
    for i in range(n):
        total += tasks[UPLOAD_S, i] / (latest - plan[TAU, i]) ** 2
    for i in range(n):
        price[i] = 0.0
        if rate[i] > 0.0:
            per_sat = 1.0 / rate[i] + tasks[SAT_S_PER_BIT, i]
            per_rsu = tasks[RSU_S_PER_BIT, i]
            weight = tasks[UPLOAD_S, i] / (latest - plan[TAU, i]) ** 2 / total
            price[i] = _INFEASIBLE * weight * per_rsu / (per_sat + per_rsu)
    return _INFEASIBLE * latest


@kernel
def _least_tau(tasks: np.ndarray, i: int, rate: float) -> float:
    """Least time after the upload, with balanced branches."""
    per_rsu = tasks[RSU_S_PER_BIT, i]
    if rate <= 0.0:
        return per_rsu * tasks[BITS, i]
    per_sat = 1.0 / rate + tasks[SAT_S_PER_BIT, i]
    return tasks[BITS, i] * per_sat * per_rsu / (per_sat + per_rsu)


@kernel
def _meet_deadline(problem: Problem, link: Link, plan: np.ndarray, price: np.ndarray) -> bool:
    """Shares and split of least cost under the deadline; `price` receives its multipliers. False: impossible."""
    tasks, rate, t_max_s = problem.tasks, link.rate, problem.t_max_s
    n = rate.size
    needed = 0.0
    for i in range(n):
        room = t_max_s - _least_tau(tasks, i, rate[i])
        needed += tasks[UPLOAD_S, i] / room if room > 0.0 else math.inf
    if not needed <= 1.0:
        for i in range(n):
            plan[TAU, i] = _least_tau(tasks, i, rate[i])
            plan[BITS_SAT, i] = _bits_for_tau(tasks, i, rate[i], plan[TAU, i], 0.5)
        earliest_shares(tasks, plan)
        return False
    # bisection on the multiplier nu of the band, in log scale: all uploads grow with it
    low, high = -700.0, 700.0
    while high - low > 1e-15 * max(abs(high), 1.0):
        nu = math.exp(0.5 * (low + high))
        used = 0.0
        for i in range(n):
            used += tasks[UPLOAD_S, i] / _upload_time(problem, i, link.power[i], rate[i], plan, nu)
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if used > 1.0:
            low = middle
        else:
            high = middle
    nu = math.exp(high)
    for i in range(n):
        upload = _upload_time(problem, i, link.power[i], rate[i], plan, nu)
        plan[ALPHA, i] = tasks[UPLOAD_S, i] / upload
        if plan[TAU, i] > t_max_s - upload:
            fraction = plan[BITS_SAT, i] / tasks[BITS, i]
            plan[BITS_SAT, i] = _bits_for_tau(tasks, i, rate[i], t_max_s - upload, fraction)
        price[i] = max(0.0, nu * tasks[UPLOAD_S, i] / upload**2 - tasks[UPLOAD_WEIGHT, i])
    return True


@kernel
def _upload_time(problem: Problem, i: int, power: float, rate: float, plan: np.ndarray, nu: float) -> float:
    """Upload time of task i at the multiplier nu of the band, the split giving way to the deadline where it must."""
    tasks = problem.tasks
    scaled = nu * tasks[UPLOAD_S, i]
    free = math.sqrt(scaled / tasks[UPLOAD_WEIGHT, i])
    longest = problem.t_max_s - plan[TAU, i]
    if free <= longest:
        return free
    sacrifice = 0.0  # cost of a second by which the split shortens the task
    if rate > 0.0:
        premium = satellite_premium(problem, power, rate)
        if plan[BITS_SAT, i] == 0.0:
            sacrifice = max(0.0, premium / tasks[RSU_S_PER_BIT, i] - problem.beta)
        elif plan[BITS_SAT, i] == tasks[BITS, i]:
            sacrifice = max(0.0, -premium / (1.0 / rate + tasks[SAT_S_PER_BIT, i]) - problem.beta)
    forced = math.sqrt(scaled / (tasks[UPLOAD_WEIGHT, i] + sacrifice))
    return min(max(forced, longest), problem.t_max_s - _least_tau(tasks, i, rate))


@kernel
def _bits_for_tau(tasks: np.ndarray, i: int, rate: float, tau: float, fraction: float) -> float:
    """Bits for the satellites such that the branch that was longer at `fraction` takes exactly `tau`."""
    if rate <= 0.0:
        return 0.0
    per_sat = 1.0 / rate + tasks[SAT_S_PER_BIT, i]
    per_rsu = tasks[RSU_S_PER_BIT, i]
    balanced = per_rsu / (per_sat + per_rsu) * tasks[BITS, i]
    if fraction == 0.0:
        return min(max(tasks[BITS, i] - tau / per_rsu, 0.0), balanced)
    if fraction == 1.0:
        return max(min(tau / per_sat, tasks[BITS, i]), balanced)
    return balanced
