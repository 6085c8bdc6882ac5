"""JTORA (Zhang et al., Algorithm 2) the way its reader would write it: every subproblem in CVXPY.

At its best: problems are built once for each size, changed only through parameters (DPP), and solved by an interior
point method; everything else is vectorised NumPy. Start, safeguard and stopping rule are those of the scheme `jtora`
with one start. The power block has two variants: the closed least powers (a scalar root a vehicle), and the same
minimum powers as exponential cone programmes, one for each decoding position with all clusters together.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import cvxpy as cp
import numpy as np
from benchmarks.harness import Comparison, Growth
from scipy.optimize import brentq

from sagin.core import records
from sagin.core.units import to_db
from sagin.systems.stin_vmdc.model import Decision, Drops


class Split:
    """P1: shares of the tasks, a linear programme."""

    def __init__(self, n: int) -> None:
        self.f, self.g, self.a, self.b, self.s = (cp.Parameter(n) for _ in range(5))
        self.theta, self.zeta = cp.Variable(n, nonneg=True), cp.Variable(n, nonneg=True)
        total = self.theta + self.zeta
        limits = [self.theta <= self.a, self.zeta <= self.b, total >= self.s, total <= 1]
        objective = cp.multiply(self.f, self.theta) + cp.multiply(self.g, self.zeta)
        self.problem = cp.Problem(cp.Minimize(cp.sum(objective)), limits)

    def solve(self, f: np.ndarray, g: np.ndarray, a: np.ndarray, b: np.ndarray, s: np.ndarray) -> Any:
        """Shares of least energy; None if there are none."""
        usable = b > 0
        self.f.value, self.g.value = f, np.where(usable, g, 0.0)
        self.a.value, self.b.value, self.s.value = a, b, np.minimum(s, a + b) * (1 - 1e-12)
        self.problem.solve(solver=cp.SCIPY, scipy_options={"method": "highs-ds"})  # a corner, exactly
        if self.problem.status not in ("optimal", "optimal_inaccurate"):
            return None
        theta = np.clip(self.theta.value, 0, a)
        zeta = np.clip(s - theta, 0, b)
        return np.where(theta < 1e-9, 0, theta), np.where(zeta < 1e-9, 0, zeta)  # rounding is not load


class Shares:
    """P2: shares of the terahertz band."""

    def __init__(self, n: int) -> None:
        self.cost, self.lower = cp.Parameter(n, nonneg=True), cp.Parameter(n, nonneg=True)
        self.alpha = cp.Variable(n)
        objective = cp.Minimize(cp.sum(cp.multiply(self.cost, cp.inv_pos(self.alpha))))
        self.problem = cp.Problem(objective, [cp.sum(self.alpha) <= 1, self.alpha >= self.lower])

    def solve(self, cost: np.ndarray, lower: np.ndarray) -> Any:
        """Shares of least cost; None if the lower bounds leave none."""
        if not lower.sum() <= 1:
            return None
        self.cost.value, self.lower.value = np.maximum(cost / cost.mean(), 1e-6), lower
        self.problem.solve(solver=cp.CLARABEL)
        alpha = np.where(cost > 0, np.maximum(self.alpha.value, lower), 0)
        return alpha / alpha.sum()


class Powers:
    """P3, honest: least powers of the vehicles of one decoding position, clusters side by side."""

    def __init__(self, n_clusters: int, weight: np.ndarray) -> None:
        self.gain, self.need = cp.Parameter((n_clusters, weight.size), nonneg=True), cp.Parameter(n_clusters)
        self.power = cp.Variable((n_clusters, 1), nonneg=True)
        rate = cp.log(1 + cp.multiply(self.gain, self.power @ np.ones((1, weight.size)))) @ weight
        self.problem = cp.Problem(cp.Minimize(cp.sum(self.power)), [rate >= self.need])

    def solve(self, gain: np.ndarray, need: np.ndarray) -> np.ndarray:
        """(cluster,) least powers; inf where there are none. Each is scaled by its largest gain."""
        unit = 1 / np.maximum(gain.max(axis=1), 1e-300)
        self.gain.value, self.need.value = gain * unit[:, None], need
        try:
            self.problem.solve(solver=cp.CLARABEL)
        except cp.SolverError:
            return np.full(need.shape, np.inf)
        if self.problem.status not in ("optimal", "optimal_inaccurate"):
            return np.full(need.shape, np.inf)
        return np.where(need > 0, self.power.value[:, 0] * unit, 0.0)


@lru_cache
def _split(n: int) -> Split:
    return Split(n)


@lru_cache
def _shares(n: int) -> Shares:
    return Shares(n)


@lru_cache
def _powers(n_clusters: int, weight: tuple[float, ...]) -> Powers:
    return Powers(n_clusters, np.array(weight))


class Jtora:
    """One drop."""

    def __init__(self, d: Drops, cone: bool) -> None:
        self.cone = cone
        self.bits, self.cycles, self.deadline, self.stay = d.task_bits[0], d.cycles[0], d.t_max_s[0], d.stay_s[0]
        self.local_j = self.cycles * d.switched_capacitance_local[0] * d.cpu_local_hz[0] ** 2
        relay = self.bits / d.rate_rb_bps[0]
        self.edge_j = self.cycles * d.switched_capacitance_bs * d.cpu_bs_hz**2 - self.local_j + d.p_rsu_w * relay
        self.sat_j = self.cycles * d.switched_capacitance_sat * d.cpu_sat_hz**2 - self.local_j
        self.edge_s, self.sat_s = relay + self.cycles / d.cpu_bs_hz, self.cycles / d.cpu_sat_hz
        self.sat_rate = d.thz_bandwidth_hz * np.log2(1 + d.sinr_thz[0])
        self.least = np.maximum(0, 1 - self.deadline * d.cpu_local_hz[0] / self.cycles)
        # (vehicle, subchannel, node) gain over noise
        self.gain = (d.fading_rf[0] / d.sub_noise_w[:, None]).T[:, :, None] * d.path_gain[0][:, None, :]
        self.band, self.nodes, self.p_max, self.p_thz = d.sub_bandwidth_hz, d.quad_w, d.p_max_w, d.p_thz_w
        self.quota, self.n_clusters = d.max_subchannels_per_cluster, d.n_clusters
        self.cluster, self.rank = d.cluster[0], d.sic_rank[0]

    def rates(self, power: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """RF rates [bit/s]."""
        rate = np.zeros(power.size)
        for n in range(self.n_clusters):
            held = np.flatnonzero(owner == n)
            if held.size:
                members = np.flatnonzero(self.cluster == n)
                members = members[np.argsort(self.rank[members])]
                rate[members] = self._sic(power[members] / held.size, members, held)
        return rate

    def _sic(self, power: np.ndarray, members: np.ndarray, held: np.ndarray) -> np.ndarray:
        received = power[:, None, None] * self.gain[np.ix_(members, held)]
        behind = np.flip(np.cumsum(np.flip(received, 0), 0), 0) - received
        return np.einsum("kfq,f,q->k", np.log2(1 + received / (1 + behind)), self.band[held], self.nodes)

    def least_powers(self, theta: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """Least powers that meet all deadlines, inf where there are none."""
        window = np.minimum(self.deadline - theta * self.edge_s, self.stay)
        need = np.where(theta > 0, theta * self.bits / window, 0.0)
        power = np.zeros(need.size)
        seen = np.ones((self.n_clusters, self.gain.shape[1], self.gain.shape[2]))
        for k in range(self.rank.max(), -1, -1):
            members = np.flatnonzero(self.rank == k)
            own = np.zeros((self.n_clusters, *seen.shape[1:]))
            wanted = np.zeros(self.n_clusters)
            for m in members:
                held = np.flatnonzero(owner == self.cluster[m])
                own[self.cluster[m], held] = self.gain[m, held] / max(held.size, 1)
                wanted[self.cluster[m]] = need[m]
            found = self._rank_powers(own / seen, wanted)
            if not (found <= self.p_max * (1 + 1e-6)).all():
                return np.full(need.size, np.inf)
            power[members] = np.minimum(found[self.cluster[members]], self.p_max)
            seen += found[:, None, None] * own
        return power

    def _rank_powers(self, gain: np.ndarray, need: np.ndarray) -> np.ndarray:
        """(cluster,) least powers for one decoding position; `gain`: (cluster, subchannel, node)."""
        weight = self.band[:, None] * self.nodes / np.log(2)
        if self.cone:
            total = self.band.sum()
            problem = _powers(self.n_clusters, tuple(weight.ravel() / total))
            return problem.solve(gain.reshape(self.n_clusters, -1), need / total)
        found = np.zeros(self.n_clusters)
        for n in np.flatnonzero(need):

            def excess(p: float, n: int = n) -> float:
                return float((weight * np.log1p(p * gain[n])).sum() - need[n])

            found[n] = brentq(excess, 0, self.p_max, xtol=1e-18) if excess(self.p_max) >= 0 else np.inf
        return found

    def lower(self, zeta: np.ndarray) -> np.ndarray:
        """Least shares of the terahertz band."""
        window = self.deadline - zeta * self.sat_s
        least = zeta * self.bits / (np.where(window > 0, window, np.nan) * self.sat_rate)
        return np.where(zeta > 0, np.where(window > 0, least, np.inf), 0.0)

    def shares(self, zeta: np.ndarray) -> Any:
        """Shares of the terahertz band, None if the deadlines leave none."""
        if not zeta.any():
            return np.full(zeta.size, 1 / zeta.size)
        return _shares(zeta.size).solve(zeta * self.bits * self.p_thz / self.sat_rate, self.lower(zeta))

    def energies(
        self, theta: np.ndarray, zeta: np.ndarray, alpha: np.ndarray, power: np.ndarray, rate: np.ndarray
    ) -> Any:
        """Energy of every vehicle [J]."""
        with np.errstate(divide="ignore", invalid="ignore"):
            uplink = np.where(theta > 0, power * theta * self.bits / rate, 0)
            thz = np.where(zeta > 0, self.p_thz * zeta * self.bits / (alpha * self.sat_rate), 0)
        return self.local_j + theta * self.edge_j + zeta * self.sat_j + uplink + thz

    def match(self, theta: np.ndarray, zeta: np.ndarray, alpha: np.ndarray, power: np.ndarray) -> np.ndarray:
        """VSMA: deferred acceptance on the utilities of one sub-channel alone; the owner of every sub-channel."""
        n_sub = self.band.size
        value = np.empty((n_sub, self.n_clusters))
        for f in range(n_sub):
            for n in range(self.n_clusters):
                members = np.flatnonzero(self.cluster == n)
                members = members[np.argsort(self.rank[members])]
                rate = np.zeros(theta.size)
                rate[members] = self._sic(power[members], members, np.array([f]))
                value[f, n] = self.bits[members].sum() / self.energies(theta, zeta, alpha, power, rate)[members].sum()
        owner = np.full(n_sub, -1)
        untried = [list(np.argsort(-value[:, n], kind="stable")) for n in range(self.n_clusters)]
        while True:
            free = [n for n in range(self.n_clusters) if (owner == n).sum() < self.quota and untried[n]]
            if not free:
                return owner
            n = free[0]
            f = untried[n].pop(0)
            if owner[f] < 0 or value[f, n] > value[f, owner[f]]:
                owner[f] = n

    def start(self, rate: np.ndarray) -> Any:
        """Band shares of a feasible start, None if there is none."""
        with np.errstate(divide="ignore"):
            most = np.minimum(
                1, np.minimum(self.deadline / (self.bits / rate + self.edge_s), self.stay * rate / self.bits)
            )
        kept = np.maximum(0, self.least - most)
        if self.lower(self.least).sum() <= 1:
            return self.shares(self.least)
        if not self.lower(kept).sum() <= 1:
            return None
        part = brentq(lambda t: min(self.lower(kept + t * (self.least - kept)).sum(), 2) - 1 + 1e-12, 0, 1)
        return self.shares(kept + part * (self.least - kept))

    def solve(self, start_power: float) -> tuple[np.ndarray, ...]:
        """Algorithm 2 from one start power: theta, zeta, alpha, power, owner."""
        n = self.bits.size
        owner = np.arange(self.band.size) % self.n_clusters
        owner[self.quota * self.n_clusters :] = -1
        power = np.full(n, start_power)
        rate = self.rates(power, owner)
        alpha = self.start(rate)
        nobody = np.zeros(n), np.zeros(n), np.full(n, 1 / n), np.zeros(n), owner
        if alpha is None:
            return nobody
        before = 0.0
        theta = zeta = np.zeros(n)
        for iteration in range(1, 51):
            with np.errstate(divide="ignore", invalid="ignore"):
                f = self.edge_j + np.where(rate > 0, power * self.bits / rate, 0)
                a = np.minimum(
                    1, np.minimum(self.deadline / (self.bits / rate + self.edge_s), self.stay * rate / self.bits)
                )
                full = alpha * self.sat_rate
                g = self.sat_j + self.p_thz * self.bits / full
                b = np.minimum(1, self.deadline / (self.bits / full + self.sat_s))
            split = _split(n).solve(f, g, a, b, self.least)
            if split is None and iteration == 1:
                return nobody
            theta, zeta = split or (theta, zeta)
            least = self.least_powers(theta, owner)
            if np.isfinite(least).all():
                power = least
                rate = self.rates(power, owner)
            other = self.match(theta, zeta, alpha, power)
            least = self.least_powers(theta, other)
            if np.isfinite(least).all():
                new_rate = self.rates(least, other)
                energy = [self.energies(theta, zeta, alpha, *x).sum() for x in ((power, rate), (least, new_rate))]
                if energy[1] < energy[0]:
                    owner, power, rate = other, least, new_rate
            new = self.shares(zeta)
            alpha = alpha if new is None else new
            value = self.bits.sum() / self.energies(theta, zeta, alpha, power, rate).sum()
            if iteration > 1 and value - before <= 1e-5 * value:
                break
            before = value
        return theta, zeta, alpha, power, owner


def _decide(drops: Drops, cone: bool, start_fraction: float = 1.0) -> Decision:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Solution may be inaccurate")
        theta, zeta, alpha, power, owner = Jtora(drops, cone).solve(start_fraction * drops.p_max_w)
    eta = (owner[:, None] == np.arange(drops.n_clusters)).astype(int)
    parts = {"theta": theta, "zeta": zeta, "alpha": alpha, "power": power, "eta": eta}
    return records.build(Decision, **{name: value[None] for name, value in parts.items()})


def closed_powers(drops: Drops) -> Decision:
    """JTORA from P_max with the least powers in closed form."""
    return _decide(drops, cone=False)


def cone_powers(drops: Drops) -> Decision:
    """JTORA from P_max with the least powers as exponential cone programmes."""
    return _decide(drops, cone=True)


def low_start(drops: Drops) -> Decision:
    """JTORA from 1 % of P_max, closed least powers: there the matching and the powers have most to do."""
    return _decide(drops, cone=False, start_fraction=0.01)


ONE = {"start_fractions": (1.0,)}
COMPARISONS = (
    Comparison(
        "least powers as cone programs in CVXPY",
        "jtora",
        cone_powers,
        1000,
        ONE,
        tolerance=1e-3,  # the cone solver now and then stops at reduced accuracy
        note="one start, least powers as cone programmes",
    ),
    Comparison(
        "least powers by scalar roots",
        "jtora",
        closed_powers,
        200,
        ONE,
        note="one start at P_max, least powers by root",
    ),
    Comparison(
        "least powers by scalar roots, low start",
        "jtora",
        low_start,
        200,
        {"start_fractions": (0.01,)},
        note="one start at 1 % of P_max, least powers by root",
    ),
)


def _proportional(n: int) -> dict[str, Any]:
    """n vehicles with bandwidths, sub-channels, antennas and the satellite's aperture in proportion.

    Without the larger aperture a wider terahertz band only brings more noise, and 200 vehicles have no feasible split.
    """
    return {
        "n_vehicles": n,
        "n_subchannels": 12 * n // 20,
        "rf_bandwidth_hz": 3e6 * n / 20,
        "thz_bandwidth_hz": 100e9 * n / 20,
        "thz_gain_sat_dbi": 60 + float(to_db(n / 20)),
        "rsu_antennas": max(64, n),
        "n_bs_draws": 1,
    }


VEHICLES = tuple((n, _proportional(n)) for n in (10, 20, 50, 100, 200))
SUBCHANNELS = tuple((f, {"n_subchannels": f, "max_subchannels_per_cluster": -(-f // 4)}) for f in (8, 12, 24, 48))
GROWTH = (
    Growth("vehicles", "jtora", VEHICLES),
    Growth("vehicles", "improved", VEHICLES),
    Growth("sub-channels", "jtora", SUBCHANNELS),
    Growth("sub-channels", "improved", SUBCHANNELS),
)
