"""Certified lower bound of the utility, at any number of terminals, tasks and cores."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.systems.ccmsm.kernels_prices import certified_bound
from sagin.systems.ccmsm.model import Drops, all_local, references, utility
from sagin.systems.ccmsm.problem import problems

RATIO = 1.0002  # between the ends of the stretch of horizons that decides
MOST_STRETCHES = 4000


def lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) no plan has a smaller utility."""
    energy_unit, time_unit = references(drops)
    energy, makespan = all_local(drops)
    local = utility(drops, energy / energy_unit, makespan / time_unit)
    bounds = [
        certified_bound(problem, float(local[d]), RATIO, MOST_STRETCHES) for d, problem in enumerate(problems(drops))
    ]
    return outward(np.array(bounds), "min")
