"""How sweeps scale: overhead of storing, memory, threads, workers, users.

Ratios are measured in one run; absolute numbers belong to the machine that is named in the document.

    python benchmarks/scale.py [--only storing|memory|threads|workers|users|writer] [--drops N] [--out scale.json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sagin
from sagin.experiments.shards import Shards, compute
from sagin.experiments.study import Study
from sagin.experiments.sweep import pieces, summary_rows, sweep, write_tables
from sagin.experiments.warm import warm
from sagin.results import jobs, netcdf
from sagin.results.jobs import Job
from sagin.results.provenance import provenance

SYSTEM, SCHEME, CHEAPEST = "dm_mimo_vec", "ao", "rsu_only"
Row = dict[str, Any]


def storing(n: int) -> list[Row]:
    """CPU time of what is around solving, against solving: the aim is under 20 % for `ao`."""
    system = sagin.system(SYSTEM)
    rows = []
    for scheme in (SCHEME, CHEAPEST):
        study = Study(system, schemes=[scheme], seeds=range(n))
        warm(study.jobs(study.cells[0], {}).values())
        with tempfile.TemporaryDirectory() as folder:
            shards = Shards(Path(folder) / "shards")
            parts = list(pieces(study, shards.codes))
            drawing = _cpu(_each, Job.drops, parts)
            computing = _cpu(_each, compute, parts, 1)
            filling = _cpu(shards.fill, parts, 1)
            tables = _cpu(_tables, study, shards, Path(folder))
        solving = computing - drawing
        storing = filling - computing + tables
        rows.append(
            {
                "label": f"{scheme}, {n} drops in {len(parts)} pieces",
                "solve_us_a_drop": 1e6 * solving / n,
                "draw_us_a_drop": 1e6 * drawing / n,
                "store_us_a_drop": 1e6 * storing / n,
                "of_which_tables": 1e6 * tables / n,
                "store_over_solve": storing / solving,
                "store_over_compute": storing / computing,
            }
        )
    return rows


def _each(work: Callable[..., Any], parts: list[Job], *args: Any) -> None:
    for part in parts:
        work(part, *args)


def _tables(study: Study, shards: Shards, folder: Path) -> None:
    write_tables(study, shards, summary_rows(study, study.cells[0], shards), folder, "csv")


def memory(n: int) -> list[Row]:
    """Peak memory of whole processes: a sweep of the cheapest scheme, with more and more drops."""
    rows = []
    for drops in (n // 100, n // 10, n):
        code = (
            "import resource, sys, tempfile\nfrom sagin.experiments.study import Study\n"
            "from sagin.experiments.sweep import sweep\nwith tempfile.TemporaryDirectory() as out:\n"
            f"    sweep(Study({SYSTEM!r}, schemes=[{CHEAPEST!r}], seeds=range({drops})), out, threads=1)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
        )
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        peak = float(done.stdout.split()[-1])
        rows.append({"label": f"{drops} drops", "peak_mb": peak, "seconds": time.perf_counter() - start})
    return rows


def threads(n: int) -> list[Row]:
    """Strong scaling over threads of one process."""
    rows, base = [], 0.0
    sweep(_study(64), threads=1)
    for count in (1, 2):
        taken = _wall(sweep, _study(n), threads=count)
        base = base or taken
        rows.append({"label": f"{count} threads", "seconds": taken, "efficiency": base / count / taken})
    return rows


def workers(n: int) -> list[Row]:
    """Strong and weak scaling over worker processes of a Dask cluster on this machine."""
    from sagin.experiments.cluster import connected

    rows = []
    for weak in (False, True):
        base = 0.0
        for count in (1, 2):
            with connected(f"local:{count}") as client:
                sweep(_study(64), client=client)  # imports, kernels
                drops = n * count if weak else n
                taken = _wall(sweep, _study(drops), client=client)
            base = base or taken
            ideal = 1.0 if weak else 1 / count
            kind = "weak" if weak else "strong"
            rows.append({"label": f"{kind}, {count} workers", "seconds": taken, "efficiency": base * ideal / taken})
    return rows


def users(n: int) -> list[Row]:
    """Growth with the number of users, up to ten times the paper's."""
    system = sagin.system(SYSTEM)
    paper = system.scenario().n_vehicles
    rows: list[Row] = []
    for times in (1, 2, 5, 10):
        scenario = system.scenario(n_vehicles=paper * times)
        drops = system.sample(scenario, range(max(4, n // times)))
        for scheme in (SCHEME, "joint"):
            if scheme not in [item.name for item in system.schemes]:
                continue
            system.solve(drops, scheme, threads=1)
            taken = _wall(system.solve, drops, scheme, threads=1) / len(drops.seeds)
            first = next((row for row in rows if row["label"].startswith(f"{scheme},")), None)
            growth = taken / first["seconds_a_drop"] if first else 1.0
            label = f"{scheme}, {paper * times} users"
            rows.append({"label": label, "seconds_a_drop": taken, "growth": growth, "growth_of_users": times})
    return rows


def writer(n: int) -> list[Row]:
    """What one writer takes: bytes of a piece, and pieces a second that it can put on disk."""
    system = sagin.system(SYSTEM)
    rows = []
    for scheme in (SCHEME, CHEAPEST, "bound"):
        for drops in (jobs.CHUNK, jobs.LARGEST):
            job = Job(system, system.scenario(), scheme, tuple(range(drops)))
            data = netcdf.sealed_bytes(job.key, compute(job, threads=1))
            with tempfile.TemporaryDirectory() as folder:
                shards = Shards(folder)
                count = max(4, min(n // 100, 200))
                keys = [f"{place:032x}" for place in range(count)]
                taken = _wall(_put, shards, keys, data)
            rows.append(
                {
                    "label": f"{scheme}, {drops} drops a piece",
                    "bytes_a_drop": len(data) / drops,
                    "pieces_a_second": count / taken,
                    "drops_a_second": drops * count / taken,
                }
            )
    return rows


def _study(n: int) -> Study:
    return Study(SYSTEM, schemes=[SCHEME], seeds=range(n))


def _put(shards: Shards, keys: list[str], data: bytes) -> None:
    for key in keys:
        shards.store.put_bytes(key, data)


def _cpu(work: Callable[..., Any], *args: Any) -> float:
    start = time.process_time()
    work(*args)
    return time.process_time() - start


def _wall(work: Callable[..., Any], *args: Any, **settings: Any) -> float:
    start = time.perf_counter()
    work(*args, **settings)
    return time.perf_counter() - start


SECTIONS: dict[str, tuple[Callable[[int], list[Row]], int]] = {
    "storing": (storing, 20_000),
    "memory": (memory, 1_000_000),
    "threads": (threads, 8_000),
    "workers": (workers, 8_000),
    "users": (users, 200),
    "writer": (writer, 10_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="sections; may be repeated [all]")
    parser.add_argument("--drops", type=int, help="drops of a section instead of its own number")
    parser.add_argument("--out", type=Path, help="also write a JSON document")
    words = parser.parse_args()
    document: dict[str, Any] = {"provenance": provenance(), "scale": {}}
    for name in words.only or SECTIONS:
        measure, n = SECTIONS[name]
        rows = measure(words.drops or n)
        document["scale"][name] = rows
        print(name)
        for row in rows:
            cells = (f"{key} {value:.4g}" for key, value in row.items() if key != "label")
            print(f"  {row['label']:<34}", "  ".join(cells), flush=True)
    if words.out:
        words.out.write_text(json.dumps(document, indent=1, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
