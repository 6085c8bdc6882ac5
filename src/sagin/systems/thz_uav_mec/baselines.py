"""The paper's benchmarks: UO, UAO, NR-SCA, UO-GUAO and BCD-SCA."""

from __future__ import annotations

import numpy as np

from sagin.blocks.computing.queue_mmc import operation_delay
from sagin.core import random, results
from sagin.systems.thz_uav_mec.kernels import Problem, State, copy_state, fill_operation, sum_delay
from sagin.systems.thz_uav_mec.kernels_associate import associate
from sagin.systems.thz_uav_mec.kernels_baselines import breed, fixed_cost, nearest_servers, relay_by_distance
from sagin.systems.thz_uav_mec.kernels_uav import choose_relays, polish
from sagin.systems.thz_uav_mec.linear_association import associate_sca
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import (
    central_positions,
    common_rate,
    decision,
    fresh_state,
    problems,
    queue_times,
)
from sagin.systems.thz_uav_mec.scenario import GeneticOptions, ScaOptions, StartOptions
from sagin.systems.thz_uav_mec.steps import ROUNDS, SWEEPS, uav_step


def solve_uo(drops: Drops, options: StartOptions) -> results.Solution:
    """UAV optimisation: nearest servers with room, then relays, powers and positions. Any arrival rates."""
    states, trace = [], np.full((len(drops.seeds), ROUNDS + 1), np.nan)
    for i, problem in enumerate(problems(drops, equal_rates=False)):
        state, sums = _nearest_start(drops, i, problem, options)
        states.append(state)
        trace[i, : len(sums)] = sums
    return _finish(drops, states, trace)


def _nearest_start(drops: Drops, i: int, problem: Problem, options: StartOptions) -> tuple[State, list[float]]:
    """Nearest servers, IoT k on sub-band k, and one UAV step; the state and the sums of delays on the way."""
    state = _central(drops, i, problem, options)
    capacity = drops.n_units * drops.service_rate_per_s
    nearest_servers(problem, drops.arrival_rate_per_s[i], capacity, state.server)
    load = np.bincount(state.server, drops.arrival_rate_per_s[i], drops.n_mecs)
    # an overloaded server cannot be helped here; a finite stand-in keeps the UAV step comparing
    queue = np.minimum(operation_delay(load, drops.n_units, drops.service_rate_per_s), 1e9)
    return state, uav_step(problem, state, queue[state.server])


def _central(drops: Drops, i: int, problem: Problem, options: StartOptions) -> State:
    state = fresh_state(problem)
    state.xy[:] = central_positions(drops, i, options.algorithm_seed)
    return state


def solve_uao(drops: Drops, options: StartOptions) -> results.Solution:
    """User association optimisation: fixed UAVs, relays by distance, equal powers, exact assignments."""
    states = []
    for i, problem in enumerate(problems(drops)):
        state = _central(drops, i, problem, options)
        cost, relay = np.empty(problem.direct.shape), np.empty((drops.n_iots, drops.n_mecs), dtype=np.int64)
        relay_by_distance(problem, state.xy, cost, relay)
        associate(cost, problem.queue, state.server, state.subband, np.zeros(drops.n_subbands), True)
        state.relay[:] = relay[np.arange(drops.n_iots), state.server]
        for u in range(drops.n_uavs):
            mine = state.relay == u
            state.power[u, mine] = problem.uav_power[u] / max(mine.sum(), 1)
        states.append(state)
    return results.solution(decision(states))


def solve_nr_sca(drops: Drops, options: ScaOptions) -> results.Solution:
    """No relay: association by successive linear programs."""
    states = []
    for i, problem in enumerate(problems(drops)):
        state = _central(drops, i, problem, options)
        bounded = queue_times(drops, common_rate(drops, i), True)
        server, subband = associate_sca(problem.direct, bounded, options.programs, options.penalty)
        state.server[:], state.subband[:] = server, subband
        states.append(state)
    return results.solution(decision(states))


def solve_uo_guao(drops: Drops, options: GeneticOptions) -> results.Solution:
    """UO, then rounds of genetic association and UAV step, each from the last point; the best point is kept."""
    states, trace = [], np.full((len(drops.seeds), options.rounds + 1), np.nan)
    for i, problem in enumerate(problems(drops)):
        generator = random.scheme_stream(options.algorithm_seed, int(drops.seeds[i]), "uo_guao")
        best, sums = _nearest_start(drops, i, problem, options)
        now = fresh_state(problem)
        copy_state(best, now)
        trace[i, 0] = sums[-1]
        cost, operation = np.empty(problem.direct.shape), np.empty(drops.n_iots)
        for sweep in range(options.rounds):
            fixed_cost(problem, now, cost)
            sizes = (options.population, options.generations)
            breed(generator, cost, problem.queue, sizes, now.server, now.subband)
            if fill_operation(problem, now.server, operation):
                total = uav_step(problem, now, operation)[-1]
                if total < np.nanmin(trace[i]):
                    copy_state(now, best)
                trace[i, sweep + 1] = min(total, trace[i, sweep])
            else:
                trace[i, sweep + 1] = trace[i, sweep]
        states.append(best)
    return _finish(drops, states, trace)


def solve_bcd_sca(drops: Drops, options: ScaOptions) -> results.Solution:
    """Block descent: association by successive linear programs, relays, powers and positions in turn."""
    states, trace = [], np.full((len(drops.seeds), options.rounds + 1), np.nan)
    for i, problem in enumerate(problems(drops)):
        state, _ = _nearest_start(drops, i, problem, options)
        bounded = queue_times(drops, common_rate(drops, i), True)
        states.append(_block_descent(problem, bounded, state, options, trace[i]))
    return _finish(drops, states, trace)


def _block_descent(
    problem: Problem, queue_bounded: np.ndarray, best_state: State, options: ScaOptions, trace: np.ndarray
) -> State:
    """Blocks in turn until the sum of delays gains no more; the best point is kept, `trace` is of the best."""
    now = fresh_state(problem)
    copy_state(best_state, now)
    operation = np.empty(len(problem.work))
    fill_operation(problem, now.server, operation)
    best = sum_delay(problem, now, operation)
    trace[0] = best
    cost = np.empty(problem.direct.shape)
    last = best
    for sweep in range(options.rounds):
        fixed_cost(problem, now, cost)
        server, subband = associate_sca(cost, queue_bounded, options.programs, options.penalty)
        now.server[:], now.subband[:] = server, subband
        choose_relays(problem, now)
        polish(problem, now, SWEEPS)
        fill_operation(problem, now.server, operation)
        total = sum_delay(problem, now, operation)
        if total < best:
            best = total
            copy_state(now, best_state)
        trace[sweep + 1] = best
        if not total < last * (1 - 1e-7):
            break
        last = total
    return best_state


def _finish(drops: Drops, states: list[State], trace: np.ndarray) -> results.Solution:
    """A solution with its trace per IoT; the trace charges the excess over maximum delays."""
    trace = trace / drops.n_iots
    steps = np.sum(~np.isnan(trace), axis=1) - 1
    return results.solution(decision(states), iterations=steps, trace=trace)
