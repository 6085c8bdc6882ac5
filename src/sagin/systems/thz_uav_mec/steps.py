"""The UAV step shared by the paper's algorithm and its benchmarks."""

from __future__ import annotations

import numpy as np

from sagin.systems.thz_uav_mec.kernels import Problem, State, copy_state, sum_delay
from sagin.systems.thz_uav_mec.kernels_uav import choose_relays, polish

ROUNDS = 20  # most rounds of a UAV step
SWEEPS = 30  # most alternations of powers and positions in a round


def uav_step(problem: Problem, state: State, operation: np.ndarray) -> list[float]:
    """Relays, powers and positions in turn at a fixed association until the sum of delays stops falling.

    `operation`: (K,) queue and service times. The best point is left in `state`; returns the falling sums, start first.
    """
    sums = [sum_delay(problem, state, operation)]
    trial = State(*(array.copy() for array in state))
    for _ in range(ROUNDS):
        choose_relays(problem, trial)
        polish(problem, trial, SWEEPS)
        total = sum_delay(problem, trial, operation)
        if not total < sums[-1] * (1 - 1e-12):
            break
        sums.append(total)
        copy_state(trial, state)
    return sums
