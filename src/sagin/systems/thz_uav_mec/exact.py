"""The certified optimum of small networks: branch and bound over the position of the only UAV."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import Exact, outward, reference
from sagin.core.errors import InputError
from sagin.systems.thz_uav_mec.improved import solve_improved
from sagin.systems.thz_uav_mec.kernels import Problem, State, fill_operation, sum_delay
from sagin.systems.thz_uav_mec.kernels_exact import branch_and_bound
from sagin.systems.thz_uav_mec.kernels_limits import polish_within
from sagin.systems.thz_uav_mec.model import Drops, evaluate
from sagin.systems.thz_uav_mec.prepare import decision, fresh_state, problems
from sagin.systems.thz_uav_mec.scenario import ImprovedOptions
from sagin.systems.thz_uav_mec.steps import SWEEPS

GAP = 1e-4  # relative gap certified
MOST_IOTS, MOST_LINKS, MOST_SQUARES = 5, 64, 2_000_000


def exact(drops: Drops) -> Exact:
    """Optimum certified within a relative gap of 1e-4, for at most one UAV, 5 IoTs and 64 server-band pairs.

    The bound drops the maximum delay, so it holds with it as well. Raises InputError for larger networks.
    """
    if drops.n_uavs > 1:
        raise InputError("n_uavs", drops.n_uavs, "0 or 1", "one position is searched exactly")
    if drops.n_iots > MOST_IOTS:
        raise InputError("n_iots", drops.n_iots, f"<= {MOST_IOTS}", "all associations are enumerated")
    if drops.n_mecs * drops.n_subbands > MOST_LINKS:
        raise InputError("n_subbands", drops.n_subbands, f"<= {MOST_LINKS} / n_mecs", "all associations are enumerated")
    known = solve_improved(drops, ImprovedOptions()).decision
    states, bounds = [], []
    for i, problem in enumerate(problems(drops)):
        start = State(
            server=known.server[i].copy(),
            subband=known.subband[i].copy(),
            relay=known.relay[i].copy(),
            xy=known.uav_xy[i].copy(),
            power=known.uav_power[i].copy(),
            price=np.zeros(drops.n_uavs),
        )
        state, lower = certify(problem, start)
        states.append(state)
        bounds.append(lower / drops.n_iots)
    chosen = decision(states)
    return reference(evaluate(drops, chosen), outward(np.array(bounds), "min"), chosen)


def certify(problem: Problem, start: State, gap: float = GAP) -> tuple[State, float]:
    """A state no worse than `start` and a certified lower bound of the sum of delays."""
    polish_within(problem, start, SWEEPS)
    total = _total(problem, start)
    best, best_xy = np.full(len(problem.work) + 1, -1, dtype=np.int64), np.zeros(2)
    guess = float(start.price.max(initial=0.0))
    lower, _, _ = branch_and_bound(problem, total, guess, gap, MOST_SQUARES, best, best_xy)
    if best[-1] >= 0:
        found = _state(problem, best, best_xy)
        if _total(problem, found) < total:
            return found, lower
    return start, lower


def _state(problem: Problem, best: np.ndarray, xy: np.ndarray) -> State:
    state = fresh_state(problem)
    n_bands = len(problem.spread)
    state.server[:], state.subband[:] = best[:-1] // n_bands, best[:-1] % n_bands
    state.relay[:] = (best[-1] >> np.arange(len(problem.work)) & 1) - 1
    state.xy[:] = xy
    polish_within(problem, state, SWEEPS)
    return state


def _total(problem: Problem, state: State) -> float:
    operation = np.empty(len(problem.work))
    fill_operation(problem, state.server, operation)
    return sum_delay(problem, state, operation)
