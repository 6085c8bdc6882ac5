"""Greedy sequential service of one drop."""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import (
    BITS,
    BITS_SAT,
    DUST,
    RSU_S_PER_BIT,
    SAT_S_PER_BIT,
    UPLOAD_S,
    UPLOAD_WEIGHT,
    Problem,
    branch_time,
    pick,
    satellite_premium,
)

_CELLS = 2000  # of powers, for the bound
_LEAST_CELL = 1e-6  # first positive end of a cell, as a part of the largest power
_POWERS = 400
_LEAST_POWER = 1e-3  # of the largest


@kernel
def sequential_batch(batch: Problem, order: np.ndarray, plan: np.ndarray, power: np.ndarray) -> None:
    """Order of service, split (row BITS_SAT of `plan`) and `power` (drop, vehicle) of every drop."""
    n_drops, n = order.shape
    tau = np.zeros(n)
    for d in range(n_drops):
        problem = pick(batch, d)
        tasks = problem.tasks
        for i in range(n):
            _, _, tau[i], _ = _serve(problem, i, 0.0, math.inf)
        _smith(tasks[UPLOAD_S], tau, problem.t_max_s, order[d])
        uploaded = 0.0
        free = 0.0
        for place in range(n):
            i = order[d, place]
            uploaded += tasks[UPLOAD_S, i]
            wait = max(0.0, free - uploaded)
            bits, watts, _, sending = _serve(problem, i, wait, problem.t_max_s - uploaded)
            plan[d, BITS_SAT, i] = bits
            power[d, i] = watts
            if bits > 0.0:
                free = uploaded + wait + sending


@kernel
def _smith(upload: np.ndarray, tau: np.ndarray, t_max_s: float, order: np.ndarray) -> None:
    """Backwards from the last place: the longest upload that meets the deadline there; if none, the least `tau`."""
    n = upload.size
    taken = np.zeros(n, dtype=np.bool_)
    end = 0.0
    for i in range(n):
        end += upload[i]
    for place in range(n - 1, -1, -1):
        chosen = -1
        for i in range(n):
            if not taken[i] and end + tau[i] <= t_max_s and (chosen < 0 or upload[i] > upload[chosen]):
                chosen = i
        if chosen < 0:
            for i in range(n):
                if not taken[i] and (chosen < 0 or tau[i] < tau[chosen]):
                    chosen = i
        order[place] = chosen
        taken[chosen] = True
        end -= upload[chosen]


@kernel
def _serve(problem: Problem, i: int, wait: float, room: float) -> tuple[float, float, float, float]:
    """Bits for the satellites, power, time after the upload and sending time of least cost, in time if possible.

    `wait`: time after the upload until the link is free. `room`: time after the upload until the deadline.
    """
    tasks = problem.tasks
    per_rsu, bits = tasks[RSU_S_PER_BIT, i], tasks[BITS, i]
    best_bits, best_power, best_tau, best_sending = 0.0, 0.0, branch_time(tasks, i, 0.0, 0.0), 0.0
    best_cost = problem.beta * best_tau
    best_late = max(0.0, best_tau - room)
    for step in range(_POWERS):
        power = problem.p_max_w * math.exp(math.log(_LEAST_POWER) * step / (_POWERS - 1.0))
        rate = problem.bandwidth_hz / math.log(2.0) * math.log1p(problem.gains[0] * power)
        if not rate > 0.0:
            break
        per_sat = 1.0 / rate + tasks[SAT_S_PER_BIT, i]
        balanced = (bits * per_rsu - wait) / (per_sat + per_rsu)
        for moved in (min(max(balanced, 0.0), bits), bits):
            if moved > DUST * bits:
                tau = max((bits - moved) * per_rsu, wait + moved * per_sat)
                late = max(0.0, tau - room)
                cost = problem.beta * tau + moved * satellite_premium(problem, power, rate)
                if late < best_late or (late == best_late and cost < best_cost):
                    best_bits, best_power, best_tau, best_sending = moved, power, tau, moved / rate
                    best_cost, best_late = cost, late
    return best_bits, best_power, best_tau, best_sending


@kernel
def sequential_bound_batch(batch: Problem, bounds: np.ndarray) -> None:
    """Lower bound of the objective of sequential service, deadlines left out.

    Shortest upload first is the least sum of upload times; after its upload no vehicle does better than with the link
    to itself. The cost of that falls in the rate and rises in the power, which bounds it on cells of powers.
    """
    n = batch.tasks.shape[2]
    for d in range(bounds.size):
        problem = pick(batch, d)
        upload = np.sort(problem.tasks[UPLOAD_S])
        total = 0.0
        for place in range(n):
            total += problem.beta * upload[place] * (n - place)
        for i in range(n):
            # the weight of a second of upload is beta plus what its energy costs
            total += (problem.tasks[UPLOAD_WEIGHT, i] - problem.beta) * problem.tasks[UPLOAD_S, i]
            total += _least_alone(problem, i)
        bounds[d] = total


@kernel
def _least_alone(problem: Problem, i: int) -> float:
    """Lower bound of the cost of task i after its upload, alone on the satellite link."""
    tasks, beta = problem.tasks, problem.beta
    bits, per_rsu = tasks[BITS, i], tasks[RSU_S_PER_BIT, i]
    stay = bits * (beta * per_rsu + (1.0 - beta) * problem.rsu_j_per_bit)
    least = 0.0  # on top of `stay`
    low = 0.0
    for k in range(_CELLS):
        high = problem.p_max_w * math.exp(math.log(_LEAST_CELL) * (1.0 - k / (_CELLS - 1.0)))
        rate = problem.bandwidth_hz / math.log(2.0) * math.log1p(problem.gains[0] * high)
        if rate > 0.0:
            per_sat = 1.0 / rate + tasks[SAT_S_PER_BIT, i]
            premium = satellite_premium(problem, low, rate)
            balanced = per_rsu / (per_sat + per_rsu)
            least = min(least, bits * (premium + beta * (per_sat - per_rsu)))
            least = min(least, bits * balanced * (premium - beta * per_rsu))
        low = high
    return stay + least
