"""Every formula of the blocks: integers, single precision, edges, nothing, outside its domain, high precision."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest

import sagin.blocks
from sagin import InputError

mpmath.mp.dps = 50
HALF_PI = float(np.pi / 2)


class Case(NamedTuple):
    """Arguments of a call, whole numbers where the formula allows, and values of arguments that must be refused."""

    arguments: dict[str, Any]
    refused: tuple[tuple[str, Any], ...] = ()


CASES = {
    "two_hop_time": Case({"bits": 4_000_000_000, "first_rate_bps": 3, "second_rate_bps": 5}),
    "sinr_with_estimate": Case({"snr": 4_000_000_000, "n_pilots": 3_000_000_000}),
    "least_power": Case({"rate_bps": 4, "bandwidth_hz": 2, "gain": 3, "noise_power_w": 5}),
    "least_energy": Case({"bits": 4, "duration_s": 3, "bandwidth_hz": 2, "gain": 3, "noise_power_w": 5}),
    "shannon_rate": Case(
        {"bandwidth_hz": 4_000_000_000, "snr": 3}, (("snr", -1e-9), ("snr", np.nan), ("bandwidth_hz", -1.0))
    ),
    "upload_time": Case({"bits": 4_000_000_000, "rate_bps": 7}),
    "power_at_pace": Case({"pace_s_per_bit": 2, "bandwidth_hz": 3, "gain_to_noise_per_w": 5}),
    "energy_per_bit": Case({"pace_s_per_bit": 2, "bandwidth_hz": 3, "gain_to_noise_per_w": 5}),
    "line_of_sight_probability": Case({"elevation_rad": 1, "a": 9, "b": 1}),
    "air_to_ground_gain": Case({"distance_m": 3_000_000, "elevation_rad": 1, "frequency_hz": 4_000_000_000}),
    "cosine_power_directivity": Case({"exponent": 3}, (("exponent", 0.0), ("exponent", -1.0))),
    "cosine_power_gain": Case(
        {"boresight_angle_rad": 1, "exponent": 3},
        (("boresight_angle_rad", 1.6), ("boresight_angle_rad", np.pi), ("boresight_angle_rad", -0.01)),
    ),
    "clear_probability": Case(
        {
            "horizontal_distance_m": 10,
            "heights_m": (1, 5),
            "blocker_height_m": 2,
            "blocker_radius_m": 1,
            "blocker_density_per_m2": 1,
        }
    ),
    "free_space_gain": Case(
        {"distance_m": 3_000_000, "frequency_hz": 300_000_000_000}, (("distance_m", 0.0), ("frequency_hz", -1.0))
    ),
    "free_space_loss_db": Case({"distance_m": 3_000_000, "frequency_hz": 3_000_000_000}, (("distance_m", -1.0),)),
    "macro_loss_db": Case({"distance_m": 300, "loss_1km_db": 128, "exponent": 4}, (("distance_m", 0.0),)),
    "macro_gain": Case({"distance_m": 300, "loss_1km_db": 128, "exponent": 4}, (("distance_m", -3.0),)),
    "power_law_gain": Case({"distance_m": 300, "exponent": 4}, (("distance_m", 0.0),)),
    "rician_amplitude": Case({"phase_rad": 1, "scatter": 2, "k_factor": 3}, (("k_factor", -0.1), ("k_factor", np.nan))),
    "slant_transmittance": Case(
        {"elevation_rad": 1, "absorption_per_m": 2, "layer_height_m": 3},
        (("elevation_rad", -0.017), ("elevation_rad", 0.0), ("elevation_rad", 1.6), ("absorption_per_m", -1e-6)),
    ),
    "thz_link_gain": Case(
        {"distance_m": 600_000, "elevation_rad": 1, "carrier_hz": 300_000_000_000, "antenna_gains": 7, "layer": (1, 2)},
        (("elevation_rad", -0.1),),
    ),
    "thermal_noise_w": Case(
        {"temperature_k": 290, "bandwidth_hz": 4_000_000_000, "noise_figure": 2},
        (("noise_figure", 0.5), ("temperature_k", -1.0)),
    ),
    "cpu_time": Case({"cycles": 4_000_000_000, "clock_hz": 3_000_000_000}, (("clock_hz", 0.0), ("clock_hz", -1.0))),
    "cpu_energy": Case({"cycles": 10**9, "clock_hz": 4 * 10**9, "switched_capacitance": 1}),
    "erlang_b": Case({"n_units": 3, "offered_load": 2}, (("offered_load", -1e-9),)),
    "erlang_c": Case({"n_units": 3, "utilisation": 1}, (("utilisation", -1e-9),)),
    "operation_delay": Case(
        {"arrival_rate_per_s": 2, "n_units": 3, "service_rate_per_s": 1},
        (("arrival_rate_per_s", -1e-9), ("service_rate_per_s", 0.0)),
    ),
    "absorption_coefficient_per_m": Case({"attenuation_db_per_km": 3}),
    "gaseous_attenuation_db_per_km": Case({"frequency_hz": 60_000_000_000}, (("frequency_hz", 1e8),)),
    "doppler_shift": Case({"range_rate_mps": 7000, "carrier_hz": 4_000_000_000}),
    "slant_range": Case({"central_angle_rad": 1, "altitude_m": 550_000, "earth_radius_m": 6_371_000}),
    "zenith_angle": Case({"central_angle_rad": 1, "altitude_m": 550_000, "earth_radius_m": 6_371_000}),
    "slant_range_at_elevation": Case(
        {"elevation_rad": 1, "altitude_m": 550_000, "earth_radius_m": 6_371_000},
        (("elevation_rad", -0.01), ("elevation_rad", 1.6)),
    ),
    "bistatic_gain": Case({"sensing_gain": 2, "wavelength_m": 3, "first_leg": 400_000, "second_leg": 300_000}),
    "sensing_sinr": Case(
        {"pilot_energy": 4_000_000_000, "target_trace": 3_000_000_000, "clutter_trace": 2, "noise": 1}
    ),
    "least_pilot_energy": Case({"sinr": 2, "target_trace": 4_000_000_000, "clutter_trace": 1, "noise": 3_000_000_000}),
    "detection_probability": Case({"deflection": 3, "false_alarm_probability": 0.5}),
    "detection_threshold": Case({"deflection": 3, "false_alarm_probability": 0.5}),
    "mmse_sinr": Case(
        {"received": np.array([[[2, 1], [0, 3]]]), "noise_w": 2},
        (("noise_w", 0.0), ("received", np.full((1, 2, 2), np.inf))),
    ),
    "exponential_covariance": Case(
        {"power": 2, "correlation": 0, "n_antennas": 3}, (("correlation", 1.0), ("correlation", -0.1), ("power", -1.0))
    ),
}

OTHERS = {  # no formulas of numbers: records of tasks, matrices, geometry with checks of its own, simulations
    *("estimate_channel", "maximum_ratio_beam", "maximum_ratio_gain", "mmse_precoder", "stream_sinr", "decoded_later"),
    *("sic_sinr", "array_response", "fcfs_finish", "fcfs_start", "sequence_finish", "static_split_finish"),
    *("unlimited_finish", "processor_sharing_finish", "list_dispatch", "bound_exponent", "straight_flight", "to_ecef"),
    *("to_geodetic", "enu_axes", "look", "gmst", "teme_to_ecef", "walker_elements", "kozai_mean_motion"),
    *("swerling_echo", "deflection", "simulated_statistics", "fused_detection_probability"),
}

OWN_TESTS = {  # weather and traffic: refusals and published values stand in the tests of their files, no case here yet
    *("bounded_pareto", "bounded_pareto_mean", "bounded_pareto_quantile", "clarke_correlation", "cloud_attenuation_db"),
    *("cloud_coefficient", "evolve", "evolve_real", "exponential_vapour_g_per_m3", "line_by_line", "lognormal_fit"),
    *(
        "mmpp_counts",
        "mmpp_means",
        "mmpp_moments",
        "poisson_counts",
        "profile",
        "profile_integral",
        "rain_coefficients",
    ),
    *("rain_attenuation_process", "rain_exceeded_db", "rain_height_m", "rain_path_km", "rain_state", "upper_quantile"),
    *("rain_specific_attenuation_db_per_km", "shadowing_correlation", "sky_gaseous_attenuation_db"),
    *("slant_gaseous_attenuation_db", "zenith_gaseous_attenuation_db"),
}


def _functions() -> dict[str, Callable[..., Any]]:
    found = {}
    for module in pkgutil.walk_packages(sagin.blocks.__path__, "sagin.blocks."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.isfunction(value) and value.__module__ == module.name and not name.startswith("_"):
                found[name] = value
    return found


FUNCTIONS = _functions()


def _as(kind: Callable[[Any], Any], arguments: dict[str, Any]) -> dict[str, Any]:
    def change(name: str, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(change(name, part) for part in value)
        if name.startswith("n_") and name != "n_pilots":  # a number of things
            return value
        return kind(value) if np.all(np.asarray(value) == np.rint(value)) else value

    return {name: change(name, value) for name, value in arguments.items()}


def test_cases_name_functions() -> None:
    assert set(FUNCTIONS) == set(CASES) | OTHERS | OWN_TESTS, "every public function of the blocks has a case"


@pytest.mark.parametrize("name", CASES)
def test_whole_numbers_of_any_kind_give_what_doubles_give(name: str) -> None:
    arguments = CASES[name].arguments
    wanted = FUNCTIONS[name](**_as(lambda value: np.asarray(value, dtype=float)[()], arguments))
    assert np.isfinite(wanted).all()

    def narrow(value: Any) -> Any:
        return np.asarray(value, dtype=np.int32 if np.max(value) < 2**31 else np.int64)

    for kind in (lambda value: value, lambda value: np.asarray(value, dtype=np.int64), narrow):
        np.testing.assert_allclose(FUNCTIONS[name](**_as(kind, arguments)), wanted, rtol=1e-12)
    single = FUNCTIONS[name](**_as(lambda value: np.asarray(value, dtype=np.float32), arguments))
    np.testing.assert_allclose(single, wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "argument", "value"), [(name, *bad) for name, case in CASES.items() for bad in case.refused]
)
def test_values_outside_the_domain_are_refused_by_name(name: str, argument: str, value: Any) -> None:
    with pytest.raises(InputError, match=argument):
        FUNCTIONS[name](**{**CASES[name].arguments, argument: value})


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("mmse_sinr", "exponential_covariance")])
def test_nothing_gives_nothing(name: str) -> None:
    arguments = CASES[name].arguments
    first = next(n for n in arguments if not n.startswith("n_") or n == "n_pilots")
    if first in ("exponent", "temperature_k"):
        return  # one number by definition
    result = FUNCTIONS[name](**{**arguments, first: np.zeros(0) + 1.0})
    assert np.shape(result) == (0,)


def test_mmse_of_nothing() -> None:
    assert FUNCTIONS["mmse_sinr"](np.zeros((2, 0, 3)), 1.0).shape == (2, 3)
    assert FUNCTIONS["mmse_sinr"](np.zeros((0, 2, 3)), 1.0).shape == (0, 3)


def test_edges() -> None:
    assert FUNCTIONS["cosine_power_gain"](HALF_PI, 2.0) == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(FUNCTIONS["rician_amplitude"](0.5, 1 + 1j, np.inf), np.exp(0.5j), rtol=1e-15)
    assert FUNCTIONS["rician_amplitude"](0.5, 1 + 1j, 0.0) == pytest.approx(1 + 1j)
    assert FUNCTIONS["cpu_energy"](10**9, 4 * 10**9, 1e-28) == pytest.approx(1.6)
    assert FUNCTIONS["slant_range_at_elevation"](0.0, 1.0, 6.371e6) == pytest.approx(np.sqrt(2 * 6.371e6 + 1))


def mp(value: float) -> Any:
    return mpmath.mpf(float(value))


@pytest.mark.parametrize("exponent", range(-18, 13, 3))
def test_rates_and_powers_keep_their_digits(exponent: int) -> None:
    snr = 1.7 * 10.0**exponent
    rate = 3.0 * mpmath.log(1 + mp(snr)) / mpmath.log(2)
    assert FUNCTIONS["shannon_rate"](3.0, snr) == pytest.approx(float(rate), rel=1e-15)
    spectral = 10.0 ** min(exponent, 2)
    wanted = (mpmath.power(2, mp(spectral)) - 1) * mp(0.3) / mp(1.1)
    assert FUNCTIONS["least_power"](spectral, 1.0, 1.1, 0.3) == pytest.approx(float(wanted), rel=1e-13)
    pace = 1 / spectral
    wanted = mp(pace) * (mpmath.power(2, 1 / mp(pace)) - 1) / mp(1.1)
    assert FUNCTIONS["energy_per_bit"](pace, 1.0, 1.1) == pytest.approx(float(wanted), rel=1e-13)


@pytest.mark.parametrize("exponent", range(-12, 1, 2))
def test_ranges_keep_their_digits(exponent: int) -> None:
    radius, angle = 6.371e6, 10.0**exponent
    for altitude in (1.0, 1e3, 550e3, 3.6e7):
        orbit = mp(radius) + mp(altitude)
        square = mp(radius) ** 2 + orbit**2 - 2 * mp(radius) * orbit * mpmath.cos(mp(angle))
        found = FUNCTIONS["slant_range"](angle, altitude, radius)
        assert found == pytest.approx(float(mpmath.sqrt(square)), rel=1e-14)
        up = mp(radius) * mpmath.sin(mp(angle))
        wanted = mpmath.sqrt(up**2 + 2 * mp(radius) * mp(altitude) + mp(altitude) ** 2) - up
        found = FUNCTIONS["slant_range_at_elevation"](angle, altitude, radius)
        assert found == pytest.approx(float(wanted), rel=1e-14)


@pytest.mark.parametrize("level_db", [-200, -100, 0, 60, 120, 150, 160, 200])
@pytest.mark.parametrize(("branches", "streams"), [(8, 4), (2, 4), (4, 4)])
def test_mmse_keeps_its_digits_at_any_snr(level_db: int, branches: int, streams: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(branches, streams)) + 1j * rng.normal(size=(branches, streams))
    x *= 10 ** (level_db / 20)
    found = FUNCTIONS["mmse_sinr"](x[None], 1.0)[0]
    exact = mpmath.matrix(x.tolist())
    for i in range(streams):
        rest = mpmath.eye(branches)
        for j in range(streams):
            if j != i:
                rest += exact[:, j] * exact[:, j].H
        wanted = (exact[:, i].H * mpmath.inverse(rest) * exact[:, i])[0].real
        assert found[i] == pytest.approx(float(wanted), rel=1e-11)


@pytest.mark.parametrize("units", [1, 5, 100, 1000])
def test_erlang_keeps_its_digits(units: int) -> None:
    for rho in (1e-6, 0.3, 0.9, 0.999999):
        load = mp(units) * mp(rho)
        total = sum(mpmath.power(load, k - units) * mpmath.factorial(units) / mpmath.factorial(k) for k in range(units))
        wanted = 1 / (1 + (1 - mp(rho)) * total)
        assert FUNCTIONS["erlang_c"](units, rho) == pytest.approx(float(wanted), rel=1e-11, abs=1e-300)
