"""The offloading schemes that the paper compares with (Section IV), all realised on the true server."""

from __future__ import annotations

import numpy as np

from sagin.blocks.access.uplink import upload_time
from sagin.blocks.computing.cpu import cpu_time
from sagin.core import records, results
from sagin.core.parameters import Parameters
from sagin.core.random import scheme_stream
from sagin.systems.ccmsm.model import Decision, Drops, dispatch, uplink_rate


def solve_local(drops: Drops, options: Parameters) -> results.Solution:
    """Nothing is offloaded: utility 1 by definition."""
    return _plan(np.zeros(drops.data_bits.shape, dtype=np.int64), _index_order(drops), _power(drops, drops.p_min_w))


def solve_allupload(drops: Drops, options: Parameters) -> results.Solution:
    """Everything is offloaded at full power, in index order, each arrival to the core where it can start first."""
    queue, power = _index_order(drops), _power(drops, drops.p_max_w)
    return _plan(dispatch(drops, drops.task_mask, queue, power), queue, power)


def solve_random(drops: Drops, options: Parameters) -> results.Solution:
    """Places, orders and powers drawn uniformly."""
    core, queue = np.zeros(drops.data_bits.shape, dtype=np.int64), _index_order(drops)
    power = _power(drops, drops.p_min_w)
    for d, seed in enumerate(drops.seeds):
        generator = scheme_stream(drops.scenario.algorithm_seed, int(seed), "random")
        core[d] = generator.integers(0, drops.n_cores + 1, size=core[d].shape)
        queue[d] = np.argsort(generator.random(core[d].shape), axis=1)
        power[d] += (drops.p_max_w - drops.p_min_w) * generator.random(power[d].size)
    return _plan(np.where(drops.task_mask, core, 0), queue, np.minimum(power, drops.p_max_w))


def solve_fcfs(drops: Drops, options: Parameters) -> results.Solution:
    """Each task in turn (slot by slot, terminals inside) goes to what is free first: a core, or its own processor."""
    count, n, slots = drops.data_bits.shape
    every = np.arange(count)
    power = _power(drops, drops.p_max_w)
    upload = upload_time(drops.data_bits, uplink_rate(drops, power)[..., None])
    own = cpu_time(drops.cycles, drops.cpu_local_hz[..., None])
    work = cpu_time(drops.cycles, drops.cpu_core_hz)
    core = np.zeros(drops.data_bits.shape, dtype=np.int64)
    free = np.zeros((count, drops.n_cores))
    busy, sent = np.zeros((count, n)), np.zeros((count, n))
    for j in range(slots):
        for i in range(n):
            first = np.argmin(free, axis=1)
            real = drops.task_mask[:, i, j]
            moved = real & (free[every, first] <= busy[:, i])
            core[:, i, j] = np.where(moved, first + 1, 0)
            sent[:, i] += np.where(moved, upload[:, i, j], 0.0)
            finish = np.maximum(free[every, first], sent[:, i]) + work[:, i, j]
            free[every, first] = np.where(moved, finish, free[every, first])
            busy[:, i] += np.where(real & ~moved, own[:, i, j], 0.0)
    return _plan(core, _index_order(drops), power)


def _index_order(drops: Drops) -> np.ndarray:
    return np.broadcast_to(np.arange(drops.data_bits.shape[2]), drops.data_bits.shape).copy()


def _power(drops: Drops, power_w: float) -> np.ndarray:
    return np.full(drops.gain.shape, power_w)


def _plan(core: np.ndarray, queue: np.ndarray, power_w: np.ndarray) -> results.Solution:
    return results.solution(records.build(Decision, core=core, queue=queue, power_w=power_w))
