"""Compiled twin of the model for one drop, in the basis in which the RSU's Gram matrix is diagonal."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.cholesky import cholesky_factor, cholesky_inverse
from sagin.methods.square_root_shares import square_root_shares

FEASIBLE = 1e-9  # relative deadline violation that counts as none


class Problem(NamedTuple):
    """What the schemes need of one drop, or, with a leading drop axis, of a batch."""

    gains: np.ndarray  # (antenna,) [1/W] eigenvalues of the Gram matrix of the whitened channel
    basis: np.ndarray  # (antenna, antenna) its eigenvectors: a precoder is basis @ (its coordinates here)
    bits: np.ndarray  # (vehicle,) task sizes
    upload_s: np.ndarray  # (vehicle,) upload time with the whole band
    upload_weight: np.ndarray  # (vehicle,) cost of a second of upload
    rsu_s_per_bit: np.ndarray  # (vehicle,)
    sat_s_per_bit: np.ndarray  # (vehicle,)
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
    received: np.ndarray  # (vehicle, antenna) complex, gains * v
    gram: np.ndarray  # (vehicle, vehicle) complex, v_i^H Gam v_j
    error: np.ndarray  # (vehicle, vehicle) complex, E = (I + gram)^{-1}
    rate: np.ndarray  # (vehicle,) [bit/s]
    power: np.ndarray  # (vehicle,) [W]


class Plan(NamedTuple):
    """Shares and split, with the times they lead to."""

    alpha: np.ndarray  # (vehicle,)
    bits_sat: np.ndarray  # (vehicle,)
    tau: np.ndarray  # (vehicle,) [s] time after the upload
    time: np.ndarray  # (vehicle,) [s] completion time


@kernel
def pick(batch: Problem, n: int) -> Problem:
    """One drop of a batch."""
    return Problem(
        batch.gains[n],
        batch.basis[n],
        batch.bits[n],
        batch.upload_s[n],
        batch.upload_weight[n],
        batch.rsu_s_per_bit[n],
        batch.sat_s_per_bit[n],
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
        np.zeros((n_vehicles, n_antennas), dtype=np.complex128),
        np.zeros((n_vehicles, n_vehicles), dtype=np.complex128),
        np.zeros((n_vehicles, n_vehicles), dtype=np.complex128),
        np.zeros(n_vehicles),
        np.zeros(n_vehicles),
    )


@kernel
def new_plan(n_vehicles: int) -> Plan:
    """Memory of a plan."""
    return Plan(np.zeros(n_vehicles), np.zeros(n_vehicles), np.zeros(n_vehicles), np.zeros(n_vehicles))


@kernel
def copy_link(source: Link, target: Link) -> None:
    """Copy all arrays of a link."""
    n, m = source.v.shape
    for i in range(n):
        target.rate[i], target.power[i] = source.rate[i], source.power[i]
        for a in range(m):
            target.v[i, a], target.received[i, a] = source.v[i, a], source.received[i, a]
        for j in range(n):
            target.gram[i, j], target.error[i, j] = source.gram[i, j], source.error[i, j]


@kernel
def copy_plan(source: Plan, target: Plan) -> None:
    """Copy all arrays of a plan."""
    for i in range(source.alpha.size):
        target.alpha[i], target.bits_sat[i] = source.alpha[i], source.bits_sat[i]
        target.tau[i], target.time[i] = source.tau[i], source.time[i]


@kernel
def receive(problem: Problem, link: Link) -> None:
    """Rates and powers of the precoders `link.v`."""
    v, received, gram, error = link.v, link.received, link.gram, link.error
    n, m = v.shape
    for i in range(n):
        total = 0.0
        for a in range(m):
            total += v[i, a].real ** 2 + v[i, a].imag ** 2
            received[i, a] = problem.gains[a] * v[i, a]
        link.power[i] = total
    for i in range(n):
        for j in range(i + 1):
            inner = 0j
            for a in range(m):
                inner += v[i, a].conjugate() * received[j, a]
            gram[i, j] = inner
            gram[j, i] = inner.conjugate()
        gram[i, i] = gram[i, i].real
    for i in range(n):
        for j in range(i + 1):
            error[i, j] = gram[i, j]
        error[i, i] += 1.0
    cholesky_factor(error, error)
    cholesky_inverse(error, error)
    for i in range(n):
        mse = error[i, i].real  # Eq. (M4)
        if mse < 0.5:
            nats = -math.log(mse)
        else:
            captured = 0.0  # 1 - mse without the loss of digits of the subtraction
            for j in range(n):
                captured += gram[i, j].real * error[j, i].real - gram[i, j].imag * error[j, i].imag
            nats = -math.log1p(-max(captured, 0.0))
        link.rate[i] = problem.bandwidth_hz / math.log(2.0) * nats  # Eq. (9) [bit/s]


@kernel
def branch_time(problem: Problem, i: int, bits_sat: float, rate: float) -> float:
    """Time [s] between the upload and the end of task i."""
    time = (problem.bits[i] - bits_sat) * problem.rsu_s_per_bit[i]  # Eq. (7) [s]
    if bits_sat > 0.0:
        if rate <= 0.0:
            return math.inf
        time = max(time, bits_sat / rate + bits_sat * problem.sat_s_per_bit[i])  # Eq. (12), after the upload [s]
    return time


@kernel
def cost(problem: Problem, link: Link, plan: Plan) -> float:
    """Objective of precoders, shares and split; fills the times of the plan."""
    total = 0.0
    endless = False
    for i in range(plan.alpha.size):
        bits_sat, rate = plan.bits_sat[i], link.rate[i]
        plan.tau[i] = branch_time(problem, i, bits_sat, rate)
        upload = problem.upload_s[i] / plan.alpha[i] if plan.alpha[i] > 0.0 else math.inf  # Eq. (6) [s]
        plan.time[i] = upload + plan.tau[i]
        endless = endless or plan.time[i] == math.inf
        energy = problem.rsu_j_per_bit * (problem.bits[i] - bits_sat) + problem.sat_j_per_bit * bits_sat
        if bits_sat > 0.0 and link.power[i] > 0.0:
            energy += link.power[i] * bits_sat / rate  # Eq. (11) [J]
        total += problem.upload_weight[i] * upload + problem.beta * plan.tau[i] + (1.0 - problem.beta) * energy
    return math.inf if endless else total  # Eq. (14a)


@kernel
def lateness(problem: Problem, plan: Plan) -> float:
    """Deadline violation of the latest task, relative; <= FEASIBLE is none."""
    latest = 0.0
    for i in range(plan.time.size):
        latest = max(latest, plan.time[i])
    return latest / problem.t_max_s - 1.0  # Eq. (14e)


@kernel
def best_shares(problem: Problem, plan: Plan) -> bool:
    """Shares of least upload cost that meet the deadline after `plan.tau`; else those of least latest completion."""
    n = plan.alpha.size
    charge = np.empty(n)
    lower = np.empty(n)
    possible = True
    for i in range(n):
        charge[i] = problem.upload_weight[i] * problem.upload_s[i]  # Eq. (16a)
        room = problem.t_max_s - plan.tau[i]
        possible = possible and room > 0.0
        lower[i] = problem.upload_s[i] / room if room > 0.0 else math.inf  # Eq. (16c)
    if possible and square_root_shares(charge, lower, plan.alpha):  # Eq. (16b)
        return True
    earliest_shares(problem, plan)
    return False


@kernel
def earliest_shares(problem: Problem, plan: Plan) -> None:
    """Shares of least latest completion time: all tasks end together, by bisection on that time."""
    n = plan.alpha.size
    start = 0.0  # nobody ends before the longest finite time after the upload
    width = 0.0
    for i in range(n):
        if plan.tau[i] < math.inf:
            start = max(start, plan.tau[i])
        width += problem.upload_s[i]  # one band suffices if all have this much: u_i / sum u_j
    low = start
    for _ in range(100):
        width *= 0.5
        used = 0.0
        for i in range(n):
            used += problem.upload_s[i] / (low + width - min(plan.tau[i], start))
        if used > 1.0:
            low += width
    for i in range(n):
        plan.alpha[i] = problem.upload_s[i] / (low + width - min(plan.tau[i], start))


@kernel
def satellite_premium(problem: Problem, link: Link, i: int) -> float:
    """Energy [J/bit] that a bit costs more at the satellites than at the RSU; the rate must be > 0."""
    return problem.sat_j_per_bit + link.power[i] / link.rate[i] - problem.rsu_j_per_bit


@kernel
def best_fraction(problem: Problem, link: Link, i: int) -> float:
    """Fraction of task i for the satellites of least cost without a deadline: 0, balanced branches, or 1."""
    if link.rate[i] <= 0.0:
        return 0.0
    per_sat = 1.0 / link.rate[i] + problem.sat_s_per_bit[i]
    per_rsu = problem.rsu_s_per_bit[i]
    premium = (1.0 - problem.beta) * satellite_premium(problem, link, i)
    if premium >= problem.beta * per_rsu:  # Eq. (M9)
        return 0.0
    if premium + problem.beta * per_sat <= 0.0:
        return 1.0
    return per_rsu / (per_sat + per_rsu)


@kernel
def best_split(problem: Problem, link: Link, plan: Plan) -> None:
    """Split of least cost for given shares and precoders, inside the deadline where that is possible."""
    for i in range(plan.alpha.size):
        fraction = best_fraction(problem, link, i)
        if link.rate[i] > 0.0:
            per_sat = 1.0 / link.rate[i] + problem.sat_s_per_bit[i]
            per_rsu = problem.rsu_s_per_bit[i]
            room = problem.t_max_s - problem.upload_s[i] / plan.alpha[i] if plan.alpha[i] > 0.0 else -math.inf
            low = max(0.0, 1.0 - room / (per_rsu * problem.bits[i]))
            high = min(1.0, room / (per_sat * problem.bits[i]))
            if low <= high:
                fraction = min(max(fraction, low), high)
            else:  # too late either way: least delay
                fraction = per_rsu / (per_sat + per_rsu)
        plan.bits_sat[i] = fraction * problem.bits[i]
