"""Parameters of the terahertz multi-UAV network and options of its schemes."""

from __future__ import annotations

import math
from typing import Self

from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter

LOWEST_HZ, HIGHEST_HZ = 100e9, 1000e9  # range of the absorption table
SATURATION_MARGIN = 1e-9  # a queue counts as stable up to a utilisation of 1 - this

_CALIBRATED = "assumed: calibrated, the paper's Table I is empty"
_HEIGHTS = "assumed: usual in the terahertz blockage literature"


class Scenario(Parameters):
    """Network, radio, blockage and queue parameters; the defaults are calibrated to the paper's mean delay."""

    n_iots: int = parameter(20, symbol="K", doc="IoT devices", source="paper Section IV", ge=1, le=5000)
    n_mecs: int = parameter(4, symbol="M", doc="edge servers", source="paper Section IV", ge=1, le=1000)
    n_uavs: int = parameter(3, symbol="U", doc="relaying UAVs", source="paper Section IV", ge=0, le=1000)
    n_subbands: int = parameter(
        0,
        symbol="F",
        doc="sub-bands; 0 means one an IoT",
        source="assumed: (3) is an equality",
        ge=0,
        le=10000,
        plausible="(3) gives each IoT one sub-band: more of them only add choice",
    )
    area_side_m: float = parameter(
        150.0,
        unit="m",
        symbol="L",
        doc="side of the square",
        source=_CALIBRATED,
        gt=0,
        plausible=((80.0, 300.0), "Table I of the paper is empty"),
    )
    uav_height_m: float = parameter(
        40.0,
        unit="m",
        symbol="H",
        doc="height of the UAVs",
        source=_CALIBRATED,
        gt=0,
        plausible=((20.0, 80.0), "Table I of the paper is empty"),
    )
    mec_height_m: float = parameter(
        5.0,
        unit="m",
        symbol="h_M",
        doc="height of the servers",
        source=_HEIGHTS,
        ge=0,
        plausible=((3.0, 15.0), "Table I of the paper is empty"),
    )
    iot_height_m: float = parameter(
        1.3,
        unit="m",
        symbol="h_I",
        doc="height of the IoTs",
        source=_HEIGHTS,
        ge=0,
        plausible=((1.0, 1.5), "Table I of the paper is empty"),
    )
    blocker_height_m: float = parameter(
        1.7,
        unit="m",
        symbol="h_B",
        doc="height of a person",
        source="assumed: human body",
        ge=0,
        plausible="height of a person",
    )
    blocker_radius_m: float = parameter(
        0.3,
        unit="m",
        symbol="r_B",
        doc="radius of a person",
        source="assumed: human body",
        ge=0,
        plausible=((0.2, 0.4), "width of a person"),
    )
    blocker_density_per_m2: float = parameter(
        0.1,
        unit="1/m^2",
        symbol="lambda_B",
        doc="people per area",
        source=_HEIGHTS + ", lower end",
        ge=0,
        plausible=((0.01, 0.5), "Table I of the paper is empty"),
    )
    carrier_frequency_hz: float = parameter(
        0.34e12, unit="Hz", symbol="f_0", doc="lowest frequency of the spectrum", source="paper Section IV, [40]", gt=0
    )
    subband_bandwidth_hz: float = parameter(
        1e9,
        unit="Hz",
        symbol="B",
        doc="bandwidth of a sub-band",
        source="assumed: 20 fit a window above 340 GHz",
        gt=0,
        plausible=((0.5e9, 2e9), "Table I of the paper is empty"),
    )
    noise_psd_dbm_per_hz: float = parameter(
        -174.0,
        unit="dBm/Hz",
        symbol="N_0",
        doc="noise density",
        source="assumed: thermal noise",
        ge=-300,
        le=100,
        plausible="thermal noise; the antenna gain varies instead",
    )
    antenna_gain_db: float = parameter(
        0.0,
        unit="dB",
        doc="antenna gain of both ends together",
        source="assumed: none in the paper",
        ge=-200,
        le=200,
        plausible=((0.0, 30.0), "none in print; terahertz links need directive antennas"),
    )
    task_bits: float = parameter(
        3.2e7,
        unit="bit",
        symbol="D",
        doc="size of a task",
        source=_CALIBRATED,
        gt=0,
        plausible=((8e6, 64e6), "Table I of the paper is empty"),
    )
    iot_power_w: float = parameter(
        0.1,
        unit="W",
        symbol="P_I",
        doc="power of an IoT",
        source=_CALIBRATED,
        gt=0,
        plausible=((0.02, 0.5), "Table I of the paper is empty"),
    )
    uav_power_w: float = parameter(
        0.2,
        unit="W",
        symbol="P_U",
        doc="power budget of a UAV",
        source=_CALIBRATED,
        gt=0,
        plausible=((0.05, 1.0), "Table I of the paper is empty"),
    )
    n_units: int = parameter(
        2,
        symbol="c",
        doc="computing units of a server",
        source="assumed: the paper keeps c small",
        ge=1,
        le=10000,
        plausible=((1, 4), "c is kept small"),
    )
    unit_service_rate_per_s: float = parameter(
        1.0,
        unit="task/s",
        symbol="mu",
        doc="service rate of a unit",
        source=_CALIBRATED,
        gt=0,
        plausible=((0.5, 2.0), "Table I of the paper is empty"),
    )
    arrival_rate_per_s: float = parameter(
        0.25,
        unit="task/s",
        symbol="lambda",
        doc="tasks of an IoT per second",
        source=_CALIBRATED,
        gt=0,
        plausible=((0.1, 0.4), "Table I of the paper is empty"),
    )
    delay_max_s: float = parameter(
        6.0,
        unit="s",
        symbol="T_max",
        doc="maximum delay",
        source="assumed: not binding for joint schemes",
        gt=0,
        plausible=([4.0, 1e6], "Table I of the paper is empty"),
    )

    @property
    def subbands(self) -> int:
        """Number of sub-bands in use."""
        return self.n_subbands or self.n_iots

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.subbands < self.n_iots:
            raise InputError("n_subbands", self.n_subbands, f">= n_iots = {self.n_iots}", "one IoT a sub-band")
        lowest = self.carrier_frequency_hz + 0.5 * self.subband_bandwidth_hz
        highest = self.carrier_frequency_hz + (self.subbands - 0.5) * self.subband_bandwidth_hz
        for frequency in (lowest, highest):
            if not LOWEST_HZ <= frequency <= HIGHEST_HZ:
                raise InputError(
                    "carrier_frequency_hz",
                    self.carrier_frequency_hz,
                    "such that all sub-band centres lie in 1e11 to 1e12 Hz",
                    f"a centre is at {frequency:.6g} Hz, outside the absorption table",
                )
        for name in ("iot_height_m", "mec_height_m"):
            if self.uav_height_m <= getattr(self, name):
                raise InputError("uav_height_m", self.uav_height_m, f"> {name} = {getattr(self, name):g}")
        if self.mec_height_m == self.iot_height_m:
            raise InputError("mec_height_m", self.mec_height_m, "different from iot_height_m", "distances must be > 0")
        check_capacity(self.n_iots, self.n_mecs, self.arrival_rate_per_s, self.n_units * self.unit_service_rate_per_s)
        return self


def most_iots(arrival_rate_per_s: float, capacity_per_s: float, n_iots: int) -> int:
    """n_max: the largest number of equal IoTs that leaves a server stable, at most `n_iots`."""
    return min(n_iots, math.ceil(min(capacity_per_s / arrival_rate_per_s, 2e9) * (1 - SATURATION_MARGIN)) - 1)


def check_capacity(n_iots: int, n_mecs: int, arrival_rate_per_s: float, capacity_per_s: float) -> None:
    """InputError if equal IoTs cannot be shared out so that every server is stable."""
    n_max = most_iots(arrival_rate_per_s, capacity_per_s, n_iots)
    if n_mecs * n_max < n_iots:
        raise InputError(
            "arrival_rate_per_s",
            arrival_rate_per_s,
            f"such that {n_iots} IoTs fit",
            f"overload: {n_mecs} servers of {capacity_per_s:g} task/s hold {n_max} IoTs each",
        )


class StartOptions(Parameters):
    """Options of schemes whose only freedom is the random start of the UAVs."""

    algorithm_seed: int = parameter(
        0,
        doc="seed of the scheme's own randomness",
        source="assumed: any",
        ge=0,
        plausible="of the search, not of the model",
    )


class PddOptions(StartOptions):
    """Options of the penalty dual decomposition."""

    outer: int = parameter(
        300,
        doc="most outer iterations",
        source="assumed: enough to converge",
        ge=1,
        le=10000,
        plausible=((120, 500), "long enough to converge"),
    )
    inner: int = parameter(
        10,
        doc="most inner iterations",
        source="assumed: enough to settle",
        ge=1,
        le=1000,
        plausible=((5, 20), "long enough to settle"),
    )
    inner_tolerance: float = parameter(
        1e-4,
        doc="relative change that ends the inner loop",
        source="assumed",
        gt=0,
        plausible=((1e-5, 1e-3), "negligible"),
    )
    tolerance: float = parameter(
        1e-3,
        doc="constraint violation that ends the outer loop",
        source="assumed",
        gt=0,
        plausible=((1e-4, 1e-2), "negligible"),
    )
    penalty: float = parameter(
        30.0,
        doc="first value of both penalty parameters",
        source="assumed: converges wherever the figures go, see E9",
        gt=0,
        plausible=([3.0, 10.0, 100.0], "no value in print; 3 does not converge with short uplinks, see E9"),
    )
    shrink: float = parameter(
        0.95,
        doc="factor of the penalty parameters",
        source="assumed: 0.9 freezes the association, see E9",
        gt=0,
        lt=1,
        plausible=([0.9, 0.97], "no value in print"),
    )


class ScaOptions(StartOptions):
    """Options of the association by successive linear programs."""

    programs: int = parameter(
        10,
        doc="most linear programs",
        source="assumed: enough to become binary",
        ge=1,
        le=100,
        plausible=((5, 30), "long enough to become binary"),
    )
    penalty: float = parameter(
        0.05,
        unit="s",
        doc="first weight of the penalty",
        source="assumed: small",
        gt=0,
        plausible=((0.01, 0.5), "small"),
    )
    rounds: int = parameter(
        20,
        doc="most rounds of the block descent",
        source="assumed: enough",
        ge=1,
        le=1000,
        plausible=((10, 40), "long enough to settle"),
    )


class GeneticOptions(StartOptions):
    """Options of the genetic association."""

    rounds: int = parameter(
        4,
        doc="rounds of association and UAV step",
        source="assumed: little gain after",
        ge=1,
        plausible=((2, 8), "little gain after"),
    )
    population: int = parameter(
        40,
        doc="individuals",
        source="assumed: usual",
        ge=2,
        le=10000,
        plausible=((20, 80), "usual"),
    )
    generations: int = parameter(
        80,
        doc="generations a round",
        source="assumed: usual",
        ge=0,
        le=100000,
        plausible=((40, 160), "usual"),
    )


class ImprovedOptions(StartOptions):
    """Options of the priced assignment."""

    starts: int = parameter(
        4,
        doc="starting placements of the UAVs",
        source="assumed: by trial",
        ge=1,
        le=4,
        plausible="option of ours: no claim of the paper uses it",
    )
    kicks: int = parameter(
        40,
        doc="perturbed restarts of the incumbent",
        source="assumed: by trial",
        ge=0,
        le=100000,
        plausible="option of ours: longer searches change the mean delay by 0.01 %",
    )
    tries: int = parameter(
        30,
        doc="moves and exchanges tried exactly a step",
        source="assumed: by trial",
        ge=1,
        plausible="option of ours: no claim of the paper uses it",
    )


class LightOptions(ImprovedOptions):
    """Options of the priced assignment without local search."""

    kicks: int = parameter(
        2,
        doc="perturbed restarts of the incumbent",
        source="assumed: by trial",
        ge=0,
        le=100000,
        plausible="option of ours: no claim of the paper uses it",
    )
