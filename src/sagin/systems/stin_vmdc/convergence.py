"""How fast the matching and the alternation end (Fig. 2)."""

from __future__ import annotations

import numpy as np

from sagin.core.figures import Series
from sagin.methods.stable_matching import deferred_acceptance
from sagin.systems.stin_vmdc.figures import FIG2, GAIN, SUBCHANNELS
from sagin.systems.stin_vmdc.kernels import PLAN, Task, Work
from sagin.systems.stin_vmdc.kernels_loop import (
    N_VERTICES,
    OPTIMAL,
    all_least_powers,
    begin,
    split_tasks,
    take_trial,
    utilities,
)
from sagin.systems.stin_vmdc.model import draw
from sagin.systems.stin_vmdc.options import Starts
from sagin.systems.stin_vmdc.scenario import Scenario
from sagin.systems.stin_vmdc.solver import solve_jtora, tasks, workspace


def first_utilities(task: Task, power_w: float, work: Work) -> np.ndarray:
    """(F, N) utilities [bit/J] that the first matching of an alternation from equal powers sees."""
    plan = np.zeros(task.vehicle.size, PLAN)
    plan["power"] = power_w
    owner = np.zeros(task.band.size, dtype=np.int64)
    value = np.zeros((task.band.size, task.members.shape[0]))
    if begin(task, plan, owner, work):
        split_tasks(task, plan, OPTIMAL, np.ones((plan.size, N_VERTICES)), np.empty((N_VERTICES, 2)))
        if all_least_powers(task, plan, owner, work):
            take_trial(plan)
    utilities(task, plan, value)
    return value


def first_matching(task: Task, power_w: float, work: Work) -> int:
    """Proposals of the deferred acceptance in the first round."""
    owner = np.empty(task.band.size, dtype=np.int64)
    return deferred_acceptance(first_utilities(task, power_w, work), task.quota, owner)  # Algorithm 1


def figure2(scenario: Scenario, seeds: np.ndarray) -> Series:
    """J against the rounds of the alternation from one start, one curve a number of sub-channels.

    Beside it: proposals of the first matching, rounds until it stops, and what J gains after the first round [%].
    """
    rounds = np.arange(len(FIG2.axis.values))
    values = np.empty((len(SUBCHANNELS), len(rounds), len(seeds)))
    extra = {name: np.empty_like(values) for name in ("proposals", "rounds", GAIN)}
    for row, n_subchannels in enumerate(SUBCHANNELS):
        drops = draw(scenario.replace(n_subchannels=n_subchannels), np.asarray(seeds))
        work = workspace(drops)
        extra["proposals"][row] = [first_matching(task, task.p_max, work) for task in tasks(drops)]
        solution = solve_jtora(drops, Starts(start_fractions=(1.0,)))
        each, last = np.arange(len(seeds)), np.asarray(solution.iterations)
        values[row] = solution.trace[each, np.minimum(rounds[:, None], last)]
        extra["rounds"][row] = last
        extra[GAIN][row] = 100 * (solution.trace[each, last] / solution.trace[each, np.minimum(1, last)] - 1)
    labels = tuple(f"{count} sub-channels" for count in SUBCHANNELS)
    return Series(rounds.astype(float), labels, values, np.isfinite(values), extra)
