"""One episode at a time as a Gymnasium environment."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.spaces import Box

from sagin.core.errors import InputError
from sagin.learning.picture import draw_slot
from sagin.learning.play import Players, Reward
from sagin.learning.pool import Pool


def boxes(pool: Pool) -> tuple[Box, Box]:
    """Spaces of observations and actions."""
    observed = Box(-1.0, 1.0, (pool.n_observed,), np.float32)
    return observed, Box(-1.0, 1.0, (pool.n_actions,), np.float32)


class SlotEnv(gymnasium.Env):
    """Each step decides one usable slot; an episode ends, truncated, with its last one.

    `reward`: "gap" (minus the distance to the certified bound, minus violations) or "objective". `age`: slots between a
    decision and its use. `reset(seed=)` seeds the choice of the episode, `options={"episode": k}` names it.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 4}

    def __init__(self, pool: Pool, reward: Reward = "gap", render_mode: str | None = None, age: int = 0) -> None:
        if render_mode not in (None, "rgb_array"):
            raise InputError("render_mode", render_mode, "rgb_array or none")
        self.pool, self.render_mode = pool, render_mode
        self.observation_space, self.action_space = boxes(pool)
        self._players = Players(pool, 1, reward, age)
        self._gaps: list[float] = []

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode."""
        super().reset(seed=seed)
        episode = (options or {}).get("episode")
        if episode is None:
            episode = int(self.np_random.integers(len(self.pool.seeds)))
        self._players.start(np.array([0]), np.array([named(self.pool, episode)]))
        self._gaps = []
        slot = self._players.slot()
        info = {"episode": int(episode), "seed": int(self.pool.seeds[episode]), "slot": int(slot[0])}
        return self._players.observe()[0], info

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Decide the slot and go on to the next usable one."""
        if self._players.step_number[0] >= self.pool.length[self._players.episode[0]]:
            raise gymnasium.error.ResetNeeded("the episode is over: reset() begins another")
        outcome = self._players.act(np.asarray(action)[None], np.array([0]))
        info = {name: value[0].item() for name, value in outcome.info.items()}
        self._gaps.append(info["gap"])
        return self._players.observe()[0], float(outcome.reward[0]), False, bool(outcome.over[0]), info

    def render(self) -> np.ndarray | None:
        """Picture (320, 480, 3) uint8 of sky, roads and the gap so far."""
        if self.render_mode is None:
            return None
        episode = int(self._players.episode[0])
        slot = max(int(self._players.last_slot[0]), int(self.pool.order[episode, 0]))
        return draw_slot(self.pool, episode, slot, self._gaps)


def named(pool: Pool, episode: Any) -> int:
    """An episode of the pool by its number."""
    if isinstance(episode, bool) or not isinstance(episode, int | np.integer) or not 0 <= episode < len(pool.seeds):
        raise InputError("options.episode", episode, f"an integer from 0 to {len(pool.seeds) - 1}")
    return int(episode)


@lru_cache(maxsize=8)
def pool_of(study: str, seeds: str | None) -> Pool:
    """The pool of a study file, prepared once a process."""
    return Pool.from_file(study, seeds)


def make(study: str | Path, seeds: str | None = None, **options: Any) -> SlotEnv:
    """What `gymnasium.make("sagin/Slots-v0", study="study.yaml", seeds="0:16")` makes."""
    return SlotEnv(pool_of(str(study), seeds), **options)
