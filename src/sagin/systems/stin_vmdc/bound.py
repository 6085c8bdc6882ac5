"""Certified upper bound on the computation efficiency: Lagrangian dual of the energy.

Relaxed: a cluster's rates to their sum (that of a multiple-access channel, which successive decoding attains), its
powers to any split over its sub-channels, upload times to the shortest where a vehicle carries others' rates, and the
coupling through the terahertz band and the sum rates to prices. Kept: quotas and one cluster a sub-channel, by an exact
assignment; the least shares of the terahertz band that the deadlines ask for.

Any prices give a valid bound; good ones are found on a coarse grid with one price for all clusters, then along
supergradients.
"""

from __future__ import annotations

import math

import numpy as np

from sagin.core.contracts import outward
from sagin.methods.space_dilation import maximise
from sagin.systems.stin_vmdc.kernels import Task
from sagin.systems.stin_vmdc.kernels_bound import Dual, dual_value
from sagin.systems.stin_vmdc.kernels_splits import (
    N_POINTS,
    N_TANGENTS,
    Best,
    Cells,
    best_alone,
    split_points,
    whole_box,
)
from sagin.systems.stin_vmdc.model import Drops
from sagin.systems.stin_vmdc.solver import tasks

N_EVALUATIONS = 100  # of the dual function a drop, after the grid
FIRST_STEP, LEAST_STEP = 0.3, 0.001  # first step over the prices, and over their scales
ENOUGH = 5e-6  # relative gain of the dual function that a step must promise
RATE_PRICES = np.append(0.0, np.geomspace(1e-3, 30, 7))  # over local energy times deadline a bit
BAND_PRICES = np.append(0.0, np.geomspace(1e-3, 2, 4))  # over the terahertz energy if all must-go load were there
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
    """The dual function of one drop: prices are mu of every cluster [J s/bit], then lam [J]."""

    def __init__(self, task: Task, n_levels: int = 1) -> None:
        n_vehicles, n_clusters, n_sub = task.vehicle.size, task.members.shape[0], task.band.size
        self.task = task
        first = np.unique(np.linspace(0, task.members.shape[1] - 1, n_levels).round().astype(np.int64))
        most = min(task.quota, n_sub)
        self.best = Best(np.empty(most), np.empty(most), np.empty((1, 3, task.node_weight.size)))
        self.cells = Cells(*(np.empty(N_TANGENTS + extra) for extra in (2, 1, 1, 1)))
        self.box = np.empty((n_vehicles, 5))
        base = float(task.vehicle["local_j"].sum())
        n_rows = n_clusters * task.quota
        shape = (min(n_rows, n_sub), max(n_rows, n_sub))
        self.dual = Dual(
            corner=np.empty((n_vehicles, N_POINTS, 6)),
            n_points=np.zeros(n_vehicles, dtype=np.int64),
            window=np.empty(n_vehicles),
            unit=task.vehicle["bits"] * task.p_thz / task.vehicle["sat_rate"],
            powers=np.zeros((n_clusters, n_sub, task.members.shape[1])),
            base=base,
            tolerance=TRADE * base,
            split=np.zeros((n_vehicles, 4)),
            earned=np.zeros((n_clusters, n_sub)),
            carried=np.zeros((n_clusters, n_sub, first.size)),
            first=first,
            cost=np.empty(shape),
            column=np.empty(shape[0], dtype=np.int64),
        )
        self.n_levels = first.size
        for m in range(n_vehicles):
            best_alone(task, m, self.best)
            whole_box(task, m, self.best, self.box[m])
        self.corners()

    def corners(self) -> None:
        """Corners of the boxes at hand."""
        for m in range(self.task.vehicle.size):
            best_alone(self.task, m, self.best)
            found = split_points(self.task, m, self.box[m], self.best, self.cells, self.dual.corner[m])
            self.dual.n_points[m], self.dual.window[m] = found

    def value(self, prices: np.ndarray) -> tuple[float, np.ndarray]:
        """The dual function and a supergradient; negative prices count as 0."""
        inside, slope = np.maximum(prices, 0.0), np.empty(prices.size)
        value = dual_value(self.task, self.dual, inside, slope)
        if not math.isfinite(value):
            return value, np.zeros(prices.size)
        out = np.where(prices < inside, np.maximum(slope, 0.0), slope)
        return value + float(out @ (prices - inside)), out

    def owner(self) -> np.ndarray:
        """(F,) cluster of each sub-channel in the assignment at the last prices, -1 where it earns nothing."""
        dual, quota = self.dual, self.task.quota
        owner = np.full(self.task.band.size, -1, dtype=np.int64)
        for i, j in enumerate(dual.column):
            n, f = (i // quota, j) if dual.cost.shape[1] == owner.size else (j // quota, i)
            if dual.earned[n, f] > 0:
                owner[f] = n
        return owner


def first_prices(prices: Prices, bands: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The best prices of a coarse grid with one rate price for all clusters, and how far they may be off.

    `bands`: prices of the band to try [J], if some are known to be good.
    """
    vehicle, n_clusters = prices.task.vehicle, prices.task.members.shape[0]
    rate_scale = float((vehicle["local_j"] * vehicle["deadline"] / vehicle["bits"]).mean())
    band_scale = np.sqrt(prices.dual.unit * vehicle["least"]).sum() ** 2
    best, found = -math.inf, np.zeros(n_clusters * prices.n_levels + 1)
    for mu in rate_scale * RATE_PRICES:
        for lam in band_scale * BAND_PRICES if bands is None else bands:
            trial = np.zeros(found.size)
            trial[: -1 : prices.n_levels], trial[-1] = mu, lam
            value = prices.value(trial)[0]
            if value > best:
                best, found = value, trial
    rate = max(FIRST_STEP * found[0], LEAST_STEP * rate_scale)
    return found, np.append(np.full(found.size - 1, rate), max(FIRST_STEP * found[-1], LEAST_STEP * prices.dual.base))


def energy_bound(task: Task) -> float:
    """Certified lower bound on the energy of a drop [J], inf where there is no feasible decision: some vehicle has no
    split, or the bound exceeds all that a feasible decision can need."""
    prices = Prices(task)
    start, scale = first_prices(prices)
    best = prices.value(start)[0]
    if math.isfinite(best):
        _, best = maximise(prices.value, start, scale, ENOUGH, N_EVALUATIONS)
    return math.inf if best > _most_energy(task) * (1 + EASED) else best


def _most_energy(task: Task) -> float:
    """No feasible decision needs more [J]: all in the dearest place, and every transmitter on all of its time."""
    vehicle = task.vehicle
    computing = vehicle["local_j"] + np.maximum(0.0, np.maximum(vehicle["edge_j"], vehicle["sat_j"]))
    sending = task.p_max * np.minimum(vehicle["deadline"], vehicle["stay"]) + task.p_thz * vehicle["deadline"]
    return float((computing + sending).sum())
