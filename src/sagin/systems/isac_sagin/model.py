"""The model on one page: drops, decisions, and the judge `evaluate`.

Axes: drop, frame, antenna (of the AAV towards the ground). A frame is a pilot phase, in which the AAV estimates the
channel and senses the target, and a data phase. What arrives in a data phase is processed in a window as long.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sagin.blocks.access.estimated_channel import sinr_with_estimate
from sagin.blocks.access.least_power import least_power
from sagin.blocks.access.maximum_ratio import maximum_ratio_gain
from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.channel.array_response import array_response
from sagin.blocks.computing.cpu import cpu_energy
from sagin.blocks.geometry.flight import straight_flight
from sagin.blocks.sensing.bistatic_radar import bistatic_gain, swerling_echo
from sagin.blocks.sensing.clutter import exponential_covariance, least_pilot_energy, sensing_sinr
from sagin.blocks.sensing.detection import deflection, detection_probability
from sagin.blocks.sensing.fused_detection import fused_detection_probability
from sagin.core import random, records
from sagin.core.constants import SPEED_OF_LIGHT_MPS
from sagin.core.errors import InputError
from sagin.core.records import Complexes, Floats, build, column, constant, metric, violation
from sagin.core.units import from_db, from_dbm, to_db
from sagin.systems.isac_sagin.scenario import Scenario


@dataclass(frozen=True)
class Drops(records.Drops):
    """A batch of missions: positions, gains and channels of every frame."""

    scenario: Scenario
    seeds: records.Ints
    aav_position_m: Floats = column("frame", "axis", unit="m", doc="position of the AAV")
    iot_position_m: Floats = column("axis", unit="m", doc="position of the IoT device")
    target_position_m: Floats = column("axis", unit="m", doc="position of the target")
    target_gain: Floats = column("frame", doc="mean power gain of the echo at one antenna", gt=0)
    steering_rx: Complexes = column("frame", "antenna", dtype=complex, doc="array response towards the target")
    clutter_covariance: Complexes = column("antenna", "other", dtype=complex, doc="covariance of the clutter")
    channel: Complexes = column("frame", "antenna", dtype=complex, doc="channel from the device to the AAV")
    channel_gain: Floats = column("frame", doc="power gain of that channel used for the rate", ge=0)
    leo_gain: Floats = column("frame", doc="power gain to the satellite with maximum-ratio transmission", gt=0)
    iot_power_w: float = constant(unit="W", doc="transmit power of the device", gt=0)
    aav_max_power_w: float = constant(unit="W", doc="largest transmit power of the AAV", gt=0)
    noise_power_w: float = constant(unit="W", doc="noise power", gt=0)
    sensing_sinr_min: float = constant(doc="least sensing SINR, linear", gt=0)
    frame_length_s: float = constant(unit="s", doc="length of a frame", gt=0)
    bandwidth_hz: float = constant(unit="Hz", doc="bandwidth", gt=0)
    pilot_symbol_rate_hz: float = constant(unit="Hz", doc="pilot symbols a second of one sub-band", gt=0)
    min_data_bits: float = constant(unit="bit", doc="least number of data bits of the mission", gt=0)
    switched_capacitance_aav: float = constant(unit="J s^2/cycle^3", doc="effective switched capacitance", gt=0)
    cycles_per_pilot_bit: float = constant(unit="cycle/bit", doc="cycles to estimate the channel, a pilot bit", ge=0)
    cycles_per_data_bit: float = constant(unit="cycle/bit", doc="cycles to process a data bit", gt=0)
    pilot_bits_per_symbol: float = constant(unit="bit", doc="bits of a pilot sample", ge=0)


@dataclass(frozen=True)
class Decision(records.Record):
    """The paper's decision space: one pilot duration, one data duration and one ratio for all frames."""

    pilot_s: Floats = column(unit="s", doc="duration of the pilot phase", gt=0)
    data_s: Floats = column(unit="s", doc="duration of the data phase", gt=0)
    ratio: Floats = column(doc="share of the data forwarded to the satellite")
    bits: Floats = column("frame", unit="bit", doc="data bits")


@dataclass(frozen=True)
class RatioPerFrame(records.Record):
    """A larger space than the paper's: every frame has its own ratio, the durations stay common."""

    pilot_s: Floats = column(unit="s", doc="duration of the pilot phase", gt=0)
    data_s: Floats = column(unit="s", doc="duration of the data phase", gt=0)
    ratio: Floats = column("frame", doc="share of the data forwarded to the satellite")
    bits: Floats = column("frame", unit="bit", doc="data bits")


@dataclass(frozen=True)
class AllPerFrame(records.Record):
    """The largest space: every frame has its own durations and its own ratio."""

    pilot_s: Floats = column("frame", unit="s", doc="duration of the pilot phase", gt=0)
    data_s: Floats = column("frame", unit="s", doc="duration of the data phase", gt=0)
    ratio: Floats = column("frame", doc="share of the data forwarded to the satellite")
    bits: Floats = column("frame", unit="bit", doc="data bits")


@dataclass(frozen=True)
class Metrics(records.Metrics):
    """What a decision costs the AAV, what it senses, and how far it is from allowed."""

    objective: Floats = metric(unit="J", doc="energy of the AAV over the mission")
    estimation_energy_j: Floats = metric(unit="J", doc="energy of channel estimation")
    computing_energy_j: Floats = metric(unit="J", doc="energy of processing data on the AAV")
    uplink_energy_j: Floats = metric(unit="J", doc="energy of forwarding data to the satellite")
    mean_pilot_s: Floats = metric(unit="s", doc="duration of the pilot phase, mean of the frames")
    iot_rate_bps: Floats = metric("frame", unit="bit/s", doc="rate from the device during the data phase")
    leo_rate_bps: Floats = metric("frame", unit="bit/s", doc="rate to the satellite at full power")
    leo_power_w: Floats = metric("frame", unit="W", doc="transmit power of the AAV")
    sensing_sinr: Floats = metric("frame", doc="sensing SINR")
    deflection: Floats = metric("frame", doc="SINR of the whitened detector")
    detection_probability: Floats = metric("frame", doc="probability of detection at the scenario's false alarms")
    violation_min_data: Floats = violation("data bits missing, relative")
    violation_iot_rate: Floats = violation("bits beyond the device's rate, in mean bits of a frame")
    violation_leo_rate: Floats = violation("forwarded bits beyond the satellite's rate, in mean bits of a frame")
    violation_sensing: Floats = violation("sensing SINR missing, relative")
    violation_frame_length: Floats = violation("durations that do not add up to the frame, relative")
    violation_ratio_low: Floats = violation("ratio below 0")
    violation_ratio_high: Floats = violation("ratio above 1")
    violation_bits_low: Floats = violation("negative bits, in mean bits of a frame")


def draw(scenario: Scenario, seeds: np.ndarray) -> Drops:
    """One drop a seed. Longer missions and larger arrays keep the fading of their first frames and antennas."""
    s = scenario
    jitter = np.stack([random.stream(seed, "position").uniform(-1, 1, (2, 2)) for seed in seeds])
    ground = np.zeros((len(seeds), 2, 3))
    ground[:, :, :2] = s.position_jitter_m * jitter
    base = {
        "aav_position_m": np.tile(straight_flight(s.aav_start_m, s.aav_end_m, s.n_frames), (len(seeds), 1, 1)),
        "iot_position_m": ground[:, 0] + np.asarray(s.iot_position_m),
        "target_position_m": ground[:, 1] + np.asarray(s.target_position_m),
    }
    return assemble(s, seeds, base, still(s, base), [fading(int(seed), s.n_frames, s.n_rx) for seed in seeds])


def still(s: Scenario, base: dict) -> np.ndarray:
    """(drop, frame, 3) [m] the scenario's satellite, which stands where it is."""
    return np.broadcast_to(np.asarray(s.leo_position_m), base["aav_position_m"].shape)


def assemble(s: Scenario, seeds: np.ndarray, base: dict, leo_position_m: np.ndarray, drawn: list) -> Drops:
    """Drops of positions of AAV, device and target (`base`) and of the satellite (drop, frame, 3), and of fading."""
    covariance = exponential_covariance(from_db(s.clutter_gain_db), s.clutter_correlation, s.n_rx)  # Eq. (M3)
    base = {**base, "clutter_covariance": np.tile(covariance, (len(seeds), 1, 1))}
    scalars = {
        "iot_power_w": from_dbm(s.iot_power_dbm),
        "aav_max_power_w": from_dbm(s.aav_max_power_dbm),
        "noise_power_w": from_dbm(s.noise_power_dbm),
        "sensing_sinr_min": from_db(s.sensing_sinr_db),
        **{name: getattr(s, name) for name in _COPIED},
    }
    return build(Drops, scenario=s, seeds=seeds, **_derived(s, base, leo_position_m, drawn), **scalars)


_COPIED = (
    *("frame_length_s", "bandwidth_hz", "pilot_symbol_rate_hz", "min_data_bits", "switched_capacitance_aav"),
    *("cycles_per_pilot_bit", "cycles_per_data_bit", "pilot_bits_per_symbol"),
)


def derive(drops: Drops, given: frozenset[str]) -> Drops:
    """Drops whose gains and channels follow from replaced positions or covariance, except those given themselves."""
    s = drops.scenario
    arrays = {f.name: getattr(drops, f.name) for f in dataclasses.fields(drops)}
    drawn = [fading(int(seed), drops.aav_position_m.shape[1], s.n_rx) for seed in drops.seeds]
    return build(Drops, **{**arrays, **_derived(s, arrays, still(s, arrays), drawn, given)})


def _derived(s: Scenario, base: dict, leo: np.ndarray, drawn: list, given: frozenset[str] = frozenset()) -> dict:
    """Arrays that follow from positions, clutter and each drop's fading; those `given` in `base` are kept."""
    aav, iot, target = base["aav_position_m"], base["iot_position_m"], base["target_position_m"]
    echo, clutter, shadowing = (np.stack(part) for part in zip(*drawn, strict=True))

    to_target = target[:, None] - aav
    d_iot_target = np.linalg.norm(iot - target, axis=-1)[:, None]  # (drop, 1)
    d_target_aav = np.linalg.norm(to_target, axis=-1)  # (drop, frame)
    d_aav_leo = np.linalg.norm(leo - aav, axis=-1)
    if not min(d_iot_target.min(), d_target_aav.min(), d_aav_leo.min()) > 0:
        raise InputError("positions", 0.0, "apart", "a distance of 0 has no finite gain")

    out = {name: base[name] for name in _BASE}

    def put(name: str, value: np.ndarray) -> np.ndarray:
        out[name] = base[name] if name in given else value
        return out[name]

    steering = put("steering_rx", array_response(to_target[..., 0] / d_target_aav, s.n_rx))  # Eq. (M1)
    legs = d_iot_target / s.reference_distance_m, d_target_aav / s.reference_distance_m
    wavelength = SPEED_OF_LIGHT_MPS / s.carrier_hz
    target_gain = put("target_gain", bistatic_gain(from_db(s.sensing_gain_db), wavelength, *legs))  # Eq. (M2)
    covariance = out["clutter_covariance"]
    scatter = np.einsum("dij,dfj->dfi", _factor(covariance), clutter)
    channel = put("channel", swerling_echo(target_gain, echo, steering) + scatter)  # Eq. (M4)
    mean_gain = s.n_rx * target_gain + np.trace(covariance, axis1=1, axis2=2).real[:, None]
    put("channel_gain", np.sum(np.abs(channel) ** 2, axis=-1) if s.fading else mean_gain)
    path = from_db(s.leo_antenna_gain_db + s.leo_reference_gain_db) / (d_aav_leo / s.reference_distance_m) ** 2
    shadow = from_db(-s.leo_shadowing_std_db * shadowing)
    line_of_sight = array_response((leo[..., 0] - aav[..., 0]) / d_aav_leo, s.n_tx)
    put("leo_gain", path * shadow * maximum_ratio_gain(line_of_sight))  # Eq. (M5)
    return out


def _factor(covariance: np.ndarray) -> np.ndarray:
    """Cholesky factors (drop, antenna, antenna) of the clutter's covariance; InputError where it has none."""
    size = np.abs(covariance).max()
    if np.abs(covariance - covariance.conj().swapaxes(1, 2)).max() > 1e-9 * size:
        raise InputError("clutter_covariance", "not Hermitian", "Hermitian and positive definite")
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(covariance).min())
        raise InputError(
            "clutter_covariance", f"an eigenvalue of {least:g}", "Hermitian and positive definite"
        ) from None


_BASE = ("aav_position_m", "iot_position_m", "target_position_m", "clutter_covariance")


def fading(seed: int, n_frames: int, n_rx: int, prefix: str = "") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Echo (frame,), clutter (frame, antenna), both circular normal, and shadowing (frame,), standard normal.

    `prefix`: of the names of the streams.
    """
    echo = random.complex_normal(random.stream(seed, f"{prefix}echo"), n_frames)
    clutter = [random.complex_normal(random.stream(seed, f"{prefix}clutter", i), n_frames) for i in range(n_rx)]
    return echo, np.stack(clutter, axis=-1), random.stream(seed, f"{prefix}shadowing").standard_normal(n_frames)


def evaluate(drops: Drops, decision: Decision | RatioPerFrame | AllPerFrame) -> Metrics:
    """Energy and constraint violations of any decision of the three spaces; common values broadcast over frames."""
    d = drops
    pilot, data, ratio = (
        value if value.ndim == 2 else value[:, None] for value in (decision.pilot_s, decision.data_s, decision.ratio)
    )  # (drop, frame) or (drop, 1)
    bits = decision.bits
    frame_bits = d.min_data_bits / bits.shape[1]  # mean bits of a frame
    n_pilots = d.pilot_symbol_rate_hz * pilot  # Eq. (M6)
    pilot_energy = d.iot_power_w * n_pilots

    with np.errstate(all="ignore"):  # absurd decisions overflow to inf, which is reported
        # Eq. (1), (2): the estimate's error acts as noise
        sinr = sinr_with_estimate(d.iot_power_w * d.channel_gain / d.noise_power_w, n_pilots)
        iot_rate = shannon_rate(d.bandwidth_hz, sinr)  # Eq. (7), corrected, see E6 [bit/s]
        full_snr = d.aav_max_power_w * d.leo_gain / d.noise_power_w
        leo_rate = shannon_rate(d.bandwidth_hz, full_snr)  # Eq. (8) [bit/s]
        leo_power = least_power(ratio * bits / data, d.bandwidth_hz, d.leo_gain, d.noise_power_w)  # Eq. (M7) [W]

        pilot_bits = d.pilot_bits_per_symbol * d.bandwidth_hz * pilot  # see E9
        pilot_cycles = d.cycles_per_pilot_bit * pilot_bits
        data_cycles = d.cycles_per_data_bit * np.maximum((1 - ratio) * bits, 0.0)
        kappa = d.switched_capacitance_aav
        estimation = cpu_energy(pilot_cycles, pilot_cycles / pilot, kappa)  # Eq. (10) [J]
        computing = cpu_energy(data_cycles, data_cycles / data, kappa)  # Eq. (11) [J]
        uplink = leo_power * data  # Eq. (12), corrected, see E8 [J]
        n_frames = bits.shape[1]
        energies = [(part + np.zeros((1, n_frames))).sum(axis=1) for part in (estimation, computing, uplink)]

        traces = _traces(d)
        sinr = sensing_sinr(pilot_energy, *traces, d.noise_power_w * d.steering_rx.shape[2])  # Eq. (9)
        detector = deflection(
            pilot_energy, d.target_gain, d.steering_rx, d.clutter_covariance[:, None], d.noise_power_w
        )  # Eq. (M8)

        return Metrics(
            objective=energies[0] + energies[1] + energies[2],  # Eq. (13), (14a) [J]
            estimation_energy_j=energies[0],
            computing_energy_j=energies[1],
            uplink_energy_j=energies[2],
            mean_pilot_s=pilot.mean(axis=1),
            iot_rate_bps=iot_rate + np.zeros(bits.shape),
            leo_rate_bps=leo_rate,
            leo_power_w=leo_power,
            sensing_sinr=sinr,
            deflection=detector,
            detection_probability=detection_probability(detector, d.scenario.false_alarm_probability),  # Eq. (M9)
            violation_min_data=1 - bits.sum(axis=1) / d.min_data_bits,  # Eq. (14b)
            violation_iot_rate=((bits - iot_rate * data) / frame_bits).max(axis=1),  # Eq. (14c)
            violation_leo_rate=((ratio * bits - leo_rate * data) / frame_bits).max(axis=1),  # Eq. (14d)
            violation_sensing=(1 - sinr / d.sensing_sinr_min).max(axis=1),  # Eq. (14e)
            violation_frame_length=np.abs((pilot + data) / d.frame_length_s - 1).max(axis=1),
            violation_ratio_low=(-ratio).max(axis=1),  # Eq. (14f)
            violation_ratio_high=(ratio - 1).max(axis=1),
            violation_bits_low=(-bits).max(axis=1) / frame_bits,
        )


def least_pilot_s(drops: Drops) -> np.ndarray:
    """(drop, frame) pilot duration [s] from which a frame senses well enough; inf where clutter forbids it."""
    n_rx = drops.steering_rx.shape[2]
    energy = least_pilot_energy(drops.sensing_sinr_min, *_traces(drops), n_rx * drops.noise_power_w)
    return energy / (drops.iot_power_w * drops.pilot_symbol_rate_hz)  # Eq. (M10) [s]


def _traces(drops: Drops) -> tuple[np.ndarray, np.ndarray]:
    """Traces of the echo's covariance (drop, frame) and of the clutter's (drop, 1)."""
    target = drops.steering_rx.shape[2] * drops.target_gain
    return target, np.trace(drops.clutter_covariance, axis1=1, axis2=2).real[:, None]


def budget(drops: Drops) -> list[tuple[str, float, str]]:
    """Links, sensing and processor of the first drop, at the scenario's fixed pilot duration and ratio."""
    d, s = drops, drops.scenario
    n_frames = d.leo_gain.shape[1]
    share = np.full((len(d.seeds), n_frames), d.min_data_bits / n_frames)
    pilot, ratio = np.full(len(d.seeds), s.fixed_pilot_s), np.full(len(d.seeds), s.fixed_ratio)
    decision = build(Decision, pilot_s=pilot, data_s=d.frame_length_s - pilot, ratio=ratio, bits=share)
    m = evaluate(d, decision)
    distance = np.linalg.norm(np.asarray(s.leo_position_m) - d.aav_position_m[0], axis=-1)
    clock = d.cycles_per_data_bit * (1 - s.fixed_ratio) * share[0, 0] / decision.data_s[0]
    worst = int(np.argmin(d.target_gain[0]))
    alarms = s.false_alarm_probability
    return [
        ("device power", s.iot_power_dbm, "dBm"),
        ("noise", s.noise_power_dbm, "dBm"),
        ("echo gain of an antenna, weakest frame", to_db(d.target_gain[0, worst]), "dB"),
        ("clutter gain of an antenna", to_db(d.clutter_covariance[0, 0, 0].real), "dB"),
        ("device to AAV: mean channel gain", to_db(float(d.channel_gain[0].mean())), "dB"),
        ("device to AAV: mean rate", float(m.iot_rate_bps[0].mean()), "bit/s"),
        ("sensing SINR, weakest frame", to_db(float(m.sensing_sinr[0].min())), "dB"),
        ("detection probability, weakest frame", float(m.detection_probability[0].min()), ""),
        (
            "detection probability, first ten frames fused",
            fused_detection_probability(m.deflection[0, :10], alarms),
            "",
        ),
        ("least pilot duration for the sensing target", float(least_pilot_s(d)[0].max()), "s"),
        ("AAV to satellite: mean distance", float(distance.mean()), "m"),
        ("AAV to satellite: mean gain, beam included", to_db(float(d.leo_gain[0].mean())), "dB"),
        ("AAV to satellite: mean rate at full power", float(m.leo_rate_bps[0].mean()), "bit/s"),
        ("AAV to satellite: mean power used", float(m.leo_power_w[0].mean()), "W"),
        ("processor clock", float(clock), "Hz"),
        ("energy of estimation", float(m.estimation_energy_j[0]), "J"),
        ("energy of computing", float(m.computing_energy_j[0]), "J"),
        ("energy of the uplink", float(m.uplink_energy_j[0]), "J"),
    ]
