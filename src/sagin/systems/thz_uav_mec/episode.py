"""The system in time: UAVs that need time to fly, handovers, and what numbers stand for a decision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sagin.core import records
from sagin.systems.thz_uav_mec.model import Decision, Drops, Metrics, distance


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A decision applied later: as it is."""
    return decision


def settle(previous: np.ndarray, decision: Decision, reach: float) -> Decision:
    """The decision with each UAV moved from where it was (drop, uav, 2) to its new place, at most `reach` [m] far."""
    way = decision.uav_xy - previous
    length = np.linalg.norm(way, axis=2, keepdims=True)
    share = np.minimum(1.0, reach / np.maximum(length, np.finfo(float).tiny))
    moved = np.where(share < 1.0, previous + share * way, decision.uav_xy)
    return replace(decision, uav_xy=moved)


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, iot) number of the pair of server and relay, direct links first."""
    return decision.server * (drops.n_uavs + 1) + decision.relay + 1


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) mean delay with the mean of the seconds added; joules do not enter this objective."""
    return metrics.objective + seconds.mean(axis=1)


def numbers_a_user(drops: Drops) -> int:
    """One for each server, and one for each UAV and for none."""
    return drops.n_mecs + drops.n_uavs + 1


def numbers_shared(drops: Drops) -> int:
    """Two coordinates of each UAV."""
    return 2 * drops.n_uavs


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Decision of numbers (drop, n) in [-1, 1]: a row of M + U + 1 for each IoT, then x and y of each UAV.

    The largest of the first M names the server, of the rest no relay or a UAV. A UAV spends its power in equal parts
    on its IoTs. The IoT with the longest first hop takes the sub-band of least loss, and so on.
    """
    n, users, uavs = len(drops.seeds), drops.n_iots, drops.n_uavs
    values = np.asarray(action, dtype=float)
    rows = values[:, : users * numbers_a_user(drops)].reshape(n, users, numbers_a_user(drops))
    server = np.argmax(rows[..., : drops.n_mecs], axis=2)
    relay = np.argmax(rows[..., drops.n_mecs :], axis=2) - 1
    places = np.clip(values[:, users * numbers_a_user(drops) :], -1, 1).reshape(n, uavs, 2)
    uav_xy = drops.area_side_m * (places + 1) / 2
    chosen = relay[:, None, :] == np.arange(uavs)[:, None]  # (drop, uav, iot)
    power = drops.uav_power_w[..., None] * chosen / np.maximum(chosen.sum(axis=2, keepdims=True), 1)
    hop = first_hop_m(drops, server, relay, uav_xy)
    subband = bands_by_length(drops, hop)
    return records.build(Decision, server=server, subband=subband, relay=relay, uav_xy=uav_xy, uav_power=power)


def first_hop_m(drops: Drops, server: np.ndarray, relay: np.ndarray, uav_xy: np.ndarray) -> np.ndarray:
    """(drop, iot) length [m] of the link from an IoT to its relay or, without one, to its server."""
    row = np.arange(len(server))[:, None]
    at_server = np.linalg.norm(drops.mec_xy[row, server] - drops.iot_xy, axis=2)
    direct = distance(at_server, drops.mec_height_m - drops.iot_height_m)
    if not drops.n_uavs:
        return direct
    at_uav = np.linalg.norm(uav_xy[row, np.maximum(relay, 0)] - drops.iot_xy, axis=2)
    return np.where(relay >= 0, distance(at_uav, drops.uav_height_m - drops.iot_height_m), direct)


def bands_by_length(drops: Drops, hop_m: np.ndarray) -> np.ndarray:
    """(drop, iot) sub-bands, all different: in falling order of the hop, the free one that loses least over it."""
    order = np.argsort(-hop_m, axis=1, kind="stable")
    band = np.empty(hop_m.shape, dtype=np.int64)
    row = np.arange(len(hop_m))
    taken = np.zeros(drops.frequency_hz.shape, dtype=bool)
    spread = 2 * np.log(drops.frequency_hz)  # loss is frequency squared times exp(absorption * length)
    for k in range(hop_m.shape[1]):
        iot = order[:, k]
        loss = spread + drops.absorption_per_m * hop_m[row, iot][:, None]
        best = np.argmin(np.where(taken, np.inf, loss), axis=1)
        band[row, iot], taken[row, best] = best, True
    return band
