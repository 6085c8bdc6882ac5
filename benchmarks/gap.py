"""Objective of every scheme above (or below) the certified bound, and what the improved scheme gains over the paper's.

python benchmarks/gap.py [SYSTEM ...] [--drops 100 | --seeds 100:200 | --random 45] [--set field=value]
    [--schemes a,b] [--prove SECONDS] [--out gap.json]

--random N: one drop in each of N random valid scenarios (sizes 1 to 60, or --most) instead of many at one scenario.
--prove SECONDS: also to the bound that a proof of so many seconds a drop reaches, and the best decision known then.
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
from sagin.experiments.proofs import prove
from sagin.experiments.random_scenarios import MOST, random_scenario
from sagin.results.provenance import provenance
from sagin.results.run import usable

KNOWN, WITHIN = "best known", 1e-5  # the row of the proofs, and the gap at which they end


def measure(
    name: str, seeds: Sequence[int], settings: list[str], schemes: list[str], prove_s: float | None = None
) -> list[dict[str, Any]]:
    """One row a scheme: mean and largest gap [%] over its feasible drops, and the paired gain over the paper's [%].

    `prove_s`: also to the proven bound, with a row for the best decision known after the proofs.
    """
    system = sagin.system(name)
    batch = system.sample(scenario_of(system, settings, None), seeds=seeds)
    run, table = gaps(system, batch, {scheme: {} for scheme in schemes or [s.name for s in system.schemes]})
    paper = run.schemes.get(system.names("paper")[0])
    proofs = [] if prove_s is None else prove(system, batch, within=WITHIN, time_s=prove_s)
    proven = np.array([proof.bound for proof in proofs])
    rows = []
    for gap in table:
        outcome = run.schemes[gap.scheme]
        both = np.isfinite(outcome.metrics.objective) & usable(outcome.solution)
        row = {"label": gap.scheme, "role": gap.role, "drops": len(seeds), "feasible": int(both.sum())}
        row |= {"gap_mean_percent": 100 * gap.mean, "gap_max_percent": 100 * gap.largest}
        if proofs and gap.space == system.spaces[0].decision.__name__:
            row |= spread("proven", system.gap(np.where(both, outcome.metrics.objective, np.nan), proven))
        if paper is not None and gap.role == "improved":
            both &= usable(paper.solution)
            sign = 1.0 if system.sense == "max" else -1.0
            gains = 100 * sign * (outcome.metrics.objective / paper.metrics.objective - 1)[both]
            gain = interval(gains)
            row |= {"gain_percent": gain.mean, "gain_low": gain.low, "gain_high": gain.high}
            row["worse_drops"] = int((gains < -1e-7).sum())
        rows.append(row)
    if proofs:
        best = np.array([proof.objective for proof in proofs])
        row = {"label": KNOWN, "role": "proof", "drops": len(seeds), "feasible": int(np.isfinite(best).sum())}
        row |= spread("gap", system.gap(best, np.array([proof.quick for proof in proofs])))
        row |= spread("proven", system.gap(best, proven))
        rows.append(row | {"certified_infeasible": int(system.none_feasible(proven).sum()), "prove_s": prove_s})
    return rows


def spread(word: str, gaps: np.ndarray) -> dict[str, float]:
    """Mean, 90th percentile and largest gap [%]."""
    known = 100 * gaps[np.isfinite(gaps)]
    if not known.size:
        return dict.fromkeys((f"{word}_{part}_percent" for part in ("mean", "p90", "max")), float("nan"))
    return {
        f"{word}_mean_percent": float(known.mean()),
        f"{word}_p90_percent": float(np.quantile(known, 0.9)),
        f"{word}_max_percent": float(known.max()),
    }


def refuses(system: System, batch: Any, scheme: str) -> bool:
    """Does a baseline not exist in a scenario (everything local, where not everybody can)?"""
    try:
        if system.scheme(scheme).role == "baseline":
            system.solve(batch, scheme)
    except InputError:
        return True
    return False


def measure_random(
    name: str, count: int, most: int, settings: list[str], schemes: list[str], prove_s: float | None = None
) -> list[dict[str, Any]]:
    """One row a scheme over one drop in each random scenario; what contradicts a bound is printed as it is found.

    `prove_s`: with a row for the best decision known after a proof, to the proven bound.
    """
    system = sagin.system(name)
    chosen = schemes or [s.name for s in system.schemes]
    fixed = scenario_of(system, settings, None).to_dict() if settings else {}
    fixed = {word.split("=")[0]: fixed[word.split("=")[0]] for word in settings}
    paper = system.names("paper")[0]
    sign = 1.0 if system.sense == "max" else -1.0
    found: dict[str, list[tuple[float, float]]] = {scheme: [] for scheme in chosen}
    feasible, none, worse = (dict.fromkeys((*chosen, KNOWN), 0) for _ in range(3))
    found[KNOWN] = []
    for seed in range(count):
        scenario = random_scenario(system.scenario, seed, most).replace(**fixed)
        batch = system.sample(scenario, [seed])
        able = [scheme for scheme in chosen if not refuses(system, batch, scheme)]
        run, table = gaps(system, batch, {scheme: {} for scheme in able})
        if prove_s is not None:
            (proof,) = prove(system, batch, within=WITHIN, time_s=prove_s)
            one = float(system.gap(np.array([proof.objective]), np.array([proof.bound]))[0])
            feasible[KNOWN] += bool(np.isfinite(proof.objective))
            none[KNOWN] += bool(system.none_feasible(np.array([proof.bound]))[0])
            if np.isfinite(one):
                found[KNOWN].append((one, proof.objective))
        values = {s: run.schemes[s].metrics.objective[0] for s in able if usable(run.schemes[s].solution)[0]}
        for gap in table:
            one, good = float(gap.gaps[0]), gap.scheme in values
            feasible[gap.scheme] += bool(good)
            none[gap.scheme] += gap.n_impossible
            if good and np.isfinite(one):
                found[gap.scheme].append((one, values[gap.scheme]))
            if good and (gap.n_impossible or one < -1e-5):
                print(f"  {name} scenario {seed}: {gap.scheme} contradicts its bound ({one:g})", flush=True)
        for scheme in values:
            if paper in values and sign * (values[scheme] / values[paper] - 1) < -1e-9:
                worse[scheme] += 1
    rows = []
    for scheme in [*chosen, KNOWN] if prove_s is not None else chosen:
        gaps_percent = 100 * np.array([one for one, _ in found[scheme]])
        role = "proof" if scheme == KNOWN else system.scheme(scheme).role
        row = {"label": scheme, "role": role, "scenarios": count, "feasible": feasible[scheme]}
        row |= {"certified_infeasible": none[scheme], "with_gap": gaps_percent.size, "worse_than_paper": worse[scheme]}
        for word, part in (("median", 0.5), ("p90", 0.9), ("worst", 1.0)):
            row[f"gap_{word}_percent"] = float(np.quantile(gaps_percent, part)) if gaps_percent.size else float("nan")
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
    drops = parser.add_mutually_exclusive_group()
    drops.add_argument("--drops", type=int, default=100, help="seeds 0 to this less one")
    drops.add_argument("--seeds", metavar="SEEDS", help="`a:b` (half-open), `7` or `1,4,7`")
    drops.add_argument("--random", type=int, metavar="N", help="one drop in each of N random scenarios")
    parser.add_argument("--most", type=int, default=MOST, help="largest size of a random scenario")
    parser.add_argument("--set", action="append", default=[], metavar="field=value")
    parser.add_argument("--schemes", default="", help="names, separated by commas; default: all")
    parser.add_argument("--prove", type=float, metavar="SECONDS", help="also to the bound a proof reaches")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(words)
    seeds = parse_seeds(args.seeds or f"0:{args.drops}", "--seeds")
    which = {"random": args.random, "most": args.most} if args.random else {"seeds": seeds}
    asked = {**which, "set": args.set, "prove_s": args.prove}
    document: dict[str, Any] = {"provenance": provenance(), "asked": asked, "systems": {}}
    for name in args.systems or sagin.system_names():
        wanted = [word for word in args.schemes.split(",") if word]
        if args.random:
            rows = measure_random(name, args.random, args.most, args.set, wanted, args.prove)
            document["systems"][name] = rows
            print(f"\n{name}: gap to the certified bound in {args.random} random scenarios {' '.join(args.set)}")
            print_random(rows)
            sys.stdout.flush()
            continue
        rows = measure(name, seeds, args.set, wanted, args.prove)
        document["systems"][name] = rows
        print(f"\n{name}: gap to the certified bound over {len(seeds)} drops {' '.join(args.set)}")
        for row in rows:
            gain = "" if "gain_percent" not in row else (
                f"   gains {row['gain_percent']:.3f} % [{row['gain_low']:.3f}, {row['gain_high']:.3f}] over the paper's"
                f", worse on {row['worse_drops']} drops"
            )  # fmt: skip
            wide = f"{row['gap_mean_percent']:9.4f} % mean {row['gap_max_percent']:9.4f} % worst"
            if "proven_mean_percent" in row:
                wide += f", proven {row['proven_mean_percent']:.4f} % mean {row['proven_max_percent']:.4f} % worst"
            print(f"  {row['label']:22} {row['role']:10} {row['feasible']:4d} drops {wide}{gain}")
        sys.stdout.flush()
    if args.out:
        write_text(args.out, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
