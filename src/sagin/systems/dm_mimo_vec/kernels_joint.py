"""Exact shares and split together, for given precoders of one drop, and the true price of the satellite branch."""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import (
    Link,
    Plan,
    Problem,
    best_fraction,
    branch_time,
    cost,
    earliest_shares,
    lateness,
    satellite_premium,
)

_INFEASIBLE = 1e9  # seconds of the deadline that an infeasible point costs more than any feasible one


@kernel
def joint_plan(problem: Problem, link: Link, plan: Plan, price: np.ndarray) -> float:
    """Least cost over shares and split, and `price` (vehicle,): what a second of the satellite branch costs there.

    The envelope theorem makes these prices, with M20's weights, the exact slopes of that least cost in rate and power.
    Where no plan meets the deadline: the shares of least latest completion, and a value above every feasible one that
    grows with the lateness.
    """
    n = plan.alpha.size
    roots = 0.0
    for i in range(n):
        plan.bits_sat[i] = best_fraction(problem, link, i) * problem.bits[i]
        plan.tau[i] = branch_time(problem, i, plan.bits_sat[i], link.rate[i])
        roots += math.sqrt(problem.upload_weight[i] * problem.upload_s[i])
        price[i] = 0.0
    relaxed = True
    for i in range(n):
        plan.alpha[i] = math.sqrt(problem.upload_weight[i] * problem.upload_s[i]) / roots
        relaxed = relaxed and problem.upload_s[i] / plan.alpha[i] <= problem.t_max_s - plan.tau[i]
    feasible = relaxed or _meet_deadline(problem, link, plan, price)
    value = cost(problem, link, plan)
    for i in range(n):  # until here price holds the multiplier m_i of the deadline
        if link.rate[i] > 0.0:
            per_sat = 1.0 / link.rate[i] + problem.sat_s_per_bit[i]
            per_rsu = problem.rsu_s_per_bit[i]
            worth = (problem.beta + price[i]) * per_rsu
            worth -= (1.0 - problem.beta) * satellite_premium(problem, link, i)
            price[i] = min(max(worth / (per_sat + per_rsu), 0.0), problem.beta + price[i])  # Eq. (M11)
        else:
            price[i] = 0.0
    if not feasible:
        return _INFEASIBLE * problem.t_max_s * (1.0 + max(lateness(problem, plan), 0.0))
    return value


@kernel
def _least_tau(problem: Problem, link: Link, i: int) -> float:
    """Least time after the upload, with balanced branches."""
    per_rsu = problem.rsu_s_per_bit[i]
    if link.rate[i] <= 0.0:
        return per_rsu * problem.bits[i]
    per_sat = 1.0 / link.rate[i] + problem.sat_s_per_bit[i]
    return problem.bits[i] * per_sat * per_rsu / (per_sat + per_rsu)


@kernel
def _meet_deadline(problem: Problem, link: Link, plan: Plan, price: np.ndarray) -> bool:
    """Shares and split of least cost under the deadline; `price` receives its multipliers. False: impossible."""
    n = plan.alpha.size
    needed = 0.0
    possible = True
    for i in range(n):
        room = problem.t_max_s - _least_tau(problem, link, i)
        possible = possible and room > 0.0
        if room > 0.0:
            needed += problem.upload_s[i] / room
    if not possible or needed > 1.0:
        for i in range(n):
            plan.tau[i] = _least_tau(problem, link, i)
            plan.bits_sat[i] = _bits_for_tau(problem, link, i, plan.tau[i], 0.5)
        earliest_shares(problem, plan)
        return False
    # the multiplier nu of the band in log scale: the shares fall, all uploads being longer, as it rises
    low = -700.0
    high = 700.0
    for _ in range(120):
        middle = 0.5 * (low + high)
        used = 0.0
        for i in range(n):
            used += problem.upload_s[i] / _upload_time(problem, link, plan, i, math.exp(middle))
        if used > 1.0:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15 * max(abs(high), 1.0):
            break
    nu = math.exp(high)
    for i in range(n):
        upload = _upload_time(problem, link, plan, i, nu)
        plan.alpha[i] = problem.upload_s[i] / upload
        if plan.tau[i] > problem.t_max_s - upload:
            plan.tau[i] = problem.t_max_s - upload
            plan.bits_sat[i] = _bits_for_tau(problem, link, i, plan.tau[i], plan.bits_sat[i] / problem.bits[i])
        price[i] = max(0.0, nu * problem.upload_s[i] / upload**2 - problem.upload_weight[i])
    return True


@kernel
def _upload_time(problem: Problem, link: Link, plan: Plan, i: int, nu: float) -> float:
    """Upload time of task i at the multiplier nu of the band, the split giving way to the deadline where it must."""
    scaled = nu * problem.upload_s[i]
    free = math.sqrt(scaled / problem.upload_weight[i])
    longest = problem.t_max_s - plan.tau[i]
    if free <= longest:
        return free
    sacrifice = 0.0  # cost of a second by which the split shortens the task
    if link.rate[i] > 0.0:
        premium = (1.0 - problem.beta) * satellite_premium(problem, link, i)
        if plan.bits_sat[i] == 0.0:
            sacrifice = max(0.0, premium / problem.rsu_s_per_bit[i] - problem.beta)
        elif plan.bits_sat[i] == problem.bits[i]:
            per_sat = 1.0 / link.rate[i] + problem.sat_s_per_bit[i]
            sacrifice = max(0.0, -premium / per_sat - problem.beta)
    forced = math.sqrt(scaled / (problem.upload_weight[i] + sacrifice))
    return min(max(forced, longest), problem.t_max_s - _least_tau(problem, link, i))


@kernel
def _bits_for_tau(problem: Problem, link: Link, i: int, tau: float, fraction: float) -> float:
    """Bits for the satellites such that the branch that was longer at `fraction` takes exactly `tau`."""
    if link.rate[i] <= 0.0:
        return 0.0
    per_sat = 1.0 / link.rate[i] + problem.sat_s_per_bit[i]
    per_rsu = problem.rsu_s_per_bit[i]
    balanced = per_rsu / (per_sat + per_rsu) * problem.bits[i]
    if fraction == 0.0:
        return min(max(problem.bits[i] - tau / per_rsu, 0.0), balanced)
    if fraction == 1.0:
        return max(min(tau / per_sat, problem.bits[i]), balanced)
    return balanced
