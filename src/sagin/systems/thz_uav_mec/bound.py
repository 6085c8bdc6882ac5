"""A certified lower bound of the mean delay at any size, without a linear-programming solver."""

from __future__ import annotations

import numpy as np

from sagin.systems.thz_uav_mec.kernels_bound import lower_bound
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import problems

PRICES = 8  # prices of power tried
ROUNDS = 150  # ascent steps in the prices of the servers


def bound(drops: Drops) -> np.ndarray:
    """(drop,) certified lower bound of the objective [s]; equal arrival rates only.

    Relaxations: no maximum delay; every relayed IoT has a UAV of its own at the best point; all UAV power is shared.
    Any prices of power and servers give a valid bound; the best ones found are used.
    """
    return np.array([lower_bound(problem, PRICES, ROUNDS) / drops.n_iots for problem in problems(drops)])
