"""Drops, decisions and their evaluation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core import random, records
from sagin.core.records import column, constant, metric, violation


@dataclass(frozen=True)
class Drops:
    """One random network."""

    scenario: Any
    seeds: np.ndarray
    task_bits: np.ndarray = column("user", unit="bit", doc="task size", gt=0)
    channel: np.ndarray = column("user", "antenna", doc="channel", dtype=complex)
    is_far: np.ndarray = column("user", doc="whether the user is far", dtype=bool)
    grade: np.ndarray = column(doc="a label", dtype=str)
    n_hops: np.ndarray = column(doc="hops", dtype=int, ge=0)
    empty: np.ndarray = column("nobody", doc="an axis without members")
    speed_bit_per_s: float = constant(unit="bit/s", doc="server speed", gt=0)
    deadline_s: float = constant(unit="s", doc="deadline", gt=0)
    fading: str = constant(doc="channel model", dtype=str)
    tight: bool = constant(doc="whether the deadline counts", dtype=bool)
    weight: np.ndarray = constant("user", doc="weights", gt=0)


@dataclass(frozen=True)
class Decision:
    """Shares of the server and steering vectors."""

    share: np.ndarray = column("user", doc="share of the server")
    steering: np.ndarray = column("user", "antenna", doc="steering vectors of norm 1", dtype=complex)
    admitted: np.ndarray = column("user", doc="whether the task is served", dtype=bool)


@dataclass(frozen=True)
class BoostedDecision:
    """A server that may run at 150 %: a larger space."""

    share: np.ndarray = column("user", doc="share of the server")
    steering: np.ndarray = column("user", "antenna", doc="steering vectors of norm 1", dtype=complex)


@dataclass(frozen=True)
class Metrics:
    """What a decision costs."""

    objective: np.ndarray = metric(unit="s", doc="weighted sum delay")
    longest_s: np.ndarray = metric(unit="s", doc="longest delay")
    delay_s: np.ndarray = metric("user", unit="s", doc="delay of a task")
    violation_shares: np.ndarray = violation("shares above the server")
    violation_deadline: np.ndarray = violation("longest delay above the deadline")


def draw(scenario: Any, seeds: np.ndarray) -> Drops:
    """Random networks."""
    users, antennas = scenario.n_users, scenario.n_antennas
    bits, channel = np.empty((len(seeds), users)), np.empty((len(seeds), users, antennas), dtype=complex)
    hops = np.empty(len(seeds), dtype=int)
    for row, seed in enumerate(seeds):
        hops[row] = random.stream(int(seed), "hops").integers(1, 4)
        for user in range(users):
            generator = random.stream(int(seed), "user", user)
            bits[row, user] = generator.uniform(scenario.task_bits_min, scenario.task_bits_max)
            channel[row, user] = random.complex_normal(generator, antennas)
    if scenario.fading == "none":
        channel = np.ones_like(channel)
    return records.build(
        Drops,
        scenario=scenario,
        seeds=seeds,
        task_bits=bits,
        channel=channel,
        is_far=np.abs(channel[:, :, 0]) < 1,
        grade=np.array([f"grade {count} é" for count in hops]),
        n_hops=hops,
        empty=np.empty((len(seeds), 0)),
        speed_bit_per_s=scenario.speed_bit_per_s,
        deadline_s=scenario.deadline_s,
        fading=scenario.fading,
        tight=scenario.tight,
        weight=np.ones(users),
    )


def evaluate(drops: Any, decision: Any, capacity: float = 1.0) -> Metrics:
    """Delays of any decision."""
    gain = np.abs(np.sum(decision.steering.conj() * drops.channel, axis=2)) ** 2
    with np.errstate(divide="ignore"):
        delay = drops.task_bits / (decision.share * gain * drops.speed_bit_per_s)
    longest = delay.max(axis=1)
    return records.build(
        Metrics,
        objective=(drops.weight * delay).sum(axis=1),
        longest_s=longest,
        delay_s=delay,
        violation_shares=decision.share.sum(axis=1) - capacity,
        violation_deadline=longest - drops.deadline_s if drops.tight else np.full(len(longest), -1.0),
    )


def evaluate_boosted(drops: Any, decision: BoostedDecision) -> Metrics:
    """Delays with the faster server."""
    return evaluate(drops, decision, 1.5)
