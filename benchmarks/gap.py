"""Objective of every scheme above (or below) the certified bound, and what the improved scheme gains over the paper's.

python benchmarks/gap.py [SYSTEM ...] [--drops 100 | --seeds 100:200 | --random 45] [--set field=value]
    [--schemes a,b] [--out gap.json]

--random N: one drop in each of N random valid scenarios (sizes 1 to 60, or --most) instead of many at one scenario.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import sagin
from sagin.cli.inputs import scenario_of
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.files import write_text
from sagin.core.selection import parse_seeds
from sagin.core.statistics import interval
from sagin.experiments.gaps import gaps
from sagin.experiments.random_scenarios import MOST, random_scenario
from sagin.results.provenance import provenance
from sagin.results.run import usable


def measure(name: str, seeds: Sequence[int], settings: list[str], schemes: list[str]) -> list[dict[str, Any]]:
    """One row a scheme: mean and largest gap [%] over its feasible drops, and the paired gain over the paper's [%]."""
    system = sagin.system(name)
    batch = system.sample(scenario_of(system, settings, None), seeds=seeds)
    run, table = gaps(system, batch, {scheme: {} for scheme in schemes or [s.name for s in system.schemes]})
    paper = run.schemes.get(system.names("paper")[0])
    rows = []
    for gap in table:
        outcome = run.schemes[gap.scheme]
        both = np.isfinite(outcome.metrics.objective) & usable(outcome.solution)
        row = {"label": gap.scheme, "role": gap.role, "drops": len(seeds), "feasible": int(both.sum())}
        row |= {"gap_mean_percent": 100 * gap.mean, "gap_max_percent": 100 * gap.largest}
        if paper is not None and gap.role == "improved":
            both &= usable(paper.solution)
            sign = 1.0 if system.sense == "max" else -1.0
            gains = 100 * sign * (outcome.metrics.objective / paper.metrics.objective - 1)[both]
            gain = interval(gains)
            row |= {"gain_percent": gain.mean, "gain_low": gain.low, "gain_high": gain.high}
            row["worse_drops"] = int((gains < -1e-7).sum())
        rows.append(row)
    return rows


def refuses(system: System, batch: Any, scheme: str) -> bool:
    """Does a baseline not exist in a scenario (everything local, where not everybody can)?"""
    try:
        if system.scheme(scheme).role == "baseline":
            system.solve(batch, scheme)
    except InputError:
        return True
    return False


def measure_random(name: str, count: int, most: int, settings: list[str], schemes: list[str]) -> list[dict[str, Any]]:
    """One row a scheme over one drop in each random scenario; what contradicts a bound is printed as it is found."""
    system = sagin.system(name)
    chosen = schemes or [s.name for s in system.schemes]
    fixed = scenario_of(system, settings, None).to_dict() if settings else {}
    fixed = {word.split("=")[0]: fixed[word.split("=")[0]] for word in settings}
    paper = system.names("paper")[0]
    sign = 1.0 if system.sense == "max" else -1.0
    found: dict[str, list[tuple[float, float]]] = {scheme: [] for scheme in chosen}
    feasible, none, worse = dict.fromkeys(chosen, 0), dict.fromkeys(chosen, 0), dict.fromkeys(chosen, 0)
    for seed in range(count):
        scenario = random_scenario(system.scenario, seed, most).replace(**fixed)
        batch = system.sample(scenario, [seed])
        able = [scheme for scheme in chosen if not refuses(system, batch, scheme)]
        run, table = gaps(system, batch, {scheme: {} for scheme in able})
        values = {s: run.schemes[s].metrics.objective[0] for s in able if usable(run.schemes[s].solution)[0]}
        for gap in table:
            one, good = float(gap.gaps[0]), gap.scheme in values
            feasible[gap.scheme] += good
            none[gap.scheme] += gap.n_impossible
            if good and np.isfinite(one):
                found[gap.scheme].append((one, values[gap.scheme]))
            if good and (gap.n_impossible or one < -1e-5):
                print(f"  {name} scenario {seed}: {gap.scheme} contradicts its bound ({one:g})", flush=True)
        for scheme in values:
            if paper in values and sign * (values[scheme] / values[paper] - 1) < -1e-9:
                worse[scheme] += 1
    rows = []
    for scheme in chosen:
        spread = 100 * np.array([one for one, _ in found[scheme]])
        row = {"label": scheme, "role": system.scheme(scheme).role, "scenarios": count, "feasible": feasible[scheme]}
        row |= {"certified_infeasible": none[scheme], "with_gap": spread.size, "worse_than_paper": worse[scheme]}
        for word, part in (("median", 0.5), ("p90", 0.9), ("worst", 1.0)):
            row[f"gap_{word}_percent"] = float(np.quantile(spread, part)) if spread.size else float("nan")
        rows.append(row)
    return rows


def print_random(rows: list[dict[str, Any]]) -> None:
    """The table of `measure_random`."""
    for row in rows:
        who = f"{row['label']:22} {row['role']:10} {row['feasible']:4d} feasible"
        none = f"{row['certified_infeasible']} certified infeasible"
        gap = ", ".join(f"{row[f'gap_{word}_percent']:.3f} % {word}" for word in ("median", "p90", "worst"))
        print(f"  {who}, {none}; gap {gap}; worse than the paper's on {row['worse_than_paper']}")


def main(words: list[str] | None = None) -> None:
    """Print one table a system and, with --out, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systems", nargs="*")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--drops", type=int, default=100, help="seeds 0 to this less one")
    which.add_argument("--seeds", metavar="SEEDS", help="`a:b` (half-open), `7` or `1,4,7`")
    which.add_argument("--random", type=int, metavar="N", help="one drop in each of N random scenarios")
    parser.add_argument("--most", type=int, default=MOST, help="largest size of a random scenario")
    parser.add_argument("--set", action="append", default=[], metavar="field=value")
    parser.add_argument("--schemes", default="", help="names, separated by commas; default: all")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(words)
    seeds = parse_seeds(args.seeds or f"0:{args.drops}", "--seeds")
    document: dict[str, Any] = {"provenance": provenance(), "systems": {}}
    for name in args.systems or sagin.system_names():
        wanted = [word for word in args.schemes.split(",") if word]
        if args.random:
            rows = measure_random(name, args.random, args.most, args.set, wanted)
            document["systems"][name] = rows
            print(f"\n{name}: gap to the certified bound in {args.random} random scenarios {' '.join(args.set)}")
            print_random(rows)
            sys.stdout.flush()
            continue
        rows = measure(name, seeds, args.set, wanted)
        document["systems"][name] = rows
        print(f"\n{name}: gap to the certified bound over {len(seeds)} drops {' '.join(args.set)}")
        for row in rows:
            gain = "" if "gain_percent" not in row else (
                f"   gains {row['gain_percent']:.3f} % [{row['gain_low']:.3f}, {row['gain_high']:.3f}] over the paper's"
                f", worse on {row['worse_drops']} drops"
            )  # fmt: skip
            spread = f"{row['gap_mean_percent']:9.4f} % mean {row['gap_max_percent']:9.4f} % worst"
            print(f"  {row['label']:22} {row['role']:10} {row['feasible']:4d} drops {spread}{gain}")
        sys.stdout.flush()
    if args.out:
        write_text(args.out, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
