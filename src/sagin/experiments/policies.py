"""Policies over time: which decision is in force in which slot, and what it costs there. Nothing is solved here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from sagin.core import records
from sagin.results.episode import NONE, Applied, Episodes
from sagin.results.episode_study import Policy


def candidates(policy: Policy, usable: np.ndarray) -> np.ndarray:
    """(slot,) the newest decision that could be in force, -1: none. `usable`: (slot,) bool.

    Decisions are made in usable slots whose number is a multiple of the period and hold from `age` slots later.
    """
    slots = np.arange(len(usable))
    made = usable & (slots % policy.period == 0)
    latest = np.maximum.accumulate(np.where(made, slots, NONE))
    source = np.full(len(usable), NONE)
    if policy.age < len(usable):
        source[policy.age :] = latest[: len(usable) - policy.age]
    return np.where(usable, source, NONE)


def apply(episodes: Episodes, decision: Any, policy: Policy, handover: tuple[float, float]) -> Applied:
    """A scheme's decisions (one a row) under a policy; `handover`: seconds and joules of each."""
    system = episodes.system
    if policy.hysteresis:
        source = _hesitating(episodes, decision, policy)
    else:
        source = np.array([candidates(policy, usable) for usable in episodes.usable])
    applied = carried(episodes, decision, episodes.rows(source))
    if episodes.reach_m is not None and system.episodic and system.episodic.settle is not None:
        applied = _settled(episodes, applied, source)
    metrics = system.evaluate(episodes.drops, applied)
    changed = handovers(episodes, applied, source.ravel())
    if not any(handover):
        charged = metrics.objective
        return Applied(policy, source.ravel(), applied, metrics, records.feasible(metrics), changed, charged)
    seconds, joules = (amount * changed.astype(float) for amount in handover)
    charged = system.episodic.charge(episodes.drops, metrics, seconds, joules)  # type: ignore[union-attr]
    charged = np.where(changed.any(axis=1), charged, metrics.objective)
    return Applied(policy, source.ravel(), applied, metrics, records.feasible(metrics), changed, charged)


def carried(episodes: Episodes, decision: Any, source: np.ndarray) -> Any:
    """Decisions (row,) of rows `source` applied in each row; a row's own decision stays untouched."""
    late = np.flatnonzero((source != NONE) & (source != np.arange(len(source))))
    if not late.size:
        return decision
    return put(decision, late, _carry(episodes, decision, source[late], late))


def put(record: Any, rows: np.ndarray, other: Any) -> Any:
    """A record with some rows replaced by those of another."""
    changes = {}
    for name, column in records.columns(type(record)).items():
        if column.per_drop:
            changes[name] = getattr(record, name).copy()
            changes[name][rows] = getattr(other, name)
    return dataclasses.replace(record, **changes)


def _carry(episodes: Episodes, decision: Any, source: np.ndarray, rows: np.ndarray) -> Any:
    """Decisions of rows `source` as applied in `rows`; where both are the same they stay as they are."""
    drops, own = episodes.drops, source == rows
    parts = records.take(decision, source)
    if own.all():
        return parts
    late = np.flatnonzero(~own)
    moved = episodes.system.episodic.carry(  # type: ignore[union-attr]
        records.take(drops, source[late]), records.take(parts, late), records.take(drops, rows[late])
    )
    return moved if len(late) == len(rows) else put(parts, late, moved)


def _hesitating(episodes: Episodes, decision: Any, policy: Policy) -> np.ndarray:
    """(seed, slot) sources where a newer decision takes over only if it is better by enough."""
    newest = np.array([candidates(policy, usable) for usable in episodes.usable])
    source = np.full_like(newest, NONE)
    current = np.full(len(newest), NONE)
    for slot in range(episodes.n_slots):
        found = newest[:, slot]
        first = (current == NONE) & (found != NONE)
        current[first] = found[first]
        seeds = np.flatnonzero(episodes.usable[:, slot] & (found > current))
        if seeds.size:
            better = _takes_over(episodes, decision, policy.hysteresis, seeds, slot, current[seeds], found[seeds])
            current[seeds[better]] = found[seeds[better]]
        source[:, slot] = np.where(episodes.usable[:, slot], current, NONE)
    return source


def _takes_over(  # noqa: PLR0913  (where, when, and what against what)
    episodes: Episodes, decision: Any, margin: float, seeds: np.ndarray, slot: int, old: np.ndarray, new: np.ndarray
) -> np.ndarray:
    """(seed,) bool: is the newer decision enough better than the one in force, both applied in this slot?"""
    first = seeds * episodes.n_slots
    rows = first + slot
    drops = records.take(episodes.drops, rows)
    metrics = [
        episodes.system.evaluate(drops, _carry(episodes, decision, first + source, rows)) for source in (old, new)
    ]
    feasible = [records.feasible(part) for part in metrics]
    before, after = (part.objective for part in metrics)
    gain = before - after if episodes.system.sense == "min" else after - before
    with np.errstate(invalid="ignore"):
        enough = gain > margin * np.abs(before)
    excess = [_excess(part) for part in metrics]
    same = np.where(feasible[0], enough, excess[1] < excess[0])
    return np.where(feasible[0] == feasible[1], same, feasible[1])


def _excess(metrics: Any) -> np.ndarray:
    """(drop,) sum of the positive violations."""
    return np.sum([np.maximum(value, 0.0) for value in records.violations(metrics).values()], axis=0)


def _settled(episodes: Episodes, applied: Any, source: np.ndarray) -> Any:
    """Decisions of which positions move no farther than they can from slot to slot, in order of time."""
    settle, n_slots = _settle(episodes), episodes.n_slots
    out = applied
    for seed in range(len(source)):
        previous, since = episodes.start, 0
        if previous is not None:
            previous = records.take(previous, np.array([seed * n_slots]))
        for slot in np.flatnonzero(source[seed] != NONE).tolist():
            row = np.array([seed * n_slots + slot])
            if previous is not None:
                reach = float(episodes.reach_m) * max(slot - since, 1)  # type: ignore[arg-type]
                out = put(out, row, settle(previous, records.take(out, row), reach))
            previous, since = records.take(out, row), slot
    return out


def _settle(episodes: Episodes) -> Callable[[Any, Any, float], Any]:
    assert episodes.system.episodic is not None
    assert episodes.system.episodic.settle is not None
    return episodes.system.episodic.settle


def handovers(episodes: Episodes, applied: Any, source: np.ndarray) -> np.ndarray:
    """(row, user) bool: another server than in the previous usable slot for the same holder.

    Systems without users count changes of their serving satellites instead.
    """
    before = previous_rows(episodes, source)
    known = before != NONE
    if episodes.holders is None:
        serving = episodes.serving
        if serving is None:
            return np.zeros((len(source), 1), dtype=bool)
        return known[:, None] & (serving != serving[before]) & (serving >= 0)
    server = episodes.system.episodic.association(episodes.drops, applied)  # type: ignore[union-attr]
    same = episodes.holders == episodes.holders[before]
    return known[:, None] & same & (server != server[before])


def previous_rows(episodes: Episodes, source: np.ndarray) -> np.ndarray:
    """(row,) row of the previous slot with a decision in force, -1: none, or none is in force here."""
    n_slots = episodes.n_slots
    force = (source != NONE).reshape(-1, n_slots)
    latest = np.maximum.accumulate(np.where(force, np.arange(n_slots), NONE), axis=1)
    before = np.full_like(latest, NONE)
    before[:, 1:] = latest[:, :-1]
    return episodes.rows(np.where(force, before, NONE))
