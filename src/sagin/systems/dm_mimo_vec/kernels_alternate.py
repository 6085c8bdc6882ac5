"""The paper's Algorithm 1, repaired, for one drop: shares, precoders and split in turn."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import (
    FEASIBLE,
    Link,
    Plan,
    Problem,
    best_shares,
    best_split,
    copy_link,
    copy_plan,
    cost,
    lateness,
    new_link,
    new_plan,
    pick,
    receive,
)
from sagin.systems.dm_mimo_vec.kernels_precoder import Goal, Tools, descend, merit, move, new_goal, new_tools

_ROUNDS = 12  # of the method of multipliers
_HEADROOM = 1e-5  # it aims a little inside the deadline
_HALVINGS = 12


class Effort(NamedTuple):
    """Limits of the iterations."""

    rounds: int
    tolerance: float
    steps: int
    step_tolerance: float


class Outcome(NamedTuple):
    """Results of a batch."""

    alpha: np.ndarray  # (drop, vehicle)
    bits_sat: np.ndarray  # (drop, vehicle)
    v: np.ndarray  # (drop, vehicle, antenna) complex
    trace: np.ndarray  # (drop, iteration)
    iterations: np.ndarray  # (drop,)
    converged: np.ndarray  # (drop,) bool


@kernel
def start_precoders(problem: Problem, link: Link) -> None:
    """Stream i from antenna i (modulo their number) with an equal part of the power."""
    n, m = link.v.shape
    amplitude = math.sqrt(problem.p_max_w / n)
    for i in range(n):
        for a in range(m):
            link.v[i, a] = amplitude * problem.basis[i % m, a].conjugate()
    receive(problem, link)


@kernel
def set_goal(problem: Problem, plan: Plan, link: Link, goal: Goal) -> None:
    """Precoders for the plan's split, without limits on the sending times."""
    copy_plan(plan, goal.plan)
    for i in range(plan.bits_sat.size):
        goal.live[i] = plan.bits_sat[i] > 0.0 and link.rate[i] > 0.0
        goal.room[i] = math.inf
        goal.multiplier[i] = 0.0


@kernel
def best_precoders(problem: Problem, plan: Plan, link: Link, goal: Goal, tools: Tools, effort: Effort) -> None:
    """Improve `link` for the plan's shares and split, inside the deadline as far as it was met before."""
    n = plan.alpha.size
    set_goal(problem, plan, link, goal)
    old = new_link(n, link.v.shape[1])
    copy_link(link, old)
    longest = np.full(n, np.inf)  # sending times that the deadline leaves
    for i in range(n):
        if goal.live[i]:
            room = problem.t_max_s - problem.upload_s[i] / plan.alpha[i]
            room -= plan.bits_sat[i] * problem.sat_s_per_bit[i]
            if plan.bits_sat[i] / link.rate[i] <= room:
                longest[i] = room
    descend(problem, goal, link, tools, 0.0, effort.steps, effort.step_tolerance)
    if not _in_time(plan, link, longest):
        _meet_sending_times(problem, plan, link, goal, tools, effort, longest)
        _retreat(problem, plan, old, link, goal, tools, longest)


@kernel
def _in_time(plan: Plan, link: Link, longest: np.ndarray) -> bool:
    """Every limited sending time is met."""
    for i in range(longest.size):
        if longest[i] < math.inf and not plan.bits_sat[i] <= longest[i] * link.rate[i] * (1.0 + 1e-9):
            return False
    return True


@kernel
def _meet_sending_times(
    problem: Problem, plan: Plan, link: Link, goal: Goal, tools: Tools, effort: Effort, longest: np.ndarray
) -> None:
    """Method of multipliers on the sending times."""
    n = longest.size
    least = math.inf
    for i in range(n):
        goal.room[i] = longest[i] * (1.0 - _HEADROOM)
        least = min(least, goal.room[i])
    stiffness = 10.0 * max(problem.beta, 0.1) / least
    for _ in range(_ROUNDS):
        descend(problem, goal, link, tools, stiffness, effort.steps, effort.step_tolerance)
        settled = _in_time(plan, link, longest)
        for i in range(n):
            if goal.multiplier[i] > 0.0:
                ratio = plan.bits_sat[i] / link.rate[i] / goal.room[i]
                settled = settled and abs(ratio - 1.0) < 1e-4
        if settled:
            break
        for i in range(n):
            if goal.room[i] < math.inf:
                excess = plan.bits_sat[i] / link.rate[i] - goal.room[i]
                goal.multiplier[i] = max(0.0, goal.multiplier[i] + stiffness * excess)


@kernel
def _retreat(
    problem: Problem, plan: Plan, old: Link, link: Link, goal: Goal, tools: Tools, longest: np.ndarray
) -> None:
    """Back from `link` towards `old`, in place, until the sending times are met and the cost is no higher."""
    n, m = link.v.shape
    for i in range(n):
        goal.room[i] = math.inf
        for a in range(m):
            tools.direction[i, a] = link.v[i, a] - old.v[i, a]
    before = merit(problem, goal, old, 0.0)
    step = 1.0
    while step >= 1e-3:
        move(problem, old, tools, step, link)
        if merit(problem, goal, link, 0.0) <= before and _in_time(plan, link, longest):
            return
        step *= 0.5
    copy_link(old, link)


@kernel
def alternate(problem: Problem, plan: Plan, link: Link, effort: Effort, trace: np.ndarray) -> tuple[int, bool]:
    """Algorithm 1, corrected, see E17: shares, precoders, split, each with the newest values of the others.

    Fills `plan` and `link`; `trace` (iteration,) gets the start value and one value a round. Returns the rounds and
    whether the objective settled.
    """
    n, m = link.v.shape
    goal, tools = new_goal(False, n), new_tools(n, m)
    old_link, old_plan = new_link(n, m), new_plan(n)
    start_precoders(problem, link)
    for i in range(n):
        plan.alpha[i] = 1.0 / n
        per_sat = 1.0 / link.rate[i] + problem.sat_s_per_bit[i] if link.rate[i] > 0.0 else math.inf
        per_rsu = problem.rsu_s_per_bit[i]
        plan.bits_sat[i] = problem.bits[i] * per_rsu / (per_sat + per_rsu)
    value = cost(problem, link, plan)
    trace[0] = value
    for number in range(1, effort.rounds + 1):
        last = value
        best_shares(problem, plan)
        value = cost(problem, link, plan)
        copy_link(link, old_link)
        copy_plan(plan, old_plan)
        best_precoders(problem, plan, link, goal, tools, effort)
        value = _safeguard(problem, plan, link, old_plan, old_link, tools, value)
        trace[number] = value
        if abs(last - value) <= effort.tolerance * abs(value):
            trace[number] = _silence(problem, plan, link)
            return number, True
    trace[effort.rounds] = _silence(problem, plan, link)
    return effort.rounds, False


@kernel
def _safeguard(
    problem: Problem, plan: Plan, link: Link, old_plan: Plan, old_link: Link, tools: Tools, before: float
) -> float:
    """Split for the new precoders; if that is no better, for precoders nearer to the old ones, or for the old ones.

    The precoders' subproblem leaves out the RSU's branch (E16), so it may raise the true objective `before`.
    """
    n, m = link.v.shape
    was_late = lateness(problem, old_plan) > FEASIBLE
    for i in range(n):
        for a in range(m):
            tools.direction[i, a] = link.v[i, a] - old_link.v[i, a]
    step = 1.0
    for attempt in range(_HALVINGS + 2):
        if attempt > 0:
            step = 0.5 * step if attempt <= _HALVINGS else 0.0
            move(problem, old_link, tools, step, link)
        best_split(problem, link, plan)
        value = cost(problem, link, plan)
        late = lateness(problem, plan) > FEASIBLE
        if (was_late and not late) or (value <= before and (was_late or not late)):
            return value
    copy_plan(old_plan, plan)
    return before


@kernel
def _silence(problem: Problem, plan: Plan, link: Link) -> float:
    """Switch off streams without bits, which only disturb the others; returns the objective."""
    n, m = link.v.shape
    for i in range(n):
        if not plan.bits_sat[i] > 0.0:
            for a in range(m):
                link.v[i, a] = 0.0
    receive(problem, link)
    return cost(problem, link, plan)


@kernel
def alternate_batch(batch: Problem, effort: Effort, outcome: Outcome) -> None:
    """`alternate` on every drop."""
    n_drops, n, m = outcome.v.shape
    link, plan = new_link(n, m), new_plan(n)
    for d in range(n_drops):
        problem = pick(batch, d)
        rounds, settled = alternate(problem, plan, link, effort, outcome.trace[d])
        store(outcome, d, plan, link)
        outcome.iterations[d] = rounds
        outcome.converged[d] = settled


@kernel
def store(outcome: Outcome, d: int, plan: Plan, link: Link) -> None:
    """Shares, split and precoders of one drop into the batch."""
    n, m = link.v.shape
    for i in range(n):
        outcome.alpha[d, i] = plan.alpha[i]
        outcome.bits_sat[d, i] = plan.bits_sat[i]
        for a in range(m):
            outcome.v[d, i, a] = link.v[i, a]
