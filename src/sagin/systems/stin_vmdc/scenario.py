"""Parameters: what the paper gives, and what it leaves out."""

from __future__ import annotations

import warnings
from typing import Literal, Self

from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter
from sagin.core.units import from_dbm

LEAST_FLAT_LAYER_DEG = 20.0  # below this elevation 1/sin overstates the path through the absorbing layer


class Scenario(Parameters):
    """One road-side unit, its vehicles, a base station and one satellite."""

    n_vehicles: int = parameter(
        20,
        symbol="M",
        doc="vehicles that pass the road-side unit together",
        source="assumed: no axis values in print; five vehicles a NOMA group times four groups",
        ge=1,
        plausible=((8, 32), "the axis has no values in print"),
    )
    max_vehicles_per_cluster: int = parameter(
        5, symbol="q_max", doc="vehicles in one NOMA cluster at most", source="paper text of Fig. 2", ge=1
    )
    n_subchannels: int = parameter(
        12,
        symbol="F",
        doc="orthogonal RF sub-channels",
        source="assumed: three a cluster",
        ge=1,
        plausible=([4, 8, 20], "the number is not given; 20: one a vehicle"),
    )
    max_subchannels_per_cluster: int = parameter(
        3,
        symbol="q",
        doc="sub-channels one cluster may hold",
        source="assumed: F/N at the defaults; the paper uses q_max for two different quotas",
        ge=1,
        plausible=((1, 5), "q_max stands for two quotas in print"),
    )
    task_bits_min: float = parameter(3.0e6, unit="bit", symbol="C_m", doc="smallest task", source="paper Table I", gt=0)
    task_bits_max: float = parameter(4.2e6, unit="bit", symbol="C_m", doc="largest task", source="paper Table I", gt=0)
    cycles_per_bit_min: float = parameter(
        200.0,
        unit="cycle/bit",
        symbol="L_m/C_m",
        doc="lightest work per bit",
        source="assumed: missing; all local must take longer than the deadline for Figs. 4 and 5 to make sense",
        gt=0,
        plausible=((100.0, 1000.0), "published task profiles"),
    )
    cycles_per_bit_max: float = parameter(
        300.0,
        unit="cycle/bit",
        symbol="L_m/C_m",
        doc="heaviest work per bit",
        source="assumed: as the lightest",
        gt=0,
        plausible=((100.0, 1000.0), "published task profiles"),
    )
    t_max_s: float = parameter(
        1.0,
        unit="s",
        symbol="T_m",
        doc="deadline of every task",
        source="assumed: missing; below the 1.2 to 2.5 s of full local computing",
        gt=0,
        plausible=((0.5, 2.0), "tight to loose for full local computing"),
    )
    cpu_local_hz: float = parameter(
        0.5e9, unit="cycle/s", symbol="Z_m", doc="clock of a vehicle", source="paper Table I", gt=0
    )
    cpu_bs_hz: float = parameter(
        4.0e9,
        unit="cycle/s",
        symbol="Z_B",
        doc="clock a vehicle's task gets at the base station",
        source="assumed: missing; the paper shares no server",
        gt=0,
        plausible=((2e9, 10e9), "edge servers"),
    )
    cpu_sat_hz: float = parameter(
        3.0e9,
        unit="cycle/s",
        symbol="Z_S",
        doc="clock a vehicle's task gets on the satellite",
        source="assumed: missing; weaker on board",
        gt=0,
        plausible=((1e9, 10e9), "weak to strong on-board processors"),
    )
    switched_capacitance_local: float = parameter(
        1e-27,
        unit="J s^2/cycle^3",
        symbol="phi_loc",
        doc="effective switched capacitance of a vehicle's processor",
        source="assumed: the customary value, 0.25 nJ/cycle at 0.5 GHz",
        ge=0,
        plausible=((1e-28, 1e-26), "values in the offloading literature"),
    )
    switched_capacitance_bs: float = parameter(
        2e-29,
        unit="J s^2/cycle^3",
        symbol="phi_B",
        doc="effective switched capacitance of the base station's processor",
        source="assumed: 0.32 nJ/cycle at 4 GHz, dearer a cycle than local computing as the paper's text implies",
        ge=0,
        plausible=((1e-29, 1e-27), "values in the offloading literature"),
    )
    switched_capacitance_sat: float = parameter(
        4e-29,
        unit="J s^2/cycle^3",
        symbol="phi_S",
        doc="effective switched capacitance of the satellite's processor",
        source="assumed: 0.36 nJ/cycle at 3 GHz",
        ge=0,
        plausible=((1e-29, 1e-27), "values in the offloading literature"),
    )
    p_max_dbm: float = parameter(
        23.0, unit="dBm", symbol="P_max", doc="largest RF power of a vehicle", source="paper Table I"
    )
    rf_bandwidth_hz: float = parameter(
        3.0e6,
        unit="Hz",
        symbol="W",
        doc="bandwidth of all sub-channels together",
        source="assumed: missing; fixed when the number of sub-channels changes; small enough to be scarce",
        gt=0,
        plausible=((1e6, 20e6), "scarce to usual"),
    )
    noise_rf_dbm: float = parameter(
        -80.0, unit="dBm", symbol="sigma^2", doc="RF noise, see `noise_rf_in`", source="paper Table I"
    )
    noise_rf_in: Literal["band", "subchannel"] = parameter(
        "band",
        doc="where the RF noise is: over the whole bandwidth, or as much in every sub-channel",
        source="assumed: noise grows with bandwidth, see E8",
        plausible=(["subchannel"], "(8) adds the value of Table I in each sub-channel, however narrow"),
    )
    access: Literal["noma", "one_to_one"] = parameter(
        "noma",
        doc="clusters that share sub-channels, or a sub-channel for each vehicle (the three counts of clusters and "
        "sub-channels are then idle), see E26",
        source="paper Section II",
    )
    pathloss_exponent: float = parameter(
        3.7, symbol="rho'", doc="RF path-loss exponent; the gain at 1 m is 1", source="paper Table I", ge=0, le=10
    )
    rsu_radius_m: float = parameter(
        250.0, unit="m", symbol="r_m", doc="coverage radius of the road-side unit", source="paper Table I", gt=0
    )
    rsu_offset_min_m: float = parameter(
        10.0,
        unit="m",
        symbol="e_m",
        doc="least distance from the unit to a lane",
        source="assumed: mast height and lane offset",
        gt=0,
        plausible=((3.0, 30.0), "mast and lanes"),
    )
    rsu_offset_max_m: float = parameter(
        30.0,
        unit="m",
        symbol="e_m",
        doc="largest distance from the unit to a lane",
        source="assumed: as the least",
        gt=0,
        plausible=((10.0, 100.0), "mast and lanes"),
    )
    speed_min_mps: float = parameter(
        10.0,
        unit="m/s",
        symbol="V_m",
        doc="slowest vehicle",
        source="assumed: 36 km/h",
        gt=0,
        plausible=((5.0, 20.0), "urban traffic"),
    )
    speed_max_mps: float = parameter(
        25.0,
        unit="m/s",
        symbol="V_m",
        doc="fastest vehicle",
        source="assumed: 90 km/h",
        gt=0,
        plausible=((15.0, 40.0), "urban street to motorway"),
    )
    n_quad: int = parameter(
        16,
        symbol="Q",
        doc="Gauss-Legendre nodes of the average over a pass; the quadrature is the model",
        source="assumed: within 2e-5 of 200 nodes",
        ge=1,
        le=1000,
        plausible="accuracy of an integral: within 2e-5 of 200 nodes",
    )
    rsu_power_dbm: float = parameter(
        24.0,
        unit="dBm",
        symbol="P_R",
        doc="power of one stream to the base station",
        source="assumed: missing",
        plausible=((20.0, 46.0), "small to macro transmitters"),
    )
    rsu_bs_bandwidth_hz: float = parameter(
        10e6,
        unit="Hz",
        symbol="B_R",
        doc="bandwidth to the base station",
        source="assumed: missing",
        gt=0,
        plausible=((5e6, 100e6), "usual bands"),
    )
    rsu_bs_distance_m: float = parameter(
        400.0,
        unit="m",
        doc="distance to the base station",
        source="assumed: missing",
        gt=0,
        plausible=((100.0, 1000.0), "urban sites"),
    )
    noise_bs_dbm: float = parameter(
        -80.0,
        unit="dBm",
        symbol="n^2",
        doc="noise at the base station",
        source="assumed: as at the road-side unit",
        plausible=((-104.0, -80.0), "thermal noise of 10 MHz to the value at the road-side unit"),
    )
    rsu_antennas: int = parameter(
        64,
        symbol="U",
        doc="antennas of the road-side unit, at least one a vehicle",
        source="assumed: missing; one stream a vehicle",
        ge=1,
        plausible=((32, 128), "usual arrays; at least one stream a vehicle"),
    )
    n_bs_draws: int = parameter(
        8,
        doc="channel draws behind the expectation of the rate to the base station",
        source="assumed: missing",
        ge=1,
        le=10_000,
        plausible="draws behind a mean: its error shows in the intervals over drops",
    )
    thz_power_dbm: float = parameter(
        23.0,
        unit="dBm",
        symbol="P^H",
        doc="terahertz power of a vehicle, constant",
        source="assumed: the paper's P_max; it is not optimised",
        plausible=((10.0, 30.0), "terahertz sources in print"),
    )
    thz_bandwidth_hz: float = parameter(
        100e9, unit="Hz", symbol="B_s", doc="terahertz band shared by all vehicles", source="paper Table I", gt=0
    )
    thz_carrier_hz: float = parameter(
        240e9,
        unit="Hz",
        symbol="f^s",
        doc="terahertz carrier",
        source="assumed: the only 100 GHz wide sea-level window below 1 THz lies at 190 to 290 GHz",
        gt=0,
        plausible=([140e9, 220e9, 300e9], "windows in use"),
    )
    thz_gain_vehicle_dbi: float = parameter(
        33.0,
        unit="dBi",
        symbol="G^v",
        doc="antenna gain of a vehicle",
        source="assumed: 1.8 cm aperture, 4 deg beam",
        plausible=((25.0, 45.0), "apertures of 1 to 7 cm"),
    )
    thz_gain_sat_dbi: float = parameter(
        60.0,
        unit="dBi",
        symbol="G^s",
        doc="antenna gain of the satellite",
        source="assumed: half-metre dish at 65 %",
        plausible=((50.0, 70.0), "dishes of 0.2 to 1.6 m"),
    )
    thz_rho: float = parameter(
        1.0,
        symbol="rho",
        doc="extra constant of the terahertz gain",
        source="assumed: (c/4 pi f)^2 already is the gain at 1 m",
        gt=0,
        plausible="a factor of the gain at 1 m: the antenna gains vary instead",
    )
    thz_noise_temp_k: float = parameter(
        290.0,
        unit="K",
        symbol="H^s",
        doc="noise temperature",
        source="assumed: the dish sees the warm Earth",
        gt=0,
        plausible=((100.0, 300.0), "cold sky to warm Earth"),
    )
    thz_noise_figure_db: float = parameter(
        7.0,
        unit="dB",
        symbol="H^s",
        doc="noise figure of the satellite's receiver",
        source="assumed: missing",
        ge=0,
        plausible=((3.0, 12.0), "receivers in print"),
    )
    thz_abs_coeff_per_m: float = parameter(
        6.5e-4,
        unit="1/m",
        symbol="R_a",
        doc="absorption at sea level",
        source="assumed: 2.84 dB/km at 240 GHz (ITU-R P.676, 7.5 g/m^3)",
        ge=0,
        plausible=((1e-4, 2e-3), "0.4 to 9 dB/km: dry to humid air"),
    )
    thz_abs_height_m: float = parameter(
        2000.0,
        unit="m",
        doc="equivalent height of the absorbing layer",
        source="assumed: zenith loss 5.65 dB, the band mean of ITU-R P.676",
        ge=0,
        plausible=((1000.0, 3000.0), "scale height of water vapour"),
    )
    thz_nakagami_m: float = parameter(
        10.0,
        doc="Nakagami shape of the terahertz fading",
        source="assumed: line of sight with weak fading",
        ge=0.5,
        plausible=((1.0, 20.0), "strong to weak fading"),
    )
    sat_altitude_m: float = parameter(
        550e3,
        unit="m",
        doc="altitude of the satellite",
        source="assumed: missing",
        gt=0,
        plausible=((300e3, 1200e3), "low Earth orbits"),
    )
    sat_elevation_min_deg: float = parameter(
        50.0,
        unit="deg",
        doc="lowest elevation",
        source="assumed: one satellite, high in the sky",
        gt=0,
        le=90,
        plausible=((20.0, 80.0), "low to high in the sky"),
    )
    sat_elevation_max_deg: float = parameter(
        90.0,
        unit="deg",
        doc="highest elevation",
        source="assumed: as the lowest",
        gt=0,
        le=90,
        plausible=((60.0, 90.0), "low to high in the sky"),
    )
    benchmark_power_fraction: float = parameter(
        0.5,
        doc="power budget of the fixed-power benchmarks, as a fraction of P_max a vehicle",
        source="assumed: missing",
        gt=0,
        le=1,
        plausible=((0.1, 1.0), "the benchmark has no power rule in print"),
    )

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        for low, high in (
            ("task_bits_min", "task_bits_max"),
            ("cycles_per_bit_min", "cycles_per_bit_max"),
            ("rsu_offset_min_m", "rsu_offset_max_m"),
            ("speed_min_mps", "speed_max_mps"),
            ("sat_elevation_min_deg", "sat_elevation_max_deg"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise InputError(low, getattr(self, low), f"<= {high} = {getattr(self, high):g}", "an empty range")
        if self.rsu_offset_max_m >= self.rsu_radius_m:
            bound = f"< rsu_radius_m = {self.rsu_radius_m:g}"
            raise InputError("rsu_offset_max_m", self.rsu_offset_max_m, bound, "the lane must cross the coverage disc")
        if self.rsu_antennas < self.n_vehicles:
            bound = f">= n_vehicles = {self.n_vehicles}"
            raise InputError(
                "rsu_antennas", self.rsu_antennas, bound, "one stream a vehicle; fewer antennas cannot part them"
            )
        if self.sat_elevation_min_deg < LEAST_FLAT_LAYER_DEG:
            warnings.warn(
                f"sat_elevation_min_deg = {self.sat_elevation_min_deg:g}: below {LEAST_FLAT_LAYER_DEG:g} deg the flat "
                "absorbing layer overstates the terahertz loss",
                UserWarning,
                stacklevel=2,
            )
        return self

    @property
    def n_clusters(self) -> int:
        """NOMA clusters, just enough for all vehicles; one each without NOMA."""
        return self.n_vehicles if self.access == "one_to_one" else -(-self.n_vehicles // self.max_vehicles_per_cluster)

    @property
    def n_channels(self) -> int:
        """RF sub-channels of the drops."""
        return self.n_vehicles if self.access == "one_to_one" else self.n_subchannels

    @property
    def quota(self) -> int:
        """Sub-channels that a cluster may hold."""
        return 1 if self.access == "one_to_one" else self.max_subchannels_per_cluster

    @property
    def channel_noise_w(self) -> float:
        """Noise in one sub-channel [W]."""
        noise = from_dbm(self.noise_rf_dbm)
        return noise if self.noise_rf_in == "subchannel" else noise / self.n_channels
