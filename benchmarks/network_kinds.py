"""Gaps and CPU times of `network` over kinds of networks, and against its size: percent above the certified bound.

python -m benchmarks.network_kinds [--drops 3] [kind ...]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
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
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
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
}
SCHEMES = ("improved", "recover", "alternate", "greedy", "nearest")


def main() -> None:
    """Print one row a kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drops", type=int, default=3)
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    arguments = parser.parse_args()
    system = sagin.system("network")
    for kind in arguments.kinds:
        base, changes = KINDS[kind]
        drops = system.sample(system.scenario(**base).replace(**changes), range(arguments.drops))
        bound, seconds = _timed(lambda drops=drops: system.bound(drops, threads=1))
        row = [f"{kind}: bound {bound.mean():.4f} in {1e3 * seconds / arguments.drops:.2f} ms"]
        for scheme in SCHEMES:
            solution, seconds = _timed(lambda s=scheme, drops=drops: system.solve(drops, s, threads=1))
            metrics = system.evaluate(drops, solution.decision)
            feasible = records.feasible(metrics)
            gap = 100 * system.gap(metrics.objective, bound)[feasible]
            missed = f" ({(~feasible).sum()} infeasible)" if not feasible.all() else ""
            shown = f"{gap.mean():.3f} / {gap.max():.3f} %" if gap.size else "-"
            row.append(f"{scheme} {shown}{missed} in {1e3 * seconds / arguments.drops:.2f} ms")
        print("\n    ".join(row), flush=True)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Result and CPU seconds of a second call: the first may load kernels."""
    work()
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


if __name__ == "__main__":
    main()
