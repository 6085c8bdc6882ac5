"""Certified lower bounds: no feasible decision costs less."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.systems.dm_mimo_vec.kernels_bound import bound_batch
from sagin.systems.dm_mimo_vec.kernels_sequential import sequential_bound_batch
from sagin.systems.dm_mimo_vec.model import Drops
from sagin.systems.dm_mimo_vec.solver import prepare


def lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) lower bound of the objective: exact upload cost plus a dual bound of the rest.

    Valid also where the deadline binds, but loose there, since deadlines are left out.
    """
    bounds = np.empty(drops.task_bits.shape[0])
    bound_batch(prepare(drops)[0], bounds)
    return outward(bounds, "min")


def sequential_lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) lower bound of the objective over sequential decisions; deadlines are left out."""
    bounds = np.empty(drops.task_bits.shape[0])
    sequential_bound_batch(prepare(drops)[0], bounds)
    return outward(bounds, "min")
