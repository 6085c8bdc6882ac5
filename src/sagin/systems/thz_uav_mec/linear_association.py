"""Association by successive linear programs with a concave penalty: the benchmark of NR-SCA and BCD-SCA."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from sagin.methods.assignment import assign
from sagin.systems.thz_uav_mec.kernels_associate import assign_servers

BINARY = 1e-6  # how close to 0 or 1 counts as binary


def associate_sca(
    cost: np.ndarray, queue_bounded: np.ndarray, programs: int, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Servers (K,) and sub-bands (K,) of about least sum of cost (K, M, F) and bounded queue time.

    A linear program over fractional associations, its queue cost piecewise linear with integer break points; then the
    penalty kappa a (1 - a), linearised at the last point, with kappa doubled each time until a is binary.
    """
    relaxed = np.zeros(cost.shape)
    weight = 0.0
    for program in range(programs):
        relaxed = _program(cost + weight * (1.0 - 2.0 * relaxed), queue_bounded)
        if np.all(np.minimum(relaxed, 1.0 - relaxed) < BINARY):
            break
        weight = penalty * 2.0**program
    return round_association(relaxed, len(queue_bounded))


def _program(cost: np.ndarray, queue_bounded: np.ndarray) -> np.ndarray:
    """The linear program, by columns: links enter when their reduced cost is negative; exact when none is."""
    n_iots, n_mecs, n_bands = cost.shape
    n_max = len(queue_bounded) - 1
    margins = np.diff(queue_bounded)
    marginal = np.tile(margins, n_mecs)
    chosen = np.zeros(cost.shape, dtype=bool)
    # start: the cheapest sub-bands of every pair, and a feasible association
    near = np.argpartition(cost, min(2, n_bands - 1), axis=2)[:, :, : min(3, n_bands)]
    np.put_along_axis(chosen, near, True, axis=2)
    chosen[np.arange(n_iots), :, np.arange(n_iots)] = True
    while True:
        k, m, f = np.nonzero(chosen)
        n = len(k)
        # columns: links, then slots (m, j) in [0, 1] whose increasing prices make the queue cost
        equal = csr_array(
            (
                np.concatenate([np.ones(2 * n), -np.ones(n_mecs * n_max)]),
                (
                    np.concatenate([k, n_iots + m, n_iots + np.repeat(np.arange(n_mecs), n_max)]),
                    np.concatenate([np.arange(n), np.arange(n), n + np.arange(n_mecs * n_max)]),
                ),
            ),
            shape=(n_iots + n_mecs, n + n_mecs * n_max),
        )
        bands = csr_array((np.ones(n), (f, np.arange(n))), shape=(n_bands, n + n_mecs * n_max))
        answer = linprog(
            np.concatenate([cost[k, m, f], marginal]),
            A_ub=bands,
            b_ub=np.ones(n_bands),
            A_eq=equal,
            b_eq=np.concatenate([np.ones(n_iots), np.zeros(n_mecs)]),
            bounds=(0.0, 1.0),
            method="highs-ds",
        )
        iot_price, mec_price = np.split(answer.eqlin.marginals, [n_iots])
        reduced = cost - iot_price[:, None, None] - mec_price[:, None] - answer.ineqlin.marginals
        entering = ~chosen & (reduced < -1e-9)
        if not entering.any():
            relaxed = np.zeros(cost.shape)
            relaxed[k, m, f] = answer.x[:n]
            return relaxed
        chosen |= entering


def round_association(relaxed: np.ndarray, n_slots: int) -> tuple[np.ndarray, np.ndarray]:
    """Servers and sub-bands of a fractional association: heaviest matchings, sub-bands first.

    `n_slots`: n_max + 1, the length of a queue table.
    """
    n_iots = len(relaxed)
    subband, server = np.empty(n_iots, dtype=np.int64), np.empty(n_iots, dtype=np.int64)
    assign(-relaxed.max(axis=1), subband)
    assign_servers(-relaxed[np.arange(n_iots), :, subband], np.zeros(n_slots), server)
    return server, subband
