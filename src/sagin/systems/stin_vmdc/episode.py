"""The system in time: old decisions on new vehicles, handovers, and what numbers stand for a decision."""

from __future__ import annotations

import numpy as np

from sagin.core import records
from sagin.systems.stin_vmdc.model import Decision, Drops, Metrics


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A decision applied later: splits, shares and powers brought into their ranges, the matching as it was.

    The matching names clusters by number; who is in them may have changed, which is part of being late.
    """
    split = np.maximum(np.stack([decision.theta, decision.zeta]), 0.0)
    theta, zeta = split / np.maximum(split.sum(axis=0), 1.0)
    alpha = np.maximum(decision.alpha, 0.0)
    total = alpha.sum(axis=1, keepdims=True)
    alpha = np.where(total > 0, alpha / np.where(total > 0, total, 1.0), 1.0 / alpha.shape[1])
    power = np.clip(decision.power, 0.0, now.p_max_w)
    return records.build(Decision, theta=theta, zeta=zeta, alpha=alpha, power=power, eta=decision.eta)


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, vehicle) where the largest part of a task is computed: 0 vehicle, 1 base station, 2 satellite."""
    parts = np.stack([1 - decision.theta - decision.zeta, decision.theta, decision.zeta])
    return np.argmax(parts, axis=0)


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) bits a joule with joules added; seconds do not enter this objective."""
    bits = drops.task_bits.sum(axis=1)
    with np.errstate(divide="ignore"):
        return bits / (bits / metrics.objective + joules.sum(axis=1))


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Decision of numbers (drop, n) in [-1, 1], a row of five for each vehicle.

    Split over vehicle, base station and satellite by a softmax of the first three; share of the terahertz band by a
    softmax over vehicles of the fourth; power by the fifth. Sub-channels go to the clusters by fading alone.
    """
    rows = np.asarray(action, dtype=float).reshape(*drops.task_bits.shape, 5)
    split = _softmax(3 * rows[..., :3], axis=2)
    return records.build(
        Decision,
        theta=split[..., 1],
        zeta=split[..., 2],
        alpha=_softmax(3 * rows[..., 3], axis=1),
        power=drops.p_max_w * (np.clip(rows[..., 4], -1, 1) + 1) / 2,
        eta=matching_by_fading(drops),
    )


def matching_by_fading(drops: Drops) -> np.ndarray:
    """(drop, subchannel, cluster) each sub-channel in turn to the cluster with quota left whose mean fading is best."""
    members = drops.cluster[:, :, None] == np.arange(drops.n_clusters)  # (drop, vehicle, cluster)
    count = members.sum(axis=1)[:, None, :]
    mean = np.where(count > 0, drops.fading_rf @ members / np.maximum(count, 1), -np.inf)
    eta = np.zeros(mean.shape, dtype=np.int64)
    row = np.arange(len(eta))
    for f in range(drops.n_subchannels):
        free = eta.sum(axis=1) < drops.max_subchannels_per_cluster
        best = np.argmax(np.where(free, mean[:, f], -np.inf), axis=1)
        eta[row, f, best] = free[row, best]
    return eta


def _softmax(values: np.ndarray, axis: int) -> np.ndarray:
    grown = np.exp(values - values.max(axis=axis, keepdims=True))
    return grown / grown.sum(axis=axis, keepdims=True)
