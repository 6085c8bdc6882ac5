"""Objective of every scheme above (or below) the certified bound, and what the improved scheme gains over the paper's.

python benchmarks/gap.py [SYSTEM ...] [--drops 100 | --seeds 100:200] [--set field=value] [--schemes a,b]
    [--out gap.json]
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
from sagin.core.statistics import interval
from sagin.experiments.files import write_text
from sagin.experiments.gaps import gaps
from sagin.experiments.provenance import provenance
from sagin.experiments.runs import usable
from sagin.experiments.seeds import parse_seeds


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


def main(words: list[str] | None = None) -> None:
    """Print one table a system and, with --out, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systems", nargs="*")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--drops", type=int, default=100, help="seeds 0 to this less one")
    which.add_argument("--seeds", metavar="SEEDS", help="`a:b` (half-open), `7` or `1,4,7`")
    parser.add_argument("--set", action="append", default=[], metavar="field=value")
    parser.add_argument("--schemes", default="", help="names, separated by commas; default: all")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(words)
    seeds = parse_seeds(args.seeds or f"0:{args.drops}", "--seeds")
    document: dict[str, Any] = {"provenance": provenance(), "systems": {}}
    for name in args.systems or sagin.system_names():
        rows = measure(name, seeds, args.set, [word for word in args.schemes.split(",") if word])
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
