"""A pool of episodes: everything that training needs, computed once: drops, usable slots, bounds, observations."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import Episodic, System, check_seeds
from sagin.core.errors import InputError
from sagin.core.selection import parse_seeds
from sagin.experiments.episode import EpisodeJob
from sagin.experiments.shards import Shards
from sagin.learning.observation import Scaling, Seen, fit, look, scale
from sagin.results.episode import Setting, view_of
from sagin.results.episode_study import EpisodeStudy, episodic_of, read_episode_study
from sagin.results.jobs import BOUND
from sagin.world.clock import Times
from sagin.world.view import Followed, Reason, Surroundings, shown

NOBODY = -1


@dataclass(frozen=True)
class Pool:
    """Episodes of one study. Rows of `drops`, `bound` and observations run slot after slot, episode after episode.

    `usable` (episode, slot). `scaling`: plain data, what observations are scaled by. `handover`: seconds and joules.
    """

    system: System
    surroundings: Surroundings
    seeds: np.ndarray
    episodes: tuple[Followed, ...]
    drops: Any
    usable: np.ndarray
    bound: np.ndarray
    scaling: Scaling
    handover: tuple[float, float] = (0.0, 0.0)
    study: EpisodeStudy | None = None

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        seeds: str | Iterable[int] | None = None,
        *,
        out: str | Path | None = None,
        threads: int | None = None,
        scaling: Scaling | None = None,
    ) -> Pool:
        """Episodes of a study file. `seeds`: as `0:16`, instead of the study's. `out`: where bounds are kept.

        They are kept where `sagin episode` keeps them, in `results/STUDY` beside the file, and found there again.
        """
        study = read_episode_study(path)
        if seeds is not None:
            study = with_seeds(study, parse_seeds(seeds) if isinstance(seeds, str) else tuple(seeds))
        folder = Path(path).parent / "results" / Path(path).stem if out is None else Path(out)
        return cls.from_study(study, out=folder, threads=threads, scaling=scaling)

    @classmethod
    def from_study(
        cls,
        study: EpisodeStudy,
        *,
        out: str | Path | None = None,
        threads: int | None = None,
        scaling: Scaling | None = None,
    ) -> Pool:
        """Episodes of a study made in Python; bounds are computed, or found in `out`."""
        setting = Setting.of(study)
        shards = Shards(None if out is None else Path(out) / "shards")
        job = EpisodeJob(study.system, study.scenario, BOUND, study.seeds, {}, shards.codes, setting)
        pool = cls.build(
            study.system,
            study.scenario,
            setting.surroundings(),
            study.seeds,
            scaling=scaling,
            handover=(study.handover.seconds, study.handover.joules),
            bound=lambda drops: shards.answer(job, threads).metrics["objective"],
        )
        return dataclasses.replace(pool, study=study)

    @classmethod
    def build(  # noqa: PLR0913  (what a study says)
        cls,
        system: System,
        scenario: Any,
        surroundings: Surroundings,
        seeds: Iterable[int],
        *,
        scaling: Scaling | None = None,
        handover: tuple[float, float] = (0.0, 0.0),
        bound: Callable[[Any], np.ndarray] | None = None,
    ) -> Pool:
        """Follow a world with several seeds. `bound(drops)`: instead of the system's own (where it is kept already)."""
        episodic = episodic_of(system)
        array = check_seeds(seeds)
        if len(np.unique(array)) < len(array):
            raise InputError("seeds", array.tolist()[:8], "all different")
        view = view_of(system, scenario, surroundings)
        episodes = tuple(shown(episodic.follow(scenario, view, int(seed)), view) for seed in array)
        usable = np.array([episode.reason == Reason.USABLE for episode in episodes])
        drops = records.concatenate([episode.drops for episode in episodes])
        bounds = np.full(usable.size, np.nan)
        rows = np.flatnonzero(usable.ravel())
        bounds[rows] = (bound or system.bound)(records.take(drops, rows))
        pool = cls(system, surroundings, array, episodes, drops, usable, bounds, scaling or {}, handover)
        return pool if scaling is not None else pool.with_scaling(fit(pool.seen, rows))

    def with_scaling(self, scaling: Scaling) -> Pool:
        """The same episodes seen through another scaling, as that of the pool a policy was trained on."""
        return dataclasses.replace(self, scaling=scaling)

    @property
    def episodic(self) -> Episodic:
        """How the system takes part."""
        return episodic_of(self.system)

    @property
    def times(self) -> Times:
        """The slots."""
        return self.surroundings.times

    @cached_property
    def seen(self) -> list[Seen]:
        """What observations are made of."""
        return look(self.drops, self.system.user_dim)

    @cached_property
    def _scaled(self) -> tuple[np.ndarray, np.ndarray]:
        return scale(self.seen, self.scaling)

    @property
    def features(self) -> np.ndarray:
        """(row, feature) float32 scaled numbers of each slot."""
        return self._scaled[0]

    @property
    def owner(self) -> np.ndarray:
        """(feature,) user that a number belongs to, -1 nobody's."""
        return self._scaled[1]

    @cached_property
    def length(self) -> np.ndarray:
        """(episode,) number of usable slots."""
        return self.usable.sum(axis=1)

    @cached_property
    def order(self) -> np.ndarray:
        """(episode, step) slot of each step, the usable ones first."""
        return np.argsort(~self.usable, axis=1, kind="stable")

    @cached_property
    def latest(self) -> np.ndarray:
        """(episode, slot) latest usable slot that is not later, -1 if none."""
        return np.maximum.accumulate(np.where(self.usable, np.arange(self.usable.shape[1]), NOBODY), axis=1)

    @cached_property
    def holder(self) -> np.ndarray:
        """(episode, slot, user) vehicle of each seat, -1 nobody."""
        held = [episode.users.vehicle if episode.users is not None else None for episode in self.episodes]
        return _stacked(held, (*self.usable.shape, self.n_users))

    @cached_property
    def serving(self) -> np.ndarray:
        """(episode, slot, seat) satellite of each seat, -1 nobody."""
        held = [episode.satellites.index if episode.satellites is not None else None for episode in self.episodes]
        seats = 0 if held[0] is None else held[0].shape[1]
        return _stacked(held, (*self.usable.shape, seats))

    @property
    def reach_m(self) -> float | None:
        """How far a UAV gets in a slot; None: anywhere."""
        speed = self.surroundings.world.uav_speed_mps
        return None if speed is None else speed * self.times.slot_s

    @cached_property
    def start(self) -> Any:
        """A decision of each episode from which positions settle, or None."""
        if self.episodes[0].start is None:
            return None
        return records.concatenate([records.take(one.start, np.array([0])) for one in self.episodes])

    @property
    def n_users(self) -> int:
        """User seats."""
        return self.episodic.seats(self.drops.scenario)[1]

    @cached_property
    def widths(self) -> tuple[int, int]:
        """Numbers of an action a user, and shared."""
        each, shared = self.episodic.action
        return each(self.drops), shared(self.drops)

    @property
    def n_actions(self) -> int:
        """Numbers of an action."""
        return self.n_users * self.widths[0] + self.widths[1]

    @property
    def n_observed(self) -> int:
        """Numbers of an observation: the slot's, the previous action, time."""
        return self.features.shape[1] + self.n_actions + 1


def with_seeds(study: EpisodeStudy, seeds: Iterable[int], **changes: Any) -> EpisodeStudy:
    """A study with other seeds, and with other arguments where `changes` give any."""
    same = {
        name: getattr(study, name) for name in ("time", "world", "schemes", "policies", "handover", "bound", "folder")
    }
    scenario = study.scenario.to_dict()
    return EpisodeStudy(study.system, **{**same, "scenario": scenario, "seeds": tuple(seeds), **changes})


def _stacked(parts: list[np.ndarray | None], shape: tuple[int, ...]) -> np.ndarray:
    whole = np.full(shape, NOBODY)
    for row, part in enumerate(parts):
        if part is not None and shape[2]:
            whole[row] = part
    return whole
