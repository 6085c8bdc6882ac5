"""Certified upper bound on the computation efficiency: Lagrangian dual of the energy.

Relaxed: a cluster's rates to their sum (that of a multiple-access channel, which successive decoding attains), its
powers to any split over its sub-channels, upload times to the shortest, and the coupling through the terahertz band and
the sum rates to prices. Kept: quotas and one cluster a sub-channel, by an exact assignment.

Any prices give a valid bound; good ones are found on a coarse grid with one price for all clusters, then by a pattern
search (Hooke and Jeeves 1961) over the logarithms of all prices.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sagin.core.contracts import outward
from sagin.systems.stin_vmdc.kernels import Task
from sagin.systems.stin_vmdc.kernels_bound import N_POINTS, Dual, dual_value, split_points
from sagin.systems.stin_vmdc.model import Drops
from sagin.systems.stin_vmdc.solver import tasks

N_EVALUATIONS = 600  # of the dual function a drop, after the grid
FIRST_STEP, LEAST_STEP = 0.3, 0.002  # of the log prices
PAYS = 2e-6  # relative gain a unit step below which the step is halved
RATE_PRICES = np.append(0.0, np.geomspace(1e-3, 30, 13))  # over local energy times deadline a bit
BAND_PRICES = np.append(0.0, np.geomspace(1e-3, 2, 12))  # over the terahertz energy if all must-go load were there
EASED = 1e-5  # part by which times are eased before a drop is called infeasible: more than the tolerances
TRADE = 1e-9  # precision of a trade, over the energy of all local


def bound(drops: Drops) -> np.ndarray:
    """(drop,) [bit/J] upper bound on J over all feasible decisions; -inf: certified that there is none.

    That is so where some vehicle has no feasible split. NaN where the energy is bounded by nothing above 0.
    """
    batch = tasks(drops)
    energy = np.array([energy_bound(task) for task in batch])
    for i in np.flatnonzero(energy == np.inf):
        energy[i] = energy_bound(_eased(batch[i])) * (1 - EASED)
    with np.errstate(divide="ignore", invalid="ignore"):
        efficiency = np.where(energy > 0, drops.task_bits.sum(axis=1) / energy, np.nan)
    return np.where(energy == np.inf, -np.inf, outward(efficiency, "max"))


def _eased(task: Task) -> Task:
    """The task with a little more time: its feasible decisions include all that are feasible within tolerances."""
    vehicle = task.vehicle.copy()
    for name in ("deadline", "stay"):
        vehicle[name] *= 1 + EASED
    vehicle["least"] = np.maximum(0.0, vehicle["least"] - 2 * EASED)
    return task._replace(vehicle=vehicle)


class Prices:
    """The dual function of one drop, with the best prices so far: mu of every cluster [J s/bit], then lam [J]."""

    def __init__(self, task: Task) -> None:
        vehicle, n_clusters, n_sub = task.vehicle, task.members.shape[0], task.band.size
        corner = np.empty((vehicle.size, N_POINTS, 3))
        count = np.array([split_points(vehicle, m, corner[m]) for m in range(vehicle.size)])
        unit = vehicle["bits"] * task.p_thz / vehicle["sat_rate"]
        powers = np.zeros((n_clusters, n_sub, task.members.shape[1]))
        base = float(vehicle["local_j"].sum())
        self.task, self.dual = task, Dual(corner, count, unit, powers, base, TRADE * base)
        n_rows = n_clusters * task.quota
        self.cost = np.empty((min(n_rows, n_sub), max(n_rows, n_sub)))
        self.column = np.empty(self.cost.shape[0], dtype=np.int64)
        self.best, self.prices = -math.inf, np.full(n_clusters + 1, -1.0)
        self.earned, self.trial = np.zeros((n_clusters, n_sub)), np.zeros((n_clusters, n_sub))

    def try_out(self, prices: np.ndarray) -> None:
        """Evaluate the dual function and keep the prices if they are better."""
        value = dual_value(self.task, self.dual, prices, self.prices, self.earned, self.trial, self.cost, self.column)
        if value > self.best:
            self.best, self.prices = value, prices.copy()
            self.earned, self.trial = self.trial, self.earned


def energy_bound(task: Task) -> float:
    """Certified lower bound on the energy of a drop [J], inf where there is no feasible decision: some vehicle has no
    split, or the bound exceeds all that a feasible decision can need."""
    dual, vehicle, n_clusters = Prices(task), task.vehicle, task.members.shape[0]
    rate_scale = (vehicle["local_j"] * vehicle["deadline"] / vehicle["bits"]).mean()
    band_scale = np.sqrt(dual.dual.unit * vehicle["least"]).sum() ** 2
    for mu in rate_scale * RATE_PRICES:
        for lam in band_scale * BAND_PRICES:
            dual.try_out(np.append(np.full(n_clusters, mu), lam))
    step, count = FIRST_STEP, 0
    previous = dual.prices
    while step > LEAST_STEP and count < N_EVALUATIONS and math.isfinite(dual.best):
        start, base = dual.best, dual.prices
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            pattern = np.where(previous > 0, base * base / previous, base)
        dual.try_out(pattern)
        for direction in _directions(n_clusters):
            for factor in (math.exp(step), math.exp(-step)):
                dual.try_out(np.where(direction, dual.prices * factor, dual.prices))
                count += 1
        previous = base
        if dual.best - start <= step * PAYS * dual.dual.base:
            step /= 2
    return math.inf if dual.best > _most_energy(task) * (1 + EASED) else dual.best


def _most_energy(task: Task) -> float:
    """No feasible decision needs more [J]: all in the dearest place, and every transmitter on all of its time."""
    vehicle = task.vehicle
    computing = vehicle["local_j"] + np.maximum(0.0, np.maximum(vehicle["edge_j"], vehicle["sat_j"]))
    sending = task.p_max * np.minimum(vehicle["deadline"], vehicle["stay"]) + task.p_thz * vehicle["deadline"]
    return float((computing + sending).sum())


def _directions(n_clusters: int) -> Iterator[np.ndarray]:
    """Which prices move: each alone, then those of all clusters together."""
    yield from np.eye(n_clusters + 1, dtype=bool)
    yield np.arange(n_clusters + 1) < n_clusters
