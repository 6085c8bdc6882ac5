"""JTORA-X: local search over splits and matchings with powers and band shares eliminated.

The alternation stalls because each of its blocks keeps what the other has made tight. Here every trial split brings its
own least powers and optimal shares, so nothing is tight while a move is judged.
"""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.systems.stin_vmdc.kernels import N_VERTICES
from sagin.systems.stin_vmdc.kernels_improved import improve_drops
from sagin.systems.stin_vmdc.kernels_loop import solve_drops
from sagin.systems.stin_vmdc.model import Drops
from sagin.systems.stin_vmdc.options import SearchOptions
from sagin.systems.stin_vmdc.solver import decision, empty_states, rules, start_powers, tasks


def solve_improved(drops: Drops, options: SearchOptions) -> results.Solution:
    """Start from the result of `jtora` and descend; never worse than it."""
    n_drops = len(drops.seeds)
    batch, states = tasks(drops), empty_states(drops)
    starts = start_powers(drops, options.start_fractions)
    first = np.full((n_drops, options.max_iterations + 1), np.nan)
    rounds = np.zeros(n_drops, dtype=np.int64)
    mix = np.ones((n_drops, drops.n_vehicles, N_VERTICES))
    solve_drops(batch, rules(options), starts, mix, states, first, rounds)
    limits = (options.max_sweeps, options.max_rounds, options.sweep_tolerance, options.round_tolerance)
    trace = np.full((n_drops, options.max_rounds + 1), np.nan)
    converged = np.zeros(n_drops, dtype=bool)
    improve_drops(batch, limits, states, trace, rounds, converged)
    history = drops.task_bits.sum(axis=1)[:, None] / trace
    return results.solution(decision(drops, states), converged=converged, iterations=rounds, trace=history)
