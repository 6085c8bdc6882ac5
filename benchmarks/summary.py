"""One table over all systems from one run: gaps, speed against peers, drops a second, claims.

python -m benchmarks.summary [SYSTEM ...] [--drops 100] [--out numbers.json] [--results FOLDER] [--into PAGE.md ...]

`--prove SECONDS` adds the gap of the best decision known to the bound that a proof of so long a drop reaches; `--proven
FILE ...` takes it from what `gap.py SYSTEM --schemes improved --prove SECONDS --out FILE` measured on the same drops.
Every number rests on `--drops` drops (seeds 0, 1, ...), a peer's on as many of them as it solves in two minutes. A run
that was interrupted goes on with the systems that `--out` lacks. `--into` replaces what stands between the markers
of a page. `sagin report --speed numbers.json` shows the peers of the same document.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import sagin
from benchmarks import gap, speed
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.files import write_text
from sagin.presentation.reproduce import reproduce
from sagin.results.provenance import provenance

Row = dict[str, Any]
SPACE = "\u00a0"  # between a number and its unit
BEGIN, END = "<!-- numbers:begin -->", "<!-- numbers:end -->"
LONGEST_PEER_S = 120.0
LEAST_TIMED_S = 2.0


def measure(system: System, drops: int, results: Path, prove_s: float | None = None) -> Row:
    """Everything the table says about a system."""
    pair = [system.names("paper")[0], "improved"]
    return {
        "drops": drops,
        "gaps": {row["label"]: row for row in gap.measure(system.name, range(drops), [], pair, prove_s)},
        "drops_per_s": {scheme: rate(system, scheme, drops) for scheme in pair},
        "latency": list(speed.latency(system, drops, drops, LONGEST_PEER_S)),
        "claims": Counter(e.verdict for e in reproduce(system, out=results / system.name, n_drops=drops).entries),
    }


def rate(system: System, scheme: str, n_drops: int) -> float:
    """Drops a second on all cores."""
    drops = system.sample(seeds=range(n_drops))
    system.solve(drops, scheme)
    return n_drops / speed.mean_seconds(partial(system.solve, drops, scheme), time.perf_counter, LEAST_TIMED_S)


def to_markdown(systems: Mapping[str, Row]) -> str:
    """The tables of a document."""
    head = (
        "| system | drops | gap of the paper's algorithm, mean / worst | gap of ours, mean / worst "
        "| proven gap, mean / worst | ours better by, mean [95 %] | peer / ours, one drop | drops/s, paper's / ours "
        "| claims: hold / partly / do not / other |"
    )
    lines = [head, _rule(head)]
    for name, row in systems.items():
        paper, ours, *known = row["gaps"].values()
        proven = f"{_gap(known[0], 'proven')} ({known[0]['prove_s']:g}{SPACE}s a drop)" if known else "not asked"
        claims = row["claims"]
        words = ("holds", "partly", "does_not_hold")
        other = sum(claims.values()) - sum(claims.get(word, 0) for word in words)
        counts = " / ".join(str(claims.get(word, 0)) for word in words) + f" / {other}"
        rates = " / ".join(f"{_short(value)}" for value in row["drops_per_s"].values())
        gain = f"{ours['gain_percent']:.2g}{SPACE}% [{ours['gain_low']:.2g}, {ours['gain_high']:.2g}]"
        peer = _short(row["latency"][0]["ratio"])
        lines.append(
            f"| `{name}` | {row['drops']} | {_gap(paper)} | {_gap(ours)} | {proven} | {gain} | {peer} | {rates} "
            f"| {counts} |"
        )
    head = "| system | scheme against peer | drops | peer | ours | ratio, median (least to largest) | in a batch |"
    lines += ["", head, _rule(head)]
    for name, row in systems.items():
        for peer in row["latency"]:
            spread = f"{_short(peer['ratio'])} ({_short(peer['ratio_least'])} to {_short(peer['ratio_largest'])})"
            lines.append(
                f"| `{name}` | `{peer['scheme']}`: {peer['label']} | {peer['drops']} | {_time(peer['peer_s'])} "
                f"| {_time(peer['ours_s'])} | {spread} | {_short(peer['ratio_in_batch'])} |"
            )
    return "\n".join(lines)


def proven_rows(files: Sequence[Path], drops: int) -> dict[str, Row]:
    """The row of the best decision known, by system, in documents of `gap.py --prove`; refuses what rests on others
    than the first `drops` drops at the default scenarios."""
    rows: dict[str, Row] = {}
    for file in files:
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            asked, systems = document["asked"], document["systems"]
            found = {name: row for name, labels in systems.items() for row in labels if row["label"] == gap.KNOWN}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError("--proven", str(file), "a document of benchmarks/gap.py --prove", str(error)) from None
        if not found:
            raise InputError("--proven", str(file), "a document of benchmarks/gap.py --prove", "it proves nothing")
        if asked.get("seeds") != list(range(drops)) or asked["set"]:
            raise InputError("--proven", str(file), f"seeds 0 to {drops - 1} at the defaults", f"it has {asked}")
        if twice := sorted(rows.keys() & found.keys()):
            raise InputError("--proven", str(file), "systems of no other file", f"{', '.join(twice)} came before")
        rows |= {name: row | {"proven_by": document["provenance"]} for name, row in found.items()}
    return rows


def _rule(head: str) -> str:
    return "|" + "---|" * (head.count("|") - 1)


def _gap(row: Row, word: str = "gap") -> str:
    missing = "" if row["feasible"] == row["drops"] else f" ({row['feasible']} feasible)"
    mean, worst = (f"{row[f'{word}_{name}_percent']:.3g}{SPACE}%" for name in ("mean", "max"))
    return f"{mean} / {worst}{missing}"


def _short(value: float) -> str:
    """Three figures; thousands with commas."""
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{round(value, 2 - math.floor(math.log10(value))):,.{digits}f}"


def _time(seconds: float) -> str:
    return f"{_short(seconds)}{SPACE}s" if seconds >= 1 else f"{_short(1000 * seconds)}{SPACE}ms"


def insert(page: Path, table: str) -> None:
    """Replace what stands between the markers of a page."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise InputError("--into", str(page), f"a page with the lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")


def main(words: list[str] | None = None) -> None:
    """Measure the systems that are missing in the document, print its tables, and put them into pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systems", nargs="*")
    parser.add_argument("--drops", type=int, default=100)
    proofs = parser.add_mutually_exclusive_group()
    proofs.add_argument("--prove", type=float, metavar="SECONDS")
    proofs.add_argument("--proven", type=Path, nargs="+", default=[], metavar="FILE", help="made by gap.py --prove")
    parser.add_argument("--out", type=Path, default=Path("results/numbers.json"))
    parser.add_argument("--results", type=Path, default=Path("results/numbers"), help="folder of figures and claims")
    parser.add_argument("--into", type=Path, nargs="*", default=[], metavar="PAGE.md")
    args = parser.parse_args(words)
    proven = proven_rows(args.proven, args.drops)
    known: dict[str, Row] = json.loads(args.out.read_text())["systems"] if args.out.exists() else {}
    for name in args.systems or sagin.system_names():
        new = known.get(name, {}).get("drops") != args.drops
        if new:
            known[name] = measure(sagin.system(name), args.drops, args.results, args.prove)
        if name in proven:
            known[name]["gaps"][gap.KNOWN] = proven[name]
        elif not new:
            continue
        args.out.parent.mkdir(parents=True, exist_ok=True)
        write_text(args.out, json.dumps({"provenance": provenance(), "systems": known}, indent=1) + "\n")
        print(f"{name}: measured", file=sys.stderr)
    order = {name: known[name] for name in sagin.system_names() if name in known}
    table = to_markdown(order) + f"\n\nMeasured on {os.cpu_count()} cores, sagin {sagin.__version__}."
    for page in args.into:
        insert(page, table)
    print(table)


if __name__ == "__main__":
    main()
