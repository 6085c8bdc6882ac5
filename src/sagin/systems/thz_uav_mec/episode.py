"""The system in time: IoTs are vehicles inside a square of the trace, UAVs need time to fly where they are wanted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sagin.core import random, records
from sagin.core.errors import InputError
from sagin.systems.thz_uav_mec import model
from sagin.systems.thz_uav_mec.model import Decision, Drops, Metrics, distance
from sagin.systems.thz_uav_mec.scenario import SATURATION_MARGIN, Scenario
from sagin.world.arrivals import mean_arrivals
from sagin.world.seats import Candidates, UserSeats
from sagin.world.view import Followed, Reason, View, filled

LEAST_RATE_PER_S = 1e-9  # of an IoT that sends nothing in a slot: queues need some rate


def follow(scenario: Scenario, view: View, seed: int) -> Followed:
    """Drops of one seed, one a slot; places are counted from the corner of the square."""
    s = scenario
    corner = _corner(s, view)
    users = view.seat_users(_inside(s, view, corner))
    rate = _rates(s, view, users, seed)
    capacity = s.n_units * s.unit_service_rate_per_s * (1 - SATURATION_MARGIN)
    reason = view.user_reasons(users)
    fits = np.array([packs(row, s.n_mecs, capacity) for row in rate])
    reason = np.where((reason == Reason.USABLE) & ~fits, Reason.OVERLOAD, reason).astype(np.int8)
    rows = filled(reason)
    iot_xy = np.stack([users.east_m, users.north_m], axis=-1) - corner
    frequency = model.band_centres(s)
    gas, rain = view.conditions(seed).level_absorption_per_m(frequency)
    absorption = (model.absorption(frequency) if gas is None else gas) + rain
    drops = model.assemble(
        s,
        np.full(len(rows), seed),
        iot_xy=iot_xy[rows],
        mec_xy=np.tile(_servers(s, view, corner, seed), (len(rows), 1, 1)),
        arrival_rate_per_s=rate[rows],
        absorption_per_m=absorption[rows],
    )
    return Followed(drops, reason, users=users, start=_start(s, view, corner))


def _corner(s: Scenario, view: View) -> np.ndarray:
    """(2,) corner of the square in the frame of the site [m]; default: the site is the centre."""
    roads = view.world.roads
    if roads is None or roads.area_origin_m is None:
        return np.full(2, -s.area_side_m / 2)
    return np.asarray(roads.area_origin_m) - np.asarray(roads.origin_m or (0.0, 0.0))


def _inside(s: Scenario, view: View, corner: np.ndarray) -> Candidates:
    """Vehicles inside the square in each slot, nearest to its centre first."""
    reach = float(np.linalg.norm(np.abs(corner) + s.area_side_m))
    near = view.surroundings.within(reach)
    kept = []
    for xy in near.xy_m:
        inside = np.flatnonzero(((xy >= corner) & (xy <= corner + s.area_side_m)).all(axis=1))
        away = np.linalg.norm(xy[inside] - corner - s.area_side_m / 2, axis=1)
        kept.append(inside[np.argsort(away, kind="stable")])

    def pick(columns: list[np.ndarray]) -> list[np.ndarray]:
        return [column[rows] for column, rows in zip(columns, kept, strict=True)]

    speed, heading = pick(near.speed_mps), pick(near.heading_rad)
    return Candidates(pick(near.vehicle), pick(near.xy_m), speed, heading, near.traced)


def _servers(s: Scenario, view: View, corner: np.ndarray, seed: int) -> np.ndarray:
    """(mec, 2) places of the servers from the corner [m]: the world's, or drawn once for the seed."""
    edges = view.world.edges
    if edges is None:
        return np.array([random.stream(seed, "mec", i).uniform(0, s.area_side_m, 2) for i in range(s.n_mecs)])
    if len(edges) != s.n_mecs:
        raise InputError("world.edges", len(edges), f"n_mecs = {s.n_mecs} of them", "one place a server")
    return np.array([[edge.east_m, edge.north_m] for edge in edges]) - corner


def _rates(s: Scenario, view: View, users: UserSeats, seed: int) -> np.ndarray:
    """(slot, iot) tasks a second: the scenario's, or the mean of the arrivals in the slot."""
    arrivals = view.world.arrivals
    if arrivals is None:
        return np.full(users.name.shape, s.arrival_rate_per_s)
    names, place = np.unique(users.name, return_inverse=True)
    longitude = view.world.site.longitude_deg
    means = np.array([mean_arrivals(arrivals, seed, name, view.times, longitude) for name in names.tolist()])
    rate = means[place.reshape(users.name.shape), np.arange(len(view.times))[:, None]] / view.times.slot_s
    return np.maximum(rate, LEAST_RATE_PER_S)


def packs(rates: np.ndarray, n_servers: int, capacity: float) -> bool:
    """Whether rates fit on servers by first fit in falling order; exact for equal rates, safe for others."""
    left = np.full(n_servers, capacity)
    for rate in np.sort(rates)[::-1]:
        free = np.flatnonzero(left > rate)
        if not free.size:
            return False
        left[free[0]] -= rate
    return True


def seats(scenario: Scenario) -> tuple[int, int]:
    """Satellite and user seats."""
    return 0, scenario.n_iots


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A decision applied later: as it is."""
    return decision


def settle(previous: Decision, decision: Decision, reach: float) -> Decision:
    """The decision with each UAV moved from where it was before to its new place, at most `reach` [m] far."""
    way = decision.uav_xy - previous.uav_xy
    length = np.linalg.norm(way, axis=2, keepdims=True)
    share = np.divide(reach, length, out=np.ones_like(length), where=length > reach)
    moved = np.where(length > reach, previous.uav_xy + share * way, decision.uav_xy)
    return replace(decision, uav_xy=moved)


def _start(s: Scenario, view: View, corner: np.ndarray) -> Decision | None:
    """Where UAVs with a path are before the first slot, a row for each slot; None without paths."""
    if view.paths is None:
        return None
    if len(view.paths.name) != s.n_uavs:
        bound = f"paths of n_uavs = {s.n_uavs} UAVs"
        raise InputError("world.paths", f"{len(view.paths.name)} UAVs", bound, "where they are before the first slot")
    n, users = len(view.times), s.n_iots
    none = np.zeros((n, users), dtype=np.int64)
    place = np.tile(view.paths.at(0.0)[:, :2] - corner, (n, 1, 1))
    power = np.zeros((n, s.n_uavs, users))
    return records.build(Decision, server=none, subband=none, relay=none - 1, uav_xy=place, uav_power=power)


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, iot) number of the pair of server and relay, direct links first."""
    return decision.server * (drops.n_uavs + 1) + decision.relay + 1


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) mean delay with the mean of the seconds added; joules do not enter this objective."""
    return metrics.objective + seconds.mean(axis=1)


def numbers_a_user(drops: Drops) -> int:
    """Numbers of an action for each user."""
    return drops.n_mecs + drops.n_uavs + 1


def numbers_shared(drops: Drops) -> int:
    """Numbers of an action beyond those of the users."""
    return 2 * drops.n_uavs


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Decision of numbers (drop, n) in [-1, 1]: a row of M + U + 1 for each IoT, then x and y of each UAV.

    The largest of the first M names the server, of the rest no relay or a UAV. A UAV spends its power in equal parts
    on its IoTs. The IoT with the longest first hop takes the sub-band of least loss, and so on.
    """
    n, users, uavs, width = len(drops.seeds), drops.n_iots, drops.n_uavs, drops.n_mecs + drops.n_uavs + 1
    values = np.asarray(action, dtype=float)
    rows = values[:, : users * width].reshape(n, users, width)
    server = np.argmax(rows[..., : drops.n_mecs], axis=2)
    relay = np.argmax(rows[..., drops.n_mecs :], axis=2) - 1
    places = np.clip(values[:, users * width :], -1, 1).reshape(n, uavs, 2)
    uav_xy = drops.area_side_m * (places + 1) / 2
    chosen = relay[:, None, :] == np.arange(uavs)[:, None]  # (drop, uav, iot)
    power = drops.uav_power_w[..., None] * chosen / np.maximum(chosen.sum(axis=2, keepdims=True), 1)
    hop = first_hop_m(drops, server, relay, uav_xy)
    subband = bands_by_length(drops, hop)
    return records.build(Decision, server=server, subband=subband, relay=relay, uav_xy=uav_xy, uav_power=power)


def first_hop_m(drops: Drops, server: np.ndarray, relay: np.ndarray, uav_xy: np.ndarray) -> np.ndarray:
    """(drop, iot) length [m] of the link from an IoT to its relay or, without one, to its server."""
    row = np.arange(len(server))[:, None]
    at_server = np.linalg.norm(drops.mec_xy[row, server] - drops.iot_xy, axis=2)
    direct = distance(at_server, drops.mec_height_m - drops.iot_height_m)
    if not drops.n_uavs:
        return direct
    at_uav = np.linalg.norm(uav_xy[row, np.maximum(relay, 0)] - drops.iot_xy, axis=2)
    return np.where(relay >= 0, distance(at_uav, drops.uav_height_m - drops.iot_height_m), direct)


def bands_by_length(drops: Drops, hop_m: np.ndarray) -> np.ndarray:
    """(drop, iot) sub-bands, all different: in falling order of the hop, the free one that loses least over it."""
    order = np.argsort(-hop_m, axis=1, kind="stable")
    band = np.empty(hop_m.shape, dtype=np.int64)
    row = np.arange(len(hop_m))
    taken = np.zeros(drops.frequency_hz.shape, dtype=bool)
    spread = 2 * np.log(drops.frequency_hz)  # loss is frequency squared times exp(absorption * length)
    for k in range(hop_m.shape[1]):
        iot = order[:, k]
        loss = spread + drops.absorption_per_m * hop_m[row, iot][:, None]
        best = np.argmin(np.where(taken, np.inf, loss), axis=1)
        band[row, iot], taken[row, best] = best, True
    return band
