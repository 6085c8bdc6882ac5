"""Alternate Optimization (Liu et al., Algorithm 1) the way its reader would write it: every subproblem in CVXPY.

At its best: problems are built once for each size, changed only through parameters (DPP), and solved by an interior
point method. Start, repairs and stopping rules are those of the scheme `ao`. The auxiliary variable y of (27) is left
out: (bits) (beta + (1-beta) |v|^2) / rate is convex as it stands, which makes each step a true majorisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cvxpy as cp
import numpy as np
from benchmarks.harness import Comparison, Growth

from sagin.core import records
from sagin.systems.dm_mimo_vec.model import Decision, Drops, Metrics, evaluate, ground_snr

LATE = 1e-9  # relative deadline violation that counts as none


class Shares:
    """Problem (16)."""

    def __init__(self, n: int) -> None:
        self.cost, self.lower = cp.Parameter(n, nonneg=True), cp.Parameter(n, nonneg=True)
        self.alpha = cp.Variable(n)
        objective = cp.Minimize(cp.sum(cp.multiply(self.cost, cp.inv_pos(self.alpha))))
        self.problem = cp.Problem(objective, [cp.sum(self.alpha) <= 1, self.alpha >= self.lower])

    def solve(self, cost: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Shares of least cost, none below `lower`."""
        self.cost.value, self.lower.value = cost / cost.mean(), lower
        self.problem.solve(solver=cp.CLARABEL)
        return self.alpha.value / max(self.alpha.value.sum(), 1.0)


class Split:
    """The task split for given shares and precoders, a linear programme in the part x sent up."""

    def __init__(self, n: int) -> None:
        self.sat, self.rsu, self.energy, self.room = (cp.Parameter(n) for _ in range(4))
        self.x, self.tau = cp.Variable(n), cp.Variable(n)
        limits = [self.x >= 0, self.x <= 1, self.tau <= self.room]
        limits += [self.tau >= cp.multiply(self.sat, self.x), self.tau >= self.rsu - cp.multiply(self.rsu, self.x)]
        self.beta = cp.Parameter(nonneg=True)
        objective = cp.Minimize(self.beta * cp.sum(self.tau) + cp.sum(cp.multiply(self.energy, self.x)))
        self.problem = cp.Problem(objective, limits)

    def solve(self, sat: np.ndarray, rsu: np.ndarray, energy: np.ndarray, room: np.ndarray, beta: float) -> np.ndarray:
        """Part of each task for the satellites."""
        self.sat.value, self.rsu.value, self.energy.value = sat, rsu, energy
        self.room.value, self.beta.value = room, beta
        self.problem.solve(solver=cp.CLARABEL)
        if self.problem.status not in ("optimal", "optimal_inaccurate"):
            return rsu / (sat + rsu)
        return np.clip(self.x.value, 0, 1)


class Precoders:
    """Problem (27) round the current precoders; complex numbers as (real, imaginary), rates in nats."""

    def __init__(self, n: int, m: int) -> None:
        self.delay, self.energy, self.least = (cp.Parameter(n, nonneg=True) for _ in range(3))
        self.offset, self.limit = cp.Parameter(n), cp.Parameter(nonneg=True)
        self.root = [cp.Parameter((n, m)) for _ in range(2)]  # sqrt(1 + gamma) g
        self.pull = [cp.Parameter((n, m)) for _ in range(2)]  # 2 (1 + gamma) g
        self.v = [cp.Variable((n, m)) for _ in range(2)]
        self.rate = cp.Variable(n)
        real, imaginary = self.v
        inner = cp.hstack(
            [self.root[0] @ real.T + self.root[1] @ imaginary.T, self.root[0] @ imaginary.T - self.root[1] @ real.T]
        )
        wanted = cp.sum(cp.multiply(self.pull[0], real) + cp.multiply(self.pull[1], imaginary), axis=1)
        surrogate = self.offset + wanted - cp.sum(cp.square(inner), axis=1)
        both = cp.hstack([real, imaginary])
        send = cp.hstack([cp.quad_over_lin(both[i], self.rate[i]) for i in range(n)])
        cost = self.delay @ cp.inv_pos(self.rate) + self.energy @ send
        limits = [self.rate <= surrogate, self.rate >= self.least]
        total, each = cp.sum_squares(both), cp.sum(cp.square(both), axis=1)
        self.problems = {
            "total": cp.Problem(cp.Minimize(cost), [*limits, total <= self.limit]),
            "per_stream": cp.Problem(cp.Minimize(cost), [*limits, each <= self.limit]),
        }

    def solve(
        self, state: State, g: np.ndarray, gamma: np.ndarray, norm: np.ndarray, least: np.ndarray
    ) -> np.ndarray | None:
        """Best precoders of the surrogate round the current ones; None if the solver gives up."""
        drops, root = state.drops, np.sqrt(1 + gamma)[:, None]
        weight = np.maximum(state.bits_sat, 1e-9) / drops.bandwidth_sat_hz * np.log(2)
        self.delay.value, self.energy.value = drops.beta * weight, (1 - drops.beta) * weight
        self.limit.value, self.least.value = drops.p_max_w, least
        self.offset.value = np.log1p(gamma) - gamma - (1 + gamma) * norm
        self.root[0].value, self.root[1].value = (root * g).real, (root * g).imag
        self.pull[0].value, self.pull[1].value = 2 * (root**2 * g).real, 2 * (root**2 * g).imag
        try:
            self.problems[drops.power_limit].solve(solver=cp.CLARABEL)
        except cp.SolverError:
            return None
        return None if self.v[0].value is None else self.v[0].value + 1j * self.v[1].value


@dataclass
class State:
    """Where the algorithm is."""

    drops: Drops
    alpha: np.ndarray
    bits_sat: np.ndarray
    v: np.ndarray

    def decision(self) -> Decision:
        """As a record."""
        return records.build(Decision, alpha=self.alpha[None], s_sat_bits=self.bits_sat[None], v=self.v[None])

    def metrics(self) -> Metrics:
        """As judged by the model."""
        return evaluate(self.drops, self.decision())


@lru_cache(maxsize=8)
def problems(n: int, m: int) -> tuple[Shares, Precoders, Split]:
    """The three problems of a size, built once."""
    return Shares(n), Precoders(n, m), Split(n)


def mean_square_errors(gram: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.linalg.inv(np.eye(len(v)) + v.conj() @ gram @ v.T)


def send_cost(drops: Drops, gram: np.ndarray, v: np.ndarray, bits_sat: np.ndarray) -> tuple[float, np.ndarray]:
    """Value of (18) and the rates."""
    rate = -drops.bandwidth_sat_hz * np.log2(np.diag(mean_square_errors(gram, v)).real)
    power = (np.abs(v) ** 2).sum(axis=1)
    live = bits_sat > 0
    weight = drops.beta + (1 - drops.beta) * power
    return float((bits_sat[live] * weight[live] / rate[live]).sum()), rate


def improve_precoders(state: State, problem: Precoders, steps: int, tolerance: float) -> np.ndarray:
    """Problem (18) by successive problems (27), as long as (18) falls."""
    drops, v = state.drops, state.v
    channel = drops.h_sat[0] / np.sqrt(drops.noise_sat_w)
    gram = channel.conj().T @ channel
    value, rate = send_cost(drops, gram, v, state.bits_sat)
    upload = drops.task_bits[0] / (drops.bandwidth_ground_hz * np.log2(1 + ground_snr(drops)[0]))
    room = drops.t_max_s - upload / state.alpha - drops.cycles_per_bit * state.bits_sat / drops.cpu_sat_hz[0]
    met = (room > 0) & (rate * room >= state.bits_sat) & (state.bits_sat > 0)
    least = np.where(met, state.bits_sat / np.where(met, room, 1), 0) / drops.bandwidth_sat_hz * np.log(2)
    calm = 0
    for _ in range(steps):
        error = mean_square_errors(gram, v)
        g = (gram @ v.T @ error).T
        gamma = 1 / np.diag(error).real - 1
        norm = np.diag(error - error @ error).real
        found = problem.solve(state, g, gamma, norm, least)
        if found is None:
            break
        used = (np.abs(found) ** 2).sum(axis=1)
        used = used.max() if drops.power_limit == "per_stream" else used.sum()
        found *= min(1.0, np.sqrt(drops.p_max_w / used))
        trial, _ = send_cost(drops, gram, found, state.bits_sat)
        if not trial <= value:
            break
        calm = calm + 1 if value - trial <= tolerance * value else 0
        v, value = found, trial
        if calm == 2:
            break
    return v


def split(state: State, problem: Split, metrics: Metrics) -> np.ndarray:
    drops = state.drops
    rate = np.maximum(metrics.rate_sat_bps[0], 1e-9)
    bits, cycles = drops.task_bits[0], drops.cycles_per_bit
    sat, rsu = bits * (1 / rate + cycles / drops.cpu_sat_hz[0]), bits * cycles / drops.cpu_rsu_hz[0]
    premium = cycles * drops.switched_capacitance_sat * drops.cpu_clock_hz**2
    premium -= cycles * drops.switched_capacitance_rsu * drops.rsu_clock_hz**2
    energy = (1 - drops.beta) * bits * (premium + metrics.p_stream_w[0] / rate)
    return bits * problem.solve(sat, rsu, energy, drops.t_max_s - metrics.t_up_s[0], drops.beta)


def alternate_optimization(
    drops: Drops, rounds: int = 30, tolerance: float = 1e-6, steps: int = 200, step_tolerance: float = 1e-7
) -> Decision:
    """Algorithm 1 on one drop."""
    n, m = drops.task_bits.shape[1], drops.h_sat.shape[2]
    shares, precoders, splits = problems(n, m)
    v = np.sqrt(drops.p_max_w / n) * np.eye(m, dtype=complex)[np.arange(n) % m]
    state = State(drops, np.full(n, 1 / n), np.zeros(n), v)
    rate = state.metrics().rate_sat_bps[0]
    sat, rsu = 1 / rate + drops.cycles_per_bit / drops.cpu_sat_hz[0], drops.cycles_per_bit / drops.cpu_rsu_hz[0]
    state.bits_sat = drops.task_bits[0] * rsu / (sat + rsu)
    value = state.metrics().objective[0]
    upload = drops.task_bits[0] / (drops.bandwidth_ground_hz * np.log2(1 + ground_snr(drops)[0]))
    cost = (drops.beta + (1 - drops.beta) * drops.p_vehicle_w[0]) * upload
    for _ in range(rounds):
        last = value
        metrics = state.metrics()
        room = drops.t_max_s - np.maximum(metrics.t_sat_s, metrics.t_rsu_s)[0]
        if (room > 0).all() and (upload / room).sum() <= 1:
            state.alpha = shares.solve(cost, upload / room)
        before = state.metrics()
        old_v, old_bits = state.v, state.bits_sat
        new_v = improve_precoders(state, precoders, steps, step_tolerance)
        for step in [0.5**k for k in range(13)] + [0.0]:
            state.v = old_v + step * (new_v - old_v)
            state.bits_sat = split(state, splits, state.metrics())
            after = state.metrics()
            late, was_late = after.violation_deadline[0] > LATE, before.violation_deadline[0] > LATE
            if after.objective[0] <= before.objective[0] and (was_late or not late):
                break
        else:
            state.v, state.bits_sat = old_v, old_bits
        value = state.metrics().objective[0]
        if abs(last - value) <= tolerance * value:
            break
    state.bits_sat = np.where(state.bits_sat < 1e-6 * drops.task_bits[0], 0, state.bits_sat)
    state.v = np.where(state.bits_sat[:, None] > 0, state.v, 0)
    return state.decision()


def _sizes(field: str, sizes: tuple[int, ...], **fixed: Any) -> tuple[tuple[float, dict[str, Any]], ...]:
    return tuple((size, {field: size, **fixed}) for size in sizes)


COMPARISONS = (
    Comparison(
        label="Algorithm 1 with its subproblems in CVXPY",
        scheme="ao",
        peer=alternate_optimization,
        aim=1000.0,
        drops=7,
        note="same start, same stopping rules, problems built once and changed through parameters (Clarabel)",
    ),
)
GROWTH = (
    Growth("vehicles", "ao", _sizes("n_vehicles", (4, 8, 16, 32, 64), t_max_s=1e4)),
    Growth("satellites", "ao", _sizes("n_saps", (4, 8, 16, 32, 64))),
    Growth("vehicles, joint descent", "improved", _sizes("n_vehicles", (4, 8, 16, 32), t_max_s=1e4)),
)
