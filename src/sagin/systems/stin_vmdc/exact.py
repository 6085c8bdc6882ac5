"""Reference at small size: every matching, each with a descent over the splits from several starts.

A reference by enumeration, not a certificate: the descent over the splits is local. The bound certifies.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from sagin.core.contracts import Exact, reference
from sagin.core.errors import InputError
from sagin.systems.stin_vmdc.bound import bound
from sagin.systems.stin_vmdc.improved import solve_improved
from sagin.systems.stin_vmdc.kernels import PLAN, Task, Work
from sagin.systems.stin_vmdc.kernels_rematch import Limits, descend
from sagin.systems.stin_vmdc.model import Decision, Drops, evaluate
from sagin.systems.stin_vmdc.options import SearchOptions
from sagin.systems.stin_vmdc.solver import decision, tasks, workspace

MOST_MATCHINGS = 10_000
LIMITS = Limits(max_sweeps=60, max_rounds=1, sweep_tolerance=1e-9, round_tolerance=0.0)


def exact(drops: Drops) -> Exact:
    """Best decision over all matchings of each drop; InputError where there are more than 10,000."""
    count = (drops.n_clusters + 1) ** drops.n_subchannels
    if count > MOST_MATCHINGS:
        bound_text = f"few enough that (clusters + 1)^subchannels <= {MOST_MATCHINGS}"
        raise InputError("n_subchannels", drops.n_subchannels, bound_text, "every matching is tried")
    work = workspace(drops)
    seeds: list[Decision] = [solve_improved(drops, SearchOptions()).decision]
    ends = [_best(task, [_splits(seed, i) for seed in seeds], work) for i, task in enumerate(tasks(drops))]
    plans, owners = (np.array(part) for part in zip(*ends, strict=True))
    best = decision(drops, plans, owners)
    return reference(evaluate(drops, best), bound(drops), best)


def _splits(seed: Decision, i: int) -> tuple[np.ndarray, np.ndarray]:
    return seed.theta[i], seed.zeta[i]


def _best(task: Task, splits: list[tuple[np.ndarray, np.ndarray]], work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Plan and owners of least energy; nobody offloads where no matching has a feasible split."""
    n_clusters, n_sub = task.members.shape[0], task.band.size
    nobody = np.zeros(task.vehicle.size)
    least = task.vehicle["least"]
    best_plan, best_owner = np.zeros(task.vehicle.size, PLAN), np.full(n_sub, -1, dtype=np.int64)
    best_plan["alpha"] = 1 / best_plan.size
    best_energy = math.inf
    trace = np.empty(LIMITS.max_rounds + 1)
    for owners in itertools.product(range(-1, n_clusters), repeat=n_sub):
        owner = np.array(owners, dtype=np.int64)
        if np.bincount(owner + 1, minlength=n_clusters + 1)[1:].max() > task.quota:
            continue
        for theta, zeta in [(nobody, least), (least, nobody), *splits]:
            plan, matched = np.zeros(best_plan.size, PLAN), owner.copy()
            plan["theta"], plan["zeta"] = theta, zeta
            rounds, _ = descend(task, plan, matched, LIMITS, trace, work)
            if rounds and trace[rounds] < best_energy:
                best_plan, best_owner, best_energy = plan, matched, trace[rounds]
    return best_plan, best_owner
