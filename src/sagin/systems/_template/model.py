"""The model on one page, held against the paper line by line. Numbers in brackets: see paper.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.core import random, records
from sagin.core.choices import simplex
from sagin.core.records import Floats, column, constant, metric, violation
from sagin.core.units import from_db, to_db
from sagin.systems._template.scenario import Scenario


@dataclass(frozen=True)
class Drops(records.Drops):
    """Realisations of a scenario."""

    scenario: Scenario
    seeds: records.Ints
    task_bits: Floats = column("user", unit="bit", doc="task size", gt=0)
    snr: Floats = column("user", doc="signal-to-noise ratio over the whole band, linear", gt=0)
    bandwidth_hz: float = constant(unit="Hz", doc="shared band", gt=0)


@dataclass(frozen=True)
class Decision(records.Record):
    """What is chosen."""

    share: Floats = column("user", doc="share of the band, >= 0, sum <= 1", choice=simplex("user"))


@dataclass(frozen=True)
class Metrics(records.Metrics):
    """What follows from a decision."""

    objective: Floats = metric(unit="s", doc="sum of the upload times")
    upload_s: Floats = metric("user", unit="s", doc="upload time; inf without a share")
    violation_share_sum: Floats = violation("sum of the shares - 1")
    violation_share_negative: Floats = violation("largest negative share")


def draw(scenario: Scenario, seeds: np.ndarray) -> Drops:
    """Tasks and SNRs, one random stream a user: a larger `n_users` keeps the earlier users."""
    shape = (len(seeds), scenario.n_users)
    task_bits, snr_db = np.empty(shape), np.empty(shape)
    for row, seed in enumerate(seeds):
        for user in range(scenario.n_users):
            generator = random.stream(int(seed), "user", user)
            task_bits[row, user] = generator.uniform(scenario.task_bits_min, scenario.task_bits_max)
            snr_db[row, user] = generator.uniform(scenario.snr_min_db, scenario.snr_max_db)
    return assemble(scenario, seeds, task_bits, from_db(snr_db))


def assemble(scenario: Scenario, seeds: np.ndarray, task_bits: np.ndarray, snr: np.ndarray) -> Drops:
    """Drops of what was drawn, or followed in an episode, and of what the scenario says."""
    bandwidth = scenario.bandwidth_hz
    return records.build(Drops, scenario=scenario, seeds=seeds, task_bits=task_bits, snr=snr, bandwidth_hz=bandwidth)


def evaluate(drops: Drops, decision: Decision) -> Metrics:
    """Metrics of any decision; a share of 0 takes for ever."""
    upload_full_s = drops.task_bits / shannon_rate(drops.bandwidth_hz, drops.snr)  # Eq. (1) [s]
    share = np.maximum(decision.share, 0.0)
    with np.errstate(divide="ignore"):
        upload_s = upload_full_s / share  # Eq. (2) [s]
    return records.build(
        Metrics,
        objective=upload_s.sum(axis=1),  # Eq. (3) [s]
        upload_s=upload_s,
        violation_share_sum=decision.share.sum(axis=1) - 1.0,  # Eq. (4)
        violation_share_negative=np.max(-decision.share, axis=1),
    )


def budget(drops: Drops) -> list[tuple[str, float, str]]:
    """Link budget of the first drop's first user."""
    snr = float(drops.snr[0, 0])
    return [
        ("SNR of user 0", float(to_db(snr)), "dB"),
        ("rate of user 0 on the whole band", float(shannon_rate(drops.bandwidth_hz, snr)), "bit/s"),
    ]
