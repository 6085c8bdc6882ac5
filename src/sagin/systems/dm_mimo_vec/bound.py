"""Certified lower bounds: no feasible decision costs less."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.systems.dm_mimo_vec.boxes import EASED, bound_with_deadlines, may_bind
from sagin.systems.dm_mimo_vec.kernels import BITS, RSU_S_PER_BIT, SAT_S_PER_BIT, UPLOAD_S, Problem, pick
from sagin.systems.dm_mimo_vec.kernels_bound import bound_batch
from sagin.systems.dm_mimo_vec.kernels_sequential import sequential_bound_batch
from sagin.systems.dm_mimo_vec.model import Drops
from sagin.systems.dm_mimo_vec.solver import prepare

HALVINGS = 60


def lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) lower bound of the objective: exact upload cost plus a dual bound of the rest.

    Where the deadline may bind, upload shares are priced too. inf: certified that no decision meets the deadline.
    """
    problem = prepare(drops)[0]
    bounds = np.empty(drops.task_bits.shape[0])
    bound_batch(problem, bounds)
    for row in range(bounds.size):
        if may_bind(one := pick(problem, row)):
            bounds[row] = max(bounds[row], bound_with_deadlines(one))
    return np.where(_always_late(problem), np.inf, outward(bounds, "min"))


def sequential_lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) lower bound of the objective over sequential decisions; deadlines are left out of it.

    inf: certified that no order meets the deadline. With the link to itself a vehicle's task takes its least time after
    the upload; the order by what is left for uploads is then in time if any is (Jackson 1955).
    """
    problem = prepare(drops)[0]
    bounds = np.empty(drops.task_bits.shape[0])
    sequential_bound_batch(problem, bounds)
    left = problem.t_max_s * (1 + EASED) - _least_tau(problem, _rate(problem, problem.p_max_w)[:, None])
    order = np.argsort(left, axis=1)
    ends = np.take_along_axis(problem.tasks[:, UPLOAD_S], order, axis=1).cumsum(axis=1)
    late = (ends > np.take_along_axis(left, order, axis=1)).any(axis=1)
    return np.where(late, np.inf, outward(bounds, "min"))


def _always_late(problem: Problem) -> np.ndarray:
    """(drop,) bool: no decision meets the deadline T, nor within tolerances.

    Relaxed: the rates of the streams are at most that of a stream alone, and their sum the capacity of the link. In
    time are shares with sum_i u_i / (T - tau_i(R_i)) <= 1; the left side is convex in the rates, and its least value
    under sum R <= C is at least sum_i min_R (u_i / (T - tau_i(R)) + p R) - p C for any price p.
    """
    tasks = problem.tasks
    n_streams = tasks.shape[2]
    upload, deadline = tasks[:, UPLOAD_S], problem.t_max_s * (1 + EASED)
    most = _rate(problem, problem.p_max_w)[:, None]
    late = (_least_tau(problem, most) >= deadline).any(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = np.where(late, np.inf, (upload / (deadline - _least_tau(problem, most))).sum(axis=1))
        total = _capacity(problem, problem.p_max_w * (n_streams if problem.per_stream else 1))
        scale = np.where((total > 0) & ~late, value / total, 0.0)[:, None]
        for factor in np.geomspace(1e-3, 1e3, 25):
            price = factor * scale
            low, high = np.zeros_like(upload), np.broadcast_to(most, upload.shape).copy()
            for _ in range(HALVINGS):
                rate = 0.5 * (low + high)
                rising = _slope(problem, rate, deadline) + price > 0
                high, low = np.where(rising, rate, high), np.where(rising, low, rate)
            each = upload / (deadline - _least_tau(problem, high)) + price * low
            dual = np.where(_least_tau(problem, high) < deadline, each, np.inf).sum(axis=1) - price[:, 0] * total
            value = np.fmax(value, dual)
    return late | (value > 1 + 2 * EASED)


def _slope(problem: Problem, rate: np.ndarray, deadline: float) -> np.ndarray:
    """Derivative of u / (T - tau(R)) by the rate R; -inf where the rate is too low for the deadline."""
    bits, per_rsu, per_sat = (problem.tasks[:, row] for row in (BITS, RSU_S_PER_BIT, SAT_S_PER_BIT))
    room = deadline - _least_tau(problem, rate)
    fall = bits * per_rsu**2 / (1 + (per_sat + per_rsu) * rate) ** 2
    return np.where(room > 0, -problem.tasks[:, UPLOAD_S] * fall / room**2, -np.inf)


def _least_tau(problem: Problem, rate: np.ndarray) -> np.ndarray:
    """(drop, vehicle) least time after the upload at a rate, with balanced branches, eased."""
    bits, per_rsu, per_sat = (problem.tasks[:, row] for row in (BITS, RSU_S_PER_BIT, SAT_S_PER_BIT))
    return bits * per_rsu * (1 + per_sat * rate) / (1 + (per_sat + per_rsu) * rate) * (1 - EASED)


def _rate(problem: Problem, power_w: float) -> np.ndarray:
    """(drop,) [bit/s] rate of a stream alone on the link."""
    return problem.bandwidth_hz / np.log(2.0) * np.log1p(problem.gains[:, 0] * power_w * (1 + EASED)) * (1 + EASED)


def _capacity(problem: Problem, power_w: float) -> np.ndarray:
    """(drop,) [bit/s] capacity of the link: water-filling over its eigenvalues, by bisection on the level."""
    floor = 1 / np.maximum(problem.gains, 1e-300)
    low, high = floor.min(axis=1), floor.min(axis=1) + power_w
    for _ in range(2 * HALVINGS):
        level = 0.5 * (low + high)
        over = (level[:, None] - floor).clip(0).sum(axis=1) > power_w
        low, high = np.where(over, low, level), np.where(over, level, high)
    nats = np.log(np.maximum(high[:, None] / floor, 1.0)).sum(axis=1)
    return problem.bandwidth_hz / np.log(2.0) * nats * (1 + 2 * EASED)
