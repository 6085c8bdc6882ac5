"""An episode: where and when it happens, what was decided in its slots, and what each policy made of that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.plain_yaml import read_mapping
from sagin.results.episode_study import EpisodeStudy, Policy, Time, read_episode_study
from sagin.results.run import Run
from sagin.world.view import (
    Followed,
    Surroundings,
    View,
    count_reasons,
    prepare,
    shown,
)
from sagin.world.visibility import Sky
from sagin.world.world import World, digests

NONE = -1  # no decision in force


@dataclass(frozen=True)
class Setting:
    """A world at a time; its files by content. What it holds is read once a process."""

    world: World
    time: Time
    folder: str
    files: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, study: EpisodeStudy) -> Setting:
        """The setting of a study; InputError for files that cannot be read."""
        return cls.made(study.world, study.time, study.folder)

    @classmethod
    def made(cls, world: World, time: Time, folder: str | Path) -> Setting:
        """The setting of a world whose file names are relative to `folder`."""
        found = digests(world.files(), Path(folder))
        return cls(world, time, str(folder), tuple(sorted(found.items())))

    def facts(self) -> dict[str, Any]:
        """Everything that decides what is seen: parameters, times, contents of files, not their names."""
        world = self.world.to_dict()
        for name in dict(self.files):
            block, key = name.split(".")
            world[block][key] = "a file"
        return {"world": world, "time": self.time.to_dict(), "files": dict(self.files)}

    @cached_property
    def key(self) -> str:
        """Digest of the facts."""
        return blake2b(json.dumps(self.facts(), sort_keys=True).encode(), digest_size=16).hexdigest()

    @property
    def known(self) -> bool:
        """Were its files read in this process already?"""
        return self.key in _PREPARED

    def surroundings(self, sky: Sky | None = None) -> Surroundings:
        """What the files hold and what is in the sky; `sky`: if it is known already."""
        if not self.known:
            while len(_PREPARED) > 3:
                _PREPARED.pop(next(iter(_PREPARED)))
            _PREPARED[self.key] = prepare(self.world, self.time.times(), self.folder, sky=sky)
        return _PREPARED[self.key]


_PREPARED: dict[str, Surroundings] = {}  # by key: read once a process


def read_setting(path: str | Path) -> tuple[Setting, EpisodeStudy | None]:
    """The world of an episode study, or of a file with `time` and `world` only."""
    data = read_mapping(path)
    if "system" in data:
        study = read_episode_study(path)
        return Setting.of(study), study
    for key in ("time", "world"):
        if not isinstance(data.get(key), Mapping):
            raise InputError(key, data.get(key), "a mapping of field names to values", "a world needs it")
    unknown = [key for key in data if key not in ("time", "world")]
    if unknown:
        raise InputError(unknown[0], data[unknown[0]], "absent", "a file without system has time and world")
    return Setting.made(World(**data["world"]), Time(**data["time"]), Path(path).parent), None


def follow(system: Any, scenario: Any, surroundings: Surroundings, seed: int) -> Followed:
    """The episode of a seed, with the seats in force."""
    view = view_of(system, scenario, surroundings)
    return shown(system.episodic.follow(scenario, view, seed), view)


def view_of(system: Any, scenario: Any, surroundings: Surroundings) -> View:
    """The world seated for a scenario of a system."""
    cache = surroundings.__dict__.setdefault("_views", {})
    seats = system.episodic.seats(scenario)
    if seats not in cache:
        cache[seats] = View(surroundings, *seats)
    return cache[seats]


@dataclass(frozen=True)
class Episodes:
    """Drops of all seeds, seed after seed and slot after slot, and what happens in them.

    `usable` (seed, slot). `holders` (row, user): equal numbers mean that the seat's holder is the same; None: no users.
    `serving` (row, seat) satellite seats, None: no sky. `start`: a decision a row from which `settle` begins, or None.
    """

    system: System
    drops: Any
    usable: np.ndarray
    holders: np.ndarray | None
    serving: np.ndarray | None
    reach_m: float | None = None
    start: Any = None

    @property
    def n_slots(self) -> int:
        """Slots of a seed."""
        return self.usable.shape[1]

    def rows(self, slot: np.ndarray) -> np.ndarray:
        """Rows (row,) of slots (seed, slot) of the same seed, -1 where there is none."""
        first = np.arange(len(slot))[:, None] * self.n_slots
        return np.where(slot >= 0, first + slot, NONE).ravel()


@dataclass(frozen=True)
class Applied:
    """One scheme under one policy, a row for each row of the drops.

    `source`: (row,) slot whose decision is in force, -1: none, or the slot is unusable; such rows hold the decision of
    their own drop. `charged`: objective with handovers. `changed`: (row, user) handovers.
    """

    policy: Policy
    source: np.ndarray
    decision: Any
    metrics: Any
    feasible: np.ndarray
    changed: np.ndarray
    charged: np.ndarray

    @property
    def in_force(self) -> np.ndarray:
        """(row,) bool."""
        return self.source != NONE


@dataclass(frozen=True)
class Result:
    """What an episode study gave. Rows are seed after seed, slot after slot.

    `run`: drops and fresh decisions of all rows. `applied`: by scheme and policy. `bound`: (row,) or None.
    `reason`: (seed, slot). `window`: (row,) slots in which rows are compared. `inputs`: the files of its world are at
    hand, which is not so of every stored episode.
    """

    study: EpisodeStudy
    setting: Setting
    followed: tuple[Followed, ...]
    episodes: Episodes
    run: Run
    applied: dict[tuple[str, Policy], Applied]
    bound: np.ndarray | None
    reason: np.ndarray
    window: np.ndarray
    counts: dict[str, int] = field(default_factory=dict)
    inputs: bool = True

    @property
    def summary(self) -> Any:
        """One row for each scheme and policy, as a data frame."""
        from sagin.results.episode_tables import summary_rows

        return _frame(summary_rows(self))

    @property
    def slots(self) -> Any:
        """One row for each seed and slot, as a data frame."""
        from sagin.results.episode_tables import slot_rows

        return _frame(slot_rows(self))


def unusable_counts(result: Result) -> dict[str, int]:
    """Number of unusable slots by reason, over all seeds."""
    return dict(count_reasons(result.reason))


def _frame(rows: list[dict[str, Any]]) -> Any:
    import pandas

    return pandas.DataFrame(rows)
