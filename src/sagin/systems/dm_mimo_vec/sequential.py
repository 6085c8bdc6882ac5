"""Sequential service: an extension of the decision space, not a better answer to the paper's problem.

Same bands, powers, tasks and objective, but the vehicles upload one after the other, each with the whole band, and
their streams use the satellite link one after the other, each with all the power and without interference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.records import Complexes, Floats, Ints, column, metric, violation
from sagin.systems.dm_mimo_vec.model import Drops, branches, ground_snr, power_violation, precoded, summarise


@dataclass(frozen=True)
class SequentialDecision(records.Record):
    """Order of service, task split, and one precoder for each stream, which is alone on the link."""

    order: Ints = column("vehicle", dtype=int, doc="order[n] is the vehicle served n-th, a permutation")
    s_sat_bits: Floats = column("vehicle", unit="bit", doc="part of the task sent to the satellites")
    v: Complexes = column("vehicle", "antenna", unit="sqrt(W)", dtype=complex, doc="precoder of each stream")

    def __post_init__(self) -> None:
        wrong = np.flatnonzero((np.sort(self.order, axis=1) != np.arange(self.order.shape[1])).any(axis=1))
        if wrong.size:
            places = f"a permutation of 0 to {self.order.shape[1] - 1}"
            raise InputError("order", self.order[wrong[0]].tolist(), places, "every vehicle is served once")


@dataclass(frozen=True)
class SequentialMetrics(records.Metrics):
    """What a sequential decision costs, and how far it is from violating each constraint."""

    objective: Floats = metric(doc="weighted sum of delay [s] and energy [J]")
    sinr_sat: Floats = metric("vehicle", doc="SNR of the satellite stream, alone on the link")
    rate_sat_bps: Floats = metric("vehicle", unit="bit/s", doc="rate of the satellite stream")
    t_up_s: Floats = metric("vehicle", unit="s", doc="end of the upload")
    t_wait_s: Floats = metric("vehicle", unit="s", doc="wait for the satellite link")
    t_rsu_s: Floats = metric("vehicle", unit="s", doc="computing time at the RSU")
    t_sat_tx_s: Floats = metric("vehicle", unit="s", doc="transmission time to the satellites")
    t_sat_cp_s: Floats = metric("vehicle", unit="s", doc="computing time behind the satellites")
    t_sat_s: Floats = metric("vehicle", unit="s", doc="time of the satellite branch without the wait")
    t_total_s: Floats = metric("vehicle", unit="s", doc="completion time of the task")
    e_up_j: Floats = metric("vehicle", unit="J", doc="upload energy")
    e_rsu_j: Floats = metric("vehicle", unit="J", doc="computing energy at the RSU")
    e_cpu_j: Floats = metric("vehicle", unit="J", doc="computing energy behind the satellites")
    e_sat_tx_j: Floats = metric("vehicle", unit="J", doc="transmission energy to the satellites")
    p_stream_w: Floats = metric("vehicle", unit="W", doc="power of each stream")
    delay_total_s: Floats = metric(unit="s", doc="sum of completion times")
    energy_total_j: Floats = metric(unit="J", doc="sum of all energies")
    violation_split_low: Floats = violation("largest negative part of a task")
    violation_split_high: Floats = violation("largest part beyond a task")
    violation_power: Floats = violation("power of a stream beyond the RSU's, relative")
    violation_deadline: Floats = violation("latest task beyond the deadline, relative")


def evaluate(drops: Drops, decision: SequentialDecision) -> SequentialMetrics:
    """Metrics of any sequential decision, feasible or not."""
    received = precoded(drops, decision.v)
    sinr = (np.real(received) ** 2 + np.imag(received) ** 2).sum(axis=1) / drops.noise_sat_w
    sat_rate = shannon_rate(drops.bandwidth_sat_hz, sinr)  # Eq. (M8) [bit/s]
    parts = branches(drops, decision.s_sat_bits, decision.v, sat_rate)
    upload = drops.task_bits / shannon_rate(drops.bandwidth_ground_hz, ground_snr(drops))
    in_turn = np.take_along_axis(upload, decision.order, axis=1).cumsum(axis=1)
    t_up = np.empty_like(upload)
    np.put_along_axis(t_up, decision.order, in_turn, axis=1)  # Eq. (M9) [s]
    start = link_starts(decision.order, t_up, parts["t_sat_tx_s"])
    at_sat = start + parts["t_sat_s"]
    return summarise(
        drops,
        decision,
        {
            "sinr_sat": sinr,
            "rate_sat_bps": sat_rate,
            "t_up_s": t_up,
            "t_wait_s": start - t_up,
            "t_total_s": np.maximum(t_up + parts["t_rsu_s"], at_sat),  # Eq. (M11) [s]
            "e_up_j": drops.p_vehicle_w * upload,
            **parts,
            "violation_power": power_violation(drops, parts["p_stream_w"], per_stream=True),
        },
        SequentialMetrics,
    )


def link_starts(order: np.ndarray, t_up: np.ndarray, t_tx: np.ndarray) -> np.ndarray:
    """(drop, vehicle) start of each stream: first come first served, in the order of the uploads."""
    start = t_up.copy()
    rows = np.arange(order.shape[0])
    free = np.zeros(order.shape[0])
    for vehicle in order.T:
        sends = t_tx[rows, vehicle] > 0  # a stream without bits neither waits nor blocks
        begin = np.where(sends, np.maximum(t_up[rows, vehicle], free), t_up[rows, vehicle])
        start[rows, vehicle] = begin  # Eq. (M10) [s]
        free = np.where(sends, np.maximum(free, begin + t_tx[rows, vehicle]), free)
    return start
