"""Certified lower bound: the value of prices on the resources (N43), whatever the network."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.systems.network.kernels_bound import bound_batch
from sagin.systems.network.model import Drops
from sagin.systems.network.solver import pair_resources, prepare


def lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) lower bound of the objective over all feasible decisions; inf: certainly no decision is feasible."""
    problem = prepare(drops)
    bounds = np.empty(len(problem.ke))
    bound_batch(problem, pair_resources(problem), bounds)
    return outward(bounds, "min")
