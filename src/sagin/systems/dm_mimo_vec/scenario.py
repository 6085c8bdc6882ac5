"""Scenario of the satellite-terrestrial vehicular edge with units, bounds and sources; options of its schemes."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter

PowerLimit = Literal["total", "per_stream"]


class Scenario(Parameters):
    """Vehicles, one road-side unit (RSU), satellite access points (SAPs) and the CPU behind them."""

    n_vehicles: int = parameter(
        4, symbol="I", ge=1, source="paper", doc="vehicles = tasks = satellite streams = RSU antennas"
    )
    n_saps: int = parameter(8, symbol="K", ge=1, source="paper", doc="satellite access points, one antenna each")
    altitude_m: float = parameter(550e3, unit="m", symbol="h", gt=0, source="paper", doc="altitude of the satellites")
    earth_radius_m: float = parameter(
        6371e3,
        unit="m",
        symbol="R_E",
        gt=0,
        source="assumed: mean radius",
        doc="radius of the Earth",
        plausible="a constant of nature to 0.2 %",
    )
    cluster_radius_m: float = parameter(
        300e3,
        unit="m",
        symbol="r_c",
        gt=0,
        source="assumed: zenith angles to 30 deg, where the antenna pattern has lost 6 dB",
        doc="radius on the ground of the disc of sub-satellite points round the RSU",
        plausible=((100e3, 600e3), "from overhead to the edge of the antenna pattern"),
    )
    carrier_sat_hz: float = parameter(12e9, unit="Hz", symbol="f_c", gt=0, source="paper", doc="satellite carrier")
    antenna_exponent: float = parameter(
        10.0,
        symbol="eta",
        gt=0,
        le=1000,
        source="paper (its 'wavelengths', see E4)",
        doc="roll-off of the RSU's antenna pattern",
    )
    sap_antenna_gain_db: float = parameter(
        20.0,
        unit="dB",
        symbol="g_S",
        ge=-100,
        le=100,
        source="assumed: small phased array; 0 is the literal link budget, see E5",
        doc="receive antenna gain of a SAP",
        plausible=([0.0, 10.0, 30.0], "0: the link budget as printed, see E5; others: phased arrays in print"),
    )
    rician_k_sat_db: float = parameter(
        10.0, unit="dB", symbol="kappa", ge=-100, le=100, source="paper", doc="Rician factor of the satellite links"
    )
    shadow_std_db: float = parameter(
        5.0, unit="dB", symbol="sigma_sh", ge=0, le=50, source="paper", doc="standard deviation of the shadowing"
    )
    bandwidth_sat_hz: float = parameter(
        200e6, unit="Hz", symbol="B_s", gt=0, source="paper", doc="band of the satellite link, shared by all streams"
    )
    p_max_w: float = parameter(2.0, unit="W", symbol="P_max", gt=0, source="paper", doc="transmit power of the RSU")
    power_limit: PowerLimit = parameter(
        "total",
        source="paper's text; its (14c) is per_stream, see E12",
        doc="whether p_max_w limits the sum of the streams or each stream",
    )
    bandwidth_ground_hz: float = parameter(
        2e6, unit="Hz", symbol="B", gt=0, source="paper", doc="ground band, shared by the vehicles"
    )
    p_vehicle_w: float = parameter(
        0.1, unit="W", symbol="p_i^R", gt=0, source="paper", doc="transmit power of a vehicle"
    )
    distance_min_m: float = parameter(
        20.0,
        unit="m",
        symbol="d_i",
        gt=0,
        source="assumed: RSU cell",
        doc="least distance of a vehicle from the RSU",
        plausible=((5.0, 50.0), "RSU cells"),
    )
    distance_max_m: float = parameter(
        200.0,
        unit="m",
        symbol="d_i",
        gt=0,
        source="assumed: RSU cell",
        doc="largest distance of a vehicle",
        plausible=((100.0, 500.0), "RSU cells"),
    )
    pathloss_exponent: float = parameter(
        3.0,
        symbol="epsilon",
        ge=0,
        le=10,
        source="assumed: urban street",
        doc="ground path-loss exponent",
        plausible=((2.0, 4.0), "line of sight to obstructed street"),
    )
    carrier_ground_hz: float = parameter(
        5.9e9,
        unit="Hz",
        symbol="f_g",
        gt=0,
        source="assumed: V2X band",
        doc="ground carrier; sets the gain at 1 m, -47.9 dB",
        plausible=([2e9, 3.5e9, 28e9], "bands in use for vehicles"),
    )
    rician_k_ground_db: float = parameter(
        10.0,
        unit="dB",
        symbol="kappa_g",
        ge=-100,
        le=100,
        source="assumed: the paper gives one factor and says that both links fade",
        doc="Rician factor of the ground links",
        plausible=((0.0, 15.0), "weak to strong line of sight"),
    )
    noise_psd_dbm_per_hz: float = parameter(
        -174.0, unit="dBm/Hz", symbol="N0", ge=-300, le=100, source="paper", doc="noise power density of both links"
    )
    task_bits_min: float = parameter(
        6.4e6, unit="bit", symbol="S_i^tot", gt=0, source="paper: 0.8 MB of 8e6 bit", doc="least task size"
    )
    task_bits_max: float = parameter(
        9.6e6, unit="bit", symbol="S_i^tot", gt=0, source="paper: 1.2 MB of 8e6 bit", doc="largest task size"
    )
    cycles_per_bit: float = parameter(
        125.0,
        unit="cycle/bit",
        symbol="c",
        gt=0,
        source="assumed: 1 MB takes 1e9 cycles, which makes the paper's MB over GHz seconds, see E1",
        doc="processor cycles a bit needs",
        plausible=((50.0, 1000.0), "published task profiles, see E1"),
    )
    cpu_rsu_hz: float = parameter(
        0.8e9, unit="cycle/s", symbol="f^R", gt=0, source="paper", doc="computing rate of the RSU"
    )
    cpu_sat_hz: float = parameter(
        20e9, unit="cycle/s", symbol="f^CPU", gt=0, source="paper", doc="computing rate behind the SAPs"
    )
    n_cores_rsu: int = parameter(
        1,
        ge=1,
        source="assumed: one core, see E2",
        doc="cores of the RSU; energy follows the clock of a core",
        plausible=([2, 4, 8], "the printed clock may be that of several cores, see E2"),
    )
    n_cores_sat: int = parameter(
        8,
        ge=1,
        source="assumed: 20 GHz are 8 cores of 2.5 GHz; the literal paper is 1, see E2",
        doc="cores of the CPU",
        plausible=([1, 4, 16], "1: the paper as printed, see E2"),
    )
    switched_capacitance_rsu: float = parameter(
        1e-28,
        unit="J s^2/cycle^3",
        symbol="rho_R",
        ge=0,
        source="assumed: usual value; the literal paper is 1e-25, see E2",
        doc="effective switched capacitance of the RSU",
        plausible=([1e-25, 1e-27, 1e-29], "1e-25: as printed, see E2"),
    )
    switched_capacitance_sat: float = parameter(
        1e-28,
        unit="J s^2/cycle^3",
        symbol="rho_S",
        ge=0,
        source="assumed: usual value; the literal paper is 1e-25, see E2",
        doc="effective switched capacitance of the CPU",
        plausible=([1e-25, 1e-27, 1e-29], "1e-25: as printed, see E2"),
    )
    share_compute: bool = parameter(
        False, source="paper: every task gets the full rate, see E13", doc="divide the computing rates by n_vehicles"
    )
    beta: float = parameter(
        0.7, symbol="beta", ge=0, le=1, source="paper", doc="weight of delay; 1 - beta weighs energy"
    )
    t_max_s: float = parameter(
        10.0,
        unit="s",
        symbol="T^max",
        gt=0,
        source="assumed: missing in the paper; feasible up to 8 vehicles",
        doc="deadline of every task",
        plausible=((3.0, 100.0), "binding on some drops to never binding"),
    )

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        for low, high in (("distance_min_m", "distance_max_m"), ("task_bits_min", "task_bits_max")):
            limit = getattr(self, high)
            if getattr(self, low) > limit:
                raise InputError(low, getattr(self, low), f"<= {high} = {limit:g}", "an interval must not be empty")
        horizon_rad = math.acos(self.earth_radius_m / (self.earth_radius_m + self.altitude_m))
        horizon_m = self.earth_radius_m * horizon_rad
        if self.cluster_radius_m >= horizon_m:
            reason = "beyond it a satellite is below the RSU's horizon (zenith angle of 90 deg)"
            raise InputError("cluster_radius_m", self.cluster_radius_m, f"< {horizon_m:.6g}", reason)
        return self


class PrecoderOptions(Parameters):
    """Effort of the precoder steps of one subproblem."""

    steps: int = parameter(
        200,
        ge=1,
        source="assumed: flat tail",
        doc="most precoder steps",
        plausible=((50, 400), "no number in print"),
    )
    step_tolerance: float = parameter(
        1e-7,
        ge=0,
        lt=1,
        source="assumed: flat tail",
        doc="end the steps at this relative change, twice running",
        plausible=((1e-8, 1e-5), "as steps"),
    )


class RandomOptions(PrecoderOptions):
    """Options of the scheme `random`."""

    algorithm_seed: int = parameter(
        0,
        ge=0,
        source="assumed: any",
        doc="seed of the scheme's own random splits",
        plausible="of the search, not of the model",
    )


class AoOptions(PrecoderOptions):
    """Effort of the alternating optimisation; the precoder's options hold for each of its rounds."""

    rounds: int = parameter(
        30,
        ge=1,
        source="assumed: the paper's stop is broken, see E17",
        doc="most rounds",
        plausible=((10, 60), "the printed stop cannot be met, see E17"),
    )
    tolerance: float = parameter(
        1e-6,
        ge=0,
        lt=1,
        source="assumed: as rounds",
        doc="stop at this relative change",
        plausible=((1e-8, 1e-4), "as rounds"),
    )


class PrintedOptions(AoOptions):
    """Effort of the algorithm as printed, and what its (27a) means."""

    power_term: Literal["(27)", "(19)"] = parameter(
        "(27)",
        source="paper (27a)",
        doc="2 y S |v|^2 as in (27), or 2 y sqrt(S) |v| as in (19)",
    )
    size_unit_bits: float = parameter(
        8e6,
        unit="bit",
        gt=0,
        source="assumed: the paper's MB",
        doc="unit of the task size S in (27a), which has another dimension than (19), see E14",
        plausible=([1.0], "the dimension of (27a) is wrong: its minimiser depends on the unit"),
    )


class JointOptions(AoOptions):
    """Effort of the joint descent, which starts from the result of the alternating optimisation."""

    joint_steps: int = parameter(
        200,
        ge=1,
        source="assumed: flat tail",
        doc="most joint steps from each start",
        plausible="option of ours: no claim of the paper uses it",
    )
    joint_tolerance: float = parameter(
        1e-8,
        ge=0,
        lt=1,
        source="assumed: flat tail",
        doc="stop at this relative change, twice running",
        plausible="option of ours: no claim of the paper uses it",
    )
