"""Tasks that arrive in the slots of an episode: their numbers, sizes, and the queue of those that wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import model_validator

from sagin.blocks.traffic.arrivals import (
    bounded_pareto_quantile,
    mmpp_means,
    profile_integral,
)
from sagin.core import random
from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter
from sagin.world.clock import DAY_S, Times, unix_seconds
from sagin.world.tasks import Tasks

HOUR_S = 3600.0
NO_SLOT = -1


class Arrivals(Parameters):
    """How tasks arrive: steadily, in bursts, or as a trace says; a daily profile may multiply the first two."""

    rate_per_s: float | None = parameter(None, unit="task/s", ge=0, le=1e6, doc="steady: Poisson of this rate")
    rates_per_s: tuple[float, float] | None = parameter(
        None, unit="task/s", doc="bursty: rates in the calm and in the burst, >= 0"
    )
    calm_s: float | None = parameter(None, unit="s", gt=0, doc="mean length of a calm; none: no calm ends")
    burst_s: float | None = parameter(None, unit="s", gt=0, doc="mean length of a burst; none: no burst ends")
    profile: tuple[tuple[float, float], ...] | None = parameter(
        None, doc="points [hour, factor] of a daily factor, linear between them, local mean solar time"
    )
    file: str | None = parameter(None, doc="trace of tasks, a table time_s,bits[,user][,cycles]")
    pareto_shape: float | None = parameter(
        None, gt=0, le=100, doc="sizes are bounded Pareto of this shape between the system's bounds; none: uniform"
    )

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        kinds = ("rate_per_s", "rates_per_s", "file")
        given = [name for name in kinds if getattr(self, name) is not None]
        if len(given) != 1:
            value = getattr(self, given[1]) if given else None
            raise InputError(given[1] if given else "rate_per_s", value, "one of " + ", ".join(kinds), "one model")
        if self.rates_per_s is not None:
            if not all(0 <= rate <= 1e6 for rate in self.rates_per_s):
                raise InputError("rates_per_s", list(self.rates_per_s), "from 0 to 1e6")
            if self.calm_s is None and self.burst_s is None:
                raise InputError("calm_s", None, "given with rates_per_s", "how long a calm and a burst last")
        if self.profile is not None:
            if self.file is not None:
                raise InputError("profile", list(self.profile), "absent beside file", "a trace has its own times")
            profile_integral(self.profile, 0.0, 1.0)
        return self


def mean_arrivals(arrivals: Arrivals, seed: int, name: str, times: Times, longitude_deg: float) -> np.ndarray:
    """(slot,) mean number of arrivals of one user given the path of the burst state; not for traces.

    A burst state and a profile multiply slot by slot: within a slot the profile is its mean.
    """
    n, slot_s = len(times), times.slot_s
    if arrivals.rates_per_s is not None:
        switch = tuple(0.0 if length is None else 1 / length for length in (arrivals.calm_s, arrivals.burst_s))
        state = random.stream(seed, f"arrivals/{name}", 0)
        means = mmpp_means(state, arrivals.rates_per_s, switch, slot_s, n)
    elif arrivals.rate_per_s is not None:
        means = np.full(n, arrivals.rate_per_s * slot_s)
    else:
        raise InputError("file", arrivals.file, "absent where a rate is asked for", "a trace has tasks, no rate")
    if arrivals.profile is None:
        return means
    utc = (unix_seconds(times.start) % DAY_S + times.seconds) / HOUR_S
    hours = slot_s / HOUR_S
    return means * profile_integral(arrivals.profile, utc + longitude_deg / 15, hours) / hours


def arrival_counts(arrivals: Arrivals, seed: int, name: str, times: Times, longitude_deg: float) -> np.ndarray:
    """(slot,) int64 arrivals of the user called `name`; more slots keep the earlier ones."""
    means = mean_arrivals(arrivals, seed, name, times, longitude_deg)
    return random.stream(seed, f"arrivals/{name}", 1).poisson(means)


def task_sizes(arrivals: Arrivals | None, uniform: np.ndarray, low: float, high: float) -> np.ndarray:
    """Sizes between the system's bounds from uniform numbers: uniform, or bounded Pareto where that is asked for."""
    if arrivals is None or arrivals.pareto_shape is None:
        return low + (high - low) * uniform
    return bounded_pareto_quantile(uniform, low, high, arrivals.pareto_shape)


@dataclass(frozen=True)
class Backlog:
    """What the first-in first-out queue of each holder offers in each slot: (slot, seat) arrays of numbers of tasks."""

    first: np.ndarray  # position of the first offered task among all that arrived at this vehicle, in order
    offered: np.ndarray  # number offered, at most `most`
    waiting: np.ndarray  # number left for later
    dropped: np.ndarray  # (slot,) waiting tasks of vehicles that had left when the slot began


def queue_tasks(holder: np.ndarray, arriving: np.ndarray, most: int) -> Backlog:
    """Queue of every vehicle while it holds a seat. All offered tasks are served in their slot, the rest waits.

    `holder` (slot, seat): names, "" where empty. `arriving` (slot, seat): new tasks. `most`: offered at most.
    """
    shape = holder.shape
    first, offered, waiting = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    out = Backlog(first, offered, waiting, np.zeros(shape[0], dtype=np.int64))
    done: dict[str, int] = {}  # served or dropped
    left: dict[str, int] = {}  # waiting
    for slot in range(shape[0]):
        here = set(holder[slot].tolist())
        for name in [name for name in left if name not in here]:
            gone = left.pop(name)
            out.dropped[slot] += gone
            done[name] += gone
        for seat, name in enumerate(holder[slot].tolist()):
            if not name:
                continue
            total = left.get(name, 0) + int(arriving[slot, seat])
            first[slot, seat] = done.get(name, 0)
            offered[slot, seat] = min(total, most)
            waiting[slot, seat] = left[name] = total - offered[slot, seat]
            done[name] = first[slot, seat] + offered[slot, seat]
    return out


def tasks_of_seats(tasks: Tasks, holder: np.ndarray, times: Times) -> tuple[np.ndarray, np.ndarray]:
    """Which slot and which seat every task of a trace arrives at, (task,) each, -1 where at none.

    A task belongs to the slot in whose time it arrives, and to the seat of its number, the seat that its vehicle holds
    then, or, without a user, to the seats in turn.
    """
    edges = np.append(times.seconds, times.seconds[-1] + times.slot_s)
    slot = np.searchsorted(edges, tasks.seconds, side="right") - 1
    slot = np.where((slot >= 0) & (slot < len(times)), slot, NO_SLOT)
    seat = np.full(len(slot), NO_SLOT, dtype=np.int64)
    turn = 0
    for i, user in enumerate(tasks.user.tolist()):
        if slot[i] == NO_SLOT:
            continue
        held = np.flatnonzero(holder[slot[i]] == user) if user else []
        if not user:
            seat[i], turn = turn % holder.shape[1], turn + 1
        elif len(held):
            seat[i] = held[0]
        elif user.isdecimal() and int(user) < holder.shape[1]:
            seat[i] = int(user)
    return slot, seat
