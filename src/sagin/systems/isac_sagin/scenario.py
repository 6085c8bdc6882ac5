"""Parameters: one IoT device, one AAV that senses and computes, one LEO satellite."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import model_validator

from sagin.blocks.geometry.flight import straight_flight
from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter

Position = tuple[float, float, float]


class Scenario(Parameters):
    """Scenario of the ISAC-assisted network; the defaults are the paper's table as far as its lost symbols allow.

    "paper (deduced)" marks a value of the table whose symbol had to be inferred.
    """

    n_frames: int = parameter(
        200,
        symbol="N",
        doc="number of frames of the mission",
        source='paper (deduced): "200"; 200 x 1 s x 70 m/s is the diagonal of the area',
        ge=1,
        le=1_000_000,
    )
    frame_length_s: float = parameter(
        1.0,
        unit="s",
        symbol="Delta",
        doc="length of a frame, pilot and data phase together",
        source='paper (deduced): "1 sec"; as length of the whole mission the rates would be impossible (E1)',
        gt=0,
        le=1e6,
    )
    leo_position_m: Position = parameter(
        (5e3, 5e3, 601e3), unit="m", symbol="p_L", doc="position of the satellite", source="paper (deduced)"
    )
    iot_position_m: Position = parameter(
        (1e3, 0.0, 0.0),
        unit="m",
        symbol="p_I",
        doc="position of the IoT device before jitter",
        source="paper (deduced from the order of mention)",
    )
    target_position_m: Position = parameter(
        (10e3, 0.0, 0.0),
        unit="m",
        symbol="p_T",
        doc="position of the sensed target before jitter",
        source="paper (deduced from the order of mention)",
    )
    aav_start_m: Position = parameter(
        (0.0, 0.0, 1e3), unit="m", symbol="q_0", doc="position of the AAV in the first frame", source="paper text"
    )
    aav_end_m: Position = parameter(
        (10e3, 10e3, 1e3),
        unit="m",
        symbol="q_F",
        doc="position of the AAV in the last frame",
        source="paper (deduced: the only point of the table at the AAV's altitude)",
    )
    position_jitter_m: float = parameter(
        0.0,
        unit="m",
        symbol="J",
        doc="half width of the uniform jitter of x and y of device and target",
        source="assumed: 0 is the paper's fixed geometry; 500 makes varied instances",
        ge=0,
        le=1e7,
        plausible=([200.0, 500.0], "the paper draws channels but fixes positions"),
    )
    iot_power_dbm: float = parameter(
        23.0,
        unit="dBm",
        symbol="P",
        doc="transmit power of the IoT device",
        source='paper (deduced): "23 dB" against a noise of 1 mW',
        ge=-300,
        le=300,
    )
    aav_max_power_dbm: float = parameter(
        30.0,
        unit="dBm",
        symbol="P_max",
        doc="largest transmit power of the AAV",
        source="assumed: the table has one power only; 23 dBm would not carry the data at data_s = 0.1 s",
        ge=-300,
        le=300,
        plausible=([27.0, 33.0, 36.0], "the table has one power only"),
    )
    noise_power_dbm: float = parameter(
        0.0,
        unit="dBm",
        symbol="sigma^2",
        doc="noise power in the band, at AAV and satellite",
        source='paper text: "noise variance = 1", read as 1 mW (E3)',
        ge=-300,
        le=300,
    )
    bandwidth_hz: float = parameter(
        1e6, unit="Hz", symbol="B", doc="bandwidth of either link", source="paper", gt=0, le=1e15
    )
    carrier_hz: float = parameter(
        900e6, unit="Hz", symbol="f_c", doc="carrier frequency", source="paper (deduced)", gt=0, le=1e15
    )
    n_tx: int = parameter(
        2,
        doc="antennas of the AAV towards the satellite",
        source='paper (deduced): "2"; maximum-ratio transmission needs more than one',
        ge=1,
        le=4096,
    )
    n_rx: int = parameter(2, doc="antennas of the AAV towards the ground", source='paper (deduced): "2"', ge=1, le=1024)
    reference_distance_m: float = parameter(
        1000.0,
        unit="m",
        symbol="d_0",
        doc="unit of distance in every path gain",
        source="assumed: only distances in km agree with the energies of the paper's figures (E3)",
        gt=0,
        le=1e12,
        plausible=([1.0], "1 m, the usual reference, against the kilometre that fits the energies in print, see E3"),
    )
    leo_reference_gain_db: float = parameter(
        -35.0,
        unit="dB",
        symbol="g_0",
        doc="path gain to the satellite at the reference distance",
        source="paper (deduced)",
        ge=-300,
        le=300,
    )
    leo_antenna_gain_db: float = parameter(
        60.0,
        unit="dB",
        symbol="G_a",
        doc="antenna gains of AAV and satellite together",
        source="paper text",
        ge=-300,
        le=300,
    )
    leo_shadowing_std_db: float = parameter(
        0.0,
        unit="dB",
        doc="standard deviation of the log-normal shadowing of the satellite link, drawn for each frame",
        source="assumed: 0 is the paper's line of sight; above 0 frames differ",
        ge=0,
        le=100,
        plausible=([1.0, 3.0], "line of sight to light shadowing"),
    )
    sensing_gain_db: float = parameter(
        55.4,
        unit="dB",
        symbol="G_s",
        doc="radar cross section, antenna and processing gain of the echo path",
        source="assumed: fitted to the paper's statement that a pilot of 0.5 s is limited to -1.5 dB (gives -1.46 dB)",
        ge=-300,
        le=300,
        plausible=((55.2, 55.6), "around the value fitted to the stated -1.5 dB at 0.5 s"),
    )
    clutter_gain_db: float = parameter(
        -25.5,
        unit="dB",
        symbol="sigma_c^2",
        doc="power gain of the clutter at one antenna",
        source="assumed: fitted to the paper's statement that -1.2 dB needs a high pilot duration (0.9 s, not 0.8 s)",
        ge=-300,
        le=300,
        plausible=((-27.0, -24.0), "around the value fitted to the stated -1.2 dB"),
    )
    clutter_correlation: float = parameter(
        0.0,
        symbol="r",
        doc="correlation of the clutter between neighbouring antennas",
        source="assumed: white in space; 1 would make the covariance singular",
        ge=0,
        lt=1,
        plausible=([0.3, 0.6], "white to correlated over the array"),
    )
    pilot_symbol_rate_hz: float = parameter(
        20.0,
        unit="Hz",
        symbol="r_s",
        doc="pilot symbols a second of one sub-band",
        source="assumed: pilots of the whole band and the sensing target would exclude each other (E4)",
        gt=0,
        le=1e15,
        plausible=((10.0, 40.0), "no value in print, see E4"),
    )
    fading: bool = parameter(
        True,
        doc="uplink rate from the drawn channel (true) or from its mean power (false)",
        source="assumed: the paper draws channels",
        plausible=([False], "drawn or fixed channels"),
    )
    min_data_bits: float = parameter(
        20e6,
        unit="bit",
        symbol="L_min",
        doc="least number of data bits collected in the mission",
        source="paper (deduced)",
        gt=0,
        le=1e15,
    )
    sensing_sinr_db: float = parameter(
        -3.0,
        unit="dB",
        symbol="gamma_th",
        doc="least sensing SINR of every frame",
        source="paper text (Figs. 2 and 3)",
        ge=-300,
        le=300,
    )
    switched_capacitance_aav: float = parameter(
        1e-26,
        unit="J s^2/cycle^3",
        symbol="kappa",
        doc="effective switched capacitance of the AAV's processor",
        source="assumed: missing in the paper; of the usual order",
        gt=0,
        le=1,
        plausible=((1e-27, 1e-25), "values in the offloading literature"),
    )
    cycles_per_pilot_bit: float = parameter(
        50.0,
        unit="cycle/bit",
        symbol="C_p",
        doc="cycles to estimate the channel, a pilot bit",
        source="assumed: chosen so that the energy falls with the mission time, as the paper states",
        ge=0,
        le=1e12,
        plausible=((10.0, 500.0), "no value in print"),
    )
    cycles_per_data_bit: float = parameter(
        6000.0,
        unit="cycle/bit",
        symbol="C_d",
        doc="cycles to process a data bit",
        source="assumed: chosen so that the schemes come out in the paper's order for 100 to 800 frames",
        gt=0,
        le=1e12,
        plausible=((1000.0, 10000.0), "no value in print"),
    )
    pilot_bits_per_symbol: float = parameter(
        1.0,
        unit="bit",
        symbol="b_p",
        doc="bits of a pilot sample, so that a pilot has b_p B tau_p bits",
        source="assumed: the paper leaves the pilot bits free, which would make them 0 (E9)",
        ge=0,
        le=1e6,
        plausible=((0.5, 4.0), "one bit to 16-QAM; 0 as the text leaves it makes pilots free, see E9"),
    )
    duration_grid_step_s: float = parameter(
        0.1,
        unit="s",
        doc="step of the paper's search over the pilot duration",
        source='paper (deduced): "0.1", the "regular interval"',
        gt=0,
    )
    fixed_pilot_s: float = parameter(
        0.5,
        unit="s",
        doc="pilot duration of the schemes that do not choose it",
        source="paper text (benchmarks)",
        gt=0,
    )
    fixed_ratio: float = parameter(
        0.5,
        doc="ratio of the schemes that do not choose it, and start of the successive approximation",
        source="paper text (benchmarks)",
        ge=0,
        le=1,
    )
    false_alarm_probability: float = parameter(
        0.1,
        symbol="P_FA",
        doc="false-alarm probability at which detection is reported",
        source="assumed: for reporting only",
        gt=0,
        lt=1,
        plausible="for reporting only",
    )
    sca_step_initial: float = parameter(
        1.0,
        symbol="g(0)",
        doc="first step of the successive approximation",
        source="assumed: the paper gives no step rule constants",
        gt=0,
        le=1,
        plausible=((0.5, 1.0), "no constants in print"),
    )
    sca_step_decay: float = parameter(
        0.01,
        doc="decay of the step, g(v+1) = g(v) (1 - decay g(v))",
        source="assumed: steps vanish and their sum diverges, as the paper asks",
        ge=0,
        lt=1,
        plausible=((0.001, 0.1), "no constants in print"),
    )
    sca_prox_weight: float = parameter(
        1e-3,
        symbol="c",
        doc="proximal weight relative to the current energy",
        source="assumed: the paper asks for a strongly convex surrogate",
        ge=0,
        le=1e6,
        plausible=((1e-5, 0.1), "any strongly convex surrogate"),
    )
    sca_tolerance: float = parameter(
        1e-6,
        doc="relative decrease of the energy at which the approximation stops",
        source="assumed: missing in the paper",
        gt=0,
        lt=1,
        plausible=((1e-8, 1e-5), "negligible"),
    )
    sca_max_iterations: int = parameter(
        200,
        doc="most iterations of the approximation at one pilot duration",
        source="assumed: missing in the paper",
        ge=1,
        le=100_000,
        plausible=((100, 400), "rarely reached"),
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name in ("fixed_pilot_s", "duration_grid_step_s"):
            value = getattr(self, name)
            if not value < self.frame_length_s:
                bound = f"< frame_length_s = {self.frame_length_s:g}"
                raise InputError(name, value, bound, "a frame needs time for data")
        if self.frame_length_s / self.duration_grid_step_s > 100_000:
            bound = f">= frame_length_s / 100000 = {self.frame_length_s / 100_000:g}"
            raise InputError("duration_grid_step_s", self.duration_grid_step_s, bound, "steps of a frame")
        for name in ("leo_position_m", "iot_position_m", "target_position_m", "aav_start_m", "aav_end_m"):
            if max(abs(part) for part in getattr(self, name)) > 1e12:
                raise InputError(name, getattr(self, name), "within 1e12 m of the origin")
        path = straight_flight(self.aav_start_m, self.aav_end_m, self.n_frames)
        apart = "apart: a distance of 0 has no finite gain"
        if self.iot_position_m == self.target_position_m:
            raise InputError("target_position_m", self.target_position_m, "another point than iot_position_m", apart)
        for name in ("target_position_m", "leo_position_m"):
            if not np.all(np.linalg.norm(path - np.asarray(getattr(self, name)), axis=1) > 0):
                raise InputError(name, getattr(self, name), "no point of the AAV's flight", apart)
        return self
