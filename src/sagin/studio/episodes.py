"""A stored episode: what happened slot by slot, under every policy; satellites and users where they were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core.errors import InputError
from sagin.core.figures import Picture
from sagin.core.pictures import sky, told
from sagin.core.units import to_deg
from sagin.results import netcdf
from sagin.results.netcdf import Group
from sagin.results.store import EPISODE, load, read_decision
from sagin.studio.compute import Answer, answer_of
from sagin.world.view import Reason

MOST_SEATS = 8


@dataclass(frozen=True)
class Policy:
    """Decisions in force under a scheme and policy: arrays (row,), `changed` (row, user or seat)."""

    scheme: str
    decision: Any
    source: np.ndarray
    changed: np.ndarray
    charged: np.ndarray
    feasible: np.ndarray
    compared: np.ndarray


@dataclass(frozen=True)
class Episode:
    """Rows are seed after seed, slot after slot. `happened`: arrays (row, ...) by name."""

    answer: Answer
    slots: int
    slot_s: float
    happened: Mapping[str, np.ndarray]
    policies: Mapping[str, Policy]

    @property
    def seeds(self) -> list[int]:
        """Seeds, in the order of the rows."""
        return self.happened["seed"][:: self.slots].astype(int).tolist()

    @property
    def minutes(self) -> np.ndarray:
        """(slot,) time since the start."""
        return np.arange(self.slots) * self.slot_s / 60.0


def load_episode(path: str) -> Episode:
    """The episode of a file; InputError for another file."""
    run = load(path)
    if EPISODE not in run.provenance:
        raise InputError("file", path, "an episode", "written by sagin episode")
    about = json.loads(str(run.provenance[EPISODE]))
    root = netcdf.read(path)
    happened = {name: root.group("episode").array(name) for name in root.group("episode").variables}
    policies = {
        name: _policy(run, str(about["policies"][name]["scheme"]), group)
        for name, group in root.group("policies").groups.items()
    }
    return Episode(answer_of(run), int(about["slots"]), float(about["slot_s"]), happened, policies)


def _policy(run: Any, scheme: str, group: Group) -> Policy:
    decision = read_decision(run.system, run.drops, group.group("decision"))
    arrays = (group.array(name) for name in ("source", "changed", "objective_charged", "feasible", "usable"))
    source, changed, charged, feasible, compared = arrays
    return Policy(scheme, decision, source, changed, charged, feasible.astype(bool), compared.astype(bool))


def row_of(episode: Episode, seed: int, slot: int) -> int:
    """The row of a slot of a seed (by its place)."""
    return min(seed, len(episode.seeds) - 1) * episode.slots + min(slot, episode.slots - 1)


def sky_at(episode: Episode, row: int) -> Picture | None:
    """Who holds the seats of satellites in a slot, and where it stands; None without a sky."""
    if "elevation_rad" not in episode.happened:
        return None
    held = episode.happened["satellite"][row]
    seats = [seat for seat in range(len(held)) if held[seat] >= 0][:MOST_SEATS]
    groups, texts = {}, {}
    for seat in seats:
        angles = (episode.happened[name][row, seat : seat + 1] for name in ("elevation_rad", "azimuth_rad"))
        elevation, azimuth = angles
        label = f"seat {seat + 1}"
        groups[label] = (elevation, azimuth)
        texts[label] = told(
            [f"{label}: satellite {held[seat]}"],
            elevation=(to_deg(elevation), "deg"),
            range=(episode.happened["range_m"][row, seat], "m"),
        )
    return sky(groups, texts)


def ground_at(episode: Episode, row: int) -> Picture | None:
    """Where the users are in a slot, east and north of the site; None where they do not move."""
    if "east_m" not in episode.happened:
        return None
    names = [str(name) for name in episode.happened["holder"][row]]
    here = [k for k, name in enumerate(names) if name]
    east, north = (episode.happened[name][row][here] for name in ("east_m", "north_m"))
    first = row - row % episode.slots
    ways = []
    for k in here[:MOST_SEATS]:
        back = slice(max(first, row - 20), row + 1)
        same = episode.happened["holder"][back, k] == episode.happened["holder"][row, k]
        tail = [np.where(same, episode.happened[name][back, k], np.nan) for name in ("east_m", "north_m")]
        ways.append(("", *tail))
    speed = episode.happened["speed_mps"][row][here]
    words = told([names[k] for k in here], speed=(speed, "m/s"))
    points = (("user", east, north), ("site", np.zeros(1), np.zeros(1)))
    return Picture("east (m)", "north (m)", points=points, paths=tuple(ways), texts={"user": words})


def facts_at(episode: Episode, policy: str, row: int) -> dict[str, str]:
    """What is to be said of a slot under a policy."""
    part, slot = episode.policies[policy], row % episode.slots
    reason = Reason(int(episode.happened["reason"][row])).name.lower().replace("_", " ")
    source = int(part.source[row])
    age = "no decision in force" if source < 0 else f"{slot - source} slots ({(slot - source) * episode.slot_s:g} s)"
    return {
        "slot": f"{slot + 1} of {episode.slots}, {slot * episode.slot_s:g} s",
        "decided": "yes" if reason == "usable" else f"no: {reason}",
        "age of the decision": age,
        "handovers in this slot": str(int(part.changed[row].sum())),
        "handovers so far": str(int(part.changed[row - slot : row + 1].sum())),
        "objective with charges": "-" if source < 0 else f"{part.charged[row]:.5g}",
        "feasible": "-" if source < 0 else "yes" if part.feasible[row] else "no",
    }


def curves(episode: Episode, seed: int) -> dict[str, np.ndarray]:
    """(slot,) charged objective of each policy of a seed, NaN where slots are not compared."""
    rows = slice(seed * episode.slots, (seed + 1) * episode.slots)
    return {
        name.replace("__", ", "): np.where(part.compared[rows] & part.feasible[rows], part.charged[rows], np.nan)
        for name, part in episode.policies.items()
    }
