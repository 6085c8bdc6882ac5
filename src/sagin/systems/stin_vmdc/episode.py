"""The system in time: vehicles pass the road-side unit on their traces while one satellite after another serves."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaincinv

from sagin.core import records
from sagin.core.units import from_db
from sagin.methods.gauss_legendre import gauss_legendre
from sagin.systems.stin_vmdc import model
from sagin.systems.stin_vmdc.model import Decision, Drops, Metrics
from sagin.systems.stin_vmdc.scenario import Scenario
from sagin.world.seats import Candidates, UserSeats
from sagin.world.view import Followed, Reason, View, filled

CARRIER_HZ = 5.9e9  # of the Doppler spread where the world names none; the path loss has no carrier of its own
LEAST_STAY_S = 0.5  # vehicles with less time left are not seated


def follow(scenario: Scenario, view: View, seed: int) -> Followed:
    """Drops of one seed, one a slot: each vehicle's stay and distances are those of its own trace."""
    c = scenario
    found = view.surroundings.within(c.rsu_radius_m)
    leaving = _leaving(view, found, c.rsu_radius_m)
    seconds = view.times.seconds + _begin_s(view)
    stays = [_until(leaving, here, now) for here, now in zip(found.vehicle, seconds, strict=True)]
    users = view.seat_users(found, [stay >= LEAST_STAY_S for stay in stays])
    satellites = view.satellites
    reason = _reasons(view, users, found)
    rows = filled(reason)
    nodes, quad_w = gauss_legendre(c.n_quad)
    stay, distance = _passes(view, users, leaving, nodes)
    fading = view.ground_scatter(seed, users, CARRIER_HZ, "fading", c.n_channels)
    power = np.swapaxes(np.real(fading) ** 2 + np.imag(fading) ** 2, 1, 2)  # (slot, subchannel, vehicle)
    numbers = view.of_names_and_slots(seed, users, "nakagami")[..., 0]
    chi = gammaincinv(c.thz_nakagami_m, numbers) / c.thz_nakagami_m
    own_air = view.world.weather is None or view.world.weather.vapour_density_g_per_m3 is None
    elevation, range_m = satellites.elevation_rad[:, 0], satellites.range_m[:, 0]
    gain = model.thz_gain(c, range_m, elevation, layer=own_air) * from_db(-view.losses(c.thz_carrier_hz, seed)[:, 0])
    bits, cycles = view.task_work(seed, users, (c.task_bits_min, c.task_bits_max), _intensity(c))
    drops = model.assemble(
        c,
        np.full(len(rows), seed),
        task_bits=bits[rows],
        cycles=cycles[rows],
        stay_s=stay[rows],
        dist_m=distance[rows],
        quad_w=quad_w,
        fading_rf=power[rows],
        sinr_thz=model.thz_sinr(c, gain[:, None], chi)[rows],
        rate_rb_bps=np.full(bits.shape, model.backhaul_mean_rate(c, seed)),
    )
    return Followed(drops, reason, users=users, satellites=satellites)


def _intensity(c: Scenario) -> tuple[float, float]:
    return c.cycles_per_bit_min, c.cycles_per_bit_max


def _begin_s(view: View) -> float:
    """Second of the trace at the start."""
    assert view.world.roads is not None
    return view.world.roads.begin_s


def _reasons(view: View, users: UserSeats, found: Candidates) -> np.ndarray:
    """(slot,) why a slot cannot be decided."""
    enough = np.array([len(here) for here in found.vehicle]) >= view.n_users
    empty = np.where(enough, Reason.SHORT_STAY, Reason.FEW_USERS)
    reason = np.where(users.taken().all(axis=1), Reason.USABLE, empty)
    reason = np.where(users.traced, reason, Reason.NO_TRACE)
    unserved = (reason == Reason.USABLE) & ~view.satellites.taken()[:, 0]
    return np.where(unserved, Reason.NO_SATELLITE, reason).astype(np.int8)


def _leaving(view: View, found: Candidates, radius_m: float) -> dict[int, np.ndarray]:
    """Seconds of the trace at which each vehicle leaves the disc or its trace ends, rising."""
    traffic = view.surroundings.traffic
    assert traffic is not None
    vehicles = np.unique(np.concatenate(found.vehicle)) if found.vehicle else []
    out = {}
    for vehicle in np.asarray(vehicles, dtype=int).tolist():
        track = traffic.ahead(vehicle, float(traffic.seconds[0]))
        start, way = track.xy_m[:-1], np.diff(track.xy_m, axis=0)
        a, b = (way**2).sum(axis=1), (start * way).sum(axis=1)
        rest = radius_m**2 - (start**2).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = (-b + np.sqrt(b**2 + a * rest)) / a  # the later crossing of the rim, outwards
        crossed = (share > 0) & (share <= 1)
        times = track.seconds[:-1][crossed] + share[crossed] * np.diff(track.seconds)[crossed]
        out[vehicle] = np.append(times, track.seconds[-1])
    return out


def _until(leaving: dict[int, np.ndarray], vehicles: np.ndarray, now: float) -> np.ndarray:
    """(candidate,) seconds that vehicles stay from `now` on."""
    return np.array([_next(leaving[vehicle], now) for vehicle in vehicles.tolist()]) - now


def _next(times: np.ndarray, now: float) -> float:
    return float(times[min(np.searchsorted(times, now, side="right"), len(times) - 1)])


def _passes(
    view: View, users: UserSeats, leaving: dict[int, np.ndarray], nodes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Stay (slot, seat) [s], and distances (slot, seat, node) [m] on the trace during it; 1 where a seat is empty."""
    traffic, mast = view.surroundings.traffic, view.world.site.mast_m
    assert traffic is not None
    stay = np.ones(users.vehicle.shape)
    distance = np.ones((*stay.shape, len(nodes)))
    seconds = view.times.seconds + _begin_s(view)
    for vehicle in np.unique(users.vehicle[users.taken()]).tolist():
        slot, seat = np.nonzero(users.vehicle == vehicle)
        times = leaving[vehicle]
        until = times[np.minimum(np.searchsorted(times, seconds[slot], side="right"), len(times) - 1)] - seconds[slot]
        track = traffic.ahead(vehicle, float(seconds[slot[0]]))
        place = track.at(seconds[slot][:, None] + until[:, None] * (1 + nodes) / 2)
        stay[slot, seat] = until
        distance[slot, seat] = np.maximum(1.0, np.sqrt((place**2).sum(axis=-1) + mast**2))
    return stay, distance


def seats(scenario: Scenario) -> tuple[int, int]:
    """Satellite and user seats."""
    return 1, scenario.n_vehicles


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A decision applied later: splits, shares and powers brought into their ranges, the matching as it was.

    The matching names clusters by number; who is in them may have changed, which is part of being late.
    """
    split = np.maximum(np.stack([decision.theta, decision.zeta]), 0.0)
    theta, zeta = split / np.maximum(split.sum(axis=0), 1.0)
    alpha = np.maximum(decision.alpha, 0.0)
    total = alpha.sum(axis=1, keepdims=True)
    alpha = np.where(total > 0, alpha / np.where(total > 0, total, 1.0), 1.0 / alpha.shape[1])
    power = np.clip(decision.power, 0.0, now.p_max_w)
    return records.build(Decision, theta=theta, zeta=zeta, alpha=alpha, power=power, eta=decision.eta)


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, vehicle) where the largest part of a task is computed: 0 vehicle, 1 base station, 2 satellite."""
    parts = np.stack([1 - decision.theta - decision.zeta, decision.theta, decision.zeta])
    return np.argmax(parts, axis=0)


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) bits a joule with joules added; seconds do not enter this objective."""
    bits = drops.task_bits.sum(axis=1)
    with np.errstate(divide="ignore"):
        return bits / (bits / metrics.objective + joules.sum(axis=1))


def numbers_a_user(drops: Drops) -> int:
    """Numbers of an action for each user."""
    return 5


def numbers_shared(drops: Drops) -> int:
    """Numbers of an action beyond those of the users."""
    return 0


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Decision of numbers (drop, n) in [-1, 1], a row of five for each vehicle.

    Split over vehicle, base station and satellite by a softmax of the first three; share of the terahertz band by a
    softmax over vehicles of the fourth; power by the fifth. Sub-channels go to the clusters by fading alone.
    """
    rows = np.asarray(action, dtype=float).reshape(*drops.task_bits.shape, 5)
    split = _softmax(3 * rows[..., :3], axis=2)
    return records.build(
        Decision,
        theta=split[..., 1],
        zeta=split[..., 2],
        alpha=_softmax(3 * rows[..., 3], axis=1),
        power=drops.p_max_w * (np.clip(rows[..., 4], -1, 1) + 1) / 2,
        eta=matching_by_fading(drops),
    )


def matching_by_fading(drops: Drops) -> np.ndarray:
    """(drop, subchannel, cluster) each sub-channel in turn to the cluster with quota left whose mean fading is best."""
    members = drops.cluster[:, :, None] == np.arange(drops.n_clusters)  # (drop, vehicle, cluster)
    count = members.sum(axis=1)[:, None, :]
    mean = np.where(count > 0, drops.fading_rf @ members / np.maximum(count, 1), -np.inf)
    eta = np.zeros(mean.shape, dtype=np.int64)
    row = np.arange(len(eta))
    for f in range(drops.n_subchannels):
        free = eta.sum(axis=1) < drops.max_subchannels_per_cluster
        best = np.argmax(np.where(free, mean[:, f], -np.inf), axis=1)
        eta[row, f, best] = free[row, best]
    return eta


def _softmax(values: np.ndarray, axis: int) -> np.ndarray:
    grown = np.exp(values - values.max(axis=axis, keepdims=True))
    return grown / grown.sum(axis=axis, keepdims=True)
