"""Compiled association: servers with their queues and sub-bands in turn, each solved exactly."""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.assignment import assign_from


@kernel
def assign_servers(cost: np.ndarray, queue: np.ndarray, server: np.ndarray) -> float:
    """Servers of least sum of cost (K, M) and queue time; the n-th IoT of a server adds G(n) - G(n - 1).

    IoT after IoT along a cheapest chain of moves between servers, which is exact because these marginals increase
    (a flow of least cost). At most `len(queue) - 1` IoTs a server.
    """
    n_iots, n_mecs = cost.shape
    count = np.zeros(n_mecs, dtype=np.int64)
    move, mover = np.empty((n_mecs, n_mecs)), np.empty((n_mecs, n_mecs), dtype=np.int64)
    # cheapest chains of 0, 1, ... moves that end with one more IoT at a server; a chain needs no server twice
    chain, before = np.empty((n_mecs, n_mecs)), np.empty((n_mecs, n_mecs), dtype=np.int64)
    total = 0.0
    for k in range(n_iots):
        move[:] = np.inf
        for i in range(k):
            a = server[i]
            for b in range(n_mecs):
                if cost[i, b] - cost[i, a] < move[a, b]:
                    move[a, b], mover[a, b] = cost[i, b] - cost[i, a], i
        best, links, end = np.inf, 0, 0
        for n in range(n_mecs):
            for b in range(n_mecs):
                chain[n, b] = cost[k, b] if n == 0 else np.inf
                for a in range(n_mecs):
                    if n > 0 and a != b and chain[n - 1, a] + move[a, b] < chain[n, b]:
                        chain[n, b], before[n, b] = chain[n - 1, a] + move[a, b], a
                if count[b] < len(queue) - 1 and chain[n, b] + queue[count[b] + 1] - queue[count[b]] < best:
                    best, links, end = chain[n, b] + queue[count[b] + 1] - queue[count[b]], n, b
        total += best
        count[end] += 1
        for n in range(links, 0, -1):
            a = before[n, end]
            server[mover[a, end]] = end
            end = a
        server[k] = end
    return total


@kernel
def associate(
    cost: np.ndarray, queue: np.ndarray, server: np.ndarray, subband: np.ndarray, price: np.ndarray, first: bool
) -> float:
    """Least sum of cost (K, M, F) and queue time found by servers and sub-bands in turn, to a fixed point.

    `server`, `subband`: (K,) start and output. `price`: (F,) of the sub-bands, start and output; prices of a similar
    cost save time, zeros do. `first`: there is no start; servers from the mean over sub-bands.
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
        if n_bands > n_iots:
            price[:] = 0.0  # a sub-band that is left free must be free of charge
        bands = assign_from(by_band, price, subband)
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
