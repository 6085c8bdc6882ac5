"""The paper's algorithm: a double loop of penalty dual decomposition, repaired where the errata say so."""

from __future__ import annotations

import numpy as np

from sagin.blocks.computing.queue_mmc import bound_exponent
from sagin.core import results
from sagin.systems.thz_uav_mec.kernels import Problem, State, fill_operation, sum_delay
from sagin.systems.thz_uav_mec.kernels_pdd import Limits, Relaxed, double_loop, new_room, refresh
from sagin.systems.thz_uav_mec.kernels_queue import Queue, new_queue, queue_slope
from sagin.systems.thz_uav_mec.kernels_uav import polish
from sagin.systems.thz_uav_mec.linear_association import round_association
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import central_positions, common_rate, decision, fresh_state, problems
from sagin.systems.thz_uav_mec.scenario import PddOptions
from sagin.systems.thz_uav_mec.steps import SWEEPS, uav_step


def solve_pdd(drops: Drops, options: PddOptions) -> results.Solution:
    """Penalty dual decomposition; needs equal arrival rates. Uses as many sub-bands as IoTs, those of least loss.

    The trace is the mean delay of the relaxed problem an outer iteration; its last value is the decision's.
    """
    n = len(drops.seeds)
    states, met, outer = [], np.zeros(n, dtype=bool), np.zeros(n, dtype=np.int32)
    trace = np.full((n, options.outer + 2), np.nan)
    for i, whole in enumerate(problems(drops)):
        problem, bands = with_bands(whole)
        queue = bounded_queue(drops, i)
        v = start_relaxed(problem, queue, central_positions(drops, i, options.algorithm_seed))
        met[i] = double_loop(problem, queue, v, limits(options), trace[i], new_room(problem))
        outer[i] = np.count_nonzero(~np.isnan(trace[i])) - 1
        state, trace[i, outer[i] + 1] = finish(problem, v)
        states.append(state._replace(subband=bands[state.subband]))
    trace /= drops.n_iots
    return results.solution(decision(states), converged=met, iterations=outer, trace=trace)


def with_bands(problem: Problem) -> tuple[Problem, np.ndarray]:
    """The problem with as many sub-bands as IoTs, and which they are: (3) is dualised as an equality.

    Of more sub-bands those with the largest gain over half the side of the area are kept, in ascending order.
    """
    n = len(problem.work)
    gain = np.log(problem.spread) - problem.absorption * problem.side / 2
    bands = np.sort(np.argsort(-gain, kind="stable")[:n])
    direct = np.ascontiguousarray(problem.direct[:, :, bands])
    spread, absorption = problem.spread[bands], problem.absorption[bands]
    return problem._replace(spread=spread, absorption=absorption, direct=direct), bands


def bounded_queue(drops: Drops, i: int) -> Queue:
    """The bounded queue cost of a drop, continued beyond saturation."""
    capacity = drops.n_units * drops.service_rate_per_s
    return new_queue(common_rate(drops, i), capacity, drops.service_rate_per_s, bound_exponent(drops.n_units))


def start_relaxed(problem: Problem, queue: Queue, centres: np.ndarray) -> Relaxed:
    """Even relays, associations and powers, UAVs at the centres; multipliers such that associating pays, see E9."""
    n, m, f = problem.direct.shape
    u = len(problem.uav_power)
    x, a = np.full((n, u), 1 / (u + 1)), np.full((n, m, f), 1 / (m * f))
    v = Relaxed(
        x=x,
        xt=x.copy(),
        y1=np.zeros((n, u)),
        y2=np.zeros((n, u)),
        a=a,
        at=a.copy(),
        y3=np.zeros(f),
        y4=np.zeros(n),
        y5=np.zeros((n, m, f)),
        y6=np.zeros((n, m, f)),
        power=np.repeat(problem.uav_power[:, None] / n, n, axis=1),
        xy=centres.copy(),
        first=np.empty((n, u, f)),
        gain=np.empty((u, m, f)),
        cost=np.empty((n, m, f)),
        prices=np.zeros(n + f + m),
    )
    refresh(problem, v)
    v.y4[:] = -(v.cost.mean(axis=(1, 2)) + queue_slope(queue, n / m))
    return v


def limits(options: PddOptions) -> Limits:
    """The options as the kernels take them."""
    return Limits(
        options.outer, options.inner, options.inner_tolerance, options.tolerance, options.penalty, options.shrink
    )


def finish(problem: Problem, v: Relaxed) -> tuple[State, float]:
    """Rounded servers, sub-bands and relays, then powers, positions and relays while they help; also the delay sum."""
    state = fresh_state(problem)
    state.server[:], state.subband[:] = round_association(v.a, len(problem.queue))
    chosen = np.max(v.x, axis=1, initial=0.0) > 0.5
    if chosen.any():
        state.relay[chosen] = np.argmax(v.x[chosen], axis=1)
    state.xy[:] = v.xy
    polish(problem, state, SWEEPS)
    operation = np.empty(len(problem.work))
    fill_operation(problem, state.server, operation)
    uav_step(problem, state, operation)
    unlimited = problem._replace(delay_max=np.full(len(operation), np.inf))  # the excess is no delay
    return state, sum_delay(unlimited, state, operation)
