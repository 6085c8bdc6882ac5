"""Compiled baselines: nearest servers, the relay rule of UAO, costs at fixed UAVs, and the genetic association."""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.genetic import (
    integer_below,
    random_labels,
    random_permutation,
    rank,
    reset_mutation,
    tournament,
)
from sagin.systems.thz_uav_mec.kernels import (
    Problem,
    State,
    down_gain,
    length,
    link_time,
    up_snr,
)

OVERLOAD_S = 1e3  # charge of the genetic association for an IoT above a server's stable load


@kernel
def nearest_servers(problem: Problem, rates: np.ndarray, capacity: float, server: np.ndarray) -> bool:
    """IoTs in index order take the nearest server that stays stable with them; False if one finds none.

    An IoT without a server gets the least loaded one.
    """
    load = np.zeros(len(problem.mec_xy))
    placed = True
    for k in range(len(server)):
        best = -1
        for m in range(len(load)):
            if load[m] + rates[k] < capacity * (1.0 - 1e-9) and (
                best < 0
                or length(problem.iot_xy[k], problem.mec_xy[m], 0.0)
                < length(problem.iot_xy[k], problem.mec_xy[best], 0.0)
            ):
                best = m
        if best < 0:
            placed = False
            best = np.argmin(load)
        server[k] = best
        load[best] += rates[k]
    return placed


@kernel
def fixed_cost(problem: Problem, state: State, cost: np.ndarray) -> None:
    """Times of all links (K, M, F) at the present relays, powers and positions."""
    n_iots, n_mecs, n_bands = cost.shape
    for k in range(n_iots):
        u = state.relay[k]
        for f in range(n_bands):
            up = link_time(problem.work[k], up_snr(problem, k, f, state.xy[u])) if u >= 0 else 0.0
            for m in range(n_mecs):
                if u < 0:
                    cost[k, m, f] = problem.direct[k, m, f]
                else:
                    snr = down_gain(problem, m, f, state.xy[u]) * state.power[u, k]
                    cost[k, m, f] = up + link_time(problem.work[k], snr)


@kernel
def relay_by_distance(problem: Problem, xy: np.ndarray, cost: np.ndarray, relay: np.ndarray) -> None:
    """UAO: a pair is relayed by the IoT's nearest UAV if the server is farther than it; the UAV shares power evenly.

    `cost`: (K, M, F) output, times of all links. `relay`: (K, M) output, the relay of each pair.
    """
    n_iots, n_mecs, n_bands = cost.shape
    n_uavs = len(problem.uav_power)
    nearest = np.full(n_iots, -1, dtype=np.int64)
    count = np.zeros(n_uavs)
    for k in range(n_iots):
        for u in range(n_uavs):
            if nearest[k] < 0 or length(problem.iot_xy[k], xy[u], problem.height_up) < length(
                problem.iot_xy[k], xy[nearest[k]], problem.height_up
            ):
                nearest[k] = u
        if n_uavs > 0:
            count[nearest[k]] += 1.0
    above = problem.height_up - problem.height_down  # server above IoT
    for k in range(n_iots):
        u = nearest[k]
        for m in range(n_mecs):
            relay[k, m] = -1
            if u >= 0 and length(problem.iot_xy[k], problem.mec_xy[m], above) > length(
                problem.iot_xy[k], xy[u], problem.height_up
            ):
                relay[k, m] = u
            for f in range(n_bands):
                cost[k, m, f] = problem.direct[k, m, f]
                if relay[k, m] >= 0:
                    snr = down_gain(problem, m, f, xy[u]) * problem.uav_power[u] / count[u]
                    up = link_time(problem.work[k], up_snr(problem, k, f, xy[u]))
                    cost[k, m, f] = up + link_time(problem.work[k], snr)


@kernel
def _fitness(cost: np.ndarray, queue: np.ndarray, server: np.ndarray, bands: np.ndarray, count: np.ndarray) -> float:
    n_max = len(queue) - 1
    count[:] = 0
    total = 0.0
    for k in range(len(server)):
        count[server[k]] += 1
        total += cost[k, server[k], bands[k]]
    for m in range(len(count)):
        total += queue[min(count[m], n_max)] + OVERLOAD_S * max(0, count[m] - n_max)
    return total


@kernel
def _cross(generator: np.random.Generator, servers: np.ndarray, bands: np.ndarray, parents: tuple[int, int],
           child: int, used: np.ndarray) -> None:  # fmt: skip
    """Uniform crossover of servers; the same mask keeps sub-bands of the first parent, the second's order fills in."""
    first, second = parents
    n_iots, n_bands = servers.shape[1], bands.shape[1]
    used[:] = False
    for k in range(n_bands):
        keep = generator.random() < 0.5
        if k < n_iots:
            servers[child, k] = servers[first, k] if keep else servers[second, k]
        bands[child, k] = bands[first, k] if keep else -1
        if keep:
            used[bands[first, k]] = True
    take = 0
    for k in range(n_bands):
        if bands[child, k] < 0:
            while used[bands[second, take]]:
                take += 1
            bands[child, k] = bands[second, take]
            take += 1


@kernel
def breed(generator: np.random.Generator, cost: np.ndarray, queue: np.ndarray, sizes: tuple[int, int],
          server: np.ndarray, subband: np.ndarray) -> None:  # fmt: skip
    """Genetic association at fixed costs. `sizes`: population, generations. `server`, `subband`: start and output."""
    n_iots, n_mecs, n_bands = cost.shape
    size, generations = sizes
    servers = np.empty((2 * size, n_iots), dtype=np.int64)
    bands = np.empty((2 * size, n_bands), dtype=np.int64)
    fitness, order = np.empty(2 * size), np.empty(2 * size, dtype=np.int64)
    spare_servers, spare_bands = np.empty((size, n_iots), dtype=np.int64), np.empty((size, n_bands), dtype=np.int64)
    spare_fitness = np.empty(size)
    count, used = np.empty(n_mecs, dtype=np.int64), np.zeros(n_bands, dtype=np.bool_)
    fixed = np.zeros(n_iots, dtype=np.bool_)
    for i in range(size):
        random_labels(generator, n_mecs, servers[i])
        random_permutation(generator, bands[i])
    for k in range(n_iots):
        servers[0, k], bands[0, k] = server[k], subband[k]
        used[subband[k]] = True
    free = n_iots
    for f in range(n_bands):
        if not used[f]:
            bands[0, free] = f
            free += 1
    for i in range(size):
        fitness[i] = _fitness(cost, queue, servers[i], bands[i], count)
    rank(fitness[:size], order[:size])
    for _ in range(generations):
        for i in range(size):
            for k in range(n_iots):
                spare_servers[i, k] = servers[order[i], k]
            for f in range(n_bands):
                spare_bands[i, f] = bands[order[i], f]
            spare_fitness[i] = fitness[order[i]]
        for i in range(size):
            for k in range(n_iots):
                servers[i, k] = spare_servers[i, k]
            for f in range(n_bands):
                bands[i, f] = spare_bands[i, f]
            fitness[i] = spare_fitness[i]
        for child in range(size, 2 * size):
            parents = (tournament(generator, size, 2), tournament(generator, size, 2))
            _cross(generator, servers, bands, parents, child, used)
            reset_mutation(generator, 1.0 / n_iots, n_mecs, fixed, servers[child])
            if generator.random() < 0.5:
                i, j = integer_below(generator, n_bands), integer_below(generator, n_bands)
                bands[child, i], bands[child, j] = bands[child, j], bands[child, i]
            fitness[child] = _fitness(cost, queue, servers[child], bands[child], count)
        rank(fitness, order)
    for k in range(n_iots):
        server[k], subband[k] = servers[order[0], k], bands[order[0], k]
