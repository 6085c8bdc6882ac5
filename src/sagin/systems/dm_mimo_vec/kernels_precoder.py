"""Fractional programming of the RSU's precoders for one drop: the paper's subproblem (18) in closed form."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.fractional_programming import Surrogate, new_surrogate, surrogate_minimiser
from sagin.systems.dm_mimo_vec.kernels import Link, Plan, Problem, copy_link, new_link, new_plan, receive
from sagin.systems.dm_mimo_vec.kernels_joint import joint_plan

_LEAST_STEP = 1e-6
_LONGEST_REACH = 64.0


class Goal(NamedTuple):
    """What the precoders minimise, and its slopes.

    Either (18): the sum of bits (beta + (1-beta) power) / rate at the plan's split, with limits on the sending times;
    or, where `joint`, the least cost over shares and split, which then are the plan.
    """

    joint: bool
    plan: Plan
    live: np.ndarray  # (vehicle,) bool: has bits to send and a rate to send them
    room: np.ndarray  # (vehicle,) [s] longest sending time, inf where none is asked
    multiplier: np.ndarray  # (vehicle,) of that limit
    price: np.ndarray  # (vehicle,) cost of a second of sending: output of `merit`


class Tools(NamedTuple):
    """Memory of the descent."""

    other: Link
    surrogate: Surrogate
    direction: np.ndarray  # (vehicle, antenna) complex


@kernel
def new_goal(joint: bool, n_vehicles: int) -> Goal:
    """Memory of a goal without limits on the sending times."""
    return Goal(
        joint,
        new_plan(n_vehicles),
        np.zeros(n_vehicles, dtype=np.bool_),
        np.full(n_vehicles, np.inf),
        np.zeros(n_vehicles),
        np.zeros(n_vehicles),
    )


@kernel
def new_tools(n_vehicles: int, n_antennas: int) -> Tools:
    """Memory of the descent."""
    return Tools(
        new_link(n_vehicles, n_antennas),
        new_surrogate(n_vehicles, n_antennas),
        np.zeros((n_vehicles, n_antennas), dtype=np.complex128),
    )


@kernel
def merit(problem: Problem, goal: Goal, link: Link, stiffness: float) -> float:
    """Value of the goal; fills its prices. `stiffness`: of the penalty on sending times beyond their room."""
    if goal.joint:
        return joint_plan(problem, link, goal.plan, goal.price)
    total = 0.0
    for i in range(goal.price.size):
        goal.price[i] = 0.0
        if goal.live[i]:
            if link.rate[i] <= 0.0:
                return math.inf
            time = goal.plan.bits_sat[i] / link.rate[i]
            total += time * (problem.beta + (1.0 - problem.beta) * link.power[i])  # Eq. (18a), corrected, see E13
            goal.price[i] = problem.beta
            if goal.room[i] < math.inf:  # Eq. (18d), by the method of multipliers
                push = max(0.0, goal.multiplier[i] + stiffness * (time - goal.room[i]))
                total += (push * push - goal.multiplier[i] ** 2) / (2.0 * stiffness)
                goal.price[i] += push
    return total


@kernel
def aim(problem: Problem, goal: Goal, link: Link, tools: Tools) -> None:
    """Direction from the precoders to the minimiser of the surrogate of the goal round them; prices must be theirs."""
    surrogate, error, received = tools.surrogate, link.error, link.received
    n, m = link.v.shape
    for i in range(n):
        bits = goal.plan.bits_sat[i]
        surrogate.gains[i] = 0.0
        surrogate.prices[i] = 0.0
        if bits > 0.0 and link.rate[i] > 0.0 and (goal.joint or goal.live[i]):
            time_slope = bits / link.rate[i] ** 2
            weight = time_slope * (goal.price[i] + (1.0 - problem.beta) * link.power[i])
            surrogate.gains[i] = weight * problem.bandwidth_hz / math.log(2.0) / error[i, i].real  # Eq. (M7)
            surrogate.prices[i] = (1.0 - problem.beta) * bits / link.rate[i]
        for a in range(m):
            channel = 0j
            for j in range(n):
                channel += received[j, a] * error[j, i]
            surrogate.channels[i, a] = channel  # Eq. (28), in vector form, see E15
    surrogate_minimiser(surrogate, problem.p_max_w, problem.per_stream, tools.direction)
    for i in range(n):
        for a in range(m):
            tools.direction[i, a] -= link.v[i, a]


@kernel
def move(problem: Problem, start: Link, tools: Tools, step: float, end: Link) -> None:
    """`end` = `start` + step * direction, scaled back to the power limit."""
    n, m = start.v.shape
    total = 0.0
    for i in range(n):
        power = 0.0
        for a in range(m):
            end.v[i, a] = start.v[i, a] + step * tools.direction[i, a]
            power += end.v[i, a].real ** 2 + end.v[i, a].imag ** 2
        total += power
        if problem.per_stream and power > problem.p_max_w:
            _scale(end.v, i, i + 1, math.sqrt(problem.p_max_w / power))
    if not problem.per_stream and total > problem.p_max_w:
        _scale(end.v, 0, n, math.sqrt(problem.p_max_w / total))
    receive(problem, end)


@kernel
def _scale(v: np.ndarray, first: int, last: int, factor: float) -> None:
    for i in range(first, last):
        for a in range(v.shape[1]):
            v[i, a] *= factor


@kernel
def descend(
    problem: Problem, goal: Goal, link: Link, tools: Tools, stiffness: float, most_steps: int, tolerance: float
) -> int:
    """Lower the goal from `link`, in place, until it falls by less than `tolerance` twice running; returns the steps.

    Every step goes to the minimiser of the surrogate, shortened until the goal does not grow, and then, as the tail is
    flat, further along the same way as long as that pays.
    """
    here, there, swapped = link, tools.other, False
    value = merit(problem, goal, here, stiffness)
    reach = 1.0
    calm = 0
    used = 0
    while used < most_steps and calm < 2:
        used += 1
        before = value
        aim(problem, goal, here, tools)
        step = 1.0
        while step >= _LEAST_STEP:
            move(problem, here, tools, step, there)
            value = merit(problem, goal, there, stiffness)
            if value <= before:
                break
            step *= 0.5
        if not value <= before:
            value = before
            break
        here, there, swapped = there, here, not swapped
        if reach == 0.0:
            reach = 1.0
        fresh = True  # the goal's prices belong to `here`
        while reach > 0.0:
            move(problem, here, tools, step * reach, there)
            trial = merit(problem, goal, there, stiffness)
            fresh = trial < value
            if fresh:
                here, there, swapped = there, here, not swapped
                value = trial
                reach = min(2.0 * reach, _LONGEST_REACH)
                break
            reach = 0.25 * reach if reach >= 2.0 else 0.0
        if not fresh:
            merit(problem, goal, here, stiffness)
        calm = calm + 1 if before - value <= tolerance * abs(value) else 0
    if swapped:
        copy_link(here, there)  # there is `link`
    return used
