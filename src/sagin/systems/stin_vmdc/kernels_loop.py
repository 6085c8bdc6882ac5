"""The alternation over split, power, matching and band shares, compiled for one drop."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.stable_matching import greedy_matching
from sagin.systems.stin_vmdc.kernels import (
    Task,
    Work,
    all_least_powers,
    all_rates,
    band_shares,
    needed_rate,
    one_task,
    split_tasks,
    total_energy,
    utilities,
    workspace,
)

MET = 1.0 - 1e-9  # a needed rate counts as met above this part of it
HALVINGS = 50  # of the interval in which the start's satellite load lies


class Rules(NamedTuple):
    """What distinguishes the schemes that alternate."""

    split: int  # see kernels.split_tasks
    honest: bool  # powers as low as the deadlines allow; otherwise fixed at the start's
    silence: bool  # at the end, vehicles that upload nothing stop radiating
    max_iterations: int
    tolerance: float


class State(NamedTuple):
    """A decision in the making."""

    theta: np.ndarray  # (M,)
    zeta: np.ndarray  # (M,)
    alpha: np.ndarray  # (M,)
    power: np.ndarray  # (M,)
    owner: np.ndarray  # (F,) cluster of each sub-channel or -1


@kernel
def new_state(task: Task) -> State:
    """Room for a decision."""
    n, n_sub = task.bits.size, task.band.size
    return State(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n_sub, dtype=np.int64))


@kernel
def copy_state(source: State, target: State) -> None:
    """Overwrite `target`."""
    target.theta[:] = source.theta
    target.zeta[:] = source.zeta
    target.alpha[:] = source.alpha
    target.power[:] = source.power
    target.owner[:] = source.owner


@kernel
def deal_out(task: Task, owner: np.ndarray) -> None:
    """Sub-channel f to cluster f mod N while its quota lasts."""
    n_clusters = task.members.shape[0]
    for f in range(owner.size):
        owner[f] = f % n_clusters if f < task.quota * n_clusters else -1


@kernel
def all_local(task: Task, state: State) -> None:
    """The decision reported where no feasible split was found: nobody offloads."""
    state.theta[:] = 0.0
    state.zeta[:] = 0.0
    state.power[:] = 0.0
    state.alpha[:] = 1.0 / task.bits.size
    deal_out(task, state.owner)


@kernel
def feasible_start(task: Task, state: State, rate: np.ndarray, work: Work) -> bool:
    """Splits and band shares that meet all deadlines at given powers, with much load on the satellite.

    zeta = least offload if shares exist for it, otherwise as far towards it as they do from what the base station
    cannot take (bisection). Equal shares would often be infeasible although others are not.
    """
    n = task.bits.size
    kept = np.empty(n)
    for m in range(n):
        if rate[m] > 0.0:
            longest = task.deadline[m] / (task.bits[m] / rate[m] + task.edge_s[m])
            kept[m] = max(0.0, task.least[m] - min(1.0, longest, task.stay[m] * rate[m] / task.bits[m]))
        else:
            kept[m] = task.least[m]
    low, high = 0.0, 1.0
    state.zeta[:] = task.least
    if not band_shares(task, state.zeta, state.alpha, work):
        state.zeta[:] = kept
        if not band_shares(task, state.zeta, state.alpha, work):
            return False
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            for m in range(n):
                state.zeta[m] = kept[m] + middle * (task.least[m] - kept[m])
            if band_shares(task, state.zeta, state.alpha, work):
                low = middle
            else:
                high = middle
        for m in range(n):
            state.zeta[m] = kept[m] + low * (task.least[m] - kept[m])
        band_shares(task, state.zeta, state.alpha, work)
    for m in range(n):
        state.theta[m] = max(0.0, task.least[m] - state.zeta[m])
    return True


@kernel
def rematch(
    task: Task, rules: Rules, state: State, rate: np.ndarray, value: np.ndarray, trial: State, work: Work
) -> None:
    """Match clusters and sub-channels by utility; keep the result only if all stay in time and energy falls."""
    utilities(task, state.theta, state.zeta, state.alpha, state.power, value, work)
    greedy_matching(value, task.quota, trial.owner)
    before = total_energy(task, state.theta, state.zeta, state.alpha, state.power, rate)
    trial.power[:] = state.power
    new_rate = trial.alpha  # scratch: the trial's shares are not used
    if rules.honest:
        if all_least_powers(task, trial.owner, state.theta, state.power, trial.power, work) == math.inf:
            return
        for m in range(rate.size):
            new_rate[m] = needed_rate(task, m, state.theta[m])
    else:
        all_rates(task, trial.owner, trial.power, new_rate, work)
        for m in range(rate.size):
            if new_rate[m] < needed_rate(task, m, state.theta[m]) * MET:
                return
    if total_energy(task, state.theta, state.zeta, state.alpha, trial.power, new_rate) < before:
        state.owner[:] = trial.owner
        state.power[:] = trial.power
        rate[:] = new_rate


@kernel
def alternate(
    task: Task, rules: Rules, start: np.ndarray, mix: np.ndarray, state: State, trace: np.ndarray, work: Work
) -> int:
    """Alternate from the start powers (M,); fills `state` and `trace`, returns the rounds, 0 if infeasible.

    `trace`: energy (max_iterations + 1,), the start first. A negative return: stopped by the limit.
    """
    n = task.bits.size
    rate = np.empty(n)
    value = np.empty((task.band.size, task.members.shape[0]))
    trial = new_state(task)
    state.power[:] = start
    deal_out(task, state.owner)
    all_rates(task, state.owner, state.power, rate, work)
    if not feasible_start(task, state, rate, work):
        all_local(task, state)
        return 0
    trace[0] = total_energy(task, state.theta, state.zeta, state.alpha, state.power, rate)
    for k in range(1, rules.max_iterations + 1):
        if not split_tasks(
            task, rules.split, mix, state.alpha, state.power, rate, state.theta, state.zeta, work
        ) and k == 1:
            all_local(task, state)
            return 0
        if rules.honest:
            found = trial.power
            if all_least_powers(task, state.owner, state.theta, state.power, found, work) < math.inf:
                state.power[:] = found
                for m in range(n):
                    rate[m] = needed_rate(task, m, state.theta[m])
        rematch(task, rules, state, rate, value, trial, work)
        band_shares(task, state.zeta, state.alpha, work)
        trace[k] = total_energy(task, state.theta, state.zeta, state.alpha, state.power, rate)
        if k > 1 and 1.0 / trace[k] - 1.0 / trace[k - 1] <= rules.tolerance / trace[k]:
            return k
    return -rules.max_iterations


@kernel
def best_start(
    tasks: Task, d: int, rules: Rules, starts: np.ndarray, mix: np.ndarray, best: State, trace: np.ndarray
) -> int:
    """Alternate drop `d` from every row of `starts` (start, M) and keep the end of least energy, with its trace."""
    task = one_task(tasks, d)
    work = workspace(task)
    state = new_state(task)
    history = np.empty(trace.size)
    least = math.inf
    rounds = 0
    all_local(task, best)
    for i in range(starts.shape[0]):
        history[:] = np.nan
        used = alternate(task, rules, starts[i], mix, state, history, work)
        if used != 0 and history[abs(used)] < least:
            least = history[abs(used)]
            rounds = used
            trace[:] = history
            copy_state(state, best)
    if rules.silence:
        for m in range(best.theta.size):
            if best.theta[m] == 0.0:
                best.power[m] = 0.0
    return rounds


@kernel
def solve_drops(
    tasks: Task, rules: Rules, starts: np.ndarray, mix: np.ndarray, states: State, trace: np.ndarray, rounds: np.ndarray
) -> None:
    """Every drop of a batch: `starts` (drop, start, M), `mix` (drop, M, 12); fills states, trace and rounds."""
    for d in range(tasks.bits.shape[0]):
        state = State(states.theta[d], states.zeta[d], states.alpha[d], states.power[d], states.owner[d])
        rounds[d] = best_start(tasks, d, rules, starts[d], mix[d], state, trace[d])
