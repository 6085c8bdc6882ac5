"""A stored episode read back as the result it was written from; its inputs are looked for and used where they are."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.results import netcdf
from sagin.results.episode import Applied, Episodes, Result, Setting, follow
from sagin.results.episode_study import EpisodeStudy, Policy
from sagin.results.netcdf import Group, unpack
from sagin.results.run import Run
from sagin.results.store import EPISODE, load, read_decision
from sagin.world.seats import EMPTY, SatelliteSeats, UserSeats
from sagin.world.view import Followed
from sagin.world.world import digests, locate

FILE = "episode.nc"
MOST_FOLDERS = 1000  # of the current folder, that are looked into for input files


def episode_file(place: Path) -> Path:
    """The stored episode of a folder or file; InputError if it is none."""
    path = place / FILE if place.is_dir() else place
    if not path.is_file():
        raise InputError("file", str(place), f"{FILE} of an episode, or its folder", "there is none")
    if EPISODE not in netcdf.read(path).attributes:
        raise InputError("file", str(path), "an episode", "a run is shown by `sagin evaluate` and `sagin compare`")
    return path


def read_result(place: str | Path, system: System | None = None) -> Result:
    """The result in `episode.nc`, or in the folder that holds it.

    Input files count as found where their content is that of the record: beside the file, up to two folders above it,
    or in the current one and those in it. Without them `inputs` is false: sky, map and roads cannot be drawn.
    """
    path = episode_file(Path(place))
    run, root = load(path, system=system), netcdf.read(path)
    try:
        facts = json.loads(str(root.attributes[EPISODE]))
        kept = {key: value for key, value in facts["study"].items() if key != "system"}
        study = EpisodeStudy(run.system, **kept)
        policies = {name: (item.pop("scheme"), Policy(**item)) for name, item in facts["policies"].items()}
        recorded = tuple(sorted(dict(facts["files"]).items()))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("file", str(path), "a consistent episode", f"{EPISODE}: {error}") from None
    happened, shape = root.group(EPISODE), (len(study.seeds), study.time.slots)
    reason = _shaped(happened, "reason", shape)
    setting = _setting(study, recorded, path)
    followed = _followed(study, setting, run, reason) if setting else None
    applied = {key: _applied(run, key[1], root.group("policies").group(name)) for name, key in policies.items()}
    window = np.logical_and.reduce(
        [
            _shaped(root.group("policies").group(name), "usable", shape).ravel() == 1
            for name, key in policies.items()
            if key[1] in study.policies
        ]
    )
    bound = np.asarray(root.variables["bound"].values, dtype=float) if "bound" in root.variables else None
    return Result(
        study,
        setting or Setting(study.world, study.time, ".", recorded),
        followed or tuple(_stored(happened, reason, run)),
        Episodes(run.system, run.drops, reason == 0, None, None),
        run,
        applied,
        bound,
        reason,
        window,
        inputs=followed is not None,
    )


def _shaped(group: Group, name: str, shape: tuple[int, int]) -> np.ndarray:
    values = np.asarray(group.array(name))
    if values.shape != (shape[0] * shape[1],):
        raise InputError(f"{name}.shape", values.shape, f"({shape[0] * shape[1]},)", "seeds x slots of the episode")
    return values.reshape(shape)


def _setting(study: EpisodeStudy, recorded: tuple[tuple[str, str], ...], path: Path) -> Setting | None:
    """The world with the input files of the record, if they can be found."""
    above, names = path.absolute().parent, study.world.files()
    near = sorted(item for item in itertools.islice(Path().iterdir(), MOST_FOLDERS) if item.is_dir())
    for folder in (above, above.parent, above.parent.parent, Path(), *near):
        if not all(locate(name, folder).is_file() for name in names.values()):
            continue
        try:
            if tuple(sorted(digests(names, folder).items())) == recorded:
                return Setting(study.world, study.time, str(folder), recorded)
        except InputError:
            continue
    return None


def _followed(study: EpisodeStudy, setting: Setting, run: Run, reason: np.ndarray) -> tuple[Followed, ...] | None:
    """The episode followed once more; None if today's code sees another one."""
    surroundings = setting.surroundings()
    found = tuple(follow(study.system, study.scenario, surroundings, seed) for seed in study.seeds)
    drops = records.concatenate([part.drops for part in found])
    same = np.array_equal(np.array([part.reason for part in found]), reason) and all(
        np.array_equal(getattr(drops, name), getattr(run.drops, name)) for name in records.columns(type(drops))
    )
    return found if same else None


def _applied(run: Run, policy: Policy, group: Group) -> Applied:
    decision = read_decision(run.system, run.drops, group.group("decision"))
    example = run.system.evaluate(records.take(run.drops, slice(0, 1)), records.take(decision, slice(0, 1)))
    return Applied(
        policy,
        np.asarray(group.array("source")),
        decision,
        unpack(type(example), group.group("metrics")),
        np.asarray(group.array("feasible")).astype(bool),
        np.asarray(group.array("changed")).astype(bool),
        np.asarray(group.array("objective_charged"), dtype=float),
    )


def _stored(happened: Group, reason: np.ndarray, run: Run) -> Iterator[Followed]:
    """Seats of each seed as the file has them."""
    n_slots = reason.shape[1]
    for seed in range(len(reason)):
        rows = slice(seed * n_slots, (seed + 1) * n_slots)

        def of(name: str, rows: slice = rows) -> Any:
            return np.asarray(happened.array(name))[rows]

        satellites = users = None
        if "satellite" in happened.variables:
            index = _numbered(of("satellite"), EMPTY)
            angles, nothing = (of("elevation_rad"), of("azimuth_rad"), of("range_m")), np.full(index.shape, np.nan)
            satellites = SatelliteSeats(index, of("satellite"), *angles, nothing, np.zeros((*index.shape, 3)))
        if "holder" in happened.variables:
            names = of("holder").astype(str)
            vehicle, nothing = _numbered(names, ""), np.full(names.shape, np.nan)
            place = (of("east_m"), of("north_m"), of("speed_mps"), nothing)
            known = np.ones(n_slots, dtype=bool)
            users = UserSeats(names, vehicle, *place, (vehicle != EMPTY).sum(axis=1), known)
        yield Followed(records.take(run.drops, rows), reason[seed], users=users, satellites=satellites)


def _numbered(labels: np.ndarray, empty: Any) -> np.ndarray:
    """Whole numbers for labels, EMPTY where there is none."""
    _, number = np.unique(labels, return_inverse=True)
    return np.where(labels == empty, EMPTY, number.reshape(labels.shape))
