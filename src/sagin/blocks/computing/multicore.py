"""When a processor core finishes tasks that arrive over time, under several disciplines.

Sources: Brucker, Scheduling Algorithms (1 | r_j | C_max: first come first served is optimal); Kleinrock, Queueing
Systems vol. 2 (processor sharing is work conserving). All functions take tasks on the last axis; `present` marks those
on the core; an empty core finishes at 0.
"""

from __future__ import annotations

import numpy as np


def fcfs_finish(arrival_s: np.ndarray, work_s: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Finish time [s] first come first served, in closed form: max over tasks m of (a_m + work of m and later ones).

    `arrival_s`, `work_s`, `present`: (..., task) arrival [s], execution time [s] and membership. Returns (...,).
    """
    order = np.argsort(np.where(present, arrival_s, np.inf), axis=-1, kind="stable")
    here = np.take_along_axis(present, order, -1)
    arrival = np.where(here, np.take_along_axis(arrival_s, order, -1), 0.0)
    work = np.where(here, np.take_along_axis(work_s, order, -1), 0.0)
    remaining = np.cumsum(work[..., ::-1], axis=-1)[..., ::-1]
    return np.max(np.where(here, arrival + remaining, 0.0), axis=-1, initial=0.0)


def fcfs_start(arrival_s: np.ndarray, work_s: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Start time [s] of every task first come first served, by the recursion T <- max(T, a) + x; inf if absent."""
    order = np.argsort(np.where(present, arrival_s, np.inf), axis=-1, kind="stable")
    start = np.full(np.shape(arrival_s), np.inf)
    free = np.zeros(np.shape(arrival_s)[:-1])
    for position in range(np.shape(arrival_s)[-1]):
        task = order[..., position : position + 1]
        here = np.take_along_axis(present, task, -1)[..., 0]
        begin = np.maximum(free, np.take_along_axis(arrival_s, task, -1)[..., 0])
        np.put_along_axis(start, task, np.where(here, begin, np.inf)[..., None], -1)
        free = np.where(here, begin + np.take_along_axis(work_s, task, -1)[..., 0], free)
    return start


def sequence_finish(arrival_s: np.ndarray, work_s: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Finish time [s] when the core runs the tasks in the given order, waiting for each; `order`: (..., position)."""
    finish = np.zeros(np.broadcast_shapes(np.shape(arrival_s)[:-1], np.shape(order)[:-1]))
    arrival, work = np.broadcast_arrays(arrival_s, work_s)
    for position in range(np.shape(order)[-1]):
        task = order[..., position]
        finish = np.maximum(finish, arrival[..., task]) + work[..., task]
    return finish


def static_split_finish(arrival_s: np.ndarray, work_s: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Finish time [s] if the core is split for good into equal parts, one a task: max (a + count x)."""
    count = present.sum(axis=-1, keepdims=True)
    return np.max(np.where(present, _sum(arrival_s, count * work_s, present), 0.0), axis=-1, initial=0.0)


def unlimited_finish(arrival_s: np.ndarray, work_s: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Finish time [s] if every task had a core of its own: max (a + x)."""
    return np.max(np.where(present, _sum(arrival_s, work_s, present), 0.0), axis=-1, initial=0.0)


def _sum(arrival_s: np.ndarray, work_s: np.ndarray, present: np.ndarray) -> np.ndarray:
    return np.where(present, arrival_s, 0.0) + work_s


def processor_sharing_finish(arrival_s: np.ndarray, work_s: np.ndarray) -> float:
    """Finish time [s] of one core that shares its speed equally among the tasks present at each instant.

    `arrival_s`, `work_s`: (task,). Simulated from event to event; freed speed goes to the tasks that remain.
    """
    left = np.array(work_s, dtype=float)
    now = 0.0
    while np.any(left > 0):
        waiting = left > 0
        active = waiting & (arrival_s <= now)
        coming = arrival_s[waiting & ~active]
        if not np.any(active):
            now = float(np.min(coming))
            continue
        until = now + float(np.min(left[active])) * active.sum()
        until = min(until, float(np.min(coming))) if coming.size else until
        share = (until - now) / active.sum()
        left[active] = np.where(left[active] <= share * (1 + 1e-12), 0.0, left[active] - share)
        now = until
    return now


def list_dispatch(arrival_s: np.ndarray, work_s: np.ndarray, present: np.ndarray, n_cores: int) -> np.ndarray:
    """Core (1, 2, ...; 0 if absent) of every task when each, in order of arrival, takes the core where it starts first.

    Ties of arrival go by position on the last axis, ties of start by core index (list scheduling, Graham 1969).
    """
    order = np.argsort(np.where(present, arrival_s, np.inf), axis=-1, kind="stable")
    core = np.zeros(np.shape(arrival_s), dtype=np.int64)
    free = np.zeros((*np.shape(arrival_s)[:-1], n_cores))
    for position in range(np.shape(arrival_s)[-1]):
        task = order[..., position : position + 1]
        here = np.take_along_axis(present, task, -1)
        start = np.maximum(free, np.where(here, np.take_along_axis(arrival_s, task, -1), 0.0))
        chosen = np.argmin(start, axis=-1)[..., None]
        finish = np.take_along_axis(start, chosen, -1) + np.take_along_axis(work_s, task, -1)
        kept = np.take_along_axis(free, chosen, -1)
        np.put_along_axis(free, chosen, np.where(here, finish, kept), -1)
        np.put_along_axis(core, task, np.where(here, chosen + 1, 0), -1)
    return core
