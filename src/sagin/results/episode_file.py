"""The stored episode: a run file whose rows are seeds and slots, with what happened and every policy beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.files import write_text
from sagin.results import netcdf
from sagin.results.episode import Applied, Result
from sagin.results.episode_tables import slot_rows, summary_rows
from sagin.results.netcdf import Group, Variable, pack, unpack
from sagin.results.run import Run
from sagin.results.store import EPISODE, read_decision, relative_difference, stamp, to_group
from sagin.results.tables import csv_text
from sagin.world.view import Reason

FILE = "episode.nc"
ROW = ("drop",)


def write_results(folder: Path, result: Result) -> None:
    """`episode.nc`, `slots.csv` and `summary.csv` of a study."""
    netcdf.write(folder / FILE, episode_group(result), force=True)
    write_text(folder / "slots.csv", csv_text(slot_rows(result)))
    write_text(folder / "summary.csv", csv_text(summary_rows(result)))


def episode_group(result: Result) -> Group:
    """The tree of an episode: that of its run, `episode`, and a group for each scheme and policy."""
    root = to_group(result.run)
    study = result.study
    names = {f"{scheme}__{policy.name}": (scheme, policy) for scheme, policy in result.applied}
    root.attributes["title"] = f"sagin episode: {study.system.title}"
    root.attributes[EPISODE] = json.dumps(
        {
            "study": study.to_dict(),
            "world": study.world.to_dict(),
            "sense": study.system.sense,
            "start": f"{study.times.start:%Y-%m-%dT%H:%M:%S.%fZ}",
            "slot_s": study.times.slot_s,
            "slots": study.time.slots,
            "policies": {name: {"scheme": scheme, **policy.to_dict()} for name, (scheme, policy) in names.items()},
            "files": dict(result.setting.files),
        },
        allow_nan=False,
    )
    if result.bound is not None:
        about = {"long_name": "certified bound of the objective", "units": study.system.objective_unit}
        root.variables["bound"] = Variable(ROW, result.bound, about)
    root.groups["episode"] = _happened(result)
    parts = {name: _policy(result, result.applied[key]) for name, key in names.items()}
    root.groups["policies"] = Group(groups=parts)
    return stamp(root)


def _happened(result: Result) -> Group:
    """Seed, slot, time, usability and seats of every row."""
    study = result.study
    n_seeds, n_slots = result.reason.shape
    flags = {
        "long_name": "why the slot is not decided",
        "flag_values": np.array([int(kind) for kind in Reason], dtype=np.int8),
        "flag_meanings": " ".join(kind.name.lower() for kind in Reason),
    }
    time = {"units": "seconds since 1970-01-01", "long_name": "time, UTC", "calendar": "proleptic_gregorian"}
    usable = (result.reason == Reason.USABLE).ravel().astype(np.int8)
    group = Group(
        variables={
            "seed": Variable(ROW, np.repeat(np.array(study.seeds, dtype=np.int64), n_slots)),
            "slot": Variable(ROW, np.tile(np.arange(n_slots), n_seeds)),
            "time_s": Variable(ROW, np.tile(study.times.unix(), n_seeds), time),
            "usable": Variable(ROW, usable, {"long_name": "1 where the slot is decided"}),
            "reason": Variable(ROW, result.reason.ravel().astype(np.int8), flags),
        }
    )
    satellites = [part.satellites for part in result.followed if part.satellites is not None]
    if satellites:
        dims = ("drop", "seat")
        group.variables.update(
            {
                "satellite": Variable(
                    dims,
                    np.concatenate([part.catalogue for part in satellites]),
                    {"long_name": "catalogue number of the satellite in each seat, -1 where it is empty"},
                ),
                **{
                    name: Variable(dims, np.concatenate([getattr(part, name) for part in satellites]), {"units": unit})
                    for name, unit in (("elevation_rad", "rad"), ("azimuth_rad", "rad"), ("range_m", "m"))
                },
            }
        )
    users = [part.users for part in result.followed if part.users is not None]
    if users:
        about = {"long_name": "name of the vehicle in each seat, empty where there is none"}
        group.variables["holder"] = Variable(
            ("drop", "user"), np.concatenate([part.name for part in users]).astype(object), about
        )
        for name in ("east_m", "north_m", "speed_mps"):
            values = np.concatenate([getattr(part, name) for part in users])
            unit = "m/s" if name == "speed_mps" else "m"
            group.variables[name] = Variable(("drop", "user"), values, {"units": unit})
    return group


def _policy(result: Result, part: Applied) -> Group:
    """What was in force in each row, and what it cost."""
    window = (result.window & part.in_force).astype(np.int8)
    doc = {"long_name": "slot whose decision is in force, -1: none; such rows hold the decision of their own slot"}
    return Group(
        part.policy.to_dict(),
        {
            "source": Variable(ROW, part.source.astype(np.int64), doc),
            "usable": Variable(ROW, window, {"long_name": "1 in the slots that are compared"}),
            "feasible": Variable(ROW, part.feasible.astype(np.int8), {"long_name": "every constraint is kept"}),
            "changed": Variable(
                ("drop", "user_or_seat"), part.changed.astype(np.int8), {"long_name": "1 where a handover happens"}
            ),
            "objective_charged": Variable(
                ROW, np.asarray(part.charged, dtype=float), {"long_name": "objective with the charges of handovers"}
            ),
        },
        {"decision": pack(part.decision, decision_class=type(part.decision).__name__), "metrics": pack(part.metrics)},
    )


def verify_policies(run: Run, path: str | Path) -> dict[str, dict[str, float]]:
    """Largest relative difference between stored and fresh metrics of every policy of an episode, by group name.

    Empty for files that are no episodes.
    """
    table: dict[str, dict[str, float]] = {}
    if EPISODE not in run.provenance:
        return table
    for name, group in netcdf.read(path).group("policies").groups.items():
        decision = read_decision(run.system, run.drops, group.group("decision"))
        fresh: Any = run.system.evaluate(run.drops, decision)
        stored = unpack(type(fresh), group.group("metrics"))
        table[name] = {
            metric: relative_difference(
                getattr(stored, metric), getattr(fresh, metric), 0.0 if column.tolerance is None else 1.0
            )
            for metric, column in records.columns(type(fresh)).items()
        }
    return table
