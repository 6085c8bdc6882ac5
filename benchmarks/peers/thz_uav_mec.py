"""The paper's double loop as its reader would write it: CVXPY for three blocks, SciPy for the placement.

Start, stopping rules, multipliers, rounding and finish are those of our scheme. Each convex block is one parametrised
problem built once and solved again and again by Clarabel, which is CVXPY at its best here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

import cvxpy as cp
import numpy as np
from benchmarks.harness import Comparison, Growth
from scipy.optimize import minimize, root

import sagin
from sagin.core import records
from sagin.core.statistics import Interval, interval
from sagin.systems.thz_uav_mec.kernels import Problem
from sagin.systems.thz_uav_mec.kernels_pdd import (
    LEAST_LINK,
    LEAST_RELAY,
    Relaxed,
    penalties,
    refresh,
    relaxed_sum,
    update_multipliers,
)
from sagin.systems.thz_uav_mec.kernels_queue import Queue
from sagin.systems.thz_uav_mec.model import Decision, Drops
from sagin.systems.thz_uav_mec.prepare import central_positions, decision, problems
from sagin.systems.thz_uav_mec.scenario import PddOptions
from sagin.systems.thz_uav_mec.solver import bounded_queue, finish, start_relaxed

INNER = 3  # inner iterations, for both sides
SCHEDULE = {"inner": INNER, "outer": 120, "penalty": 3.0}  # short, and enough for the small network
SMALL = {"n_iots": 4, "n_mecs": 2, "n_uavs": 1, "arrival_rate_per_s": 0.625}
PRECISE = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}


def _copies(x: np.ndarray, y: np.ndarray, z: np.ndarray, rho: float) -> np.ndarray:
    return (x + x**2 + rho * (y + x * z)) / (1 + x**2)


class Blocks:
    """The parametrised problems of one network size.

    `rebuilt`: build each problem anew for every solve, as a script with CVX does, instead of once.
    `precise`: for comparisons of blocks; tight tolerances, and the answers of Clarabel and L-BFGS-B, which stop at an
    error of about 1e-5, are the start of MINPACK's hybrid method on the optimality conditions.
    """

    def __init__(self, problem: Problem, queue: Queue, *, rebuilt: bool = False, precise: bool = False) -> None:
        self.problem, self.queue, self.rebuilt = problem, queue, rebuilt
        self.precise = precise
        self.settings = PRECISE if precise else {}
        self.shape = problem.direct.shape
        self._build_relays()
        self._build_powers()
        self._build_association()

    def _build_relays(self) -> None:
        u = len(self.problem.uav_power)
        self.x = cp.Variable(u, nonneg=True)
        self.x_linear, self.x_root = cp.Parameter(u), cp.Parameter(u, nonneg=True)
        cost = self.x_linear @ self.x + 0.5 * cp.sum_squares(cp.multiply(self.x_root, self.x))
        self.relay_problem = cp.Problem(cp.Minimize(cost), [cp.sum(self.x) <= 1])

    def _build_powers(self) -> None:
        """Powers in units of the budget, times in units of the work of a link."""
        n, m, f = self.shape
        links = n * m * f
        self.share = cp.Variable(n, nonneg=True)
        self.snr, self.weight = cp.Parameter(links, nonneg=True), cp.Parameter(links, nonneg=True)
        spread = np.kron(np.eye(n), np.ones((m * f, 1)))
        time = cp.Variable(links)
        self.power_problem = cp.Problem(
            cp.Minimize(self.weight @ time),
            [cp.inv_pos(cp.log(1 + cp.multiply(self.snr, spread @ self.share))) <= time, cp.sum(self.share) == 1],
        )

    def _build_association(self) -> None:
        n, m, f = self.shape
        links = n * m * f
        self.a = cp.Variable(links, nonneg=True)
        self.a_linear, self.a_root = cp.Parameter(links), cp.Parameter(links, nonneg=True)
        self.scale = cp.Parameter(nonneg=True)
        self.iot_shift, self.band_shift = cp.Parameter(n), cp.Parameter(f)
        index = np.arange(links).reshape(n, m, f)
        iots, bands, mecs = (np.zeros((size, links)) for size in (n, f, m))
        for k, i, j in np.ndindex(n, m, f):
            iots[k, index[k, i, j]] = bands[j, index[k, i, j]] = mecs[i, index[k, i, j]] = 1
        # the queue cost and its continuation, exactly: n beyond the knot only once the part inside is full
        inside, beyond = cp.Variable(m, nonneg=True), cp.Variable(m, nonneg=True)
        q = self.queue
        waits = [
            cp.quad_over_lin(cp.power(inside[i], (q.beta + 1) / 2), q.capacity - q.rate * inside[i]) for i in range(m)
        ]
        queues = cp.sum(inside) / q.service + (q.rate / q.capacity) ** q.beta * sum(waits)
        queues += q.slope * cp.sum(beyond) + 0.5 * q.bend * cp.sum_squares(beyond)
        cost = self.a_linear @ self.a + 0.5 * cp.sum_squares(cp.multiply(self.a_root, self.a)) + queues
        cost += cp.sum_squares(self.scale * (iots @ self.a) + self.iot_shift)
        cost += cp.sum_squares(self.scale * (bands @ self.a) + self.band_shift)
        self.association_problem = cp.Problem(
            cp.Minimize(cost), [self.a <= 1, inside <= q.knot, mecs @ self.a == inside + beyond]
        )

    def _solve(self, problem: cp.Problem) -> bool:
        """Solve; False if there is no answer, which leaves the block as it was."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Solution may be inaccurate")  # almost solved is accepted, as CVX does
            try:
                problem.solve(solver=cp.CLARABEL, **self.settings)
            except cp.SolverError:  # now and then on badly scaled weights
                problem.solve(solver=cp.SCS, eps=1e-7)
        return problem.status in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE)

    def relays(self, v: Relaxed, rho: float) -> None:
        """(SP1)"""
        p = self.problem
        for k in range(self.shape[0]):
            others = v.x.sum(axis=0) - v.x[k]
            offer = np.maximum(v.power[:, k], p.uav_power / (1 + others))
            second = p.work[k] / np.log1p(v.gain * offer[:, None, None])
            change = np.einsum("mf,umf->u", v.a[k], v.first[k][:, None, :] + second) - (v.a[k] * p.direct[k]).sum()
            if self.rebuilt:
                self._build_relays()
            self.x_linear.value = change - v.xt[k] / rho + v.y1[k] + v.y2[k] * (1 - v.xt[k])
            self.x_root.value = np.sqrt((1 + (1 - v.xt[k]) ** 2) / rho)
            if self._solve(self.relay_problem):
                x = np.maximum(self.x.value, 0)
                v.x[k] = self._polish_relay(x) if self.precise else x
            v.xt[k] = _copies(v.x[k], v.y1[k], v.y2[k], rho)

    def _polish_relay(self, x: np.ndarray) -> np.ndarray:
        """The minimiser at the price of sum x <= 1, and that price, stay."""
        linear, curvature = self.x_linear.value, self.x_root.value**2

        def conditions(z: np.ndarray) -> np.ndarray:
            step = np.maximum(-(linear + z[-1]) / curvature, 0)
            return np.append(z[:-1] - step, z[-1] - max(z[-1] + z[:-1].sum() - 1, 0))

        return _root(conditions, np.append(x, self.relay_problem.constraints[0].dual_value))[:-1]

    def powers(self, v: Relaxed, u: int) -> None:
        """(SP2)"""
        budget = self.problem.uav_power[u]
        weight = np.maximum(v.x[:, u], LEAST_RELAY)[:, None, None] * np.maximum(v.a, LEAST_LINK)
        weight = (weight * self.problem.work[:, None, None]).ravel()
        if self.rebuilt:
            self._build_powers()
        self.weight.value = weight / weight.max()
        self.snr.value = np.broadcast_to(v.gain[u] * budget, self.shape).ravel()
        if self._solve(self.power_problem):
            share = np.maximum(self.share.value, 1e-6)
            if self.precise:
                share = self._polish_share(share)
            v.power[u] = budget * share / share.sum()

    def _polish_share(self, share: np.ndarray) -> np.ndarray:
        """All shares are positive, so their slopes are equal; unknowns: logarithms of the shares and of the slope."""
        snr, weight = self.snr.value.reshape(len(share), -1), self.weight.value.reshape(len(share), -1)

        def conditions(z: np.ndarray) -> np.ndarray:
            y = snr * np.exp(z[:-1, None])
            slope = (weight * snr / ((1 + y) * np.log1p(y) ** 2)).sum(axis=1)
            return np.append(np.log(slope) - z[-1], np.exp(z[:-1]).sum() - 1)

        start = np.append(np.log(share), 0.0)
        start[-1] = conditions(start)[:-1].mean()
        return np.exp(_root(conditions, start)[:-1])

    def position(self, v: Relaxed, u: int) -> None:
        """(SP3)"""
        p = self.problem
        weight = np.maximum(v.x[:, u], LEAST_RELAY)[:, None, None] * np.maximum(v.a, LEAST_LINK)
        weight = weight * p.work[:, None, None]

        def cost(xy: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = _hops(p.iot_xy, xy, p, p.height_up, p.iot_power[:, None], weight.sum(axis=1))
            power = v.power[u][:, None, None]
            both = _hops(p.mec_xy, xy, p, p.height_down, power, weight)
            return value + both[0], slope + both[1]

        answer = minimize(
            cost,
            v.xy[u],
            jac=True,
            method="L-BFGS-B",
            bounds=[(0, p.side)] * 2,
            options={"ftol": 1e-15, "gtol": 1e-9},
        )
        v.xy[u] = answer.x
        if self.precise:
            scale = 1 / np.linalg.norm(cost(answer.x + 1e-3)[1] - cost(answer.x)[1]) * 1e-3  # about 1 / curvature
            v.xy[u] = _root(lambda q: q - np.clip(q - scale * cost(q)[1], 0, p.side), answer.x)

    def association(self, v: Relaxed, rho: float) -> None:
        """(SP4)"""
        if self.rebuilt:
            self._build_association()
        self.a_linear.value = (v.cost - v.at / rho + v.y5 + v.y6 * (1 - v.at)).ravel()
        self.a_root.value = np.sqrt((1 + (1 - v.at) ** 2) / rho).ravel()
        self.scale.value = 1 / np.sqrt(2 * rho)
        self.iot_shift.value = (rho * v.y4 - 1) / np.sqrt(2 * rho)
        self.band_shift.value = (rho * v.y3 - 1) / np.sqrt(2 * rho)
        if self._solve(self.association_problem):
            a = np.clip(self.a.value, 0, 1)
            v.a[:] = (self._polish_association(a, rho) if self.precise else a).reshape(self.shape)
        v.at[:] = _copies(v.a, v.y5, v.y6, rho)

    def _polish_association(self, a: np.ndarray, rho: float) -> np.ndarray:
        """A point is optimal where a projected gradient step stays."""
        q, linear, curvature, scale = self.queue, self.a_linear.value, self.a_root.value**2, self.scale.value

        def conditions(a: np.ndarray) -> np.ndarray:
            table = a.reshape(self.shape)
            count = table.sum(axis=(0, 2))
            inside = np.minimum(count, q.knot)
            spare = q.capacity - q.rate * inside
            waits = (q.rate * inside / q.capacity) ** q.beta / spare
            queues = 1 / q.service + waits * (1 + q.beta + q.rate * inside / spare) + q.bend * (count - inside)
            iots = 2 * scale * (scale * table.sum(axis=(1, 2)) + self.iot_shift.value)
            bands = 2 * scale * (scale * table.sum(axis=(0, 1)) + self.band_shift.value)
            shared = iots[:, None, None] + queues[:, None] + bands
            slope = linear + curvature * a + shared.ravel()
            return a - np.clip(a - rho * slope, 0, 1)

        return _root(conditions, a)


def _root(conditions: Callable[[np.ndarray], np.ndarray], start: np.ndarray) -> np.ndarray:
    """A root by MINPACK's hybrid method, to an error of 1e-9."""
    answer = root(conditions, start, method="hybr", options={"xtol": 1e-14, "maxfev": 20_000})
    if np.abs(answer.fun).max() > 1e-9:
        raise ArithmeticError(f"optimality conditions are met to {np.abs(answer.fun).max():.1e} only")
    return answer.x


def _hops(
    points: np.ndarray, xy: np.ndarray, p: Problem, height: float, power: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray]:
    """Value and gradient of the weighted times of links between a UAV and (n, 2) points; arrays end in (n, F)."""
    away = xy - points
    d = np.sqrt((away**2).sum(axis=1) + height**2)[:, None]
    gamma = power * p.spread / d**2 * np.exp(-p.absorption * d)
    rate = np.log1p(gamma)
    pull = weight * (p.absorption + 2 / d) * gamma / ((1 + gamma) * rate**2) / d
    pull = pull.reshape(-1, *pull.shape[-2:]).sum(axis=(0, 2))
    return (weight / rate).sum(), pull @ away


def peer_rebuilt(drops: Drops) -> Decision:
    """The double loop on one drop, each problem built anew."""
    return peer_pdd(drops, rebuilt=True)


def peer_pdd(drops: Drops, options: PddOptions | None = None, *, rebuilt: bool = False) -> Decision:
    """The double loop on one drop."""
    options = options or PddOptions(**SCHEDULE)
    problem = next(problems(drops))
    queue = bounded_queue(drops, 0)
    v = start_relaxed(problem, queue, central_positions(drops, 0, options.algorithm_seed))
    blocks = Blocks(problem, queue, rebuilt=rebuilt)
    rho = options.penalty
    for _ in range(options.outer):
        before = relaxed_sum(problem, queue, v) + penalties(v, rho)
        for _ in range(options.inner):
            blocks.relays(v, rho)
            for u in range(drops.n_uavs):
                blocks.powers(v, u)
                blocks.position(v, u)
            refresh(problem, v)
            blocks.association(v, rho)
            after = relaxed_sum(problem, queue, v) + penalties(v, rho)
            if abs(before - after) <= options.inner_tolerance * abs(before):
                break
            before = after
        if update_multipliers(v, rho) < options.tolerance:
            break
        rho *= options.shrink
    return decision([finish(problem, v)[0]])


def compare_means(seeds: Iterable[int] = range(30)) -> dict[str, Interval]:
    """Mean objective [s] of ours, of the peer, and of their difference, on the same drops of the small network.

    `python -c "from benchmarks.peers.thz_uav_mec import compare_means; print(compare_means())"`: one to two minutes.
    """
    system = sagin.system("thz_uav_mec")
    drops = system.sample(system.scenario(**SMALL), seeds)
    ours = system.evaluate(drops, system.solve(drops, "pdd", **SCHEDULE).decision).objective
    theirs = np.empty(len(ours))
    for i in range(len(ours)):
        drop = records.take(drops, [i])
        theirs[i] = system.evaluate(drop, peer_pdd(drop)).objective[0]
    return {"ours": interval(ours), "peer": interval(theirs), "ours - peer": interval(ours - theirs)}


def _scaled(n_iots: int) -> dict[str, float]:
    """A network of that size within the same 20 GHz and at the same load."""
    return {"n_iots": n_iots, "subband_bandwidth_hz": 20e9 / n_iots, "arrival_rate_per_s": 5 / n_iots}


NOTE = "same start, 3 inner iterations on both sides; rounding is discontinuous, so blocks and means are compared: "
COMPARISONS = (
    Comparison(
        label="double loop in CVXPY on the small network, problems built once",
        scheme="pdd",
        peer=peer_pdd,
        aim=100.0,
        options=SCHEDULE,
        overrides=SMALL,
        tolerance=None,
        note=NOTE + "CVXPY at its best, parametrised problems compiled once a drop",
    ),
    Comparison(
        label="double loop in CVXPY on the small network, problems built for each solve",
        scheme="pdd",
        peer=peer_rebuilt,
        aim=1000.0,
        options=SCHEDULE,
        overrides=SMALL,
        tolerance=None,
        drops=1,
        note=NOTE + "CVXPY as a first script uses it",
    ),
)

GROWTH = (
    Growth(
        "IoTs, priced assignment",
        "light",
        tuple((n, _scaled(n)) for n in (20, 50, 100, 200, 500)),
        {"starts": 1, "kicks": 0},
    ),
    Growth(
        "IoTs, penalty dual decomposition",
        "pdd",
        tuple((n, _scaled(n)) for n in (10, 20, 40, 80)),
        {"outer": 10, "inner": 3},
    ),
    Growth(
        "sub-bands, priced assignment",
        "light",
        tuple((n, {"n_subbands": n, "subband_bandwidth_hz": 20e9 / n}) for n in (20, 50, 100, 200, 500)),
        {"starts": 1, "kicks": 0},
    ),
)
