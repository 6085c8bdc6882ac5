"""The declared network once more, in plain loops, from the equations alone: nothing of the system is imported.

`arrays(network, drawn, d)` is what a drop must hold, from the declaration (a plain mapping) and what was drawn;
`judge(table, split, rate)` is what follows from a decision. Tests hold drops and metrics equal to both.
"""

import itertools
import math
from typing import Any

import numpy as np

C, EARTH = 299_792_458.0, 6_371_000.0
LAWS = {
    "log_distance": {"loss_1km_db": 128.1, "exponent": 3.76},
    "air_to_ground": {"a": 9.61, "b": 0.16, "los_db": 1.0, "nlos_db": 20.0},
}


def db(value: float) -> float:
    return 10 ** (value / 10)


def watts(dbm: float) -> float:
    return 10 ** ((dbm - 30) / 10)


def named(value: Any) -> dict[str, Any]:
    """A law by name, or a mapping with its parameters."""
    return {"model": value} if isinstance(value, str) else value


def chain(text: str) -> list[str]:
    return [] if text.strip() == "local" else [part.strip() for part in text.split(">")]


class Network:
    """A declaration with its flat list of users and its resources in order of first use."""

    def __init__(self, net: dict[str, Any]) -> None:
        self.net, self.nodes, self.links = net, net["nodes"], net["links"]
        self.users = [(name, j) for name, group in net["users"].items() for j in range(group["count"])]
        self.routes = {name: [chain(text) for text in texts] for name, texts in net["routes"].items()}
        taken = {name for name, _ in self.users}
        self.n_routes = max(len(self.routes[name]) for name in taken)
        self.n_hops = 1 + max(len(route) for name in taken for route in self.routes[name])
        self.names: list[str] = []
        if any(("processor", "local") in self.hops(name, []) and [] in self.routes[name] for name in taken):
            self.names.append("local")
        for name, _ in self.users:
            for route in self.routes[name]:
                for hop in self.hops(name, route):
                    if self.resource(hop) not in self.names:
                        self.names.append(self.resource(hop))

    def hops(self, group: str, route: list[str]) -> list[tuple[str, str]]:
        node = self.links[route[-1]]["to"] if route else "local"
        endless = bool(route) and self.nodes[node].get("cpu_hz") == "unlimited"
        idle = endless or self.net["users"][group]["cycles_per_bit"] == 0
        return [("link", name) for name in route] + ([] if idle else [("processor", node)])

    def resource(self, hop: tuple[str, str]) -> str:
        what, name = hop
        return (self.links[name].get("band") or name) if what == "link" else name

    def kind(self, name: str) -> str:
        if name == "local":
            return "box"
        if name in self.nodes:
            return "box" if self.nodes[name].get("sharing", "shared") == "per_task" else "linear"
        for link, fields in self.links.items():
            if name == (fields.get("band") or link):
                word = fields.get("access") or "tdma"
                return {"tdma": "linear", "mimo": "box", "dedicated": "box"}.get(word, word)
        raise KeyError(name)

    def source(self, link: str, group: str) -> tuple[str, dict[str, Any]]:
        """The end a link starts at, for a user of a group."""
        sources = self.links[link]["from"]
        sources = [sources] if isinstance(sources, str) else list(sources)
        if group in sources:
            return group, self.net["users"][group]
        return sources[0], self.nodes[sources[0]]


def distance(world: Network, drawn: Any, d: int, i: int, link: str) -> tuple[float, float, float | None]:
    """Length, height between the ends and elevation [rad] if one end is a satellite."""
    fields, index = world.links[link], list(world.nodes)
    name, end = world.source(link, world.users[i][0])
    to = world.nodes[fields["to"]]
    start = drawn.position_m[d, i] if name in world.net["users"] else drawn.node_position_m[d, index.index(name)]
    stop = drawn.node_position_m[d, index.index(fields["to"])]
    satellites = [
        (node, index.index(place))
        for place, node in ((name, end), (fields["to"], to))
        if place in world.nodes and node.get("altitude_m") is not None
    ]
    length, rise, elevation = float(np.linalg.norm(stop - start)), abs(float(stop[2] - start[2])), None
    if len(satellites) == 1:
        node, which = satellites[0]
        h, elevation = node["altitude_m"], math.radians(drawn.elevation_deg[d, which])
        sine = math.sin(elevation)
        length = math.sqrt((EARTH * sine) ** 2 + 2 * EARTH * h + h * h) - EARTH * sine  # N1
    if fields.get("distance_m") is not None:
        length = fields["distance_m"]
    return length, rise, elevation


def amplitude(world: Network, drawn: Any, d: int, i: int, link: str) -> np.ndarray:
    """sqrt(G) z of every antenna (N3 to N8)."""
    fields = world.links[link]
    length, rise, elevation = distance(world, drawn, d, i, link)
    law, f = named(fields.get("path_loss") or "free_space"), fields["carrier_hz"]
    free = (C / (4 * math.pi * f * length)) ** 2  # N3
    par = {**LAWS.get(law["model"], {}), **{k: v for k, v in law.items() if v is not None}}
    if law["model"] == "free_space":
        gain = free
    elif law["model"] == "power_law":
        gain = (C / (4 * math.pi * f)) ** 2 * length ** -par["exponent"]  # N4
    elif law["model"] == "log_distance":
        gain = 10 ** (-(par["loss_1km_db"] + 10 * par["exponent"] * math.log10(length / 1000)) / 10)  # N5
    else:
        theta = math.degrees(elevation if elevation is not None else math.asin(min(1.0, rise / length)))
        sight = 1 / (1 + par["a"] * math.exp(-par["b"] * (theta - par["a"])))
        gain = free * 10 ** (-(sight * par["los_db"] + (1 - sight) * par["nlos_db"]) / 10)  # N6
    gases = fields.get("zenith_loss_db", 0.0) / (1.0 if elevation is None else math.sin(elevation))
    k = list(world.links).index(link)
    level = fields.get("antenna_gain_db", 0.0) - fields.get("margin_db", 0.0) - gases - drawn.shadow_db[d, i, k]
    return np.sqrt(gain * db(level)) * drawn.fading[d, i, k, : fields.get("antennas", 1)]  # N7, N8


def power_w(world: Network, link: str, group: str) -> float:
    given = world.links[link].get("power_dbm")
    end = world.source(link, group)[1]
    own = None if world.links[link].get("rate_bps") else end.get("power_dbm")
    given = own if given is None else given
    return 0.0 if given is None else watts(given)


def link_rate(world: Network, drawn: Any, d: int, i: int, link: str) -> tuple[float, float]:
    """Peak rate [bit/s] and SNR of a link for a user (N9)."""
    fields, group = world.links[link], world.users[i][0]
    if fields.get("rate_bps") is not None:
        return fields["rate_bps"], 0.0
    density = fields.get("noise_psd_dbm_per_hz", -174.0)
    noise = watts(density) * db(fields.get("noise_figure_db", 0.0)) * fields["bandwidth_hz"]
    h = amplitude(world, drawn, d, i, link)
    if fields.get("access") == "mimo":
        cover = noise * np.eye(len(h), dtype=complex)
        for j, (other, _) in enumerate(world.users):
            if j != i and any(link in route for route in world.routes[other]):
                g = amplitude(world, drawn, d, j, link)
                cover += power_w(world, link, other) * np.outer(g, g.conj())
        snr = power_w(world, link, group) * float(np.real(h.conj() @ np.linalg.solve(cover, h)))
    else:
        snr = power_w(world, link, group) * float(np.sum(np.abs(h) ** 2)) / noise
    return fields["bandwidth_hz"] * math.log2(1 + snr), snr


def arrays(net: dict[str, Any], drawn: Any, d: int) -> dict[str, Any]:
    """The table of a drop."""
    world = Network(net)
    n, shape = len(world.users), (len(world.users), world.n_routes, world.n_hops)
    out: dict[str, Any] = {name: np.zeros(shape) for name in ("work", "snr", "energy_j", "on_power_w")}
    out |= {"peak": np.ones(shape), "resource": np.full(shape, -1), "latency_s": np.zeros(shape[:2])}
    out["route_ok"] = np.zeros(shape[:2], dtype=bool)
    for i, (group, _) in enumerate(world.users):
        users = net["users"][group]
        for r, route in enumerate(world.routes[group]):
            out["route_ok"][i, r] = True
            for h, (what, name) in enumerate(world.hops(group, route)):
                at = i, r, h
                out["resource"][at] = world.names.index(world.resource((what, name)))
                if what == "link":
                    fields, weight = world.links[name], world.source(name, group)[1].get("energy_weight", 1.0)
                    out["work"][at] = drawn.task_bits[d, i]
                    out["peak"][at], snr = link_rate(world, drawn, d, i, name)
                    word = fields.get("access") or "tdma"
                    out["snr"][at] = snr if word in ("ofdma", "noma") else 0.0
                    charge = fields.get("energy") or ("duration" if word in ("ofdma", "noma") else "airtime")
                    if charge == "duration":
                        out["on_power_w"][at] = weight * power_w(world, name, group)
                    elif out["peak"][at] > 0:
                        spent = power_w(world, name, group) * out["work"][at] / out["peak"][at]
                        out["energy_j"][at] = weight * spent
                else:
                    end = users if name == "local" else world.nodes[name]
                    clock = end["cpu_hz"] / (1 if name == "local" else end.get("cores", 1))
                    per_cycle = end.get("switched_capacitance", 0.0) * clock**2
                    out["work"][at], out["peak"][at] = drawn.cycles[d, i], end["cpu_hz"]
                    out["energy_j"][at] = end.get("energy_weight", 1.0) * per_cycle * drawn.cycles[d, i]
                out["route_ok"][i, r] &= out["peak"][at] > 0
            for name in route:
                out["latency_s"][i, r] += world.links[name].get("latency_s", 0.0)
                out["latency_s"][i, r] += 2 * distance(world, drawn, d, i, name)[0] / C  # N2
            if route:
                out["latency_s"][i, r] += world.nodes[world.links[route[-1]]["to"]].get("latency_s", 0.0)
    assert n == drawn.task_bits.shape[1]
    objective = net.get("objective", {})
    out |= {"kind": [world.kind(name) for name in world.names], "resource_name": world.names}
    out |= {"deadline_s": drawn.deadline_s[d], "weight": drawn.weight[d], "splitting": net.get("splitting", True)}
    return out | {"beta": objective.get("beta", 0.5), "objective": objective.get("kind", "sum")}


def table_of(drops: Any, d: int) -> dict[str, Any]:
    """The same table as a drop holds it."""
    names = ("work", "snr", "energy_j", "on_power_w", "peak", "latency_s", "route_ok", "deadline_s", "weight")
    constants = ("resource", "kind", "resource_name", "beta", "objective", "splitting")
    table = {name: getattr(drops, name)[d] for name in names} | {name: getattr(drops, name) for name in constants}
    return table | {"kind": [str(kind) for kind in drops.kind]}


def region_load(kind: str, u: list[float], s: list[float]) -> float:
    """N18 by its definition: bisection for bandwidths, all sets of users for successive cancellation."""
    if any(math.isinf(x) for x in u):
        return math.inf
    if kind == "linear":
        return sum(u)
    if kind == "box":
        return max(u, default=0.0)
    if kind == "ofdma":
        total = 0.0
        for x, snr in zip(u, s, strict=True):
            nats = x * math.log1p(snr)
            if nats >= snr > 0 or (x > 0 and snr <= 0):
                return math.inf
            if x > 0:
                low, high = 1e-18, 1e18
                for _ in range(200):
                    a = math.sqrt(low * high)
                    low, high = (a, high) if a * math.log1p(snr / a) < nats else (low, a)
                total += high
        return total
    rates = [(x * math.log1p(snr), snr) for x, snr in zip(u, s, strict=True) if x > 0]
    worst = 0.0
    for size in range(1, len(rates) + 1):
        for some in itertools.combinations(rates, size):
            capacity = math.log1p(sum(snr for _, snr in some))
            worst = max(worst, sum(rate for rate, _ in some) / capacity if capacity > 0 else math.inf)
    return worst


def judge(table: dict[str, Any], split: np.ndarray, rate: np.ndarray) -> dict[str, Any]:
    """Delays, energies, loads, objective and the signed violations of a decision (N10 to N18)."""
    n, n_routes, n_hops = table["resource"].shape
    m_all = range(len(table["kind"]))
    delay, energy = np.zeros(n), np.zeros(n)
    shares: list[dict[int, float]] = [{} for _ in m_all]
    negative = -math.inf
    for i in range(n):
        last, on = -math.inf, {}
        for r in range(n_routes):
            took = table["latency_s"][i, r]
            for h in range(n_hops):
                m = int(table["resource"][i, r, h])
                if m < 0:
                    continue
                rho, x = float(rate[i, r, h]), max(float(split[i, r]), 0.0)
                peak = float(table["peak"][i, r, h])
                u = rho / peak if peak > 0 else (0.0 if rho == 0 else math.inf)
                negative = max(negative, -u)
                shares[m][i] = shares[m].get(i, 0.0) + max(u, 0.0)
                need = x * table["work"][i, r, h]
                t = 0.0 if need == 0 else (need / rho if rho > 0 else math.inf)
                took += t
                energy[i] += x * table["energy_j"][i, r, h]
                if x > 0 and table["on_power_w"][i, r, h] > 0:
                    on.setdefault(m, []).append((t, table["on_power_w"][i, r, h]))
            if split[i, r] > 0:
                last = max(last, took)
        delay[i] = last if last > -math.inf else math.inf
        for parts in on.values():
            longest = max(t for t, _ in parts)
            energy[i] += longest * parts[0][1]
    load = []
    for m in m_all:
        at = [np.argwhere(table["resource"][i] == m) for i in shares[m]]
        snr = [float(max(table["snr"][i][tuple(hop)] for hop in where)) for i, where in zip(shares[m], at, strict=True)]
        load.append(region_load(table["kind"][m], list(shares[m].values()), snr))
    w, beta = table["weight"], table["beta"]
    if np.isinf(delay).any():
        objective = math.inf
    elif table["objective"] == "max":
        objective = float((w * delay).max())
    else:
        objective = float(sum(w[i] * (beta * delay[i] + (1 - beta) * energy[i]) for i in range(n)))
    limited = [(t, limit) for t, limit in zip(delay, table["deadline_s"], strict=True) if math.isfinite(limit)]
    violation = {
        "capacity": max(load, default=0.0) - 1,
        "split_sum": float(np.abs(split.sum(axis=1) - 1).max()),
        "split_negative": float((-split).max()),
        "route": max([float(split[i, r]) for i, r in np.argwhere(~table["route_ok"])], default=0.0),
        "deadline": max([float(t / limit) - 1 for t, limit in limited], default=-1.0),
        "whole": 0.0 if table["splitting"] else float((1 - split.max(axis=1)).max()),
        "rate_negative": negative,
    }
    return {"objective": objective, "delay_s": delay, "energy_j": energy, "load": load, "violation": violation}
