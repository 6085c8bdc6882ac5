"""Certified lower bound of the utility, at any number of terminals and cores, up to 14 task slots a terminal."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.systems.ccmsm.kernels_prices import MOST_SLOTS, certified_bound
from sagin.systems.ccmsm.model import Drops, all_local, references, utility
from sagin.systems.ccmsm.problem import problems

RATIO = 1.0002  # between the ends of the stretch of horizons that decides
MOST_STRETCHES = 4000


def lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) no plan has a smaller utility; NaN above 14 slots, where the table of subsets would be too large."""
    if drops.data_bits.shape[2] > MOST_SLOTS:
        return np.full(len(drops.seeds), np.nan)
    energy_unit, time_unit = references(drops)
    energy, makespan = all_local(drops)
    local = utility(drops, energy / energy_unit, makespan / time_unit)
    bounds = [
        certified_bound(problem, float(local[d]), RATIO, MOST_STRETCHES) for d, problem in enumerate(problems(drops))
    ]
    return outward(np.array(bounds), "min")
