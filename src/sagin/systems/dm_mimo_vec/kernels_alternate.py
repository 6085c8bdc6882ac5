"""The paper's Algorithm 1, repaired, for one drop: shares, precoders and split in turn."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import (
    ALPHA,
    BITS,
    BITS_SAT,
    DUST,
    FEASIBLE,
    RSU_S_PER_BIT,
    SAT_S_PER_BIT,
    UPLOAD_S,
    Link,
    Problem,
    best_shares,
    best_split,
    copy,
    copy_link,
    cost,
    lateness,
    new_link,
    pick,
    receive,
)
from sagin.systems.dm_mimo_vec.kernels_precoder import (
    FORCE,
    LIVE,
    ROOM,
    Goal,
    Tools,
    descend,
    merit,
    move,
    new_tools,
)

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
    """Results of a batch; on entry `v` holds the start."""

    plan: np.ndarray  # (drop, 4, vehicle)
    v: np.ndarray  # (drop, vehicle, antenna) complex
    trace: np.ndarray  # (drop, iteration)
    iterations: np.ndarray  # (drop,)
    converged: np.ndarray  # (drop,) bool


@kernel
def set_goal(goal: Goal, rate: np.ndarray) -> None:
    """Precoders for the goal's split, without limits on the sending times."""
    for i in range(rate.size):
        goal.limits[LIVE, i] = 1.0 if goal.plan[BITS_SAT, i] > 0.0 and rate[i] > 0.0 else 0.0
        goal.limits[ROOM, i] = math.inf
        goal.limits[FORCE, i] = 0.0


@kernel
def best_precoders(
    problem: Problem, goal: Goal, old: Link, link: Link, tools: Tools, effort: Effort, longest: np.ndarray
) -> None:
    """Improve `link`, a copy of `old`, for the goal's plan, inside the deadline as far as it was met before."""
    plan, limits, rate = goal.plan, goal.limits, link.rate
    set_goal(goal, rate)
    _sending_times(problem, goal, rate, longest)
    stiffness = 0.0
    for number in range(_ROUNDS + 1):  # first without the deadline, then by the method of multipliers
        descend(problem, goal, link, tools, stiffness, effort.steps, effort.step_tolerance)
        settled = _in_time(plan, rate, longest)
        for i in range(rate.size):
            if limits[FORCE, i] > 0.0:
                settled = settled and abs(plan[BITS_SAT, i] / rate[i] / limits[ROOM, i] - 1.0) < 1e-4
        if settled:
            break
        if number == 0:
            least = math.inf
            for i in range(rate.size):
                limits[ROOM, i] = longest[i] * (1.0 - _HEADROOM)
                least = min(least, limits[ROOM, i])
            stiffness = 10.0 * max(problem.beta, 0.1) / least
            copy_link(old, link)
        else:
            for i in range(rate.size):
                if limits[ROOM, i] < math.inf:
                    excess = plan[BITS_SAT, i] / rate[i] - limits[ROOM, i]
                    limits[FORCE, i] = max(0.0, limits[FORCE, i] + stiffness * excess)
    if stiffness > 0.0:
        _retreat(problem, goal, old, link, tools.direction, longest)


@kernel
def _sending_times(problem: Problem, goal: Goal, rate: np.ndarray, longest: np.ndarray) -> None:
    """Sending times that the deadline leaves; inf for streams that are off or miss it already."""
    plan, tasks = goal.plan, problem.tasks
    for i in range(rate.size):
        longest[i] = math.inf
        if goal.limits[LIVE, i] > 0.0 and plan[ALPHA, i] > 0.0:
            room = problem.t_max_s - tasks[UPLOAD_S, i] / plan[ALPHA, i]
            room -= plan[BITS_SAT, i] * tasks[SAT_S_PER_BIT, i]
            if plan[BITS_SAT, i] / rate[i] <= room:
                longest[i] = room  # Eq. (18d)


@kernel
def _in_time(plan: np.ndarray, rate: np.ndarray, longest: np.ndarray) -> bool:
    """Every limited sending time is met."""
    for i in range(rate.size):
        if longest[i] < math.inf and not plan[BITS_SAT, i] <= longest[i] * rate[i] * (1.0 + 1e-9):
            return False
    return True


@kernel
def _retreat(problem: Problem, goal: Goal, old: Link, link: Link, direction: np.ndarray, longest: np.ndarray) -> None:
    """Back from `link` towards `old`, in place, until the sending times are met and the cost is no higher."""
    goal.limits[ROOM, :] = math.inf
    _difference(link.v, old.v, direction)
    before = merit(problem, goal, old, 0.0)
    step = 1.0
    while True:
        move(problem, old, direction, step, link)
        if step == 0.0 or (merit(problem, goal, link, 0.0) <= before and _in_time(goal.plan, link.rate, longest)):
            return
        step = 0.5 * step if step > 1e-3 else 0.0


@kernel
def _difference(end: np.ndarray, start: np.ndarray, direction: np.ndarray) -> None:
    n, m = start.shape
    for i in range(n):
        for a in range(m):
            direction[i, a] = end[i, a] - start[i, a]


@kernel
def alternate_batch(batch: Problem, effort: Effort, outcome: Outcome) -> None:
    """Algorithm 1, corrected, see E17: shares, precoders, split, each with the newest values of the others.

    `outcome.trace` gets the start value and one value a round.
    """
    n_drops, n, m = outcome.v.shape
    link, old_link, tools = new_link(n, m), new_link(n, m), new_tools(n, m)
    goal = Goal(False, np.zeros((4, n)), np.zeros((3, n)), np.zeros(n))
    longest = np.zeros(n)
    old_plan = np.zeros((4, n))
    for d in range(n_drops):
        problem, plan, trace = pick(batch, d), outcome.plan[d], outcome.trace[d]
        copy(outcome.v[d], link.v)
        receive(problem, link)
        even_plan(problem.tasks, link.rate, plan)
        trace[0] = cost(problem, link, plan)
        number = 0
        while number < effort.rounds and not outcome.converged[d]:
            number += 1
            best_shares(problem.tasks, problem.t_max_s, plan)
            value = cost(problem, link, plan)
            copy_link(link, old_link)
            copy(plan, old_plan)
            copy(plan, goal.plan)
            best_precoders(problem, goal, old_link, link, tools, effort, longest)
            value = _safeguard(problem, plan, link, old_plan, old_link, tools.direction, value)
            trace[number] = value
            outcome.converged[d] = abs(trace[number - 1] - value) <= effort.tolerance * abs(value)
        trace[number] = silence(problem, plan, link)
        trace[number] = _or_nothing_sent(problem, plan, link, old_plan, trace[number])
        outcome.iterations[d] = number
        copy(link.v, outcome.v[d])


@kernel
def _or_nothing_sent(problem: Problem, plan: np.ndarray, link: Link, spare: np.ndarray, value: float) -> float:
    """All tasks at the RSU, with the best shares, where that is less late or, equally late, cheaper than the plan.

    Block steps cannot leave a split that the deadline forced at the shares they had.
    """
    n, m = link.v.shape
    for i in range(n):
        spare[ALPHA, i] = 1.0 / n
        spare[BITS_SAT, i] = 0.0
    cost(problem, link, spare)
    best_shares(problem.tasks, problem.t_max_s, spare)
    instead = cost(problem, link, spare)
    late, then = max(lateness(problem.t_max_s, plan), FEASIBLE), max(lateness(problem.t_max_s, spare), FEASIBLE)
    if then > late or (then == late and instead >= value):
        return value
    copy(spare, plan)
    for i in range(n):
        for a in range(m):
            link.v[i, a] = 0.0
    return instead


@kernel
def even_plan(tasks: np.ndarray, rate: np.ndarray, plan: np.ndarray) -> None:
    """Equal shares and balanced branches."""
    for i in range(rate.size):
        plan[ALPHA, i] = 1.0 / rate.size
        plan[BITS_SAT, i] = 0.0
        if rate[i] > 0.0:
            per_sat, per_rsu = 1.0 / rate[i] + tasks[SAT_S_PER_BIT, i], tasks[RSU_S_PER_BIT, i]
            plan[BITS_SAT, i] = tasks[BITS, i] * per_rsu / (per_sat + per_rsu)


@kernel
def _safeguard(
    problem: Problem,
    plan: np.ndarray,
    link: Link,
    old_plan: np.ndarray,
    old_link: Link,
    direction: np.ndarray,
    before: float,
) -> float:
    """Split for the new precoders; if that is no better, for precoders nearer to the old ones, or for the old ones.

    The precoders' subproblem leaves out the RSU's branch (E16), so it may raise the true objective `before`.
    """
    was_late = lateness(problem.t_max_s, old_plan) > FEASIBLE
    _difference(link.v, old_link.v, direction)
    step = 1.0
    for attempt in range(_HALVINGS + 2):
        if attempt > 0:
            step = 0.5 * step if attempt <= _HALVINGS else 0.0
            move(problem, old_link, direction, step, link)
        best_split(problem, link, plan)
        value = cost(problem, link, plan)
        late = lateness(problem.t_max_s, plan) > FEASIBLE
        if (was_late and not late) or (value <= before and (was_late or not late)):
            return value
    copy(old_plan, plan)
    return before


@kernel
def silence(problem: Problem, plan: np.ndarray, link: Link) -> float:
    """Switch off streams without bits, or with dust only, which disturb the others; returns the objective."""
    n, m = link.v.shape
    for i in range(n):
        if not plan[BITS_SAT, i] > DUST * problem.tasks[BITS, i]:
            plan[BITS_SAT, i] = 0.0
            for a in range(m):
                link.v[i, a] = 0.0
    receive(problem, link)
    return cost(problem, link, plan)
