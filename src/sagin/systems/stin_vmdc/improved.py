"""JTORA-X: local search over splits and matchings with powers and band shares eliminated.

The alternation stalls because each of its blocks keeps what the other has made tight. Here every trial split brings its
own least powers and optimal shares, so nothing is tight while a move is judged.
"""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.systems.stin_vmdc.kernels_loop import N_VERTICES
from sagin.systems.stin_vmdc.kernels_rematch import Limits, descend
from sagin.systems.stin_vmdc.model import Drops
from sagin.systems.stin_vmdc.options import SearchOptions
from sagin.systems.stin_vmdc.solver import best_of, decision, rules, start_powers, tasks, workspace


def solve_improved(drops: Drops, options: SearchOptions) -> results.Solution:
    """Start from the result of `jtora` and descend; never worse than it."""
    work = workspace(drops)
    mix = np.ones((drops.n_vehicles, N_VERTICES))
    limits = Limits(options.max_sweeps, options.max_rounds, options.sweep_tolerance, options.round_tolerance)
    ends = []
    for task, starts in zip(tasks(drops), start_powers(drops, options.start_fractions), strict=True):
        plan, owner, found, _ = best_of(task, rules(options), starts, mix, work)
        trace = np.full(limits.max_rounds + 1, np.nan)
        rounds, done = descend(task, plan, owner, limits, trace, work) if found else (0, False)
        ends.append((plan, owner, rounds, done, trace))
    plans, owners, rounds, done, trace = (np.array(part) for part in zip(*ends, strict=True))
    history = drops.task_bits.sum(axis=1)[:, None] / trace
    return results.solution(decision(drops, plans, owners), converged=done, iterations=rounds, trace=history)
