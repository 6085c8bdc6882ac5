"""The same episodes for several agents: one for each user, and one for what is shared (PettingZoo, parallel)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box, Space
from pettingzoo import ParallelEnv

from sagin.core.errors import InputError
from sagin.learning.play import Reward
from sagin.learning.pool import Pool
from sagin.learning.slot_env import SlotEnv

CONTROLLER = "controller"


class SlotParallelEnv(ParallelEnv):
    """Every user decides its own numbers and sees its own and the shared ones; all get one reward and end together.

    `controller` decides the shared numbers of the systems that have them, and sees everything.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "sagin_slots",
        "render_modes": ["rgb_array"],
        "is_parallelizable": True,
    }

    def __init__(self, pool: Pool, reward: Reward = "gap", render_mode: str | None = None, age: int = 0) -> None:
        each, shared = pool.widths
        if not each or not pool.n_users:
            raise InputError(
                "system", pool.system.name, "one with decisions of users", "one decision maker: use SlotEnv"
            )
        self.pool, self.render_mode = pool, render_mode
        self._env = SlotEnv(pool, reward, render_mode, age)
        kind = pool.system.user_dim or "user"
        self.possible_agents = [f"{kind}_{i}" for i in range(pool.n_users)] + [CONTROLLER] * bool(shared)
        self.agents: list[str] = []
        features = len(pool.owner)
        self._acts = {f"{kind}_{i}": slice(i * each, (i + 1) * each) for i in range(pool.n_users)}
        self._sees = {}
        for i in range(pool.n_users):
            own = np.flatnonzero((pool.owner == i) | (pool.owner < 0))
            self._sees[f"{kind}_{i}"] = np.concatenate(
                [own, features + np.arange(i * each, (i + 1) * each), [features + pool.n_actions]]
            )
        if shared:
            self._acts[CONTROLLER] = slice(pool.n_users * each, pool.n_actions)
            self._sees[CONTROLLER] = np.arange(pool.n_observed)
        self.observation_spaces = {name: Box(-1.0, 1.0, (len(at),), np.float32) for name, at in self._sees.items()}
        self.action_spaces = {
            name: Box(-1.0, 1.0, (at.stop - at.start,), np.float32) for name, at in self._acts.items()
        }

    def observation_space(self, agent: str) -> Space:
        """What an agent sees."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space:
        """What an agent decides."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, dict[str, Any]]]:
        """Begin an episode with all agents."""
        self.agents = list(self.possible_agents)
        observation, info = self._env.reset(seed=seed, options=options)
        return self._seen(observation), {name: dict(info) for name in self.agents}

    def step(self, actions: dict[str, np.ndarray]) -> tuple[dict[str, Any], ...]:
        """One slot decided by all agents together."""
        whole = np.zeros(self.pool.n_actions)
        for name, action in actions.items():
            whole[self._acts[name]] = action
        observation, reward, _, over, info = self._env.step(whole)
        agents = self.agents
        result = (
            self._seen(observation),
            dict.fromkeys(agents, reward),
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, over),
            {name: dict(info) for name in agents},
        )
        self.agents = [] if over else agents
        return result

    def render(self) -> np.ndarray | None:
        """As `SlotEnv`."""
        return self._env.render()

    def _seen(self, observation: np.ndarray) -> dict[str, np.ndarray]:
        return {name: observation[self._sees[name]] for name in self.agents}


def parallel_env(pool: Pool, reward: Reward = "gap", render_mode: str | None = None, age: int = 0) -> SlotParallelEnv:
    """A pool for several agents; InputError for systems with one decision maker."""
    return SlotParallelEnv(pool, reward, render_mode, age)
