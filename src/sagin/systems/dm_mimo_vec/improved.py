"""Joint descent in the paper's decision space.

Algorithm 1 weighs the satellite branch by beta when it improves the precoders, although the branch is only worth what
the split makes of it. Here shares and split are eliminated exactly, and the precoders descend on what is left: the
fixed points are stationary points of the joint problem, which those of Algorithm 1 are not.
"""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.systems.dm_mimo_vec.kernels_alternate import alternate_batch
from sagin.systems.dm_mimo_vec.kernels_improved import joint_batch
from sagin.systems.dm_mimo_vec.model import Drops
from sagin.systems.dm_mimo_vec.scenario import JointOptions
from sagin.systems.dm_mimo_vec.solver import antenna_streams, effort, new_outcome, prepare, to_decision


def solve_joint(drops: Drops, options: JointOptions) -> results.Solution:
    """Joint descent from the result of Algorithm 1, and from the right singular vectors; the better of both.

    Started from the identity it could switch streams off for good, which Algorithm 1 does not: hence its result first.
    """
    problem, basis = prepare(drops)
    outcome = new_outcome(drops, antenna_streams(drops, basis), options.rounds)
    alternate_batch(problem, effort(options), outcome)
    outcome = outcome._replace(trace=np.full((drops.task_bits.shape[0], 3), np.nan))
    joint_batch(problem, options.joint_steps, options.joint_tolerance, outcome)
    return results.solution(
        to_decision(outcome, basis),
        converged=outcome.converged,
        iterations=outcome.iterations,
        trace=outcome.trace,
    )
