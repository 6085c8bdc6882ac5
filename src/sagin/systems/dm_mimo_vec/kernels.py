"""Compiled twin of the model for one drop, in the basis in which the RSU's Gram matrix is diagonal."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.cholesky import cholesky_factor, cholesky_inverse
from sagin.methods.square_root_shares import square_root_shares

# rows of `Problem.tasks`
BITS = 0  # size of the task
UPLOAD_S = 1  # upload time with the whole band
UPLOAD_WEIGHT = 2  # cost of a second of upload
RSU_S_PER_BIT = 3
SAT_S_PER_BIT = 4
# rows of a plan (4, vehicle): shares and split, and the times they lead to
ALPHA = 0
BITS_SAT = 1
TAU = 2  # [s] time after the upload
END = 3  # [s] completion time

DUST = 1e-9  # a smaller part of a task is not worth a stream
FEASIBLE = 1e-9  # relative deadline violation that counts as none


class Problem(NamedTuple):
    """What the schemes need of one drop, or, with a leading drop axis, of a batch. Precoders enter as coordinates."""

    gains: np.ndarray  # (antenna,) [1/W] eigenvalues of the Gram matrix of the whitened channel
    tasks: np.ndarray  # (5, vehicle), rows above
    rsu_j_per_bit: float
    sat_j_per_bit: float
    beta: float
    t_max_s: float
    bandwidth_hz: float
    p_max_w: float
    per_stream: bool


class Link(NamedTuple):
    """Precoders and what follows from them."""

    v: np.ndarray  # (vehicle, antenna) complex, coordinates in the eigenbasis
    gram: np.ndarray  # (vehicle, vehicle) complex, v_i^H Gam v_j
    error: np.ndarray  # (vehicle, vehicle) complex, E = (I + gram)^{-1}
    rate: np.ndarray  # (vehicle,) [bit/s]
    power: np.ndarray  # (vehicle,) [W]


@kernel
def pick(batch: Problem, n: int) -> Problem:
    """One drop of a batch."""
    return Problem(
        batch.gains[n],
        batch.tasks[n],
        batch.rsu_j_per_bit,
        batch.sat_j_per_bit,
        batch.beta,
        batch.t_max_s,
        batch.bandwidth_hz,
        batch.p_max_w,
        batch.per_stream,
    )


@kernel
def new_link(n_vehicles: int, n_antennas: int) -> Link:
    """Memory of a link, zero precoders."""
    return Link(
        np.zeros((n_vehicles, n_antennas), dtype=np.complex128),
        np.zeros((n_vehicles, n_vehicles), dtype=np.complex128),
        np.zeros((n_vehicles, n_vehicles), dtype=np.complex128),
        np.zeros(n_vehicles),
        np.zeros(n_vehicles),
    )


@kernel
def copy_link(source: Link, target: Link) -> None:
    """Copy what counts of a link."""
    n, m = source.v.shape
    for i in range(n):
        target.rate[i], target.power[i] = source.rate[i], source.power[i]
        for a in range(m):
            target.v[i, a] = source.v[i, a]
        for j in range(n):
            target.error[i, j] = source.error[i, j]


@kernel
def copy(source: np.ndarray, target: np.ndarray) -> None:
    """Copy a matrix, say a plan."""
    n, m = source.shape
    for i in range(n):
        for j in range(m):
            target[i, j] = source[i, j]


@kernel
def receive(problem: Problem, link: Link) -> None:
    """Rates and powers of the precoders `link.v`."""
    _gram(problem.gains, link.v, link.gram, link.error, link.power)
    cholesky_factor(link.error, link.error)
    cholesky_inverse(link.error, link.error)  # Eq. (M4)
    _rates(link.gram, link.error, problem.bandwidth_hz, link.rate)


@kernel
def _gram(gains: np.ndarray, v: np.ndarray, gram: np.ndarray, system: np.ndarray, power: np.ndarray) -> None:
    """Received inner products, the lower triangle of I + gram, and powers."""
    n, m = v.shape
    for i in range(n):
        power[i] = 0.0
        for a in range(m):
            power[i] += v[i, a].real ** 2 + v[i, a].imag ** 2
        for j in range(i + 1):
            inner = 0j
            for a in range(m):
                inner += gains[a] * (v[i, a].conjugate() * v[j, a])
            gram[i, j] = inner
            gram[j, i] = inner.conjugate()
            system[i, j] = inner
        gram[i, i] = gram[i, i].real
        system[i, i] = 1.0 + gram[i, i].real


@kernel
def _rates(gram: np.ndarray, error: np.ndarray, bandwidth_hz: float, rate: np.ndarray) -> None:
    """Rates from the mean square errors on the diagonal of `error`."""
    n = rate.size
    for i in range(n):
        mse = error[i, i].real
        if mse < 0.5:
            nats = -math.log(mse)
        else:
            captured = 0.0  # 1 - mse without the loss of digits of the subtraction
            for j in range(n):
                captured += gram[i, j].real * error[j, i].real - gram[i, j].imag * error[j, i].imag
            nats = -math.log1p(-max(captured, 0.0))
        rate[i] = bandwidth_hz / math.log(2.0) * nats  # Eq. (9) [bit/s]


@kernel
def branch_time(tasks: np.ndarray, i: int, bits_sat: float, rate: float) -> float:
    """Time [s] between the upload and the end of task i."""
    time = (tasks[BITS, i] - bits_sat) * tasks[RSU_S_PER_BIT, i]  # Eq. (7) [s]
    if bits_sat > 0.0:
        if rate <= 0.0:
            return math.inf
        time = max(time, bits_sat / rate + bits_sat * tasks[SAT_S_PER_BIT, i])  # Eq. (12), after the upload [s]
    return time


@kernel
def cost(problem: Problem, link: Link, plan: np.ndarray) -> float:
    """Objective of precoders, shares and split; fills the times of the plan."""
    tasks, rate, power, beta = problem.tasks, link.rate, link.power, problem.beta
    total = 0.0
    endless = False
    for i in range(rate.size):
        bits_sat = plan[BITS_SAT, i]
        plan[TAU, i] = branch_time(tasks, i, bits_sat, rate[i])
        upload = tasks[UPLOAD_S, i] / plan[ALPHA, i] if plan[ALPHA, i] > 0.0 else math.inf  # Eq. (6) [s]
        plan[END, i] = upload + plan[TAU, i]
        endless = endless or plan[END, i] == math.inf
        energy = problem.rsu_j_per_bit * (tasks[BITS, i] - bits_sat) + problem.sat_j_per_bit * bits_sat
        if bits_sat > 0.0 and power[i] > 0.0:
            energy += power[i] * bits_sat / rate[i]  # Eq. (11) [J]
        total += tasks[UPLOAD_WEIGHT, i] * upload + beta * plan[TAU, i] + (1.0 - beta) * energy
    return math.inf if endless else total  # Eq. (14a)


@kernel
def lateness(t_max_s: float, plan: np.ndarray) -> float:
    """Deadline violation of the latest task, relative; <= FEASIBLE is none."""
    latest = 0.0
    for i in range(plan.shape[1]):
        latest = max(latest, plan[END, i])
    return latest / t_max_s - 1.0  # Eq. (14e)


@kernel
def best_shares(tasks: np.ndarray, t_max_s: float, plan: np.ndarray) -> None:
    """Shares of least upload cost that meet the deadline after the plan's TAU; else those of least latest end."""
    n = plan.shape[1]
    charge = np.empty(n)
    lower = np.empty(n)
    possible = True
    for i in range(n):
        charge[i] = tasks[UPLOAD_WEIGHT, i] * tasks[UPLOAD_S, i]  # Eq. (16a), corrected, see E8
        room = t_max_s - plan[TAU, i]
        possible = possible and room > 0.0
        lower[i] = tasks[UPLOAD_S, i] / room if room > 0.0 else math.inf  # Eq. (16c)
    if not (possible and square_root_shares(charge, lower, plan[ALPHA])):  # Eq. (16b)
        earliest_shares(tasks, plan)


@kernel
def earliest_shares(tasks: np.ndarray, plan: np.ndarray) -> None:
    """Shares of least latest completion time: all tasks end together, by bisection on that time."""
    n = plan.shape[1]
    start = 0.0  # nobody ends before the longest finite time after the upload
    width = 0.0
    for i in range(n):
        if plan[TAU, i] < math.inf:
            start = max(start, plan[TAU, i])
        width += tasks[UPLOAD_S, i]  # the band suffices if all have this much: u_i / sum u_j
    low = start
    for _ in range(100):
        width *= 0.5
        used = 0.0
        for i in range(n):
            used += tasks[UPLOAD_S, i] / (low + width - min(plan[TAU, i], start))
        if used > 1.0:
            low += width
    for i in range(n):
        plan[ALPHA, i] = tasks[UPLOAD_S, i] / (low + width - min(plan[TAU, i], start))


@kernel
def satellite_premium(problem: Problem, power: float, rate: float) -> float:
    """Cost per bit of the energy that a bit needs more at the satellites than at the RSU; the rate must be > 0."""
    return (1.0 - problem.beta) * (problem.sat_j_per_bit + power / rate - problem.rsu_j_per_bit)


@kernel
def best_fraction(problem: Problem, i: int, power: float, rate: float) -> float:
    """Fraction of task i for the satellites of least cost without a deadline: 0, balanced branches, or 1."""
    if rate <= 0.0:
        return 0.0
    per_sat = 1.0 / rate + problem.tasks[SAT_S_PER_BIT, i]
    per_rsu = problem.tasks[RSU_S_PER_BIT, i]
    premium = satellite_premium(problem, power, rate)
    if premium >= problem.beta * per_rsu:  # Eq. (M6)
        return 0.0
    if premium + problem.beta * per_sat <= 0.0:
        return 1.0
    return per_rsu / (per_sat + per_rsu)


@kernel
def best_split(problem: Problem, link: Link, plan: np.ndarray) -> None:
    """Split of least cost for given shares and precoders, inside the deadline where that is possible."""
    tasks, rate, power = problem.tasks, link.rate, link.power
    for i in range(rate.size):
        fraction = best_fraction(problem, i, power[i], rate[i])
        if rate[i] > 0.0:
            per_sat = 1.0 / rate[i] + tasks[SAT_S_PER_BIT, i]
            per_rsu = tasks[RSU_S_PER_BIT, i]
            room = problem.t_max_s - tasks[UPLOAD_S, i] / plan[ALPHA, i] if plan[ALPHA, i] > 0.0 else -math.inf
            low = max(0.0, 1.0 - room / (per_rsu * tasks[BITS, i]))
            high = min(1.0, room / (per_sat * tasks[BITS, i]))
            # too late either way: least delay
            fraction = min(max(fraction, low), high) if low <= high else per_rsu / (per_sat + per_rsu)
        plan[BITS_SAT, i] = fraction * tasks[BITS, i]
