"""Speed in one run, peers and ours interleaved: latency, throughput, cold start, memory, sampling, growth.

python benchmarks/speed.py [SYSTEM ...] [--drops 1000 10000] [--quick] [--only SECTION ...] [--out speed.json]

Latencies are CPU seconds of one warm drop on one thread (the machine may be shared), throughputs wall-clock seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import sagin
from sagin.core import records
from sagin.core.contracts import System
from sagin.core.files import write_text
from sagin.core.statistics import interval
from sagin.results.provenance import provenance

Row = dict[str, Any]
SECTIONS = ("latency", "throughput", "cold", "growth")
LONGEST_POINT_S = 60.0  # growth stops at the first size that takes longer

COLD = """
import resource, sys, time
start = time.perf_counter()
import sagin
system = sagin.system(sys.argv[1])
drops = system.sample(seeds=[0])
for scheme in sys.argv[2:]:
    if scheme == "bound":
        for space in system.spaces:
            system.bound(drops, space.decision, threads=1)
    else:
        system.evaluate(drops, system.solve(drops, scheme, threads=1).decision)
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(time.perf_counter() - start, time.process_time(), peak_mb)
"""


def peers(name: str) -> Any:
    """The benchmark module of a system."""
    root = str(Path(__file__).resolve().parents[1])
    if root not in sys.path:
        sys.path.insert(0, root)
    return import_module(f"benchmarks.peers.{name}")


def latency(system: System, n_drops: int | None = None, batch: int = 100, longest_s: float = math.inf) -> Iterator[Row]:
    """One warm drop: peer against ours, in turn, with the difference of their objectives; and ours in a batch.

    `n_drops`: drops given to every peer (None: as each comparison says), until it has taken `longest_s`.
    """
    for case in peers(system.name).COMPARISONS:
        scenario = system.scenario(**case.overrides)
        warm = system.sample(scenario, seeds=[10**6])
        system.solve(warm, case.scheme, threads=1, **case.options)
        solve = partial(system.solve, scheme=case.scheme, threads=1, **case.options)
        ours, theirs, off = [], [], []
        for seed in range(n_drops or case.drops):
            drops = system.sample(scenario, seeds=[seed])
            repeats = [_cpu(partial(solve, drops)) for _ in range(5)]
            ours.append(statistics.median(seconds for seconds, _ in repeats))
            mine = system.evaluate(drops, repeats[0][1].decision).objective[0]
            seconds, decision = _cpu(partial(case.peer, drops))
            theirs.append(seconds)
            off.append(system.evaluate(drops, decision).objective[0] / mine - 1)
            if sum(theirs) > longest_s:
                break
        ratios = [peer / own for peer, own in zip(theirs, ours, strict=True)]
        many = system.sample(scenario, seeds=range(batch))
        batch_s = _cpu(partial(solve, many))[0] / len(many.seeds)
        difference = interval(np.array(off))
        yield {
            "label": case.label,
            "scheme": case.scheme,
            "drops": len(ours),
            "peer_s": statistics.median(theirs),
            "ours_s": statistics.median(ours),
            "ratio": statistics.median(ratios),
            "ratio_least": min(ratios),
            "ratio_largest": max(ratios),
            "ours_in_batch_s": batch_s,
            "ratio_in_batch": statistics.median(theirs) / batch_s,
            "aim": case.aim,
            "objective_off_worst": max(off, key=abs),
            "objective_off_mean": difference.mean,
            "objective_off_low": difference.low,
            "objective_off_high": difference.high,
            "note": case.note,
        }


def throughput(system: System, sizes: list[int]) -> Iterator[Row]:
    """Drops a second of the paper's and the improved scheme, and of sampling."""
    for size in sizes:
        seconds, drops = _wall(partial(system.sample, seeds=range(size)))
        yield {"label": f"sampling {size} drops", "seconds": seconds, "drops_per_s": size / seconds}
        for scheme in [*system.names("paper")[:1], "improved"]:
            system.solve(records.take(drops, [0]), scheme)
            for threads in (1, os.cpu_count() or 1):
                seconds = mean_seconds(partial(system.solve, drops, scheme, threads=threads), time.perf_counter)
                label = f"{scheme}, {size} drops, {threads} thread{'s' * (threads > 1)}"
                yield {"label": label, "seconds": seconds, "drops_per_s": size / seconds}


def cold(system: System) -> Iterator[Row]:
    """A fresh process that decides one drop: without compiled kernels, then with them on disk."""
    paper, everything = system.names("paper")[0], [*(scheme.name for scheme in system.schemes), "bound"]
    for label, schemes in ((paper, [paper]), ("all schemes, and bounds", everything)):
        with tempfile.TemporaryDirectory() as folder:
            for state in ("no kernel cache", "kernels on disk"):
                command = [sys.executable, "-c", COLD, system.name, *schemes]
                environment = {**os.environ, "SAGIN_CACHE_DIR": folder, "SAGIN_QUIET": "1"}
                out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
                numbers = zip(("seconds", "cpu_seconds", "peak_memory_mb"), map(float, out.split()), strict=True)
                yield {"label": f"one drop by {label}, {state}", **dict(numbers)}


def growth(system: System, quick: bool) -> Iterator[Row]:
    """CPU seconds of one drop against sizes, and the exponent of the power law through the larger half of them."""
    for line in peers(system.name).GROWTH:
        sizes: list[float] = []
        taken: list[float] = []
        for shown, overrides in line.points[: 2 if quick else None]:
            drops = system.sample(system.scenario(**overrides), seeds=[0])
            solve = partial(system.solve, drops, line.scheme, threads=1, **line.options)
            solve()
            seconds = mean_seconds(solve, time.process_time, least_s=2.0, most=3)
            yield {"label": f"{line.scheme} against {line.label}", "size": shown, "seconds": seconds}
            sizes.append(float(shown))
            taken.append(seconds)
            if seconds > LONGEST_POINT_S:
                break
        if len(sizes) >= 3:
            half = slice(min(len(sizes) // 2, len(sizes) - 3), None)
            exponent = float(np.polyfit(np.log(sizes[half]), np.log(taken[half]), 1)[0])
            span = f"{sizes[half][0]:g} to {sizes[-1]:g}"
            yield {"label": f"{line.scheme} against {line.label}, {span}", "exponent": exponent}


def mean_seconds(
    work: Callable[[], Any], clock: Callable[[], float], least_s: float = 0.0, most: float = math.inf
) -> float:
    """Mean seconds of a call: once, or again until `least_s` have passed, but at most `most` times."""
    start, repeats = clock(), 0
    while repeats == 0 or (repeats < most and clock() - start < least_s):
        work()
        repeats += 1
    return (clock() - start) / repeats


def _cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _wall(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _show(row: Row) -> str:
    numbers = [
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in row.items()
        if key not in ("label", "note")
    ]
    return f"  {row['label']}: " + ", ".join(numbers)


def main(words: list[str] | None = None) -> None:
    """Print the rows as they come and, with --out, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systems", nargs="*")
    parser.add_argument("--drops", type=int, nargs="+", default=[1000, 10_000], help="sizes of the throughput section")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--quick", action="store_true", help="one drop a peer, small batches: a smoke test")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(words)
    sizes = [4] if args.quick else args.drops
    document: dict[str, Any] = {"provenance": provenance(), "systems": {}}
    for name in args.systems or sagin.system_names():
        system, sections = sagin.system(name), document["systems"].setdefault(name, {})
        work: dict[str, Callable[[], Iterator[Row]]] = {
            "latency": partial(latency, system, *((1, 10) if args.quick else ())),
            "throughput": partial(throughput, system, sizes),
            "cold": partial(cold, system),
            "growth": partial(growth, system, args.quick),
        }
        for section in args.only:
            print(f"\n{name}: {section}")
            for row in work[section]():
                sections.setdefault(section, []).append(row)
                print(_show(row), flush=True)
    if args.out:
        write_text(args.out, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
