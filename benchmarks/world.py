"""Speed of real inputs and time: sky, readers, follow, policies; beside skyfield where it is installed.

    .venv/bin/python benchmarks/world.py [--full]

Ratios are of times in this run. `--full`: 10,000 satellites and a larger road trace.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core.discovery import system as find_system
from sagin.experiments.policies import apply
from sagin.results.episode import Episodes, follow
from sagin.results.episode_study import EpisodeStudy, Policy
from sagin.world import Site, Times, passes, read_satellites, read_traffic, road_batches, sky, walker, write_omm
from sagin.world.view import Reason, prepare

START = "2026-11-01T12:00:00Z"
WORLD = {"satellites": {"walker": {}}, "roads": {"file": "sample:grid", "origin_m": [225, 225], "begin_s": 0}}


def timed(label: str, work: Callable[[], Any], size: float = 0.0, unit: str = "") -> tuple[Any, float]:
    """Run once and print the time, that of the processor, and how much of something was done in a second of it."""
    begin, spent = time.perf_counter(), time.process_time()
    result = work()
    seconds, spent = time.perf_counter() - begin, time.process_time() - spent
    print(f"{label:<58}{seconds:9.3f} s{spent:9.3f} s" + (f"{size / spent:14.4g} {unit}/s" if size else ""))
    return result, seconds


def orbits(planes: int, per_plane: int) -> None:
    satellites, site = walker(planes=planes, per_plane=per_plane), Site()
    n, day = len(satellites), Times.every(START, 10, 8640)
    timed(f"sky, {n:,} satellites x 8,640 slots of 10 s", lambda: sky(satellites, site, day), n * 8640, "sat-slot")
    timed(f"passes of a day, {n:,} satellites", lambda: passes(satellites, site, START, 86400.0))
    with tempfile.TemporaryDirectory() as folder:
        write_omm(satellites, Path(folder) / "sets.csv")
        timed(f"read {n:,} OMM (CSV)", lambda: read_satellites(Path(folder) / "sets.csv"), n, "set")


def beside_skyfield() -> None:
    try:
        from skyfield.api import EarthSatellite, load, wgs84
    except ImportError:
        print("skyfield is not installed: no comparison")
        return
    satellites, site, slots = walker(planes=10, per_plane=10, phasing=1), Site(), 360
    scale = load.timescale(builtin=True)
    place = wgs84.latlon(site.latitude_deg, site.longitude_deg, site.height_m)
    times = scale.utc(2026, 11, 1, 12, 0, (np.arange(slots) * 10.0).tolist())

    def one_by_one() -> None:
        for handle in satellites.handles:
            (EarthSatellite.from_satrec(handle, scale) - place).at(times).altaz()

    _, theirs = timed("skyfield, 100 satellites x 360 slots", one_by_one)
    _, ours = timed("sky, the same", lambda: sky(satellites, site, Times.every(START, 10, slots), 0.0))
    print(f"{'ratio skyfield / sagin':<58}{theirs / ours:9.1f}")


def roads(n_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.xml"
        with path.open("w") as stream:
            stream.write("<fcd-export>\n")
            for step in range(n_rows // 200):
                stream.write(f'<timestep time="{step}.00">\n')
                for k in range(200):
                    stream.write(
                        f'<vehicle id="veh{k}" x="{(step * 10 + k) % 5000:.2f}" y="{k * 7.5:.2f}" angle="90.00" '
                        f'type="passenger" speed="10.00" pos="{step:.2f}" lane="edge{k}_0" slope="0.00"/>\n'
                    )
                stream.write("</timestep>\n")
            stream.write("</fcd-export>\n")
        size = path.stat().st_size / 1e6
        options: dict[str, Any] = {"max_gap_s": 1e6}
        timed(f"FCD XML of {size:.0f} MB", lambda: read_traffic(path, begin_s=0, **options), size, "MB")
        timed("the same, a box of 2 %", lambda: read_traffic(path, box_m=(0, 0, 100, 1500), **options), size, "MB")
        table = Path(folder) / "trace.csv"
        with table.open("w") as stream:
            stream.write("timestep_time;vehicle_id;vehicle_x;vehicle_y;vehicle_angle;vehicle_speed\n")
            for step in range(n_rows // 200):
                for k in range(200):
                    stream.write(f"{step}.00;veh{k};{(step * 10 + k) % 5000:.2f};{k * 7.5:.2f};90.00;10.00\n")
        size = table.stat().st_size / 1e6
        _, columns = timed(f"the same rows as CSV, {size:.0f} MB", lambda: read_traffic(table, **options), size, "MB")
        road_batches.LEAST_BYTES = 1 << 60
        _, rows = timed("the same, row by row", lambda: read_traffic(table, **options), size, "MB")
        print(f"{'ratio rows / columns':<58}{rows / columns:9.1f}")


def episodes() -> None:
    system = find_system("dm_mimo_vec")
    study = EpisodeStudy(system, time={"start": START, "slots": 290}, world=WORLD, schemes=["rsu_only"], seeds=range(5))
    surroundings, _ = timed("prepare a world, 290 slots", lambda: prepare(study.world, study.times))
    follow(system, study.scenario, surroundings, 99)
    followed, _ = timed(
        "follow, 5 seeds", lambda: [follow(system, study.scenario, surroundings, k) for k in range(5)], 5 * 290, "slot"
    )
    from sagin.core import records

    drops = records.concatenate([part.drops for part in followed])
    usable = np.array([part.reason == Reason.USABLE for part in followed])
    holders = np.concatenate([part.users.vehicle for part in followed])
    known = Episodes(system, drops, usable, holders, None)
    decision = system.solve(drops, "rsu_only").decision
    for policy in (Policy(), Policy(age=5), Policy(period=6), Policy(hysteresis=0.05)):
        timed(f"policy {policy.label}, 5 x 290 slots", lambda p=policy: apply(known, decision, p, (0.05, 0.0)))


def environments() -> None:
    """Steps a second of the learning view, one environment and many in a batch."""
    from sagin.learning import Pool, SlotEnv, SlotVectorEnv

    study = EpisodeStudy(
        "dm_mimo_vec", time={"start": START, "slots": 60}, world=WORLD, schemes=["rsu_only"], seeds=range(2)
    )
    pool, _ = timed("pool of 2 x 60 slots with bounds", lambda: Pool.from_study(study))
    speeds = {}
    for count in (1, 64, 256):
        env = SlotEnv(pool) if count == 1 else SlotVectorEnv(pool, count)
        action = np.zeros(env.action_space.shape or 0)
        env.reset(seed=0)
        begin, steps = time.perf_counter(), 0
        while time.perf_counter() - begin < 3:
            *_, over, _ = env.step(action)
            steps += count
            if count == 1 and over:
                env.reset()
        speeds[count] = steps / (time.perf_counter() - begin)
        print(f"{f'environment, {count} at once':<58}{speeds[count]:9,.0f} steps/s, {speeds[count] / speeds[1]:.0f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    full = parser.parse_args().full
    orbits(72, 22)
    if full:
        orbits(100, 100)
    memory()
    beside_skyfield()
    roads(1_400_000 if full else 200_000)
    memory()
    episodes()
    environments()
    memory()


def memory() -> None:
    """Print the largest memory so far."""
    print(f"{'largest memory so far':<58}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:9.2f} GB")


if __name__ == "__main__":
    main()
