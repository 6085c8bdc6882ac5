"""Many episodes played side by side: one batched evaluation a step, whoever is behind the actions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError
from sagin.learning.pool import Pool

Reward = Literal["gap", "objective"]
WORST = 10.0  # of a gap, of a sum of violations, and of what is not finite


@dataclass(frozen=True)
class Outcome:
    """What one step gave each player: reward (player,), whether its episode is over, and numbers to report."""

    reward: np.ndarray
    over: np.ndarray
    info: dict[str, np.ndarray]


class Players:
    """Players of episodes of a pool: where each is, and what it has done."""

    def __init__(self, pool: Pool, n: int, reward: Reward = "gap", age: int = 0) -> None:
        if reward not in ("gap", "objective"):
            raise InputError("reward", reward, "gap or objective")
        if isinstance(age, bool) or not isinstance(age, int) or age < 0:
            raise InputError("age", age, "an integer >= 0", "slots between a decision and its use")
        if reward == "gap" and np.isnan(pool.bound[pool.usable.ravel()]).any():
            raise InputError("reward", reward, "objective", "some slots have no certified bound")
        self.pool, self.reward, self.age = pool, reward, age
        slots, size = pool.usable.shape[1], pool.n_actions
        self.episode = np.zeros(n, dtype=np.int64)
        self.step_number = np.zeros(n, dtype=np.int64)
        self.previous = np.zeros((n, size))
        self.past = np.zeros((n, slots, size))
        self.last_slot = np.full(n, -1)
        self.associated = np.zeros((n, pool.n_users), dtype=np.int64)
        self.placed: Any = None

    def start(self, players: np.ndarray, episodes: np.ndarray) -> None:
        """Begin an episode for some players."""
        self.episode[players] = episodes
        self.step_number[players] = 0
        self.previous[players] = 0.0
        self.past[players] = 0.0
        self.last_slot[players] = -1

    def slot(self) -> np.ndarray:
        """(player,) slot that each has to decide; the last one where its episode is over."""
        step = np.minimum(self.step_number, self.pool.length[self.episode] - 1)
        return self.pool.order[self.episode, step]

    def observe(self) -> np.ndarray:
        """(player, n) float32: the slot's numbers, the previous action, and time."""
        slot, slots = self.slot(), self.pool.usable.shape[1]
        time = (slot / slots).astype(np.float32)[:, None]
        seen = self.pool.features[self.episode * slots + slot]
        return np.concatenate([seen, self.previous.astype(np.float32), time], axis=1)

    def act(self, actions: np.ndarray, players: np.ndarray) -> Outcome:
        """One step of some players; actions (player, n) outside of [-1, 1] are cut off."""
        pool, slots = self.pool, self.pool.usable.shape[1]
        action = np.clip(np.nan_to_num(np.asarray(actions, dtype=float)), -1, 1)
        episode, slot = self.episode[players], self.slot()[players]
        self.previous[players] = action
        self.past[players, slot] = action
        source = pool.latest[episode, np.maximum(slot - self.age, 0)]
        source = np.where(slot >= self.age, source, -1)
        in_force = source >= 0
        drops = records.take(pool.drops, episode * slots + slot)
        decision = self._decide(drops, players, episode, slot, np.where(in_force, source, slot))
        outcome = self._judge(drops, decision, players, episode, slot)
        self.last_slot[players] = np.where(in_force, slot, self.last_slot[players])
        self.step_number[players] += 1
        over = self.step_number[players] >= pool.length[episode]
        outcome["in_force"] = in_force
        reward = np.where(in_force, self._reward(outcome), 0.0)
        return Outcome(reward, over, outcome)

    def _decide(
        self, drops: Any, players: np.ndarray, episode: np.ndarray, slot: np.ndarray, source: np.ndarray
    ) -> Any:
        """The decision in force, carried from where it was made, as far as it gets."""
        pool, episodic = self.pool, self.pool.episodic
        if self.age == 0:
            decision = episodic.act(drops, self.past[players, slot])
        else:
            then = records.take(pool.drops, episode * pool.usable.shape[1] + source)
            decision = episodic.carry(then, episodic.act(then, self.past[players, source]), drops)
        if episodic.settle is None or pool.reach_m is None:
            return decision
        since = slot - self.last_slot[players]
        before = _begin(pool.start, episode, decision) if self.placed is None else records.take(self.placed, players)
        if self.placed is not None:
            before = _mixed(self.last_slot[players] < 0, _begin(pool.start, episode, decision), before)
        settled = decision
        for gap in np.unique(since):  # how far it gets since the last usable slot
            rows = np.flatnonzero(since == gap)
            part = episodic.settle(records.take(before, rows), records.take(decision, rows), pool.reach_m * max(gap, 1))
            settled = _scattered(settled, rows, part)
        whole = records.take(settled, np.zeros(len(self.episode), dtype=int)) if self.placed is None else self.placed
        self.placed = _scattered(whole, players, settled)
        return settled

    def _judge(
        self, drops: Any, decision: Any, players: np.ndarray, episode: np.ndarray, slot: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Metrics of the decisions, with the charges of handovers."""
        pool, episodic = self.pool, self.pool.episodic
        metrics = pool.system.evaluate(drops, decision)
        last = self.last_slot[players]
        before = np.maximum(last, 0)
        same = (pool.holder[episode, slot] == pool.holder[episode, before]) & (last >= 0)[:, None]
        who = episodic.association(drops, decision)
        changed = (who != self.associated[players]) & same
        serving = pool.serving[episode, slot]
        served = (serving != pool.serving[episode, before]) & (serving >= 0) & (last >= 0)[:, None]
        self.associated[players] = who
        counted = changed if pool.n_users else served
        charged = metrics.objective
        if counted.any() and any(pool.handover):
            charged = episodic.charge(drops, metrics, *(cost * counted for cost in pool.handover))
        row = episode * pool.usable.shape[1] + slot
        violation = sum(np.maximum(value, 0.0) for value in records.violations(metrics).values())
        info = {
            name: getattr(metrics, name)
            for name, column in records.columns(type(metrics)).items()
            if not column.dims and name != "objective"
        }
        return info | {
            "objective": metrics.objective,
            "charged": charged,
            "gap": pool.system.gap(charged, pool.bound[row]),
            "bound": pool.bound[row],
            "feasible": records.feasible(metrics),
            "violation": np.asarray(violation) * np.ones(len(row)),
            "handovers": counted.sum(axis=1),
            "satellite_changes": served.sum(axis=1),
            "holder_changes": (~same & (last >= 0)[:, None]).sum(axis=1),
            "slot": slot,
            "time": pool.times.unix()[slot],
            "seed": pool.seeds[episode],
        }

    def _reward(self, info: dict[str, np.ndarray]) -> np.ndarray:
        if self.reward == "gap":
            gap = np.where(np.isfinite(info["gap"]), np.clip(info["gap"], 0.0, WORST), WORST)
            violation = np.where(np.isfinite(info["violation"]), np.minimum(info["violation"], WORST), WORST)
            return -gap - violation
        sign = -1.0 if self.pool.system.sense == "min" else 1.0
        worst = -WORST * np.where(np.isfinite(info["bound"]), np.abs(info["bound"]), 1.0)
        usable = info["feasible"] & np.isfinite(info["charged"])
        return np.where(usable, sign * np.where(usable, info["charged"], 0.0), worst)


def _begin(start: Any, episode: np.ndarray, decision: Any) -> Any:
    """From where decisions settle in a first slot: the start of the episode, or the decision itself."""
    return decision if start is None else records.take(start, episode)


def _mixed(fresh: np.ndarray, new: Any, settled: Any) -> Any:
    """Rows of `new` where `fresh`, else of `settled`."""

    def pick(name: str) -> np.ndarray:
        one, two = getattr(new, name), getattr(settled, name)
        return np.where(fresh.reshape(-1, *[1] * (one.ndim - 1)), one, two)

    return dataclasses.replace(settled, **{name: pick(name) for name in records.columns(type(new))})


def _scattered(whole: Any, rows: np.ndarray, part: Any) -> Any:
    """`whole` with some of its rows replaced."""
    changes = {}
    for name in records.columns(type(whole)):
        changes[name] = getattr(whole, name).copy()
        changes[name][rows] = getattr(part, name)
    return dataclasses.replace(whole, **changes)
