"""The model on one page: drops, decisions, metrics, and `evaluate`, the judge of every scheme.

Liu, Liang, Wang, Chen, Li and Karagiannidis, "Distributed Massive MIMO-Aided Task Offloading in Satellite-Terrestrial
Integrated Multi-Tier VEC Networks". Equation numbers are the paper's; M.. and E.. are rows of paper.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from sagin.blocks.access.mimo_mmse import LARGEST_AMPLITUDE, mmse_sinr
from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.channel.antenna import cosine_power_gain
from sagin.blocks.channel.free_space import free_space_gain, free_space_loss_db
from sagin.blocks.channel.rician import rician_amplitude
from sagin.blocks.computing.cpu import cpu_energy, cpu_time
from sagin.blocks.geometry.orbit import slant_range, zenith_angle
from sagin.core import random, records
from sagin.core.errors import InputError
from sagin.core.records import Complexes, Floats, column, constant, metric, violation
from sagin.core.units import from_db, from_dbm, to_db, to_dbm
from sagin.systems.dm_mimo_vec.scenario import PowerLimit, Scenario

ROUNDING = 1e-14  # relative to the sum of the terms; what is left of an amplitude below this is rounding


@dataclass(frozen=True)
class Drops(records.Drops):
    """Random realisations: tasks, ground links, and the channel from the RSU's antennas to the satellites."""

    scenario: Scenario
    seeds: records.Ints
    task_bits: Floats = column("vehicle", unit="bit", gt=0, doc="size of each task")
    distance_m: Floats = column("vehicle", unit="m", gt=0, doc="distance of each vehicle from the RSU")
    gain_ground: Floats = column("vehicle", gt=0, doc="ground power gain without the factor distance^-exponent")
    p_vehicle_w: Floats = column("vehicle", unit="W", gt=0, doc="transmit power of each vehicle")
    h_sat: Complexes = column("sap", "antenna", dtype=complex, doc="amplitude gain from RSU antenna to SAP")
    d_sat_m: Floats = column("sap", unit="m", gt=0, doc="slant range of each SAP (information only)")
    theta_sat_rad: Floats = column("sap", unit="rad", ge=0, doc="zenith angle of each SAP (information only)")
    cpu_rsu_hz: Floats = column("vehicle", unit="cycle/s", gt=0, doc="RSU computing rate given to each task")
    cpu_sat_hz: Floats = column("vehicle", unit="cycle/s", gt=0, doc="CPU computing rate given to each task")
    rsu_clock_hz: float = constant(unit="cycle/s", gt=0, doc="clock of a core of the RSU")
    cpu_clock_hz: float = constant(unit="cycle/s", gt=0, doc="clock of a core of the CPU")
    switched_capacitance_rsu: float = constant(unit="J s^2/cycle^3", ge=0, doc="switched capacitance of the RSU")
    switched_capacitance_sat: float = constant(unit="J s^2/cycle^3", ge=0, doc="switched capacitance of the CPU")
    cycles_per_bit: float = constant(unit="cycle/bit", gt=0, doc="processor cycles a bit needs")
    bandwidth_ground_hz: float = constant(unit="Hz", gt=0, doc="ground band")
    bandwidth_sat_hz: float = constant(unit="Hz", gt=0, doc="satellite band")
    pathloss_exponent: float = constant(ge=0, doc="ground path-loss exponent")
    p_max_w: float = constant(unit="W", gt=0, doc="transmit power of the RSU")
    beta: float = constant(ge=0, le=1, doc="weight of delay")
    t_max_s: float = constant(unit="s", gt=0, doc="deadline")
    noise_ground_w: float = constant(unit="W", gt=0, doc="noise power in the whole ground band")
    noise_sat_w: float = constant(unit="W", gt=0, doc="noise power in the satellite band at one SAP")
    power_limit: str = constant(dtype=str, doc="total or per_stream")

    def __post_init__(self) -> None:
        if 0 in self.h_sat.shape[1:] or self.task_bits.shape[1] == 0:
            raise InputError("h_sat.shape", self.h_sat.shape, "at least one vehicle, SAP and antenna")
        if not np.abs(self.h_sat).max() <= 1e100 * np.sqrt(self.noise_sat_w):
            reason = "the receiver's noise is nothing beside it, and its square no number"
            raise InputError("h_sat", float(np.abs(self.h_sat).max()), "<= 1e100 sqrt(noise_sat_w)", reason)
        if self.power_limit not in get_args(PowerLimit):
            raise InputError("power_limit", self.power_limit, "one of " + ", ".join(get_args(PowerLimit)))


@dataclass(frozen=True)
class Decision(records.Record):
    """Shares of the ground band, task split and precoders."""

    alpha: Floats = column("vehicle", doc="share of the ground band, sum <= 1")
    s_sat_bits: Floats = column("vehicle", unit="bit", doc="part of the task sent to the satellites")
    v: Complexes = column("vehicle", "antenna", unit="sqrt(W)", dtype=complex, doc="precoder of each stream")


@dataclass(frozen=True)
class Metrics(records.Metrics):
    """What a decision costs, by vehicle and in total, and how far it is from violating each constraint."""

    objective: Floats = metric(doc="weighted sum of delay [s] and energy [J]")
    rate_ground_bps: Floats = metric("vehicle", unit="bit/s", doc="upload rate")
    sinr_sat: Floats = metric("vehicle", doc="SINR of the satellite stream")
    rate_sat_bps: Floats = metric("vehicle", unit="bit/s", doc="rate of the satellite stream")
    t_up_s: Floats = metric("vehicle", unit="s", doc="upload time")
    t_rsu_s: Floats = metric("vehicle", unit="s", doc="computing time at the RSU")
    t_sat_tx_s: Floats = metric("vehicle", unit="s", doc="transmission time to the satellites")
    t_sat_cp_s: Floats = metric("vehicle", unit="s", doc="computing time behind the satellites")
    t_sat_s: Floats = metric("vehicle", unit="s", doc="time of the satellite branch")
    t_total_s: Floats = metric("vehicle", unit="s", doc="completion time of the task")
    e_up_j: Floats = metric("vehicle", unit="J", doc="upload energy")
    e_rsu_j: Floats = metric("vehicle", unit="J", doc="computing energy at the RSU")
    e_cpu_j: Floats = metric("vehicle", unit="J", doc="computing energy behind the satellites")
    e_sat_tx_j: Floats = metric("vehicle", unit="J", doc="transmission energy to the satellites")
    p_stream_w: Floats = metric("vehicle", unit="W", doc="power of each stream")
    delay_total_s: Floats = metric(unit="s", doc="sum of completion times")
    energy_total_j: Floats = metric(unit="J", doc="sum of all energies")
    violation_alpha_sum: Floats = violation("shares beyond the band")
    violation_alpha_negative: Floats = violation("largest negative share")
    violation_split_low: Floats = violation("largest negative part of a task")
    violation_split_high: Floats = violation("largest part beyond a task")
    violation_power: Floats = violation("power beyond the limit, relative")
    violation_deadline: Floats = violation("latest task beyond the deadline, relative")


def draw(scenario: Scenario, seeds: np.ndarray) -> Drops:
    """Sample one drop for each seed, from one random stream for each satellite and each vehicle."""
    cfg, n = scenario, scenario.n_vehicles
    sap = uniform_numbers(seeds, "sap", cfg.n_saps, 3 + 3 * n)  # (drop, sap, 3 + 3 antenna)
    central_angle = cfg.cluster_radius_m / cfg.earth_radius_m * np.sqrt(sap[..., 0])
    d_sat_m = slant_range(central_angle, cfg.altitude_m, cfg.earth_radius_m)  # Eq. (M1) [m]
    theta = zenith_angle(central_angle, cfg.altitude_m, cfg.earth_radius_m)  # Eq. (M2) [rad]
    shadow_db = cfg.shadow_std_db * np.sqrt(2) * np.real(complex_normal(sap[..., 1], sap[..., 2]))
    phase, scatter = fading(sap[..., 3:].reshape(len(seeds), cfg.n_saps, n, 3))
    vehicle = uniform_numbers(seeds, "vehicle", n, 5)  # (drop, vehicle, 5)
    ground_phase, ground_scatter = fading(vehicle[..., 2:])
    return assemble(
        cfg,
        seeds,
        task_bits=cfg.task_bits_min + (cfg.task_bits_max - cfg.task_bits_min) * vehicle[..., 0],
        distance_m=cfg.distance_min_m + (cfg.distance_max_m - cfg.distance_min_m) * vehicle[..., 1],
        gain_ground=ground_gain(cfg, ground_phase, ground_scatter),
        h_sat=satellite_channel(cfg, link_gain(cfg, d_sat_m, theta, shadow_db), phase, scatter),
        d_sat_m=d_sat_m,
        theta_sat_rad=theta,
    )


def link_gain(cfg: Scenario, d_sat_m: np.ndarray, theta_rad: np.ndarray, loss_db: np.ndarray) -> np.ndarray:
    """Power gain (...) of a satellite link at its range and zenith angle; `loss_db`: shadowing and weather."""
    free_db = free_space_loss_db(d_sat_m, cfg.carrier_sat_hz)  # Eq. (3), corrected, see E6 [dB]
    antenna_gain = cosine_power_gain(theta_rad, cfg.antenna_exponent)  # Eq. (4), corrected, see E4
    return antenna_gain * from_db(cfg.sap_antenna_gain_db - free_db - loss_db)  # Eq. (2), see E5


def satellite_channel(cfg: Scenario, gain: np.ndarray, phase: np.ndarray, scatter: np.ndarray) -> np.ndarray:
    """Amplitude gains (drop, sap, antenna) of link gains (drop, sap), steady phases and scatter."""
    fade = rician_amplitude(phase, scatter, from_db(cfg.rician_k_sat_db))
    return np.sqrt(gain)[..., None] * fade  # Eq. (1), corrected, see E3 (drop, sap, antenna)


def ground_gain(cfg: Scenario, phase: np.ndarray, scatter: np.ndarray) -> np.ndarray:
    """Ground power gain (drop, vehicle) at 1 m with fading."""
    fade = rician_amplitude(phase, scatter, from_db(cfg.rician_k_ground_db))
    return free_space_gain(1.0, cfg.carrier_ground_hz) * (np.real(fade) ** 2 + np.imag(fade) ** 2)  # Eq. (M3)


def assemble(cfg: Scenario, seeds: np.ndarray, **arrays: np.ndarray) -> Drops:
    """Drops of what was drawn or followed, and of what the scenario says."""
    n = cfg.n_vehicles
    each, sharing = np.ones_like(arrays["task_bits"]), n if cfg.share_compute else 1
    same = ("cycles_per_bit", "bandwidth_ground_hz", "bandwidth_sat_hz", "pathloss_exponent", "p_max_w", "beta")
    same += ("t_max_s", "power_limit", "switched_capacitance_rsu", "switched_capacitance_sat")
    return records.build(
        Drops,
        scenario=cfg,
        seeds=seeds,
        p_vehicle_w=cfg.p_vehicle_w * each,
        cpu_rsu_hz=cfg.cpu_rsu_hz / sharing * each,
        cpu_sat_hz=cfg.cpu_sat_hz / sharing * each,
        rsu_clock_hz=cfg.cpu_rsu_hz / cfg.n_cores_rsu,
        cpu_clock_hz=cfg.cpu_sat_hz / cfg.n_cores_sat,
        noise_ground_w=from_dbm(cfg.noise_psd_dbm_per_hz) * cfg.bandwidth_ground_hz,
        noise_sat_w=from_dbm(cfg.noise_psd_dbm_per_hz) * cfg.bandwidth_sat_hz,
        **{name: getattr(cfg, name) for name in same},
        **arrays,
    )


def derive(drops: Drops, given: frozenset[str]) -> Drops:
    """The drops as they are: nothing follows from an array, and slant ranges and angles alone would decide nothing."""
    for name in ("d_sat_m", "theta_sat_rad"):
        if name in given and "h_sat" not in given:
            raise InputError(name, "given", "given with h_sat", "information only: the channel h_sat decides")
    return drops


def uniform_numbers(seeds: np.ndarray, name: str, n_members: int, n_numbers: int) -> np.ndarray:
    """(drop, member, number) uniform on [0, 1), one stream for each drop and member."""
    rows = [random.stream(int(seed), name, i).random(n_numbers) for seed in seeds for i in range(n_members)]
    return np.array(rows).reshape(len(seeds), n_members, n_numbers)


def complex_normal(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Circular normal numbers of unit variance from two uniform ones (Box and Muller 1958)."""
    return np.sqrt(-np.log1p(-first)) * np.exp(2j * np.pi * second)


def fading(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Phase in [-pi, pi) and circular normal scatter from three uniform numbers (..., 3)."""
    return np.pi * (2 * numbers[..., 0] - 1), complex_normal(numbers[..., 1], numbers[..., 2])


def ground_snr(drops: Drops) -> np.ndarray:
    """(drop, vehicle) SNR of the upload over the whole band, whatever the share (see E8)."""
    path = drops.distance_m**-drops.pathloss_exponent
    return drops.gain_ground * drops.p_vehicle_w * path / drops.noise_ground_w


def precoded(drops: Drops, v: np.ndarray) -> np.ndarray:
    """(drop, sap, stream) what the satellites receive of each stream, H v_i [sqrt(W)]; at most 1e150, and finite.

    Where the terms of a sum cancel to less than rounding can tell from 0, nothing is received.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        received = drops.h_sat @ v.swapaxes(1, 2)
        terms = np.abs(drops.h_sat) @ np.abs(v).swapaxes(1, 2)
        noise = ROUNDING * terms
        received = np.where(np.abs(received) > noise, received, 0.0)
    return np.nan_to_num(received, nan=LARGEST_AMPLITUDE, posinf=LARGEST_AMPLITUDE, neginf=-LARGEST_AMPLITUDE)


def evaluate(drops: Drops, decision: Decision) -> Metrics:
    """Metrics of any decision, feasible or not: what never ends takes infinite time."""
    upload_rate = decision.alpha * shannon_rate(drops.bandwidth_ground_hz, ground_snr(drops))  # Eq. (5) [bit/s]
    sinr = mmse_sinr(precoded(drops, decision.v), drops.noise_sat_w)  # Eq. (9), corrected, see E9
    sat_rate = shannon_rate(drops.bandwidth_sat_hz, sinr)  # Eq. (9) [bit/s]
    t_up = time_to_send(drops.task_bits, upload_rate)  # Eq. (6) [s]
    parts = branches(drops, decision.s_sat_bits, decision.v, sat_rate)
    t_total = t_up + np.maximum(parts["t_sat_s"], parts["t_rsu_s"])  # Eq. (12) [s]
    e_up = drops.p_vehicle_w * t_up  # Eq. (8), first sum [J]
    return summarise(
        drops,
        decision,
        {
            "rate_ground_bps": upload_rate,
            "sinr_sat": sinr,
            "rate_sat_bps": sat_rate,
            "t_up_s": t_up,
            "t_total_s": t_total,
            "e_up_j": e_up,
            **parts,
            "violation_alpha_sum": decision.alpha.sum(axis=1) - 1,  # Eq. (14d)
            "violation_alpha_negative": (-decision.alpha).max(axis=1),  # Eq. (14d), shares are >= 0
            "violation_power": power_violation(
                drops, parts["p_stream_w"], per_stream=drops.power_limit == "per_stream"
            ),
        },
        Metrics,
    )


def branches(drops: Drops, s_sat_bits: np.ndarray, v: np.ndarray, sat_rate: np.ndarray) -> dict[str, np.ndarray]:
    """Times and energies (drop, vehicle) of the two branches that follow the upload."""
    bits_rsu = drops.task_bits - s_sat_bits
    power = (np.real(v) ** 2 + np.imag(v) ** 2).sum(axis=2)
    t_tx = time_to_send(s_sat_bits, sat_rate)
    t_cp = cpu_time(drops.cycles_per_bit * s_sat_bits, drops.cpu_sat_hz)
    with np.errstate(invalid="ignore"):
        e_tx = np.where(power > 0, power * t_tx, 0.0)  # Eq. (11), corrected, see E13 [J]
    cycles_rsu, cycles_cpu = drops.cycles_per_bit * bits_rsu, drops.cycles_per_bit * s_sat_bits
    return {
        "t_rsu_s": cpu_time(cycles_rsu, drops.cpu_rsu_hz),  # Eq. (7), corrected, see E1 [s]
        "t_sat_tx_s": t_tx,
        "t_sat_cp_s": t_cp,
        "t_sat_s": t_tx + t_cp,  # Eq. (10) [s]
        "e_rsu_j": cpu_energy(cycles_rsu, drops.rsu_clock_hz, drops.switched_capacitance_rsu),  # Eq. (8), see E2 [J]
        "e_cpu_j": cpu_energy(cycles_cpu, drops.cpu_clock_hz, drops.switched_capacitance_sat),  # Eq. (11), see E2 [J]
        "e_sat_tx_j": e_tx,
        "p_stream_w": power,
    }


def summarise(drops: Drops, decision: Any, parts: dict[str, np.ndarray], metrics: type) -> Any:
    """Totals, objective and the violations that every decision space has."""
    share = decision.s_sat_bits / drops.task_bits
    delay = parts["t_total_s"].sum(axis=1)
    energy = (parts["e_up_j"] + parts["e_rsu_j"] + parts["e_cpu_j"] + parts["e_sat_tx_j"]).sum(axis=1)  # Eq. (13) [J]
    with np.errstate(invalid="ignore"):
        cost = drops.beta * delay + (1 - drops.beta) * energy  # Eq. (14a), corrected, see E11
    return records.build(
        metrics,
        objective=np.where(np.isfinite(delay), cost, np.inf),  # a task that never ends, even at beta = 0
        delay_total_s=delay,
        energy_total_j=energy,
        violation_split_low=(-share).max(axis=1),  # Eq. (14b)
        violation_split_high=(share - 1).max(axis=1),  # Eq. (14b)
        violation_deadline=parts["t_total_s"].max(axis=1) / drops.t_max_s - 1,  # Eq. (14e)
        **parts,
    )


def power_violation(drops: Drops, power_w: np.ndarray, *, per_stream: bool) -> np.ndarray:
    """(drop,) power of each stream, or of all together, beyond the RSU's, relative."""
    used = power_w.max(axis=1) if per_stream else power_w.sum(axis=1)
    return used / drops.p_max_w - 1  # Eq. (14c), see E12


def time_to_send(bits: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Time [s] to send `bits` at `rate`: 0 without bits, infinite at a rate of 0 or below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bits > 0, np.where(rate > 0, bits / rate, np.inf), np.where(rate > 0, bits / rate, 0.0))


def budget(drops: Drops) -> list[tuple[str, float, str]]:
    """Link budget and one task's delays and energies: vehicle 0 and the nearest SAP of the first drop."""
    sap = int(np.argmin(drops.d_sat_m[0]))
    link_gain = float(np.mean(np.abs(drops.h_sat[0, sap]) ** 2))
    snr_sat = link_gain * drops.p_max_w / drops.noise_sat_w
    snr = float(ground_snr(drops)[0, 0])
    cycles = drops.cycles_per_bit * float(drops.task_bits[0, 0])
    upload_rate = float(shannon_rate(drops.bandwidth_ground_hz, snr))
    power = float(drops.p_vehicle_w[0, 0])
    capacitance = (drops.switched_capacitance_rsu, drops.switched_capacitance_sat)
    return [
        ("transmit power of vehicle 0", float(to_dbm(power)), "dBm"),
        ("ground gain at 1 m with fading", float(to_db(float(drops.gain_ground[0, 0]))), "dB"),
        (
            "ground gain from 1 m to the vehicle",
            float(-drops.pathloss_exponent * to_db(float(drops.distance_m[0, 0]))),
            "dB",
        ),
        ("noise in the ground band", float(to_dbm(drops.noise_ground_w)), "dBm"),
        ("SNR of vehicle 0", float(to_db(snr)), "dB"),
        ("upload rate of vehicle 0 on the whole band", upload_rate, "bit/s"),
        ("transmit power of the RSU", float(to_dbm(drops.p_max_w)), "dBm"),
        ("slant range of the nearest SAP", float(drops.d_sat_m[0, sap]), "m"),
        ("its link gain, antennas and shadowing included", float(to_db(max(link_gain, 1e-300))), "dB"),
        ("noise in the satellite band", float(to_dbm(drops.noise_sat_w)), "dBm"),
        ("its SNR with all power on one antenna", float(to_db(max(snr_sat, 1e-300))), "dB"),
        ("its rate then, alone", float(shannon_rate(drops.bandwidth_sat_hz, snr_sat)), "bit/s"),
        ("task of vehicle 0", float(drops.task_bits[0, 0]), "bit"),
        ("its upload time on the whole band", float(drops.task_bits[0, 0]) / upload_rate, "s"),
        ("its upload energy", power * float(drops.task_bits[0, 0]) / upload_rate, "J"),
        ("its computing time at the RSU", cycles / float(drops.cpu_rsu_hz[0, 0]), "s"),
        ("its computing energy at the RSU", float(cpu_energy(cycles, drops.rsu_clock_hz, capacitance[0])), "J"),
        ("its computing time at the satellites", cycles / float(drops.cpu_sat_hz[0, 0]), "s"),
        ("its computing energy at the satellites", float(cpu_energy(cycles, drops.cpu_clock_hz, capacitance[1])), "J"),
    ]
