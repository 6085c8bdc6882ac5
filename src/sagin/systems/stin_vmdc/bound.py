"""Certified upper bound on the computation efficiency: Lagrangian dual of the energy.

Relaxed: a cluster's rates to their sum (that of a multiple-access channel, which successive decoding attains), its
powers to any split over its sub-channels, upload times to the shortest, and the coupling through the terahertz band and
the sum rates to prices. Kept: quotas and one cluster a sub-channel, by an exact assignment.
"""

from __future__ import annotations

import numpy as np

from sagin.systems.stin_vmdc.kernels_bound import energy_bound
from sagin.systems.stin_vmdc.model import Drops
from sagin.systems.stin_vmdc.solver import tasks

N_EVALUATIONS = 600  # of the dual function a drop


def bound(drops: Drops) -> np.ndarray:
    """(drop,) [bit/J] upper bound on J over all feasible decisions; 0 where some vehicle has no feasible split."""
    energy = np.array([energy_bound(task, N_EVALUATIONS) for task in tasks(drops)])
    with np.errstate(divide="ignore"):
        return np.where(energy > 0, drops.task_bits.sum(axis=1) / energy, np.inf)
