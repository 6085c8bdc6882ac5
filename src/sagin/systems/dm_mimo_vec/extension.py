"""Sequential service, greedy: shortest upload first, then for each vehicle the best power and split it still can get.

Shortest first is optimal among all schedules of the shared band, constant shares included, for the sum of upload
times. Power and split are chosen one vehicle after the other, which is not optimal as a whole; the bound of the space
says how far from it.
"""

from __future__ import annotations

import numpy as np

from sagin.core import records, results
from sagin.core.contracts import NoOptions
from sagin.systems.dm_mimo_vec.kernels import BITS_SAT
from sagin.systems.dm_mimo_vec.kernels_sequential import sequential_batch
from sagin.systems.dm_mimo_vec.model import Drops
from sagin.systems.dm_mimo_vec.sequential import SequentialDecision
from sagin.systems.dm_mimo_vec.solver import prepare


def solve_sequential(drops: Drops, options: NoOptions) -> results.Solution:
    """Serve one vehicle after the other: a larger decision space than the paper's, with its resources and objective."""
    problem, basis = prepare(drops)
    n_drops, n = drops.task_bits.shape
    order, power = np.zeros((n_drops, n), dtype=np.int64), np.zeros((n_drops, n))
    plan = np.zeros((n_drops, 4, n))
    sequential_batch(problem, order, plan, power)
    v = np.sqrt(power)[:, :, None] * basis[:, None, :, 0]  # along the strongest direction of the channel
    decision = records.build(SequentialDecision, order=order, s_sat_bits=plan[:, BITS_SAT], v=v)
    return results.solution(decision)
