"""The benchmark schemes: other splits, one sub-channel a cluster, and fixed powers."""

from __future__ import annotations

import numpy as np

from sagin.core import random, results
from sagin.methods.water_filling import water_filling
from sagin.systems.stin_vmdc.kernels_loop import EDGE_FIRST, LOCAL_FIRST, MIXED, N_VERTICES
from sagin.systems.stin_vmdc.model import Drops, mean_gain
from sagin.systems.stin_vmdc.options import FixedBudget, OneStart, RandomStarts, Starts
from sagin.systems.stin_vmdc.solver import rules, run, start_powers


def solve_priority_locality(drops: Drops, options: Starts) -> results.Solution:
    """Offload only what the deadline forces out, in proportion to the two tiers' limits."""
    return run(drops, rules(options, split=LOCAL_FIRST), start_powers(drops, options.start_fractions))


def solve_priority_edge(drops: Drops, options: OneStart) -> results.Solution:
    """Fill the base station, then the satellite, at fixed powers; the rest stays local."""
    start = start_powers(drops, (options.start_fraction,))
    return run(drops, rules(options, split=EDGE_FIRST, honest=False), start)


def solve_random(drops: Drops, options: RandomStarts) -> results.Solution:
    """A random mixture of the corners of each vehicle's feasible splits, fixed for the drop."""
    mix = np.empty((len(drops.seeds), drops.n_vehicles, N_VERTICES))
    for row, seed in enumerate(drops.seeds):
        for m in range(drops.n_vehicles):
            generator = random.scheme_stream(options.algorithm_seed, int(seed), "random", m)
            mix[row, m] = generator.exponential(size=N_VERTICES)
    return run(drops, rules(options, split=MIXED), start_powers(drops, options.start_fractions), mix)


def solve_one_to_one(drops: Drops, options: Starts) -> results.Solution:
    """One sub-channel a cluster, the others idle."""
    return run(drops, rules(options), start_powers(drops, options.start_fractions), quota=1)


def solve_water_filling(drops: Drops, options: FixedBudget) -> results.Solution:
    """Fixed powers: a budget poured over the vehicles' noise-to-gain floors."""
    fraction = drops.scenario.benchmark_power_fraction
    floors = drops.sub_noise_w.sum() / mean_gain(drops.fading_rf, drops.path_gain, drops.quad_w)
    start = np.empty((len(drops.seeds), 1, drops.n_vehicles))
    for row, floor in enumerate(floors):
        water_filling(floor, drops.p_max_w, fraction * drops.n_vehicles * drops.p_max_w, start[row, 0])
    return run(drops, rules(options, honest=False), start)


def solve_average_power(drops: Drops, options: FixedBudget) -> results.Solution:
    """Fixed powers: the same budget in equal parts."""
    start = start_powers(drops, (drops.scenario.benchmark_power_fraction,))
    return run(drops, rules(options, honest=False), start)


def solve_tuned_average_power(drops: Drops, options: Starts) -> results.Solution:
    """Equal powers at the best of the levels from which JTORA starts, drop by drop: as much tuning as JTORA has."""
    return run(drops, rules(options, honest=False), start_powers(drops, options.start_fractions))
