"""The system in time, in its smallest form: users on roads, old shares on new channels, handovers, actions."""

from __future__ import annotations

import numpy as np

from sagin.core import records
from sagin.core.units import from_db
from sagin.systems._template.model import Decision, Drops, Metrics, assemble
from sagin.systems._template.scenario import Scenario
from sagin.world.view import Followed, View, filled


def seats(scenario: Scenario) -> tuple[int, int]:
    """Satellite and user seats."""
    return 0, scenario.n_users


def follow(scenario: Scenario, view: View, seed: int) -> Followed:
    """Drops of one seed, one a slot: the SNR falls in dB from the site to the edge of its range."""
    users = view.users
    reason = view.user_reasons(users)
    rows = filled(reason)
    edge = np.minimum(users.distance_m() / view.world.roads.range_m, 1.0)  # type: ignore[union-attr]
    drops = assemble(
        scenario,
        np.full(len(view.times), seed),
        view.task_bits(seed, users, scenario.task_bits_min, scenario.task_bits_max)[rows],
        from_db(scenario.snr_max_db + (scenario.snr_min_db - scenario.snr_max_db) * edge)[rows],
    )
    return Followed(drops, reason)


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """Shares applied later, brought into their range."""
    share = np.maximum(decision.share, 0.0)
    return records.build(Decision, share=share / np.maximum(1.0, share.sum(axis=1, keepdims=True)))


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, user) all zero: there is one server."""
    return np.zeros(drops.task_bits.shape, dtype=np.int64)


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) objective with the time of handovers; there is no energy in it."""
    return metrics.objective + seconds.sum(axis=1)


def numbers_a_user(drops: Drops) -> int:
    """Numbers of an action for each user."""
    return 1


def numbers_shared(drops: Drops) -> int:
    """Numbers of an action beyond those of the users."""
    return 0


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Shares by a softmax of one number a user."""
    grown = np.exp(3 * np.clip(np.asarray(action, dtype=float), -1, 1).reshape(drops.task_bits.shape))
    return records.build(Decision, share=grown / grown.sum(axis=1, keepdims=True))
