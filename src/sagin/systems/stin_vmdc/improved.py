"""JTORA-X: local search over splits and matchings with powers and band shares eliminated.

The alternation stalls because each of its blocks keeps what the other has made tight. Here every trial split brings its
own least powers and optimal shares, so nothing is tight while a move is judged.
"""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.core.keeping import keep_better
from sagin.methods.space_dilation import maximise
from sagin.systems.stin_vmdc.bound import Prices, first_prices
from sagin.systems.stin_vmdc.kernels import Task, Work, band_shares
from sagin.systems.stin_vmdc.kernels_loop import N_VERTICES
from sagin.systems.stin_vmdc.kernels_rematch import Limits, descend
from sagin.systems.stin_vmdc.kernels_search import settle
from sagin.systems.stin_vmdc.model import Drops, evaluate
from sagin.systems.stin_vmdc.options import SearchOptions
from sagin.systems.stin_vmdc.solver import DUST, best_of, decision, rules, start_powers, tasks, workspace

EVALUATIONS, ENOUGH = 20, 1e-5  # of the bound's dual function, and the relative gain not worth another


def solve_improved(drops: Drops, options: SearchOptions) -> results.Solution:
    """Descend from the result of `jtora` and from all offload at the satellite, and go on with the better; then descend
    from what the bound's prices suggest. Never worse than `jtora`."""
    work = workspace(drops)
    mix = np.ones((drops.n_vehicles, N_VERTICES))
    limits = Limits(options.max_sweeps, options.max_rounds, options.sweep_tolerance, options.round_tolerance)
    ends, begun = [], []
    for task, starts in zip(tasks(drops), start_powers(drops, options.start_fractions), strict=True):
        plan, owner, found, _ = best_of(task, rules(options), starts, mix, work)
        trace = np.full(limits.max_rounds + 1, np.nan)
        rounds, done = 0, False
        begun.append((plan.copy(), owner.copy()))
        if found:
            start, matched = suggested(task, plan)
            plan, owner, rounds, done = _race(task, plan, owner, limits, trace, work)
            other = np.full_like(trace, np.nan)
            more, ended = descend(task, start, matched, limits, other, work)
            if more and other[more] < trace[rounds]:
                plan, owner, rounds, done, trace = start, matched, more, ended, other
            _sweep_up(task, plan, owner, work)
        ends.append((plan, owner, rounds, done, trace))
    plans, owners, rounds, done, trace = (np.array(part) for part in zip(*ends, strict=True))
    before = decision(drops, *(np.array(part) for part in zip(*begun, strict=True)))
    best, kept = keep_better(drops, before, decision(drops, plans, owners), evaluate, "max")
    trace[kept, 1:], rounds = np.nan, np.where(kept, 0, rounds)
    history = drops.task_bits.sum(axis=1)[:, None] / trace
    return results.solution(best, converged=done, iterations=rounds, trace=history)


def _sweep_up(task: Task, plan: np.ndarray, owner: np.ndarray, work: Work) -> None:
    """Shares that are dust become exact zeros; the powers and band shares of the others follow."""
    dust = [(plan[name] > 0) & (plan[name] < DUST) for name in ("theta", "zeta")]
    if not np.any(dust):
        return
    clean = plan.copy()
    for name, where in zip(("theta", "zeta"), dust, strict=True):
        clean[name][where] = 0.0
    if settle(task, clean, owner, np.empty(task.members.shape[0]), work) < np.inf and band_shares(task, clean, work):
        plan[:] = clean


def _race(
    task: Task, plan: np.ndarray, owner: np.ndarray, limits: Limits, trace: np.ndarray, work: Work
) -> tuple[np.ndarray, np.ndarray, int, bool]:
    """One round from both starts, the rest from the better end; plan, owners, rounds, and whether it converged."""
    other, other_owner, other_trace = np.zeros_like(plan), owner.copy(), trace.copy()
    other["zeta"] = task.vehicle["least"]
    once = limits._replace(max_rounds=1)
    _, done = descend(task, plan, owner, once, trace, work)
    other_rounds, other_done = descend(task, other, other_owner, once, other_trace, work)
    if other_rounds and other_trace[1] < trace[1]:
        plan, owner, done, trace[1] = other, other_owner, other_done, other_trace[1]
    rounds = 1
    if limits.max_rounds > 1 and not done:
        more, done = descend(task, plan, owner, limits._replace(max_rounds=limits.max_rounds - 1), trace[1:], work)
        rounds += more
    return plan, owner, rounds, done


def suggested(task: Task, plan: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Splits and owners of the bound at its best prices, sought from the price of the band that a plan would pay."""
    prices = Prices(task)
    far = plan["zeta"] > 0
    spent = float((prices.dual.unit * plan["zeta"])[far] @ (1 / plan["alpha"][far]))
    start, scale = first_prices(prices, np.array([spent]) if far.any() else None)
    best, _ = maximise(prices.value, start, scale, ENOUGH, EVALUATIONS)
    prices.value(best)
    made = np.zeros_like(plan)
    made["theta"], made["zeta"] = prices.dual.split[:, 2], prices.dual.split[:, 3]
    return made, prices.owner()
