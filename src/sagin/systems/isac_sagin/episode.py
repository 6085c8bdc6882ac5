"""The system in time: a slot is a mission; what numbers stand for a decision."""

from __future__ import annotations

import numpy as np

from sagin.blocks.access.estimated_channel import sinr_with_estimate
from sagin.blocks.access.shannon import shannon_rate
from sagin.core import records
from sagin.methods.capped_level import capped_level
from sagin.systems.isac_sagin.model import Decision, Drops, Metrics

LEAST_SHARE, MOST_SHARE = 0.02, 0.98  # of a frame for pilots


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A decision applied later: as it is."""
    return decision


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, 0): the one device has one AAV; handovers are the satellite's."""
    return np.zeros((len(drops.seeds), 0), dtype=np.int64)


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) energy with joules added; seconds do not enter this objective."""
    return metrics.objective + joules.sum(axis=1)


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Decision of two numbers (drop, 2) in [-1, 1]: the pilot's share of a frame, and the ratio forwarded.

    Bits follow a common level below what each frame's channel carries, so that they sum to the mission's least.
    """
    unit = (np.clip(np.asarray(action, dtype=float), -1, 1) + 1) / 2
    pilot = drops.frame_length_s * (LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * unit[:, 0])
    data = drops.frame_length_s - pilot
    pilots = drops.pilot_symbol_rate_hz * pilot[:, None]
    sinr = sinr_with_estimate(drops.iot_power_w * drops.channel_gain / drops.noise_power_w, pilots)
    caps = shannon_rate(drops.bandwidth_hz, sinr) * data[:, None]
    bits = np.empty_like(caps)
    for cap, row in zip(caps, bits, strict=True):
        capped_level(cap, drops.min_data_bits, row)
    return records.build(Decision, pilot_s=pilot, data_s=data, ratio=unit[:, 1], bits=bits)
