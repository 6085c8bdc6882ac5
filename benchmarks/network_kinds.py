"""Gaps and CPU times of `network` over kinds of networks, and against its size: percent above the certified bound.

python -m benchmarks.network_kinds [--drops 3] [kind ...]
python -m benchmarks.network_kinds --growth
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sagin
from sagin.core import records

STATION = {"cpu_hz": 8e9, "cores": 4, "switched_capacitance": 1e-28}
CELL = {"from": "phone", "carrier_hz": 3.5e9, "bandwidth_hz": 10e6, "path_loss": {"model": "power_law", "exponent": 3}}
CITY: dict[str, Any] = {
    "users": {
        "phone": {
            "count": 8,
            "area": {"shape": "disc", "radius_m": 250},
            "height_m": 1.5,
            "task_bits": [2e6, 6e6],
            "cycles_per_bit": [100, 400],
            "power_dbm": 23,
            "cpu_hz": 1e9,
            "switched_capacitance": 1e-27,
        }
    },
    "nodes": {"west": {"position_m": [-150, 0, 10], **STATION}, "east": {"position_m": [150, 0, 10], **STATION}},
    "links": {"to_west": {**CELL, "to": "west"}, "to_east": {**CELL, "to": "east"}},
    "routes": {"phone": ["local", "to_west", "to_east"]},
}
EXAMPLES = Path(__file__).parents[1] / "examples" / "networks"
BIG = {"users.sensor.count": 6}
KINDS: dict[str, tuple[dict[str, Any] | str, dict[str, Any]]] = {
    "two stations, tdma": (CITY, {}),
    "the same, beta 1": (CITY, {"objective.beta": 1.0}),
    "the same, largest delay": (CITY, {"objective.kind": "max"}),
    "the same, whole tasks": (CITY, {"splitting": False}),
    "two stations, noma": (CITY, {"links.to_west.access": "noma", "links.to_east.access": "noma"}),
    "road, ofdma": ({}, {}),
    "road, ofdma, beta 1": ({}, {"objective.beta": 1.0}),
    "road, tdma": ({}, {"links.v2i.access": "tdma"}),
    "road, noma": ({}, {"links.v2i.access": "noma"}),
    "road, whole tasks": ({}, {"splitting": False}),
    "road, largest delay": ({}, {"objective.kind": "max"}),
    "sea: whole tasks, deadlines, least energy": ("sea", {}),
    "sea, splitting": ("sea", {"splitting": True}),
    "sensors (6), noma": ("sensors", BIG),
    "sensors (6), noma, beta 1": ("sensors", {**BIG, "objective.beta": 1.0}),
    "sensors (6), tdma": ("sensors", {**BIG, "links.up1.access": "tdma", "links.up2.access": "tdma"}),
    "sensors (6), ofdma": ("sensors", {**BIG, "links.up1.access": "ofdma", "links.up2.access": "ofdma"}),
}
SCHEMES = ("improved", "recover", "alternate", "greedy", "nearest", "equal", "local", "random")
GROWTH = ((10, 3), (30, 3), (100, 3), (300, 3), (100, 10), (500, 10))  # users, routes
GROWN = ("recover", "alternate", "greedy", "improved")


def city(users: int, routes: int) -> dict[str, Any]:
    """The city with `routes` - 1 stations in a row, whose bands, processors and cores grow with the users."""
    share = users / 8 * 2 / (routes - 1)
    power = {"cpu_hz": 8e9 * share, "cores": max(1, round(4 * share)), "switched_capacitance": 1e-28}
    places = [300 * (j - (routes - 2) / 2) for j in range(routes - 1)]
    names = [f"s{j}" for j in range(routes - 1)]
    phone = CITY["users"]["phone"] | {"count": users}
    return {
        "users": {"phone": phone},
        "nodes": {name: {"position_m": [x, 0, 10], **power} for name, x in zip(names, places, strict=True)},
        "links": {f"to_{name}": {**CELL, "bandwidth_hz": 10e6 * share, "to": name} for name in names},
        "routes": {"phone": ["local", *(f"to_{name}" for name in names)]},
    }


def main() -> None:
    """Print one row a kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drops", type=int, default=3)
    parser.add_argument("--growth", action="store_true", help="against users and routes instead, one drop each")
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    arguments = parser.parse_args()
    system = sagin.system("network")
    if arguments.growth:
        for users, routes in GROWTH:
            for splitting in (True, False):
                scenario = system.scenario(**city(users, routes), splitting=splitting)
                name = f"{users} users, {routes} routes, {'splitting' if splitting else 'whole tasks'}"
                row(name, scenario, 1, GROWN if splitting else GROWN[:1] + GROWN[2:])
        return
    for kind in arguments.kinds:
        base, changes = KINDS[kind]
        declared = (
            system.scenario.from_file(EXAMPLES / f"{base}.yaml") if isinstance(base, str) else system.scenario(**base)
        )
        row(kind, declared.replace(**changes), arguments.drops, SCHEMES)


def row(name: str, scenario: Any, n_drops: int, schemes: tuple[str, ...]) -> None:
    """Print mean and largest gap of each scheme over its feasible drops, and milliseconds of CPU a drop."""
    system = sagin.system("network")
    drops = system.sample(scenario, range(n_drops))
    bound, seconds = _timed(lambda: system.bound(drops, threads=1))
    print(f"{name}: bound {bound.mean():.4f} in {1e3 * seconds / n_drops:.2f} ms", flush=True)
    for scheme in schemes:
        if scheme == "local" and "local" not in drops.resource_name:
            continue
        solution, seconds = _timed(lambda s=scheme: system.solve(drops, s, threads=1))
        metrics = system.evaluate(drops, solution.decision)
        feasible = records.feasible(metrics)
        gap = 100 * system.gap(metrics.objective, bound)[feasible]
        missed = f" ({(~feasible).sum()} infeasible)" if not feasible.all() else ""
        shown = f"{gap.mean():.4f} / {gap.max():.4f} %" if gap.size else "-"
        print(f"    {scheme:9} {shown}{missed} in {1e3 * seconds / n_drops:.2f} ms", flush=True)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Result and CPU seconds of a second call (the first may load kernels), or of the first if that took long."""
    start = time.process_time()
    result = work()
    if time.process_time() - start > LONG:
        return result, time.process_time() - start
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


LONG = 20.0  # s of CPU: what takes as long is not called twice


if __name__ == "__main__":
    main()
