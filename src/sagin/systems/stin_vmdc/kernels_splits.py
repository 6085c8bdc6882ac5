"""Where the least cost of a vehicle's split lies, whatever the prices: the corners of cells of splits.

In a cell the cost of a split is bounded below by something concave, so that its corners decide. With P(r) the least
power that carries a rate alone on the best sub-channels, w(theta) the time for the upload and W a reference window:

    uplink energy  >=  W x' + max(0, w - W) P(r)   where the powers x' carry the rates theta C / max(w, W)

because a longer window with less power carries as much, and a shorter one is left out of the first term only.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.least_powers import least_power, log_sum
from sagin.systems.stin_vmdc.kernels import RecordArray, Task

N_TANGENTS = 12  # of the needed rate as a function of the share
N_CELLS = 16  # of the satellite share
N_THETA = N_TANGENTS + 5 + 2 * N_CELLS  # lines of constant theta through corners
N_POINTS = N_THETA * (N_CELLS + 2)  # a vehicle
ENERGY, RATE, ROOT, LEAST_BAND, THETA, ZETA = range(6)  # columns of a point
THETA_LOW, THETA_HIGH, ZETA_LOW, ZETA_HIGH, REFERENCE = range(5)  # columns of a box
SLACK = 2e-5  # part by which a largest rate is raised: more than the tolerances
TINY = 1e-12


class Best(NamedTuple):
    """What a vehicle can reach alone on the best of its sub-channels, as sums over sets of equal size."""

    strength: np.ndarray  # (quota,) mean gain of the best s sub-channels over s
    band: np.ndarray  # (quota,) [Hz]
    cubic: np.ndarray  # (1, 3, Q) scratch


@kernel
def best_alone(task: Task, m: int, best: Best) -> None:
    """Fill `best` for a vehicle. The best gains count with the widest bands: both raise the rate."""
    gain, band = np.sort(task.gain[m]), np.sort(task.band)
    total, width = 0.0, 0.0
    for s in range(best.strength.size):
        total += gain[gain.size - 1 - s]
        width += band[band.size - 1 - s]
        best.strength[s] = total / ((s + 1.0) * (s + 1.0))
        best.band[s] = (s + 1.0) * band[band.size - 1]


@kernel
def load(task: Task, m: int, best: Best, s: int) -> None:
    """The cubics of a set of s + 1 sub-channels."""
    for q in range(task.node_weight.size):
        best.cubic[0, 0, q] = best.strength[s] * task.path[m, q]
        best.cubic[0, 1, q] = 0.0
        best.cubic[0, 2, q] = 0.0


@kernel
def highest_rate(task: Task, m: int, best: Best) -> float:
    """No more than this can be carried at full power [bit/s]."""
    highest = 0.0
    for s in range(best.strength.size):
        load(task, m, best, s)
        highest = max(highest, log_sum(best.cubic, 1, best.band[s : s + 1], task.node_weight, task.p_max))
    return highest / math.log(2.0)


@kernel
def power_alone(task: Task, m: int, rate: float, start: float, best: Best) -> float:
    """No less than this carries a rate [W]; inf beyond full power."""
    least = math.inf
    for s in range(best.strength.size):
        if best.strength[s] > 0.0:
            load(task, m, best, s)
            total = 0.0
            for q in range(task.node_weight.size):
                total += best.band[s] * task.node_weight[q]
            target = rate * math.log(2.0)
            weights = best.band[s : s + 1]
            found = least_power(
                best.cubic, 1, weights, task.node_weight, total, target, start, task.p_max * (1 + SLACK), 1e-8
            )
            least = min(least, found * (1.0 - 1e-7))
    return least


@kernel
def least_band(vehicle: RecordArray, m: int, zeta: float) -> float:
    """Least share of the terahertz band for a satellite share; inf if there is no time."""
    window = vehicle[m].deadline - zeta * vehicle[m].sat_s
    return zeta * vehicle[m].bits / (window * vehicle[m].sat_rate) if window > 0.0 else math.inf


@kernel
def window_of(vehicle: RecordArray, m: int, theta: float) -> float:
    """Time for the upload [s]."""
    return min(vehicle[m].stay, max(0.0, vehicle[m].deadline - theta * vehicle[m].edge_s))


@kernel
def whole_box(task: Task, m: int, best: Best, box: np.ndarray) -> None:
    """All splits that a good decision may have; the reference window is the shortest of them."""
    vehicle = task.vehicle
    most = highest_rate(task, m, best) * (1.0 + SLACK)
    bits, deadline = vehicle[m].bits, vehicle[m].deadline
    highest = 0.0
    if most > 0.0:
        highest = min(1.0, deadline / (vehicle[m].edge_s + bits / most), vehicle[m].stay * most / bits)
    if vehicle[m].edge_j >= 0.0:
        highest = min(highest, vehicle[m].least)  # more than must go never pays
    cap = min(1.0, deadline / (vehicle[m].sat_s + bits / vehicle[m].sat_rate))  # the whole band
    box[THETA_LOW] = 0.0
    box[THETA_HIGH] = highest
    box[ZETA_LOW] = 0.0
    box[ZETA_HIGH] = min(1.0, cap * (1.0 + SLACK))
    box[REFERENCE] = highest


class Cells(NamedTuple):
    """Cells of the base station share: their ends, tangents of the needed rate and least powers."""

    edge: np.ndarray  # (N_TANGENTS + 2,)
    slope: np.ndarray  # (N_TANGENTS + 1,) [bit/s]
    offset: np.ndarray  # (N_TANGENTS + 1,) [bit/s]
    power: np.ndarray  # (N_TANGENTS + 1,) [W]


@kernel
def make_cells(task: Task, m: int, box: np.ndarray, best: Best, cells: Cells) -> float:
    """Cells between where the tangents meet, and one beyond the reference; returns the reference window [s].

    In each cell the needed rate is at least slope theta + offset, and the power alone at least that of its lower end.
    """
    vehicle = task.vehicle
    bits, b, deadline = vehicle[m].bits, vehicle[m].edge_s, vehicle[m].deadline
    low, reference = box[THETA_LOW], min(max(box[REFERENCE], box[THETA_LOW]), box[THETA_HIGH])
    window = window_of(vehicle, m, reference)
    cells.edge[0] = low
    power = 0.0
    for i in range(N_TANGENTS):
        point = low + (reference - low) * i / (N_TANGENTS - 1)
        left = deadline - b * point
        if left <= vehicle[m].stay or window <= 0.0:
            left = max(left, 1e-300)
            cells.slope[i] = bits * deadline / (left * left)
            cells.offset[i] = bits * point / left - cells.slope[i] * point
        else:  # the stay is shorter than what the deadline leaves
            cells.slope[i] = bits / vehicle[m].stay
            cells.offset[i] = 0.0
        if i > 0:
            steeper = cells.slope[i] - cells.slope[i - 1]
            cross = (cells.offset[i - 1] - cells.offset[i]) / steeper if steeper > 0.0 else point
            cells.edge[i] = min(max(cross, cells.edge[i - 1]), reference)
    cells.edge[N_TANGENTS] = reference
    cells.edge[N_TANGENTS + 1] = box[THETA_HIGH]
    for i in range(N_TANGENTS):
        cells.power[i] = 0.0
        if window_of(vehicle, m, cells.edge[i]) > window:
            rate = cells.slope[i] * cells.edge[i] + cells.offset[i]
            power = power_alone(task, m, rate, power, best) if rate > 0.0 else 0.0
            cells.power[i] = power
    cells.slope[N_TANGENTS] = bits / window if window > 0.0 else 0.0
    cells.offset[N_TANGENTS] = 0.0
    cells.power[N_TANGENTS] = 0.0
    return window


@kernel
def add_point(
    vehicle: RecordArray,
    m: int,
    theta: float,
    zeta: float,
    box: np.ndarray,
    cells: Cells,
    window: float,
    row: np.ndarray,
) -> None:
    """A corner: energy without prices, needed rate, root of the satellite share and the least band of its cell."""
    cell = 0
    while cell < N_TANGENTS and theta > cells.edge[cell + 1] + TINY:
        cell += 1
    width = (box[ZETA_HIGH] - box[ZETA_LOW]) / N_CELLS
    place = int(max(0.0, math.ceil((zeta - box[ZETA_LOW]) / width - 1e-9) - 1.0)) if width > 0.0 else 0
    more = max(0.0, window_of(vehicle, m, theta) - window) * cells.power[cell]
    row[ENERGY] = vehicle[m].edge_j * theta + vehicle[m].sat_j * zeta + more
    row[RATE] = max(0.0, cells.slope[cell] * theta + cells.offset[cell])
    row[ROOT] = math.sqrt(max(0.0, zeta))
    row[LEAST_BAND] = least_band(vehicle, m, box[ZETA_LOW] + place * width)
    row[THETA] = theta
    row[ZETA] = zeta


@kernel
def split_points(
    task: Task, m: int, box: np.ndarray, best: Best, cells: Cells, corner: np.ndarray
) -> tuple[int, float]:
    """Fill `corner` (N_POINTS, 6); returns the number of corners and the reference window [s].

    Where a share costs more than computing in the vehicle, a good decision gives no more than must go.
    """
    vehicle = task.vehicle
    least = vehicle[m].least
    window = make_cells(task, m, box, best, cells)
    far, near = vehicle[m].sat_j < 0.0, vehicle[m].edge_j < 0.0
    low, high = box[ZETA_LOW], box[ZETA_HIGH]
    n = 0
    for i in range(N_THETA):
        if i < N_TANGENTS + 2:
            theta = cells.edge[i]
        elif i == N_TANGENTS + 2:
            theta = least
        else:
            k = (i - N_TANGENTS - 3) // 2
            line = least if (i - N_TANGENTS - 3) % 2 == 0 else 1.0
            theta = line - (low + (high - low) * k / N_CELLS)
        if i < N_TANGENTS + 2 and i > 0 and theta <= cells.edge[i - 1]:
            continue
        if not box[THETA_LOW] <= theta <= box[THETA_HIGH]:
            continue
        bottom, top = max(low, least - theta), min(high, 1.0 - theta)
        if bottom > top + TINY:
            continue
        top = max(bottom, top)
        if not near and theta > TINY:  # only what must go
            if least - theta < low - TINY:
                continue
            top = bottom
        if not far:
            top = bottom
        add_point(vehicle, m, theta, bottom, box, cells, window, corner[n])
        n += 1
        if top > bottom:
            add_point(vehicle, m, theta, top, box, cells, window, corner[n])
            n += 1
            for k in range(1, N_CELLS):
                zeta = low + (high - low) * k / N_CELLS
                if bottom < zeta < top:
                    add_point(vehicle, m, theta, zeta, box, cells, window, corner[n])
                    n += 1
    return n, window
