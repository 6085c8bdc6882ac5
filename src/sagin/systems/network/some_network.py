"""Random declared networks of every kind: accesses, path losses, satellites, shared bands, relays, several groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

RADIO = {"carrier_hz": 2e9, "bandwidth_hz": 4e6}
LAWS = [
    "free_space",
    {"model": "power_law", "exponent": 2.8},
    "log_distance",
    {"model": "log_distance", "exponent": 3.0, "loss_1km_db": 120.0},
    "air_to_ground",
    {"model": "air_to_ground", "a": 4.88, "b": 0.43, "los_db": 0.1, "nlos_db": 21.0},
]
FADINGS = ["none", "rayleigh", {"model": "rician", "k_db": 6.0}]
ACCESSES = ["tdma", "ofdma", "noma", "mimo", "dedicated"]


class _Draw:
    """Choices, ranges and radio links from one generator."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.g = generator

    def pick(self, things: list[Any]) -> Any:
        return things[int(self.g.integers(len(things)))]

    def span(self, low: float, high: float) -> Any:
        a, b = sorted(float(f"{v:.4g}") for v in self.g.uniform(low, high, 2))
        return [a, b] if self.g.random() < 0.6 else a

    def radio(self, **fields: Any) -> dict[str, Any]:
        g, pick = self.g, self.pick
        more = {"antennas": int(g.integers(1, 4)), "fading": pick(FADINGS), "noise_figure_db": float(g.integers(0, 8))}
        more |= {"shadow_std_db": pick([0.0, 4.0]), "path_loss": pick(LAWS), "latency_s": pick([0.0, 0.01])}
        return {**RADIO, "carrier_hz": float(g.uniform(1e9, 6e9)), **more, **fields}


def some_network(g: np.random.Generator, size: Callable[[np.random.Generator], int]) -> dict[str, Any]:
    """A declaration: one or two groups, stations, a UAV, a satellite, a relay without a processor, a cloud.

    Drawn are topology, routes, accesses, processors, objective, deadlines and whether tasks are divisible; `size` draws
    how many users a group has.
    """
    draw = _Draw(g)
    kind = draw.pick(["sum", "sum", "sum", "max", "least"])
    splitting = bool(g.random() < 0.65)
    groups = ["car", "sensor"][: 1 + int(g.random() < 0.5)]
    users = _users(draw, groups, size, least=kind == "least")
    nodes = _nodes(draw)
    links = _links(draw, groups)
    found = {name: ["local", *_chains(name, links, nodes)] for name in groups}
    routes = {}
    for name, all_routes in found.items():
        count = int(g.integers(1, min(6, len(all_routes)) + 1))
        routes[name] = [all_routes[k] for k in sorted(g.permutation(len(all_routes))[:count])]
    beta = 0.0 if kind == "least" else draw.pick([0.2, 0.5, 1.0])
    objective = {"kind": "max" if kind == "max" else "sum", "beta": beta}
    return {
        "users": users,
        "nodes": nodes,
        "links": links,
        "routes": routes,
        "objective": objective,
        "splitting": splitting,
    }


def _users(
    draw: _Draw, groups: list[str], size: Callable[[np.random.Generator], int], *, least: bool
) -> dict[str, Any]:
    g, pick, span = draw.g, draw.pick, draw.span
    users: dict[str, Any] = {}
    for name in groups:
        area = pick([{"shape": "disc", "radius_m": 200.0}, {"shape": "road", "length_m": 300.0, "width_m": 20.0}, None])
        place = {"area": area} if area else {"position_m": [30.0, 40.0, 1.0]}
        users[name] = {
            **place,
            "count": size(g),
            "task_bits": span(5e5, 3e6),
            "cycles_per_bit": pick([0, *[span(50, 300)] * 5]),
            "power_dbm": float(g.uniform(10, 30)),
            "cpu_hz": float(g.uniform(3e8, 1.5e9)),
            "switched_capacitance": 1e-27,
            "energy_weight": pick([1.0, 0.5, 0.0]),
            "weight": pick([1.0, 1.0, [0.5, 2.0]]),
            "deadline_s": span(2.0, 8.0) if least or g.random() < 0.2 else None,
        }
    return users


def _nodes(draw: _Draw) -> dict[str, Any]:
    pick = draw.pick
    chip = {"switched_capacitance": 1e-28}
    return {
        "west": {
            "position_m": [-100.0, 5.0, 10.0],
            "cpu_hz": 6e9,
            "cores": 4,
            **chip,
            "sharing": pick(["shared", "per_task"]),
        },
        "east": {"position_m": [100.0, 5.0, 10.0], "cpu_hz": pick([None, 4e9]), "latency_s": 0.02, **chip},
        "uav": {
            "area": {"shape": "disc", "radius_m": 100.0, "center_m": [20.0, 0.0]},
            "height_m": 120.0,
            "cpu_hz": 2e9,
            **chip,
        },
        "leo": {"altitude_m": 550e3, "elevation_deg": draw.span(30, 90), "cpu_hz": 1e10, "cores": 8, **chip},
        "cloud": {"position_m": [0.0, 9000.0, 0.0], "cpu_hz": "unlimited", "energy_weight": 0.0},
    }


def _links(draw: _Draw, groups: list[str]) -> dict[str, Any]:
    g, pick, radio = draw.g, draw.pick, draw.radio
    both = groups if len(groups) > 1 and g.random() < 0.5 else groups[0]
    wire = {"rate_bps": float(g.uniform(2e7, 2e8)), "latency_s": 0.01, "power_dbm": pick([None, 30.0])}
    sky = {"carrier_hz": 2e10, "bandwidth_hz": 2e7, "antenna_gain_db": 72.0, "zenith_loss_db": 1.0, "margin_db": 2.0}
    links: dict[str, Any] = {
        "a": radio(**{"from": both, "to": "west", "access": pick(ACCESSES)}),
        "b": radio(**{"from": groups, "to": "uav", "access": pick(ACCESSES)}),
        "c": radio(
            **{"from": groups, "to": "east", "access": pick(ACCESSES), "energy": pick([None, "duration", "airtime"])}
        ),
        "sky": {"from": groups[-1], "to": "leo", "access": pick(["tdma", "dedicated"]), "power_dbm": 36.0, **sky},
        "back1": {"from": "uav", "to": "west", "band": "back", **RADIO, "power_dbm": 30.0, "antenna_gain_db": 10.0},
        "back2": {"from": "east", "to": "west", "band": "back", **RADIO, "power_dbm": 30.0, "antenna_gain_db": 10.0},
        "feeder": {"from": "west", "to": "leo", "access": pick(["tdma", "dedicated"]), "power_dbm": 35.0, **sky},
        "fibre": {"from": "west", "to": "cloud", **wire},
    }
    if g.random() < 0.4:
        for name in ("back1", "back2"):
            links[name]["energy"] = "duration"
    return links


def _chains(group: str, links: dict[str, Any], nodes: dict[str, Any], most: int = 3) -> list[str]:
    """All chains of at most `most` links from a group to a processor, no node twice."""
    done, open_ = [], [([name], [link["to"]]) for name, link in links.items() if group in link["from"]]
    while open_:
        names, passed = open_.pop(0)
        if nodes[passed[-1]].get("cpu_hz") is not None:
            done.append(" > ".join(names))
        if len(names) < most:
            for name, link in links.items():
                if link["from"] == passed[-1] and link["to"] not in passed:
                    open_.append(([*names, name], [*passed, link["to"]]))
    return done
