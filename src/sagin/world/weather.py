"""Weather over a site: what the air, clouds and rain take from every link, slot by slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import model_validator

from sagin.blocks.channel.cloud import cloud_attenuation_db
from sagin.blocks.channel.molecular_absorption import absorption_coefficient_per_m, gaseous_attenuation_db_per_km
from sagin.blocks.channel.rain import (
    FADE_HIGHEST_HZ,
    rain_exceeded_db,
    rain_height_m,
    rain_path_km,
    rain_specific_attenuation_db_per_km,
)
from sagin.blocks.channel.rain_process import FITTED_PERCENT, lognormal_fit, rain_attenuation_process, rain_state
from sagin.blocks.channel.slant_absorption import sky_gaseous_attenuation_db
from sagin.core import random, records
from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter
from sagin.core.records import constant
from sagin.core.units import from_deg
from sagin.world.site import Site
from sagin.world.tables import Table

LOWEST_HZ = 1e9  # lowest frequency of P.676 and P.838: carriers below lose what this one loses
FITTED_DEG = np.arange(5.0, 86.0, 5.0)  # elevations at which the rain process is fitted
LEAST_RAD = from_deg(1.0)  # of the flat cloud layer
WETTEST_MM_PER_H = 300.0


class Weather(Parameters):
    """Air, clouds and rain; what is not given leaves the system's own air as it is."""

    vapour_density_g_per_m3: float | None = parameter(
        None, unit="g/m^3", ge=0, le=100, doc="gaseous loss by P.676 with this vapour at sea level; none: the system's"
    )
    liquid_kg_per_m2: float = parameter(0.0, unit="kg/m^2", ge=0, le=20, doc="liquid water of clouds, P.840")
    rain_rate_001_mm_per_h: float | None = parameter(
        None, unit="mm/h", ge=0, le=WETTEST_MM_PER_H, doc="climate: rain rate exceeded 0.01 % of the year"
    )
    rain_height_m: float | None = parameter(
        None, unit="m", ge=0, le=10e3, doc="height of rain above the sea; none: by latitude"
    )
    rain_exceeded_percent: float | None = parameter(
        None, unit="%", ge=0.001, le=5, doc="constant rain loss exceeded this share of the year, P.618"
    )
    rain_probability_percent: float | None = parameter(
        None, unit="%", gt=0.02, lt=100, doc="rain that comes and goes this share of the time, P.1853"
    )
    rain_file: str | None = parameter(None, doc="trace of the rain rate, a table time_s,rain_mm_per_h")
    tilt_deg: float = parameter(45.0, unit="deg", ge=-90, le=90, doc="tilt of the polarisation; 45 is circular")
    rain_cell_m: float = parameter(10e3, unit="m", gt=0, doc="horizontal size of a uniform shower, for rain_file only")

    @model_validator(mode="after")
    def _one_rain(self) -> Self:
        kinds = ("rain_exceeded_percent", "rain_probability_percent", "rain_file")
        given = [name for name in kinds if getattr(self, name) is not None]
        if len(given) > 1:
            raise InputError(given[1], getattr(self, given[1]), f"absent beside {given[0]}", "one kind of rain")
        if given and given[0] != "rain_file" and self.rain_rate_001_mm_per_h is None:
            raise InputError("rain_rate_001_mm_per_h", None, f"given with {given[0]}", "the climate of the site")
        return self


@dataclass(frozen=True)
class Rain:
    """Rain rate over time, held between rows."""

    seconds: np.ndarray = constant("row", unit="s", doc="time after the episode's start")
    rain_mm_per_h: np.ndarray = constant("row", unit="mm/h", ge=0, le=WETTEST_MM_PER_H, doc="rain rate")

    def at(self, seconds: np.ndarray | float) -> np.ndarray:
        """Rain rate [mm/h] at any times: that of the latest row, 0 before the first."""
        row = np.searchsorted(self.seconds, seconds, side="right") - 1
        return np.where(row >= 0, self.rain_mm_per_h[np.maximum(row, 0)], 0.0)


def read_rain(path: str | Path) -> Rain:
    """Read a table `time_s,rain_mm_per_h`, sorted by time, rates from 0 to 300."""
    table = Table(path, ["time_s", "rain_mm_per_h"])
    rate = table.numbers("rain_mm_per_h")
    good = (rate >= 0) & (rate <= WETTEST_MM_PER_H)
    table.check("rain_mm_per_h", rate, good, f"from 0 to {WETTEST_MM_PER_H:g}")
    return records.build(Rain, seconds=table.sorted_times(), rain_mm_per_h=rate)


def check_carrier(weather: Weather, carrier_hz: float) -> None:
    """InputError if the kind of rain cannot be computed at this carrier."""
    for name in ("rain_exceeded_percent", "rain_probability_percent"):
        if getattr(weather, name) is not None and carrier_hz > FADE_HIGHEST_HZ:
            raise InputError(name, getattr(weather, name), "absent above 55 GHz: give a rain_file", "range of P.618")


@dataclass(frozen=True)
class Conditions:
    """The weather over a site in the slots of an episode.

    `seconds` (slot,): after the start. `seed`: of the rain that comes and goes. `rain`: the trace where one is named.
    """

    weather: Weather
    site: Site
    seconds: np.ndarray
    seed: int = 0
    rain: Rain | None = None

    def losses_db(self, carrier_hz: float, elevation_rad: np.ndarray) -> np.ndarray:
        """(slot, seat) loss [dB] of satellite links under elevations (slot, seat); 0 where the elevation is NaN."""
        return sum(self.parts_db(carrier_hz, elevation_rad).values(), np.zeros(np.shape(elevation_rad)))

    def parts_db(self, carrier_hz: float, elevation_rad: np.ndarray) -> Mapping[str, np.ndarray]:
        """The same by cause: `gas`, `cloud` and `rain`, those that the weather has."""
        weather, site = self.weather, self.site
        check_carrier(weather, carrier_hz)
        seen = np.isfinite(np.asarray(elevation_rad, dtype=float))
        angle = np.where(seen, elevation_rad, np.pi / 2)
        frequency = max(carrier_hz, LOWEST_HZ)
        parts = {}
        if weather.vapour_density_g_per_m3 is not None:
            vapour = weather.vapour_density_g_per_m3
            parts["gas"] = sky_gaseous_attenuation_db(
                frequency, angle, site_height_m=site.height_m, vapour_density_g_per_m3=vapour
            )
        if weather.liquid_kg_per_m2 > 0:
            high = np.maximum(angle, LEAST_RAD)
            parts["cloud"] = cloud_attenuation_db(weather.liquid_kg_per_m2, frequency, high)
        if weather.rain_exceeded_percent is not None:
            parts["rain"] = _exceeded(weather, site, frequency, angle, weather.rain_exceeded_percent)
        elif weather.rain_probability_percent is not None:
            parts["rain"] = self._coming_and_going_db(frequency, angle)
        elif weather.rain_file is not None:
            parts["rain"] = self.rain_db_per_km(frequency, angle) * _wet_path_km(weather, site, angle)
        return {name: np.where(seen, loss, 0.0) for name, loss in parts.items()}

    def rain_db_per_km(self, frequency_hz: np.ndarray | float, elevation_rad: np.ndarray | float) -> np.ndarray:
        """(slot, ...) attenuation [dB/km] in the rain of the trace, the same over the rest of the arguments."""
        rain = read_rain(str(self.weather.rain_file)) if self.rain is None else self.rain
        rate = rain.at(np.asarray(self.seconds, dtype=float))[:, None]
        return rain_specific_attenuation_db_per_km(rate, frequency_hz, elevation_rad, from_deg(self.weather.tilt_deg))

    def level_absorption_per_m(self, frequency_hz: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """Power absorption [1/m] of level paths near the ground by gases (frequency,), by rain (slot, frequency).

        Gases: P.676 at 1013.25 hPa and 288.15 K with the given vapour, None where the system's own air stays.
        """
        weather, frequency = self.weather, np.asarray(frequency_hz, dtype=float)
        check_carrier(weather, float(frequency.max()))
        gas, wet = None, np.zeros((len(self.seconds), len(frequency)))
        if weather.vapour_density_g_per_m3 is not None:
            air = gaseous_attenuation_db_per_km(frequency, vapour_density_g_per_m3=weather.vapour_density_g_per_m3)
            gas = absorption_coefficient_per_m(air)
        if weather.rain_file is not None:
            wet = absorption_coefficient_per_m(self.rain_db_per_km(frequency, 0.0))
        return gas, wet

    def _coming_and_going_db(self, frequency: float, elevation: np.ndarray) -> np.ndarray:
        """One state for the whole sky; its law is fitted at 17 elevations and linear in between."""
        probability = self.weather.rain_probability_percent or 0.0
        percent, knots = np.array(FITTED_PERCENT), from_deg(FITTED_DEG)
        losses = _exceeded(self.weather, self.site, frequency, knots[:, None], percent)
        mean, spread = lognormal_fit(percent, losses, probability)
        if not np.isfinite(mean).all():
            return np.zeros(elevation.shape)  # no rain above the site
        state = rain_state(random.stream(self.seed, "weather/rain"), np.asarray(self.seconds, dtype=float))[:, None]
        law = np.interp(elevation, knots, mean), np.interp(elevation, knots, spread)
        return rain_attenuation_process(state, *law, probability)


def height_of_rain_m(weather: Weather, site: Site) -> float:
    """Height of rain above the sea [m]: the given one, or by latitude."""
    if weather.rain_height_m is not None:
        return weather.rain_height_m
    return float(rain_height_m(from_deg(site.latitude_deg)))


def _wet_path_km(weather: Weather, site: Site, elevation: np.ndarray) -> np.ndarray:
    """Length of the path below the rain height, cut at the size of a shower."""
    height = max(height_of_rain_m(weather, site) - site.height_m, 0.0) / 1e3
    cell = weather.rain_cell_m / 1e3 / np.maximum(np.cos(elevation), 1e-12)
    return np.minimum(rain_path_km(height, elevation), cell)


def _exceeded(
    weather: Weather, site: Site, frequency: float, elevation: np.ndarray, percent: np.ndarray | float
) -> np.ndarray:
    return rain_exceeded_db(
        percent,
        frequency_hz=frequency,
        elevation_rad=elevation,
        latitude_rad=from_deg(site.latitude_deg),
        site_height_m=site.height_m,
        rain_height_m=height_of_rain_m(weather, site),
        rain_rate_001_mm_per_h=weather.rain_rate_001_mm_per_h or 0.0,
        tilt_rad=from_deg(weather.tilt_deg),
    )
