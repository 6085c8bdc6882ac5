"""Fractional programming of the RSU's precoders for one drop: the paper's subproblem (18) in closed form."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.fractional_programming import GAIN, MULTIPLIER, PRICE, surrogate_minimiser
from sagin.methods.hermitian import identity
from sagin.methods.nonlinear_acceleration import Memory, accelerate, forget, new_memory, remember
from sagin.systems.dm_mimo_vec.kernels import BITS_SAT, Link, Problem, copy_link, new_link, receive
from sagin.systems.dm_mimo_vec.kernels_joint import joint_plan

# rows of `Goal.limits`
LIVE = 0  # 1: has bits to send and a rate to send them, else 0
ROOM = 1  # [s] longest sending time, inf where none is asked
FORCE = 2  # multiplier of that limit
_LEAST_STEP = 1e-6
_DEPTH = 6  # iterates that the acceleration combines


class Goal(NamedTuple):
    """What the precoders minimise, and its slopes.

    Either (18): the sum of bits (beta + (1-beta) power) / rate at the plan's split, with limits on the sending times;
    or, where `joint`, the least cost over shares and split, which then are the plan.
    """

    joint: bool
    plan: np.ndarray  # (4, vehicle)
    limits: np.ndarray  # (3, vehicle), rows above
    price: np.ndarray  # (vehicle,) cost of a second of sending: output of `merit`


class Tools(NamedTuple):
    """Memory of the descent."""

    other: Link
    direction: np.ndarray  # (vehicle, antenna) complex
    channels: np.ndarray  # (vehicle, antenna) complex
    terms: np.ndarray  # (3, vehicle)
    basis: np.ndarray  # (antenna, antenna) complex
    matrix: np.ndarray  # (antenna, antenna) complex
    half: np.ndarray  # (antenna, antenna) complex
    memory: Memory


@kernel
def new_tools(n_vehicles: int, n_antennas: int) -> Tools:
    """Memory of the descent."""
    return Tools(
        new_link(n_vehicles, n_antennas),
        np.zeros((n_vehicles, n_antennas), dtype=np.complex128),
        np.zeros((n_vehicles, n_antennas), dtype=np.complex128),
        np.zeros((3, n_vehicles)),
        np.zeros((n_antennas, n_antennas), dtype=np.complex128),
        np.zeros((n_antennas, n_antennas), dtype=np.complex128),
        np.zeros((n_antennas, n_antennas), dtype=np.complex128),
        new_memory(_DEPTH, n_vehicles, n_antennas),
    )


@kernel
def merit(problem: Problem, goal: Goal, link: Link, stiffness: float) -> float:
    """Value of the goal; fills its prices. `stiffness`: of the penalty on sending times beyond their room."""
    plan, limits, price, rate = goal.plan, goal.limits, goal.price, link.rate
    if goal.joint:
        return joint_plan(problem, link, plan, price)
    total = 0.0
    for i in range(price.size):
        price[i] = 0.0
        if limits[LIVE, i] > 0.0:
            if rate[i] <= 0.0:
                return math.inf
            time = plan[BITS_SAT, i] / rate[i]
            total += time * (problem.beta + (1.0 - problem.beta) * link.power[i])  # Eq. (18a), corrected, see E13
            price[i] = problem.beta
            if limits[ROOM, i] < math.inf:  # Eq. (18d), by the method of multipliers
                push = max(0.0, limits[FORCE, i] + stiffness * (time - limits[ROOM, i]))
                total += (push * push - limits[FORCE, i] ** 2) / (2.0 * stiffness)
                price[i] += push
    return total


@kernel
def aim(problem: Problem, goal: Goal, link: Link, tools: Tools) -> None:
    """Direction from the precoders to the minimiser of the surrogate of the goal round them; prices must be theirs."""
    terms, channels, direction = tools.terms, tools.channels, tools.direction
    v, error, rate, gains, beta = link.v, link.error, link.rate, problem.gains, problem.beta
    n, m = v.shape
    for i in range(n):
        bits = goal.plan[BITS_SAT, i]
        terms[GAIN, i] = 0.0
        terms[PRICE, i] = 0.0
        if bits > 0.0 and rate[i] > 0.0:
            weight = bits / rate[i] ** 2 * (goal.price[i] + (1.0 - beta) * link.power[i])
            terms[GAIN, i] = weight * problem.bandwidth_hz / math.log(2.0) / error[i, i].real  # Eq. (M5)
            terms[PRICE, i] = (1.0 - beta) * bits / rate[i]
        for a in range(m):
            total = 0j
            for j in range(n):
                total += v[j, a] * error[j, i]
            channels[i, a] = gains[a] * total  # Eq. (28), in vector form, see E15
    limit, per_stream = problem.p_max_w, problem.per_stream
    surrogate_minimiser(channels, terms, limit, per_stream, tools.basis, tools.matrix, tools.half, direction)
    for i in range(n):
        for a in range(m):
            direction[i, a] -= v[i, a]


@kernel
def move(problem: Problem, start: Link, direction: np.ndarray, step: float, end: Link) -> None:
    """`end` = `start` + step * direction, scaled back to the power limit."""
    _step(start.v, direction, step, end.v)
    settle(problem, end)


@kernel
def settle(problem: Problem, link: Link) -> None:
    """Scale the precoders back to the power limit, and find their rates."""
    _clip(link.v, problem.p_max_w, problem.per_stream)
    receive(problem, link)


@kernel
def _step(start: np.ndarray, direction: np.ndarray, step: float, end: np.ndarray) -> None:
    n, m = start.shape
    for i in range(n):
        for a in range(m):
            end[i, a] = start[i, a] + step * direction[i, a]


@kernel
def _clip(v: np.ndarray, limit: float, per_stream: bool) -> None:
    n, m = v.shape
    total = 0.0
    for i in range(n):
        power = 0.0
        for a in range(m):
            power += v[i, a].real ** 2 + v[i, a].imag ** 2
        total += power
        if per_stream and power > limit:
            for a in range(m):
                v[i, a] *= math.sqrt(limit / power)
    if not per_stream and total > limit:
        for i in range(n):
            for a in range(m):
                v[i, a] *= math.sqrt(limit / total)


@kernel
def descend(
    problem: Problem, goal: Goal, link: Link, tools: Tools, stiffness: float, most_steps: int, tolerance: float
) -> int:
    """Lower the goal from `link`, in place, until it falls by less than `tolerance` twice running; returns the steps.

    Every step aims at the minimiser of the surrogate. As the tail is flat, it first tries the combination of the last
    steps that promises the least residual, and takes that if the goal falls; else it goes straight, shortened until the
    goal does not grow.
    """
    here, there, swapped = link, tools.other, False
    identity(tools.basis)
    tools.terms[MULTIPLIER, :] = 0.0
    forget(tools.memory)
    value = merit(problem, goal, here, stiffness)
    calm = 0
    used = 0
    while used < most_steps and calm < 2:
        used += 1
        aim(problem, goal, here, tools)
        remember(tools.memory, here.v, tools.direction)
        before, step = value, 2.0
        if accelerate(tools.memory, there.v):
            settle(problem, there)
        else:
            step = 1.0
            move(problem, here, tools.direction, step, there)
        value = merit(problem, goal, there, stiffness)
        while not value <= before and step >= _LEAST_STEP:
            if step == 2.0:
                forget(tools.memory)
            step *= 0.5
            move(problem, here, tools.direction, step, there)
            value = merit(problem, goal, there, stiffness)
        if not value <= before:
            merit(problem, goal, here, stiffness)
            break
        here, there, swapped = there, here, not swapped
        calm = calm + 1 if before - value <= tolerance * abs(value) else 0
    if swapped:
        copy_link(here, there)  # `there` is `link`
    return used
