"""Joint descent in the paper's decision space.

Algorithm 1 weighs the satellite branch by beta when it improves the precoders, although the branch is only worth what
the split makes of it. Here shares and split are eliminated exactly, and the precoders descend on what is left: the
fixed points are stationary points of the joint problem, which those of Algorithm 1 are not.
"""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.core.keeping import keep_better as keep_judged
from sagin.systems.dm_mimo_vec.kernels import END, FEASIBLE
from sagin.systems.dm_mimo_vec.kernels_alternate import Outcome, alternate_batch
from sagin.systems.dm_mimo_vec.kernels_batch import descend_batch
from sagin.systems.dm_mimo_vec.model import Drops, evaluate
from sagin.systems.dm_mimo_vec.scenario import JointOptions
from sagin.systems.dm_mimo_vec.solver import antenna_streams, effort, new_outcome, prepare, to_decision


def solve_joint(drops: Drops, options: JointOptions) -> results.Solution:
    """Joint descent from the result of Algorithm 1, and from the right singular vectors; the better of both.

    Started from the identity it could switch streams off for good, which Algorithm 1 does not: hence its result first.
    The trace holds the objective of Algorithm 1, after the first descent, and after the second.
    """
    problem, basis = prepare(drops)
    best = new_outcome(drops, antenna_streams(drops, basis), options.rounds)
    alternate_batch(problem, effort(options), best)
    before = to_decision(best, basis)
    value = best.trace[np.arange(len(best.iterations)), best.iterations]
    trace, iterations, converged = [value], np.zeros_like(best.iterations), np.ones_like(best.converged)
    for start in (best.v.copy(), singular_streams(drops)):
        trial = new_outcome(drops, start, 0)
        descend_batch(problem, True, options.joint_steps, options.joint_tolerance, trial)
        trace.append(keep_better(best, trace[-1], trial, drops.t_max_s))
        iterations += trial.iterations
        converged &= trial.converged
    decision, kept = keep_judged(drops, before, to_decision(best, basis), evaluate, "min")
    trace[1:] = [np.where(kept, trace[0], value) for value in trace[1:]]
    return results.solution(decision, converged=converged, iterations=iterations, trace=np.stack(trace, axis=1))


def singular_streams(drops: Drops) -> np.ndarray:
    """Stream i along the i-th right singular vector (modulo their number), in the eigenbasis, with equal powers."""
    n_drops, n = drops.task_bits.shape
    m = drops.h_sat.shape[2]
    one = np.sqrt(drops.p_max_w / n) * np.eye(m, dtype=complex)[np.arange(n) % m]
    return np.broadcast_to(one, (n_drops, n, m)).copy()


def keep_better(best: Outcome, value: np.ndarray, trial: Outcome, t_max_s: float) -> np.ndarray:
    """Overwrite `best` where `trial` is less late or, equally late, no dearer; returns the objectives that are left."""
    late, trial_late = (np.maximum(o.plan[:, END].max(axis=1) / t_max_s - 1, FEASIBLE) for o in (best, trial))
    take = (trial_late < late) | ((trial_late == late) & (trial.trace[:, 0] <= value))
    best.plan[take], best.v[take] = trial.plan[take], trial.v[take]
    return np.where(take, trial.trace[:, 0], value)
