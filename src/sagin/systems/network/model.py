"""The model on one page: drops, decisions, metrics, and `evaluate`, the judge of every scheme.

A network that the user declares; N.. are rows of paper.md. A part of a task passes the hops of its route one after the
other, each as a whole, at a constant rate; the rates of a resource lie in the convex region of its access.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.records import Bools, Complexes, Floats, Ints, Texts, column, constant, metric, violation
from sagin.systems.network.access import region_of
from sagin.systems.network.scenario import Scenario

HOPS = ("user", "route", "hop")


@dataclass(frozen=True)
class Drops(records.Drops):
    """Realisations of a declared network: what a decision needs, then where it comes from."""

    scenario: Scenario
    seeds: records.Ints
    task_bits: Floats = column("user", unit="bit", gt=0, doc="size of each task")
    cycles: Floats = column("user", unit="cycle", ge=0, doc="work of each task")
    deadline_s: Floats = column("user", unit="s", finite=False, gt=0, doc="latest completion; inf: none")
    weight: Floats = column("user", ge=0, doc="weight of each user in the objective")
    route_ok: Bools = column("user", "route", dtype=bool, doc="declared, and every hop has a rate > 0")
    latency_s: Floats = column("user", "route", unit="s", ge=0, doc="constant delay of a route that is used")
    resource: Ints = constant(*HOPS, dtype=int, ge=-1, doc="resource of each hop; -1: no hop")
    work: Floats = column(*HOPS, unit="bit or cycle", ge=0, doc="what the whole task needs at a hop")
    peak: Floats = column(*HOPS, unit="bit/s or cycle/s", ge=0, doc="rate with the whole resource; 1: no hop")
    snr: Floats = column(*HOPS, ge=0, doc="signal-to-noise ratio over the whole band, linear; 0 where unused")
    energy_j: Floats = column(*HOPS, unit="J", ge=0, doc="weighted energy if the whole task passes the hop")
    on_power_w: Floats = column(*HOPS, unit="W", ge=0, doc="weighted power while the transmitter is on")
    kind: Texts = constant("resource_index", dtype=str, doc="region: linear, box, ofdma, noma, or an own one")
    private: Bools = constant("resource_index", dtype=bool, doc="every user has one of its own")
    resource_name: Texts = constant("resource_index", dtype=str, doc="local, a link, a band or a node")
    beta: float = constant(ge=0, le=1, doc="weight of a second; 1 - beta that of a joule")
    objective: str = constant(dtype=str, doc="sum or max")
    splitting: bool = constant(dtype=bool, doc="tasks are divisible")
    group: Ints = constant("user", dtype=int, ge=0, doc="group of each user, in the order of the declaration")
    position_m: Floats = column("user", "axis", unit="m", doc="where each user is")
    node_position_m: Floats = column("node", "axis", unit="m", doc="where each node is; a satellite: its altitude")
    elevation_deg: Floats = column("node", unit="deg", gt=0, le=90, doc="under which a node is seen; 90 on Earth")
    distance_m: Floats = column("user", "link", unit="m", ge=0, doc="length of each link; 0: not the user's")
    shadow_db: Floats = column("user", "link", unit="dB", doc="shadowing of each link")
    fading: Complexes = column("user", "link", "antenna", dtype=complex, doc="small-scale amplitude; 0: no antenna")
    gain: Floats = column("user", "link", ge=0, doc="power gain of each link, all antennas; 0: no radio link")
    link_snr: Floats = column("user", "link", ge=0, doc="SNR (mimo: SINR) of each link over its whole band")


@dataclass(frozen=True)
class Decision(records.Record):
    """What is chosen: the split of every task over its routes and the rate of every hop."""

    split: Floats = column("user", "route", doc="part of the task on a route, >= 0, sum 1")
    rate: Floats = column(*HOPS, unit="bit/s or cycle/s", doc="constant rate of a hop; 0 where unused")


@dataclass(frozen=True)
class Metrics(records.Metrics):
    """What follows from a decision."""

    objective: Floats = metric(unit="s + J, weighted", doc="weighted sum of delay and energy, or largest delay")
    delay_s: Floats = metric("user", unit="s", doc="completion of each task")
    energy_j: Floats = metric("user", unit="J", doc="weighted energy spent for each task")
    route_delay_s: Floats = metric("user", "route", unit="s", doc="completion of each part; 0 where unused")
    hop_delay_s: Floats = metric(*HOPS, unit="s", doc="time of each part on each hop")
    load: Floats = metric("resource_index", doc="share of each resource's region in use; <= 1 is feasible")
    delay_total_s: Floats = metric(unit="s", doc="sum of the completion times")
    energy_total_j: Floats = metric(unit="J", doc="sum of the weighted energies")
    violation_capacity: Floats = violation("largest load beyond 1")
    violation_rate_negative: Floats = violation("largest negative rate over its peak")
    violation_split_sum: Floats = violation("largest distance of a user's parts from 1 in all")
    violation_split_negative: Floats = violation("largest negative part")
    violation_route: Floats = violation("largest part on a route that cannot be used")
    violation_deadline: Floats = violation("latest task beyond its deadline, relative")
    violation_whole: Floats = violation("largest part of a whole task that is not on its largest route")


def evaluate(drops: Drops, decision: Decision) -> Metrics:
    """Metrics of any decision, feasible or not: what never ends takes infinite time."""
    split = np.maximum(decision.split, 0.0)
    used = split > 0
    need = split[..., None] * drops.work  # Eq. (N10) [bit or cycle]
    hop_s = time_at(need, decision.rate)  # Eq. (N11) [s]
    route_s = np.where(used, drops.latency_s + hop_s.sum(axis=3), 0.0)  # Eq. (N12) [s]
    delay_s = np.where(used.any(axis=2), route_s.max(axis=2), np.inf)  # Eq. (N13) [s]
    energy_j = (split[..., None] * drops.energy_j).sum(axis=(2, 3))  # Eq. (N14) [J]
    energy_j = energy_j + on_energy(drops, np.where(used[..., None], hop_s, 0.0))  # Eq. (N16) [J]
    share = share_of_peak(drops, decision.rate)
    load = loads(drops, np.maximum(share, 0.0))  # Eq. (N18)
    split_sum = np.abs(decision.split.sum(axis=2) - 1).max(axis=1)
    mixed = (1 - decision.split.max(axis=2)).max(axis=1)
    return records.build(
        Metrics,
        objective=objective(drops, delay_s, energy_j),
        delay_s=delay_s,
        energy_j=energy_j,
        route_delay_s=route_s,
        hop_delay_s=hop_s,
        load=load,
        delay_total_s=delay_s.sum(axis=1),
        energy_total_j=energy_j.sum(axis=1),
        violation_capacity=load.max(axis=1) - 1,
        violation_rate_negative=(-share).max(axis=(1, 2, 3)),
        violation_split_sum=split_sum,
        violation_split_negative=(-decision.split).max(axis=(1, 2)),
        violation_route=np.where(drops.route_ok, 0.0, decision.split).max(axis=(1, 2)),
        violation_deadline=lateness(delay_s, drops.deadline_s),
        violation_whole=np.zeros(len(load)) if drops.splitting else mixed,
    )


def objective(drops: Drops, delay_s: np.ndarray, energy_j: np.ndarray) -> np.ndarray:
    """(drop,) cost of delays and energies (drop, user)."""
    never = np.isinf(delay_s).any(axis=1)
    delay_s = np.where(np.isinf(delay_s), 0.0, delay_s)
    energy_j = np.where(np.isinf(energy_j), 0.0, energy_j)
    if drops.objective == "max":
        cost = (drops.weight * delay_s).max(axis=1)
    else:
        cost = (drops.weight * (drops.beta * delay_s + (1 - drops.beta) * energy_j)).sum(axis=1)
    return np.where(never, np.inf, cost)  # Eq. (N17)


def time_at(need: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Time [s] of `need` at `rate`: 0 without need, infinite at a rate of 0 or below."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(need > 0, np.where(rate > 0, need / rate, np.inf), 0.0)


def on_energy(drops: Drops, hop_s: np.ndarray) -> np.ndarray:
    """(drop, user) energy [J] of transmitters charged while on: each radiates until its last part is through."""
    total = np.zeros(hop_s.shape[:2])
    with np.errstate(invalid="ignore"):
        charged = np.where(drops.on_power_w > 0, drops.on_power_w * hop_s, 0.0)
    for m in np.unique(drops.resource[(drops.on_power_w > 0).any(axis=0)]):
        total += np.where(drops.resource == m, charged, 0.0).max(axis=(2, 3))  # Eq. (N15) [J]
    return total


def share_of_peak(drops: Drops, rate: np.ndarray) -> np.ndarray:
    """(drop, user, route, hop) rates over their peaks; a rate where none is possible is an infinite share."""
    rate = np.where(drops.resource >= 0, rate, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rate == 0, 0.0, rate / drops.peak)


def loads(drops: Drops, share: np.ndarray) -> np.ndarray:
    """(drop, resource_index) how much of its region the shares (drop, user, route, hop) >= 0 of a resource take."""
    load = np.zeros((len(share), len(drops.kind)))
    for m, kind in enumerate(drops.kind):
        here = drops.resource == m
        members = here.any(axis=(1, 2))
        total = np.where(here, share, 0.0)[:, members].sum(axis=(2, 3))
        snr = np.where(here, drops.snr, 0.0)[:, members].max(axis=(2, 3))
        if total.shape[1]:
            load[:, m] = load_of(str(kind), total, snr)
    return load


def load_of(kind: str, share: np.ndarray, snr: np.ndarray) -> np.ndarray:
    """(drop,) load of one resource from the shares (drop, user) of its users; inf where none carries them."""
    if kind == "linear":
        return share.sum(axis=1)
    if kind == "box":
        return share.max(axis=1)
    endless = np.isinf(share).any(axis=1)
    share = np.where(np.isinf(share), 0.0, share)
    if kind == "ofdma":
        load = bandwidth_shares(share, snr).sum(axis=1)
    elif kind == "noma":
        load = noma_load(share, snr)
    else:
        region: Any = region_of(kind)
        load = np.array([float(region.load(u.copy(), s.copy())) for u, s in zip(share, snr, strict=True)])
    return np.where(endless, np.inf, load)


def bandwidth_shares(share: np.ndarray, snr: np.ndarray) -> np.ndarray:
    """Part a of the band that carries a share of the peak rate with all power on it: a log(1 + s/a) = u log(1 + s).

    With y = s/a and k = u log(1 + s)/s it is log(1 + y)/y = k; Newton in log y from y = 1/k^2, where the left side is
    below k: its logarithm is concave and falls, so the steps go down to the root. Infinite for k >= 1, 0 for u = 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        k = np.where(share > 0, share * np.log1p(snr) / snr, 0.0)
    k = np.where(np.isnan(k), np.inf, k)
    some = (k > 0) & (k < 1)
    log_k = np.log(np.where(some, k, 0.5))
    t = -2 * log_k
    for _ in range(100):
        y = np.exp(t)
        slope = y / ((1 + y) * np.log1p(y)) - 1
        step = (np.log(np.log1p(y)) - t - log_k) / slope
        t = t - step
        if np.abs(step).max(initial=0.0) < 1e-15:
            break
    return np.where(some, snr * np.exp(-t), np.where(k >= 1, np.inf, 0.0))


def noma_load(share: np.ndarray, snr: np.ndarray) -> np.ndarray:
    """(drop,) largest ratio over sets of users of the sum of their rates to the capacity of the set.

    The worst set is a prefix of the users sorted by rate over SNR, falling.
    """
    rate = share * np.log1p(snr)
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.argsort(-np.where(rate > 0, rate / snr, 0.0), axis=1, kind="stable")
    rate, snr = np.take_along_axis(rate, order, axis=1), np.take_along_axis(snr, order, axis=1)
    snr = np.where(rate > 0, snr, 0.0)
    capacity = np.log1p(np.cumsum(snr, axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(rate > 0, np.cumsum(rate, axis=1) / capacity, 0.0)
    return ratio.max(axis=1)


def lateness(delay_s: np.ndarray, deadline_s: np.ndarray) -> np.ndarray:
    """(drop,) largest delay over its deadline - 1; -1 where there is none."""
    with np.errstate(invalid="ignore"):
        late = np.where(np.isinf(deadline_s), 0.0, delay_s / deadline_s)
    return late.max(axis=1) - 1


def hand_drops(**arrays: Any) -> Drops:
    """Drops from the arrays of the table down to `splitting` alone, no positions or links: for tests."""
    n_drops, n_users = np.shape(arrays["task_bits"])
    empty = {"node": 0, "link": 0, "antenna": 0, "axis": 3, "user": n_users}
    rest: dict[str, Any] = {"group": np.zeros(n_users, dtype=int)}
    for name, col in records.columns(Drops).items():
        if name not in arrays and name not in rest:
            rest[name] = np.zeros((n_drops, *(empty[dim] for dim in col.dims)), dtype=col.dtype)
    scenario = arrays.pop("scenario", Scenario())
    return records.build(Drops, scenario=scenario, seeds=np.arange(n_drops), **rest, **arrays)
