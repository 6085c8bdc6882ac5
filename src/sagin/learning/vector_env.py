"""Many episodes side by side as one Gymnasium vector environment: the form to train with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from sagin.core.errors import InputError
from sagin.learning.play import Players, Reward
from sagin.learning.pool import Pool
from sagin.learning.slot_env import boxes, named, pool_of


class SlotVectorEnv(VectorEnv):
    """`num_envs` copies of `SlotEnv`, evaluated in one batch; what is over begins anew at its next step."""

    metadata: ClassVar[dict[str, Any]] = {"autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(self, pool: Pool, num_envs: int = 64, reward: Reward = "gap", age: int = 0) -> None:
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < 1:
            raise InputError("num_envs", num_envs, "an integer >= 1")
        self.pool, self.num_envs, self.render_mode = pool, num_envs, None
        self.single_observation_space, self.single_action_space = boxes(pool)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._players = Players(pool, num_envs, reward, age)
        self._over = np.zeros(num_envs, dtype=bool)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin episodes everywhere; `options={"episode": [k, ...]}` names them."""
        super().reset(seed=seed)
        everybody = np.arange(self.num_envs)
        given = (options or {}).get("episode")
        if given is None:
            episodes = self.np_random.integers(len(self.pool.seeds), size=self.num_envs)
        else:
            episodes = np.array([named(self.pool, one) for one in given])
            if len(episodes) != self.num_envs:
                raise InputError("options.episode", len(episodes), f"{self.num_envs} numbers", "one an environment")
        self._players.start(everybody, episodes)
        self._over[:] = False
        info = {"episode": episodes, "seed": self.pool.seeds[episodes], "slot": self._players.slot()}
        return self._players.observe(), info

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One step of all; an environment whose episode was over begins another and ignores its action."""
        again = np.flatnonzero(self._over)
        players = np.flatnonzero(~self._over)
        reward, over = np.zeros(self.num_envs), np.zeros(self.num_envs, dtype=bool)
        info: dict[str, Any] = {}
        if players.size:
            outcome = self._players.act(np.asarray(actions)[players], players)
            reward[players], over[players] = outcome.reward, outcome.over
            for name, value in outcome.info.items():
                info[name] = _spread(value, players, self.num_envs)
                info[f"_{name}"] = ~self._over
        if again.size:
            self._players.start(again, self.np_random.integers(len(self.pool.seeds), size=again.size))
        self._over = over
        return self._players.observe(), reward, np.zeros(self.num_envs, dtype=bool), over.copy(), info


def _spread(values: np.ndarray, players: np.ndarray, n: int) -> np.ndarray:
    if len(players) == n:
        return values
    whole = np.zeros(n, dtype=values.dtype)
    whole[players] = values
    return whole


def make(study: str | Path, seeds: str | None = None, num_envs: int = 64, **options: Any) -> SlotVectorEnv:
    """What `gymnasium.make_vec("sagin/Slots-v0", num_envs=64, study="study.yaml")` makes."""
    return SlotVectorEnv(pool_of(str(study), seeds), num_envs, **options)
