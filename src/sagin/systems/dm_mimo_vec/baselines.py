"""The schemes the paper compares with, and simple precoders with equal shares; all judged by the same `evaluate`."""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.core.contracts import NoOptions
from sagin.core.random import scheme_stream
from sagin.systems.dm_mimo_vec.kernels import BITS_SAT
from sagin.systems.dm_mimo_vec.kernels_batch import descend_batch, serve_batch
from sagin.systems.dm_mimo_vec.model import Drops
from sagin.systems.dm_mimo_vec.scenario import PrecoderOptions, RandomOptions
from sagin.systems.dm_mimo_vec.solver import antenna_streams, new_outcome, prepare, to_decision


def solve_rsu_only(drops: Drops, options: NoOptions) -> results.Solution:
    """Everything stays at the road-side unit; shares of least cost."""
    return _serve_split(drops, np.zeros_like(drops.task_bits), PrecoderOptions())


def solve_saps_only(drops: Drops, options: PrecoderOptions) -> results.Solution:
    """Everything goes to the satellites, with optimised precoders and shares."""
    return _serve_split(drops, drops.task_bits, options)


def solve_random(drops: Drops, options: RandomOptions) -> results.Solution:
    """A uniformly random part of each task goes to the satellites, with optimised precoders and shares."""
    n = drops.task_bits.shape[1]
    fraction = np.array(
        [
            [scheme_stream(options.algorithm_seed, int(seed), "random", i).random() for i in range(n)]
            for seed in drops.seeds
        ]
    )
    return _serve_split(drops, fraction * drops.task_bits, options)


def solve_equal_identity(drops: Drops, options: NoOptions) -> results.Solution:
    """Equal shares and powers, stream i from antenna i (modulo their number)."""
    n_drops, n = drops.task_bits.shape
    n_antennas = drops.h_sat.shape[2]
    one = np.eye(n_antennas, dtype=complex)[np.arange(n) % n_antennas]
    return _serve_precoders(drops, np.broadcast_to(one, (n_drops, n, n_antennas)))


def solve_equal_svd(drops: Drops, options: NoOptions) -> results.Solution:
    """Equal shares and powers, stream i along the i-th right singular vector of the channel."""
    right = np.linalg.svd(drops.h_sat)[2].conj()  # (drop, vector, antenna)
    rows = np.arange(drops.task_bits.shape[1]) % drops.h_sat.shape[2]
    return _serve_precoders(drops, right[:, rows])


def solve_equal_mrt(drops: Drops, options: NoOptions) -> results.Solution:
    """Equal shares and powers, stream i matched to the i-th strongest satellite (modulo their number)."""
    return _serve_precoders(drops, strongest_rows(drops).conj())


def solve_equal_zf(drops: Drops, options: NoOptions) -> results.Solution:
    """Equal shares and powers, stream i to the i-th strongest satellite with nulls at those of the other streams."""
    rows = strongest_rows(drops)
    n = rows.shape[1]
    if min(drops.h_sat.shape[1:]) < n:  # not enough satellites or antennas for nulls
        return _serve_precoders(drops, rows.conj())
    with np.errstate(all="ignore"):
        scale = np.abs(rows).max(axis=(1, 2), keepdims=True)
        return _serve_precoders(drops, np.linalg.pinv(rows / np.where(scale > 0, scale, 1)).swapaxes(1, 2))


def strongest_rows(drops: Drops) -> np.ndarray:
    """(drop, vehicle, antenna) channel rows of the strongest satellites, in descending order, repeated if too few."""
    strength = np.linalg.norm(drops.h_sat, axis=2)
    order = np.argsort(-strength, axis=1, kind="stable")
    wanted = order[:, np.arange(drops.task_bits.shape[1]) % drops.h_sat.shape[1]]
    return np.take_along_axis(drops.h_sat, wanted[:, :, None], axis=1)


def _serve_split(drops: Drops, bits_sat: np.ndarray, options: PrecoderOptions) -> results.Solution:
    problem, basis = prepare(drops)
    outcome = new_outcome(drops, antenna_streams(drops, basis), 0)
    outcome.plan[:, BITS_SAT] = bits_sat
    descend_batch(problem, False, options.steps, options.step_tolerance, outcome)
    decision = to_decision(outcome, basis)
    return results.solution(decision, converged=outcome.converged, iterations=outcome.iterations)


def _serve_precoders(drops: Drops, directions: np.ndarray) -> results.Solution:
    problem, basis = prepare(drops)
    norm = np.linalg.norm(directions, axis=2, keepdims=True)
    unit = directions / np.where(norm > 0, norm, 1.0)
    power_w = drops.p_max_w / drops.task_bits.shape[1]
    outcome = new_outcome(drops, np.sqrt(power_w) * unit @ basis.conj(), 0)
    serve_batch(problem, outcome)
    return results.solution(to_decision(outcome, basis))
