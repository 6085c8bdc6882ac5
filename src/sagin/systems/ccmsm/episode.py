"""The system in time: terminals are vehicles of a road trace, tasks arrive and queue, plans grow old.

Waiting tasks are the one thing that a slot leaves to the next: all offered tasks count as served in their slot.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sagin.core import random, records
from sagin.systems.ccmsm import model
from sagin.systems.ccmsm.model import Decision, Drops, Metrics
from sagin.systems.ccmsm.scenario import Scenario
from sagin.world.arrivals import Backlog, arrival_counts, queue_tasks, task_sizes, tasks_of_seats
from sagin.world.seats import UserSeats
from sagin.world.view import Followed, Reason, View, filled

CARRIER_HZ = 5.9e9  # of the Doppler spread where the world names none; the path loss has no carrier of its own


def follow(scenario: Scenario, view: View, seed: int) -> Followed:
    """Drops of one seed, one a slot; empty seats have no tasks."""
    users = view.users
    taken = users.taken()
    mask, bits, cycles, counts = _tasks(scenario, view, seed)
    mask &= taken[..., None]
    reason = np.where(mask.any(axis=(1, 2)), Reason.USABLE, Reason.NO_TASK)
    reason = np.where(users.traced, reason, Reason.NO_TRACE).astype(np.int8)
    clock = view.of_names(seed, users, "clock", lambda stream: stream.random(1))[..., 0]
    clock = scenario.cpu_local_min_hz + (scenario.cpu_local_max_hz - scenario.cpu_local_min_hz) * clock
    distance = np.where(taken, users.distance_m(view.world.site.mast_m), scenario.distance_max_m)
    gain = model.mean_gain(scenario, distance)
    if scenario.fading == "rayleigh":
        scatter = view.ground_scatter(seed, users, CARRIER_HZ, "fading")[..., 0]
        gain = gain * np.where(taken, np.real(scatter) ** 2 + np.imag(scatter) ** 2, 1.0)
    rows = filled(reason)
    drops = model.assemble(
        scenario,
        np.full(len(rows), seed),
        task_mask=mask[rows],
        data_bits=np.where(mask, bits, 0.0)[rows],
        cycles=np.where(mask, cycles, 0.0)[rows],
        cpu_local_hz=np.where(taken, clock, scenario.cpu_local_min_hz)[rows],
        gain=gain[rows],
    )
    notes = {}
    if counts:
        notes = {
            "tasks offered a slot": float(counts["offered"].mean()),
            "tasks waiting after a slot": float(counts["waiting"].mean()),
            "tasks dropped": float(counts["dropped"].sum()),
        }
    return Followed(drops, reason, notes, series=counts)


def _tasks(
    scenario: Scenario, view: View, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Mask, bits and cycles (slot, terminal, place) of the offered tasks, and counts (slot,) of the queues."""
    places, users, arrivals = scenario.n_tasks_max, view.users, view.world.arrivals
    if arrivals is None:
        numbers = view.of_names_and_slots(seed, users, "tasks", 1 + 2 * places)
        spread = places - scenario.n_tasks_min + 1
        held = scenario.n_tasks_min + np.minimum((numbers[..., 0] * spread).astype(np.int64), spread - 1)
        size, work = numbers[..., 1::2], numbers[..., 2::2]
        bits, cycles = _sized(scenario, view, size, work)
        return np.arange(places) < held[..., None], bits, cycles, {}
    traced = view.surroundings.tasks
    if traced is None:
        arriving = _arriving(view, seed)
        order: dict[str, list[int]] = {}
    else:
        slot, seat = tasks_of_seats(traced, users.name, view.times)
        arriving, order = _of_trace(slot, seat, users)
    queue = queue_tasks(users.name, arriving, places)
    mask = np.arange(places) < queue.offered[..., None]
    size, work = _numbers(seed, users, queue, places)
    bits, cycles = _sized(scenario, view, size, work)
    if traced is not None:
        task = np.zeros(mask.shape, dtype=np.int64)
        for place in zip(*np.nonzero(mask), strict=True):
            name = str(users.name[place[:2]])
            task[place] = order[name][queue.first[place[:2]] + place[2]]
        given = traced.cycles[task]
        intensity = cycles / bits
        bits = np.where(mask, traced.bits[task], bits)
        cycles = np.where(mask & (given > 0), given, bits * intensity)
    counts = {"offered": queue.offered.sum(axis=1), "waiting": queue.waiting.sum(axis=1), "dropped": queue.dropped}
    return mask, bits, cycles, counts


def _sized(scenario: Scenario, view: View, size: np.ndarray, work: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bits and cycles from uniform numbers."""
    bits = task_sizes(view.world.arrivals, size, scenario.data_bits_min, scenario.data_bits_max)
    return bits, bits * (
        scenario.cycles_per_bit_min + (scenario.cycles_per_bit_max - scenario.cycles_per_bit_min) * work
    )


def _arriving(view: View, seed: int) -> np.ndarray:
    """(slot, terminal) tasks that arrive at the holders."""
    users, arrivals = view.users, view.world.arrivals
    assert arrivals is not None
    names, place = np.unique(users.name, return_inverse=True)
    longitude = view.world.site.longitude_deg
    counts = np.array([arrival_counts(arrivals, seed, name, view.times, longitude) for name in names.tolist()])
    return counts[place.reshape(users.name.shape), np.arange(len(view.times))[:, None]]


def _of_trace(slot: np.ndarray, seat: np.ndarray, users: UserSeats) -> tuple[np.ndarray, dict[str, list[int]]]:
    """(slot, terminal) tasks that arrive at the holders, and the tasks of each holder in order."""
    arriving = np.zeros(users.name.shape, dtype=np.int64)
    order: dict[str, list[int]] = {}
    for task in np.flatnonzero((slot >= 0) & (seat >= 0)).tolist():
        name = str(users.name[slot[task], seat[task]])
        if name:
            arriving[slot[task], seat[task]] += 1
            order.setdefault(name, []).append(task)
    return arriving, order


def _numbers(seed: int, users: UserSeats, queue: Backlog, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Two uniform numbers (slot, terminal, place) of every offered task, drawn for each vehicle in order of arrival."""
    names, holder = np.unique(users.name, return_inverse=True)
    holder = holder.reshape(users.name.shape)
    most = int((queue.first + queue.offered).max()) + places
    rows = np.array([random.stream(seed, f"tasks/{name}").random((most, 2)) for name in names.tolist()])
    picked = rows[holder[..., None], queue.first[..., None] + np.arange(places)]
    return picked[..., 0], picked[..., 1]


def seats(scenario: Scenario) -> tuple[int, int]:
    """Satellite and user seats."""
    return 0, scenario.n_terminals


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
    """Numbers of an action for each user."""
    return 2 * drops.task_mask.shape[2] + 1


def numbers_shared(drops: Drops) -> int:
    """Numbers of an action beyond those of the users."""
    return 0


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
