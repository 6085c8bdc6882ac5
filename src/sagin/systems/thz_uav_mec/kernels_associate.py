"""Compiled association: servers with stable slots and sub-bands by alternating two exact linear assignments."""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.assignment import assign


@kernel
def assign_servers(cost: np.ndarray, queue: np.ndarray, server: np.ndarray) -> float:
    """Servers of least sum of cost (K, M) and queue time; slot n of a server costs G(n) - G(n - 1).

    Exact because these marginals increase: a cheapest matching fills the slots of a server in order.
    """
    n_iots, n_mecs = cost.shape
    n_max = len(queue) - 1
    slots = np.empty((n_iots, n_mecs * n_max))
    for k in range(n_iots):
        for m in range(n_mecs):
            for n in range(n_max):
                slots[k, m * n_max + n] = cost[k, m] + queue[n + 1] - queue[n]
    total = assign(slots, server)
    for k in range(n_iots):
        server[k] //= n_max
    return total


@kernel
def associate(cost: np.ndarray, queue: np.ndarray, server: np.ndarray, subband: np.ndarray, first: bool) -> float:
    """Least sum of cost (K, M, F) and queue time found by servers and sub-bands in turn, to a fixed point.

    `server`, `subband`: (K,) start and output. `first`: there is no start; servers from the mean over sub-bands.
    Returns the total of cost and queue time. Never worse than the start.
    """
    n_iots, n_mecs, n_bands = cost.shape
    by_server = np.empty((n_iots, n_mecs))
    by_band = np.empty((n_iots, n_bands))
    if first:
        for k in range(n_iots):
            for m in range(n_mecs):
                by_server[k, m] = 0.0
                for f in range(n_bands):
                    by_server[k, m] += cost[k, m, f] / n_bands
        assign_servers(by_server, queue, server)
    total = np.inf
    for sweep in range(100):
        if not first or sweep > 0:
            for k in range(n_iots):
                for m in range(n_mecs):
                    by_server[k, m] = cost[k, m, subband[k]]
            after = assign_servers(by_server, queue, server)
            if not after < total * (1.0 - 1e-13):
                return after
            total = after
        for k in range(n_iots):
            for f in range(n_bands):
                by_band[k, f] = cost[k, server[k], f]
        bands = assign(by_band, subband)
        queues = 0.0
        count = np.zeros(n_mecs, dtype=np.int64)
        for k in range(n_iots):
            count[server[k]] += 1
        for m in range(n_mecs):
            queues += queue[count[m]]
        if not bands + queues < total * (1.0 - 1e-13):
            return bands + queues
        total = bands + queues
    return total
