"""Drawing a declared network: geometry, channels, tasks; and deriving what a decision needs from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.channel.air_to_ground import air_to_ground_gain
from sagin.blocks.channel.free_space import free_space_gain
from sagin.blocks.channel.macro_pathloss import macro_gain
from sagin.blocks.channel.power_law import power_law_gain
from sagin.blocks.channel.rician import rician_amplitude
from sagin.blocks.computing.cpu import cpu_energy
from sagin.blocks.geometry.orbit import slant_range_at_elevation
from sagin.core import random, records
from sagin.core.constants import EARTH_RADIUS_M, SPEED_OF_LIGHT_MPS
from sagin.core.errors import InputError
from sagin.core.units import from_db, from_dbm, from_deg
from sagin.systems.network.layout import Layout, layout, power_dbm, text_of
from sagin.systems.network.model import Drops
from sagin.systems.network.ranges import uniform
from sagin.systems.network.scenario import Area, Link, Scenario


def draw(scenario: Scenario, seeds: np.ndarray) -> Drops:
    """One drop for each seed, from one stream for each user, each node, and each link and user."""
    tables = layout(scenario)
    drawn = {
        **_draw_users(scenario, tables, seeds),
        **draw_nodes(scenario, seeds),
        **_draw_links(scenario, tables, seeds),
    }
    constants = {
        "resource": tables.resource,
        "kind": tables.kind,
        "private": tables.private,
        "resource_name": tables.name,
        "beta": scenario.objective.beta,
        "objective": scenario.objective.kind,
        "splitting": scenario.splitting,
        "group": tables.group,
    }
    arrays = complete(scenario, tables, {**constants, **drawn})
    return check(records.build(Drops, scenario=scenario, seeds=seeds, **arrays), tables)


def derive(drops: Drops, given: frozenset[str]) -> Drops:
    """Drops in which all that follows from the arrays `given` by the user is computed again."""
    tables = layout(drops.scenario)
    known = {name for name in records.columns(Drops) if name not in DERIVED or name in given}
    arrays = complete(drops.scenario, tables, {name: getattr(drops, name) for name in known})
    return check(records.build(Drops, scenario=drops.scenario, seeds=drops.seeds, **arrays), tables)


DERIVED = ("distance_m", "gain", "link_snr", "work", "peak", "snr", "energy_j", "on_power_w", "latency_s", "route_ok")


def complete(scenario: Scenario, tables: Layout, arrays: dict[str, Any]) -> dict[str, Any]:
    """The arrays with all derived ones that are missing."""
    arrays = dict(arrays)
    for names, make in (
        (("distance_m",), distances),
        (("gain",), _gains),
        (("link_snr",), _snrs),
        (("work", "peak", "snr", "energy_j", "on_power_w", "latency_s"), _hops),
    ):
        if any(name not in arrays for name in names):
            arrays = {**make(scenario, tables, arrays), **arrays}
    if "route_ok" not in arrays:
        arrays["route_ok"] = tables.declared & (arrays["peak"] > 0).all(axis=3)
    stuck = np.broadcast_to(arrays["peak"] <= 0, arrays["energy_j"].shape)
    arrays["energy_j"] = np.where(stuck, 0.0, arrays["energy_j"])
    return arrays


def _uniforms(seeds: np.ndarray, name: str, members: int, numbers: int) -> np.ndarray:
    """(drop, member, number) uniform on [0, 1), one stream for each drop and member."""
    rows = [random.stream(int(seed), name, i).random(numbers) for seed in seeds for i in range(members)]
    return np.array(rows).reshape(len(seeds), members, numbers)


def _place(area: Area, u: np.ndarray, v: np.ndarray, height_m: float) -> np.ndarray:
    """(..., 3) points uniform over an area from two uniform numbers."""
    if area.shape == "disc":
        radius, angle = (area.radius_m or 0.0) * np.sqrt(u), 2 * np.pi * v
        x, y = radius * np.cos(angle), radius * np.sin(angle)
    else:
        x, y = (area.length_m or 0.0) * (u - 0.5), (area.width_m or 0.0) * (v - 0.5)
    return np.stack([area.center_m[0] + x, area.center_m[1] + y, np.full_like(x, height_m)], axis=-1)


def _draw_users(scenario: Scenario, tables: Layout, seeds: np.ndarray) -> dict[str, np.ndarray]:
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("position_m", "task_bits", "cycles", "deadline_s", "weight")
    }
    for name, users in scenario.users.items():
        number = _uniforms(seeds, f"users/{name}", users.count, 6)
        u, v, bits, cycles, deadline, weight = np.moveaxis(number, 2, 0)
        fixed = np.broadcast_to(np.array(users.position_m or (0.0, 0.0, 0.0)), (*u.shape, 3))
        parts["position_m"].append(_place(users.area, u, v, users.height_m) if users.area else fixed)
        parts["task_bits"].append(uniform(users.task_bits, bits))
        parts["cycles"].append(uniform(users.task_bits, bits) * uniform(users.cycles_per_bit, cycles))
        endless = np.full(u.shape, np.inf)
        parts["deadline_s"].append(endless if users.deadline_s is None else uniform(users.deadline_s, deadline))
        parts["weight"].append(uniform(users.weight, weight))
    return {name: np.concatenate(arrays, axis=1) for name, arrays in parts.items()}


def draw_nodes(scenario: Scenario, seeds: np.ndarray) -> dict[str, np.ndarray]:
    """Places of the nodes, drawn where they have an area, and elevations of satellites."""
    position = np.zeros((len(seeds), len(scenario.nodes), 3))
    elevation = np.full((len(seeds), len(scenario.nodes)), 90.0)
    for j, (name, node) in enumerate(scenario.nodes.items()):
        u, v, angle = np.moveaxis(_uniforms(seeds, f"nodes/{name}", 1, 3)[:, 0], 1, 0)
        if node.altitude_m is not None:
            position[:, j, 2] = node.altitude_m
            elevation[:, j] = uniform(node.elevation_deg, angle)
        elif node.area is not None:
            position[:, j] = _place(node.area, u, v, node.height_m)
        else:
            position[:, j] = node.position_m
    return {"node_position_m": position, "elevation_deg": elevation}


def _draw_links(scenario: Scenario, tables: Layout, seeds: np.ndarray) -> dict[str, np.ndarray]:
    n_users, n_antennas = len(tables.group), max((link.antennas for link in scenario.links.values()), default=1)
    shadow = np.zeros((len(seeds), n_users, len(scenario.links)))
    fading = np.zeros((len(seeds), n_users, len(scenario.links), n_antennas), dtype=complex)
    for k, (name, link) in enumerate(scenario.links.items()):
        for source, rows in senders(scenario, tables, link):
            own = source in scenario.users
            members = len(rows) if own else 1
            if not rows.size:
                continue
            stem = f"links/{name}/{source}" if own else f"links/{name}"
            if link.shadow_std_db == 0 and link.fading.model == "none" and link.antennas == 1:
                fading[:, rows, k, 0] = 1.0  # the phase of one antenna decides nothing
                continue
            for row, seed in enumerate(seeds):
                streams = [random.stream(int(seed), stem, i) for i in range(members)]
                shadow[row, rows, k] = [link.shadow_std_db * stream.standard_normal() for stream in streams]
                numbers = np.array([stream.random((link.antennas, 3)) for stream in streams])
                fading[row, rows, k, : link.antennas] = _fading(link, numbers)
    return {"shadow_db": shadow, "fading": fading}


def _fading(link: Link, numbers: np.ndarray) -> np.ndarray:
    """Amplitudes of mean power 1 from three uniform numbers each (Box and Muller 1958)."""
    phase = 2 * np.pi * numbers[..., 0]
    scatter = np.sqrt(-np.log1p(-numbers[..., 1])) * np.exp(2j * np.pi * numbers[..., 2])
    if link.fading.model == "none":
        return np.exp(1j * phase)
    if link.fading.model == "rayleigh":
        return scatter
    return rician_amplitude(phase, scatter, from_db(link.fading.k_db or 0.0))  # Eq. (N8)


def senders(scenario: Scenario, tables: Layout, link: Link) -> list[tuple[str, np.ndarray]]:
    """Sources of a link, and the users that each concerns: members of the group, or all behind a node."""
    groups = list(scenario.users)
    return [
        (
            source,
            np.flatnonzero(tables.group == groups.index(source)) if source in groups else np.arange(len(tables.group)),
        )
        for source in link.sources
    ]


def distances(scenario: Scenario, tables: Layout, arrays: dict[str, Any]) -> dict[str, np.ndarray]:
    """(drop, user, link) lengths."""
    users, nodes = arrays["position_m"], arrays["node_position_m"]
    distance = np.zeros((*users.shape[:2], len(scenario.links)))
    for k, link in enumerate(scenario.links.values()):
        to = list(scenario.nodes).index(link.to)
        for source, rows in senders(scenario, tables, link):
            if link.distance_m is not None:
                distance[:, rows, k] = link.distance_m
            elif (satellite := _satellite(scenario, source, link.to)) is not None:
                elevation = from_deg(arrays["elevation_deg"][:, satellite])
                slant = slant_range_at_elevation(elevation, nodes[:, satellite, 2], EARTH_RADIUS_M)  # type: ignore[arg-type]
                distance[:, rows, k] = slant[:, None]  # Eq. (N1) [m]
            else:
                start = users[:, rows] if source in scenario.users else _node(scenario, nodes, source)
                distance[:, rows, k] = np.linalg.norm(nodes[:, to, None] - start, axis=-1)
    return {"distance_m": distance}


def _node(scenario: Scenario, nodes: np.ndarray, name: str) -> np.ndarray:
    return nodes[:, list(scenario.nodes).index(name), None]


def _satellite(scenario: Scenario, source: str, to: str) -> int | None:
    """The one satellite at the ends of a link, if there is just one."""
    ends = [end for end in (source, to) if end in scenario.nodes and scenario.nodes[end].altitude_m is not None]
    return list(scenario.nodes).index(ends[0]) if len(ends) == 1 else None


def _gains(scenario: Scenario, tables: Layout, arrays: dict[str, Any]) -> dict[str, np.ndarray]:
    """(drop, user, link) power gains, all antennas together."""
    gain = np.zeros(arrays["distance_m"].shape)
    power = np.sum(np.abs(arrays["fading"]) ** 2, axis=3)
    for k, (name, link) in enumerate(scenario.links.items()):
        for source, rows in senders(scenario, tables, link) if link.rate_bps is None else ():
            distance = arrays["distance_m"][:, rows, k]
            if (distance <= 0).any():
                raise InputError(f"links.{name}.distance_m", 0.0, "> 0", f"{source} and {link.to} are in one place")
            satellite = _satellite(scenario, source, link.to)
            if satellite is None:
                zenith, elevation = 1.0, _elevation(scenario, arrays, (source, link.to), rows, distance)
            else:
                elevation = from_deg(arrays["elevation_deg"][:, satellite, None])
                zenith = np.sin(elevation)
            loss_db = link.margin_db - link.antenna_gain_db + link.zenith_loss_db / zenith
            mean = path_gain(link, distance, elevation)
            gain[:, rows, k] = (
                mean * from_db(-loss_db - arrays["shadow_db"][:, rows, k]) * power[:, rows, k]
            )  # Eq. (N7)
    return {"gain": gain}


def _elevation(
    scenario: Scenario, arrays: dict[str, Any], ends: tuple[str, str], rows: np.ndarray, distance_m: np.ndarray
) -> np.ndarray:
    """(drop, user) angle [rad] of the straight line between two ends over the horizon."""
    nodes = arrays["node_position_m"]
    start = arrays["position_m"][:, rows] if ends[0] in scenario.users else _node(scenario, nodes, ends[0])
    rise = np.abs(_node(scenario, nodes, ends[1])[..., 2] - start[..., 2])
    return np.arcsin(np.clip(rise / distance_m, 0.0, 1.0))


def path_gain(link: Link, distance_m: np.ndarray, elevation_rad: np.ndarray) -> np.ndarray:
    """Mean power gain of a radio link by the law it names."""
    law, carrier = link.path_loss, link.carrier_hz or 0.0
    if law.model == "power_law":
        return free_space_gain(1.0, carrier) * power_law_gain(distance_m, law.value("exponent"))  # Eq. (N4)
    if law.model == "log_distance":
        return macro_gain(distance_m, law.value("loss_1km_db"), law.value("exponent"))  # Eq. (N5)
    if law.model == "air_to_ground":
        environment, excess = (law.value("a"), law.value("b")), (law.value("los_db"), law.value("nlos_db"))
        return air_to_ground_gain(distance_m, elevation_rad, carrier, environment, excess)  # Eq. (N6)
    return free_space_gain(distance_m, carrier)  # Eq. (N3)


def _snrs(scenario: Scenario, tables: Layout, arrays: dict[str, Any]) -> dict[str, np.ndarray]:
    """(drop, user, link) signal-to-noise ratios over the whole band, behind the receiver's antennas."""
    snr = np.zeros(arrays["gain"].shape)
    on_air = (tables.hop_link[..., None] == np.arange(len(scenario.links))).any(axis=(1, 2))  # (user, link) has a route
    for k, (name, link) in enumerate(scenario.links.items()):
        heard_from = [(source, rows) for source, rows in senders(scenario, tables, link) if on_air[rows, k].any()]
        if link.rate_bps is not None or not heard_from:
            continue
        noise_w = from_dbm(link.noise_psd_dbm_per_hz) * from_db(link.noise_figure_db) * (link.bandwidth_hz or 0.0)
        power_w = np.zeros(len(tables.group))
        for source, rows in heard_from:
            end = scenario.users[source] if source in scenario.users else scenario.nodes[source]
            power_w[rows] = from_dbm(power_dbm(link, end) or 0.0)
        receive = tables.access[name].snr
        if receive is None:
            snr[:, :, k] = power_w * arrays["gain"][:, :, k] / noise_w  # Eq. (N9)
            continue
        rows = np.flatnonzero(on_air[:, k])
        one = heard_from[0][0] in scenario.nodes  # one transmitter for everybody
        heard = rows[:1] if one else rows
        z = arrays["fading"][:, heard, k, : link.antennas]
        unit = z / np.maximum(np.linalg.norm(z, axis=2, keepdims=True), np.finfo(float).tiny)
        amplitude = np.sqrt(power_w[heard] * arrays["gain"][:, heard, k])[..., None] * unit
        snr[:, rows, k] = receive(amplitude.swapaxes(1, 2), noise_w)  # Eq. (N9)
    return {"link_snr": snr}


def _hops(scenario: Scenario, tables: Layout, arrays: dict[str, Any]) -> dict[str, np.ndarray]:
    """What every hop of every route needs, offers and costs; `work` and `peak` may be the user's own."""
    shape = (len(arrays["task_bits"]), *tables.resource.shape)
    out = {name: np.zeros(shape) for name in ("work", "snr", "energy_j", "on_power_w")}
    out |= {"peak": np.ones(shape), "latency_s": np.zeros(shape[:3])}
    links, groups = list(scenario.links), list(scenario.users)
    for g, paths in enumerate(tables.paths):
        rows, users = np.flatnonzero(tables.group == g), scenario.users[groups[g]]
        for r, path in enumerate(paths if rows.size else ()):
            for h, name in enumerate(path):
                at, link, k = (slice(None), rows, r, h), scenario.links[name], links.index(name)
                out["work"][at] = arrays["task_bits"][:, rows]
                own, access = arrays["link_snr"][:, rows, k], tables.access[name]
                wire = link.rate_bps is not None
                out["peak"][at] = link.rate_bps if wire else shannon_rate(link.bandwidth_hz or 0.0, own)
                if access.region not in ("linear", "box"):
                    out["snr"][at] = own
                delay = link.latency_s + 2 * arrays["distance_m"][:, rows, k] / SPEED_OF_LIGHT_MPS  # Eq. (N2) [s]
                out["latency_s"][:, rows, r] += delay
                end = users if groups[g] in link.sources else scenario.nodes[link.sources[0]]
                dbm = power_dbm(link, end)
                power_w = 0.0 if dbm is None else end.energy_weight * from_dbm(dbm)
                if (link.energy or access.energy) == "duration":
                    out["on_power_w"][at] = power_w
                else:
                    out["energy_j"][at] = power_w * _over(out, arrays, at)
            end = scenario.nodes[scenario.links[path[-1]].to] if path else users
            if path:
                out["latency_s"][:, rows, r] += end.latency_s  # type: ignore[union-attr]
            at = (slice(None), rows, r, len(path))
            if (tables.hop_node[at[1:]] >= 0).any():
                cores = end.cores if path else 1  # type: ignore[union-attr]
                speed = float(end.cpu_hz or 0.0)
                out["work"][at], out["peak"][at] = arrays["cycles"][:, rows], speed
                work = arrays.get("work", out["work"])[at]
                out["energy_j"][at] = end.energy_weight * cpu_energy(work, speed / cores, end.switched_capacitance)
    return out


def _over(out: dict[str, np.ndarray], arrays: dict[str, Any], at: Any) -> np.ndarray:
    """Seconds that a whole task takes at the peak rate; 0 where there is none."""
    work, peak = arrays.get("work", out["work"])[at], arrays.get("peak", out["peak"])[at]
    return np.where(peak > 0, work / np.where(peak > 0, peak, 1.0), 0.0)


def check(drops: Drops, tables: Layout) -> Drops:
    """The drops, if every user has a route that can be used and is quicker than its deadline at an endless rate."""
    usable = drops.route_ok & (drops.latency_s < drops.deadline_s[..., None])
    if not usable.any(axis=2).all():
        row, user = np.argwhere(~usable.any(axis=2))[0]
        name = list(drops.scenario.users)[tables.group[user]]
        ok = drops.route_ok[row, user]
        latency = drops.latency_s[row, user][ok].min() if ok.any() else None
        reason = "no hop of a rate > 0" if latency is None else f"latency {latency:.3g} s"
        reason += f", deadline {drops.deadline_s[row, user]:.3g} s, seed {drops.seeds[row]}"
        routes = ", ".join(text_of(route) for route in tables.paths[tables.group[user]])
        raise InputError(f"user {user} of {name}", routes, "a usable route among these", reason)
    return drops
