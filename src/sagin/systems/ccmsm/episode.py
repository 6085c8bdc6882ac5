"""The system in time: what an old plan becomes when tasks have changed, and what numbers stand for a plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sagin.core import records
from sagin.systems.ccmsm import model
from sagin.systems.ccmsm.model import Decision, Drops, Metrics


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A plan applied to other tasks: places without a task, then or now, stay local; queues and powers hold."""
    return replace(decision, core=np.where(decided.task_mask & now.task_mask, decision.core, 0))


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, terminal) 1 where a terminal offloads any task."""
    return np.any((decision.core > 0) & drops.task_mask, axis=2).astype(np.int64)


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) utility with seconds (of the slowest) and joules (of all) added."""
    energy_unit, time_unit = model.references(drops)
    added = model.utility(drops, joules.sum(axis=1) / energy_unit, seconds.max(axis=1) / time_unit)
    return metrics.objective + added


def numbers_a_user(drops: Drops) -> int:
    """Two a task and one for the power."""
    return 2 * drops.task_mask.shape[2] + 1


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Plan of numbers (drop, n) in [-1, 1], a row of 2 L + 1 for each terminal.

    The first L: offloaded where > 0. The next L: sent in falling order. The last: power, geometric between its limits.
    """
    n, users, places = drops.task_mask.shape
    rows = np.asarray(action, dtype=float).reshape(n, users, 2 * places + 1)
    offloaded = (rows[..., :places] > 0) & drops.task_mask
    queue = np.argsort(-rows[..., places : 2 * places], axis=2, kind="stable")
    power = drops.p_min_w * (drops.p_max_w / drops.p_min_w) ** ((rows[..., -1] + 1) / 2)
    power = np.clip(power, drops.p_min_w, drops.p_max_w)
    core = model.dispatch(drops, offloaded, queue, power)
    return records.build(Decision, core=core, queue=queue, power_w=power)
