"""A declared network in time: users on road traces, satellites on orbits, UAVs on paths, links whose gains follow.

Positions of the declaration are metres east, north and up of the site. Every satellite node takes a satellite seat,
every user a user seat; a node that has the name of a path flies along it. Weather is part of the shadowing of
satellite links.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sagin.blocks.channel.rician import rician_amplitude
from sagin.core import random, records
from sagin.core.errors import InputError
from sagin.core.units import from_db, to_deg
from sagin.systems.network import drawing, model
from sagin.systems.network.layout import Layout, layout
from sagin.systems.network.model import Decision, Drops, Metrics
from sagin.systems.network.ranges import uniform
from sagin.systems.network.scenario import Link, Scenario
from sagin.world.seats import UserSeats
from sagin.world.view import Followed, Reason, View, filled


def seats(scenario: Scenario) -> tuple[int, int]:
    """Seats of satellites and users."""
    return len(_satellites(scenario)), sum(users.count for users in scenario.users.values())


def _satellites(scenario: Scenario) -> list[str]:
    return [name for name, node in scenario.nodes.items() if node.altitude_m is not None]


def follow(scenario: Scenario, view: View, seed: int) -> Followed:
    """Drops of one seed, one a slot."""
    for name, group in scenario.users.items():
        if group.position_m is not None:
            raise InputError(f"users.{name}.position_m", group.position_m, "left out for an area", "users are on roads")
    tables, users = layout(scenario), view.users
    reason = view.user_reasons(users)
    if _satellites(scenario):
        missing = ~view.satellites.taken().all(axis=1) & (reason == Reason.USABLE)
        reason = np.where(missing, Reason.NO_SATELLITE, reason).astype(np.int8)
    rows = filled(reason)
    arrays = {
        **_users(scenario, tables, view, seed),
        **_nodes(scenario, view, seed),
        **_links(scenario, tables, view, seed),
    }
    arrays = {name: values[rows] for name, values in arrays.items()}
    arrays |= {
        "resource": tables.resource,
        "kind": tables.kind,
        "private": tables.private,
        "resource_name": tables.name,
        "beta": scenario.objective.beta,
        "objective": scenario.objective.kind,
        "splitting": scenario.splitting,
        "group": tables.group,
    }
    arrays |= _true_lengths(scenario, tables, arrays, view, rows)
    drops = records.build(
        Drops, scenario=scenario, seeds=np.full(len(rows), seed), **drawing.complete(scenario, tables, arrays)
    )
    return Followed(drawing.check(drops, tables), reason)


def _users(scenario: Scenario, tables: Layout, view: View, seed: int) -> dict[str, np.ndarray]:
    """Places and tasks of all users; deadlines and weights stay with the vehicle."""
    users = view.users
    groups = list(scenario.users.values())
    height = np.array([group.height_m for group in groups])[tables.group]
    up = np.broadcast_to(height, users.east_m.shape)
    own = view.of_names(seed, users, "own", lambda stream: stream.random(2))
    out: dict[str, np.ndarray] = {"position_m": np.stack([users.east_m, users.north_m, up], axis=-1)}
    empty = np.zeros(users.east_m.shape)
    out |= {name: empty.copy() for name in ("task_bits", "cycles", "deadline_s", "weight")}
    for g, group in enumerate(groups):
        at = tables.group == g
        bits, cycles = view.task_work(seed, users, _pair(group.task_bits), _pair(group.cycles_per_bit))
        out["task_bits"][:, at], out["cycles"][:, at] = bits[:, at], cycles[:, at]
        limit = np.inf if group.deadline_s is None else uniform(group.deadline_s, own[:, at, 0])
        out["deadline_s"][:, at] = limit
        out["weight"][:, at] = uniform(group.weight, own[:, at, 1])
    return out


def _pair(value: Any) -> tuple[float, float]:
    return value if isinstance(value, tuple) else (float(value), float(value))


def _nodes(scenario: Scenario, view: View, seed: int) -> dict[str, np.ndarray]:
    """Nodes where they stand, where they were drawn once, or on the path that has their name."""
    n = len(view.times)
    drawn = drawing.draw_nodes(scenario, np.array([seed]))
    position, elevation = (np.repeat(drawn[name], n, axis=0) for name in ("node_position_m", "elevation_deg"))
    names = list(scenario.nodes)
    if view.paths is not None:
        flights = view.paths.at(view.times.seconds)
        for k, name in enumerate(view.paths.name.tolist()):
            if name not in names or name in _satellites(scenario):
                raise InputError("world.paths", name, "the name of a node that is no satellite: " + ", ".join(names))
            position[:, names.index(name)] = flights[:, k]
    for seat, name in enumerate(_satellites(scenario)):
        seen = to_deg(view.satellites.elevation_rad[:, seat])
        elevation[:, names.index(name)] = np.where(np.isfinite(seen), np.maximum(seen, 1e-3), 90.0)
    return {"node_position_m": position, "elevation_deg": elevation}


def _true_lengths(
    scenario: Scenario, tables: Layout, arrays: dict[str, Any], view: View, rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Lengths of the links (drop, user, link); those to satellites are the ranges of their holders."""
    distance = drawing.distances(scenario, tables, arrays)["distance_m"]
    for k, link in enumerate(scenario.links.values()):
        seat = _seat(scenario, link)
        if seat is not None and link.distance_m is None:
            used = distance[:, :, k] > 0
            distance[:, :, k] = np.where(used, view.satellites.range_m[rows, seat][:, None], 0.0)
    return {"distance_m": distance}


def _seat(scenario: Scenario, link: Link) -> int | None:
    """The satellite seat at the ends of a link, if there is just one."""
    ends = [name for name in (*link.sources, link.to) if name in _satellites(scenario)]
    return _satellites(scenario).index(ends[0]) if len(ends) == 1 else None


def _links(scenario: Scenario, tables: Layout, view: View, seed: int) -> dict[str, np.ndarray]:
    """Shadowing with weather [dB] and small-scale amplitudes of every link, correlated from slot to slot."""
    users, n_users = view.users, len(tables.group)
    n, n_antennas = len(view.times), max((link.antennas for link in scenario.links.values()), default=1)
    shadow = np.zeros((n, n_users, len(scenario.links)))
    fading = np.zeros((n, n_users, len(scenario.links), n_antennas), dtype=complex)
    for k, (name, link) in enumerate(scenario.links.items()):
        if link.rate_bps is not None:
            fading[:, :, k, 0] = 1.0
            continue
        shadow[:, :, k] = link.shadow_std_db * _shadow(scenario, link, view, seed, name)
        shadow[:, :, k] += _weather(scenario, link, view, seed)
        fading[:, :, k, : link.antennas] = _fading(scenario, link, view, (seed, name, users))
    concerned = np.zeros((n_users, len(scenario.links)), dtype=bool)
    for k, link in enumerate(scenario.links.values()):
        for _, members in drawing.senders(scenario, tables, link):
            concerned[members, k] = True
    return {"shadow_db": shadow * concerned, "fading": fading * concerned[..., None]}


def _shadow(scenario: Scenario, link: Link, view: View, seed: int, name: str) -> np.ndarray:
    """(slot, user) normal numbers: of the way of a user, of the turn to a satellite, or constant between nodes."""
    seat = _seat(scenario, link)
    if seat is not None:
        return view.satellite_shadow(seed, f"links/{name}/shadow")[:, seat, None]
    if link.sources[0] in scenario.users:
        return view.ground_shadow(seed, view.users, f"links/{name}/shadow")
    return np.full((len(view.times), 1), random.stream(seed, f"links/{name}/shadow").standard_normal())


def _weather(scenario: Scenario, link: Link, view: View, seed: int) -> np.ndarray | float:
    """(slot, 1) loss [dB] of the weather on a satellite link; gases replace the link's own zenith loss."""
    seat, weather = _seat(scenario, link), view.world.weather
    if seat is None or weather is None:
        return 0.0
    loss = view.losses(link.carrier_hz or 0.0, seed)[:, seat, None]
    if weather.vapour_density_g_per_m3 is not None:
        loss = loss - link.zenith_loss_db / np.sin(np.nan_to_num(view.satellites.elevation_rad[:, seat, None], nan=1.0))
    return loss


def _fading(scenario: Scenario, link: Link, view: View, what: tuple[int, str, UserSeats]) -> np.ndarray:
    """(slot, user, antenna) amplitudes of mean power 1."""
    (seed, name, users), n, width = what, len(view.times), link.antennas
    n_users, seat, carrier = users.vehicle.shape[1], _seat(scenario, link), link.carrier_hz or 0.0
    own = link.sources[0] in scenario.users
    size = n_users if own else 1
    start = 2 * np.pi * random.stream(seed, f"links/{name}/phase").random((n, size, width))
    if seat is not None:
        phase = np.repeat(view.at_taking(view.satellites, start[:, :1]), size, axis=1) if not own else start[:1]
        scatter = view.satellite_scatter(seed, carrier, f"links/{name}/scatter", size * width)[:, seat]
        scatter = scatter.reshape(n, size, width)
    elif own:
        phase = view.at_taking(users, start)
        scatter = view.ground_scatter(seed, users, carrier, f"links/{name}/scatter", width)
    else:
        phase = start[:1]
        scatter = random.complex_normal(random.stream(seed, f"links/{name}/scatter"), width)[None, None]
    if link.fading.model == "none":
        return np.broadcast_to(np.exp(1j * phase), (n, size, width))
    if link.fading.model == "rayleigh":
        return scatter
    return rician_amplitude(phase, scatter, from_db(link.fading.k_db or 0.0))


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A decision applied later: parts on routes that can be used, the same *shares* of the resources, within them."""
    split = _normalised(now, np.maximum(decision.split, 0.0) * now.route_ok)
    share = np.clip(np.nan_to_num(model.share_of_peak(decided, decision.rate), nan=0.0, posinf=0.0), 0.0, 1.0)
    return records.build(Decision, split=split, rate=_within(now, share) * now.peak * (now.resource >= 0))


def _normalised(drops: Drops, split: np.ndarray) -> np.ndarray:
    """Parts that sum to 1: as given, or equal over the routes that can be used; whole tasks on one route."""
    total = split.sum(axis=2, keepdims=True)
    split = np.where(total > 0, split, drops.route_ok)
    split = split / split.sum(axis=2, keepdims=True)
    if drops.splitting:
        return split
    return (np.arange(split.shape[2]) == split.argmax(axis=2)[..., None]).astype(float)


def _within(drops: Drops, share: np.ndarray) -> np.ndarray:
    """Shares (drop, user, route, hop) made smaller where a resource has not that much."""
    with np.errstate(divide="ignore"):
        scale = 1 / np.maximum(model.loads(drops, share), 1.0)
    return share * np.where(drops.resource >= 0, scale[:, np.maximum(drops.resource, 0)], 1.0)


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, user) route of the largest part of each task."""
    return np.argmax(decision.split, axis=2)


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) objective with seconds and joules added; of a largest delay, the largest weighted seconds."""
    if drops.objective == "max":
        return metrics.objective + (drops.weight * seconds).max(axis=1)
    return metrics.objective + (drops.weight * (drops.beta * seconds + (1 - drops.beta) * joules)).sum(axis=1)


def numbers_a_user(drops: Drops) -> int:
    """Two a route: its part, and its weight at the resources it passes."""
    return 2 * drops.route_ok.shape[2]


def numbers_shared(drops: Drops) -> int:
    """None."""
    return 0


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Decision of numbers (drop, n) in [-1, 1], a row for each user: parts by a softmax, resources by weights."""
    n, n_users, routes = drops.route_ok.shape
    rows = np.clip(np.asarray(action, dtype=float), -1, 1).reshape(n, n_users, 2 * routes)
    split = _normalised(drops, np.exp(3 * rows[..., :routes]) * drops.route_ok)
    weight = np.where((drops.resource >= 0) & (split > 0)[..., None], np.exp(3 * rows[..., routes:])[..., None], 0.0)
    share = np.zeros(weight.shape)
    for m, kind in enumerate(drops.kind):
        here = np.where(drops.resource == m, weight, 0.0)
        total = here.sum(axis=(2, 3), keepdims=True) if kind == "box" else here.sum(axis=(1, 2, 3), keepdims=True)
        share += here / np.where(total > 0, total, 1.0)
    return records.build(Decision, split=split, rate=_within(drops, share) * drops.peak * (drops.resource >= 0))
