"""A policy beside the schemes and the bound: one table, computed as that of an episode study."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import random
from sagin.core.errors import InputError
from sagin.experiments.episode import run_episode
from sagin.experiments.policies import apply
from sagin.learning.play import Players
from sagin.learning.pool import Pool, with_seeds
from sagin.results.episode import Result
from sagin.results.episode_study import Policy
from sagin.results.episode_tables import notes, summary_rows
from sagin.results.tables import Row
from sagin.world.view import filled

Act = Callable[[np.ndarray], np.ndarray]  # observations (player, n) to actions (player, n)
NOTE = (
    "rows marked learned choose from the decisions that their actions reach, a part of the decision space; "
    "the bound is that of the whole space"
)


@dataclass(frozen=True)
class Comparison:
    """Rows of the table, what has to be said beside it, and everything behind it."""

    rows: list[Row]
    notes: list[str]
    result: Result

    def __str__(self) -> str:
        names = ("scheme", "role", "mean", "low", "high", "infeasible", "gap", "handovers")
        lines = [names, *([_text(row.get(name)) for name in names] for row in self.rows)]
        widths = [max(len(line[k]) for line in lines) for k in range(len(names))]
        table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join(line.rstrip() for line in (*table, *self.notes))


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def random_policy(observation: np.ndarray, n_actions: int = 0) -> np.ndarray:
    """Uniform actions, always the same ones for the same observation; `compare` gives the number of actions."""
    rows = np.ascontiguousarray(observation, dtype=np.float32)
    streams = (random.stream(0, "random policy", zlib.crc32(row.tobytes())) for row in rows)
    return np.array([stream.uniform(-1, 1, n_actions) for stream in streams])


def compare(
    pool: Pool,
    policies: Mapping[str, Act],
    schemes: Iterable[str] = ("paper", "improved"),
    *,
    age: int = 0,
    out: str | Path | None = None,
    threads: int | None = None,
) -> Comparison:
    """Policies, schemes and the bound on the episodes of a pool, all with decisions `age` slots old.

    `policies`: functions of observations (player, n) that give actions (player, n). `schemes`: names or roles.
    `out`: a folder in which what the schemes decide is kept.
    """
    if pool.study is None:
        raise InputError("pool", "without a study", "from a study: Pool.from_file or Pool.from_study")
    policy = Policy(age=age)
    wanted = with_seeds(pool.study, pool.seeds.tolist(), schemes=list(schemes), policies=[policy], bound=True)
    for name in policies:
        if name in wanted.schemes:
            raise InputError("policies", name, "another name", "one of the schemes is called so")
    result = run_episode(wanted, out, threads=threads)
    applied = dict(result.applied)
    for name, function in policies.items():
        chosen = partial(random_policy, n_actions=pool.n_actions) if function is random_policy else function
        decision = pool.episodic.act(result.episodes.drops, play(pool, chosen, age))
        for kind in dict.fromkeys((Policy(), policy)):
            applied[name, kind] = apply(result.episodes, decision, kind, pool.handover)
    result = dataclasses.replace(result, applied=applied)
    return Comparison(summary_rows(result), [*notes(result), NOTE], result)


def play(pool: Pool, function: Act, age: int = 0) -> np.ndarray:
    """(row, n) actions of a policy in every slot of every episode; unusable slots repeat those of the row they hold."""
    players = Players(pool, len(pool.seeds), "objective", age)
    everybody = np.arange(len(pool.seeds))
    players.start(everybody, everybody)
    while (going := np.flatnonzero(players.step_number < pool.length)).size:
        actions = np.asarray(function(players.observe()[going]))
        if actions.shape != (len(going), pool.n_actions):
            raise InputError("policy", actions.shape, f"actions of shape {(len(going), pool.n_actions)}")
        players.act(actions, going)
    rows = np.array([filled(episode.reason) for episode in pool.episodes])
    return players.past[everybody[:, None], rows].reshape(pool.usable.size, pool.n_actions)
