import numpy as np
import pytest

from sagin.blocks.geometry import sidereal


def test_sidereal_time_at_the_standard_epoch() -> None:
    assert np.rad2deg(sidereal.gmst(2451545.0)) == pytest.approx(280.46061838, abs=1e-8)


def test_published_example() -> None:
    """Vallado, example 3-5: 1992-08-20 12:14 UT1 has 152.578787810 deg."""
    assert np.rad2deg(sidereal.gmst(2448854.5, (12 + 14 / 60) / 24)) == pytest.approx(152.578787810, abs=1e-7)


def test_two_parts_add_and_a_second_turns_fifteen_arc_seconds() -> None:
    assert sidereal.gmst(2461345.5, 0.25) == pytest.approx(sidereal.gmst(2461345.75), abs=1e-10)
    turned = sidereal.gmst(2461345.5, 0.25 + 1 / 86400) - sidereal.gmst(2461345.5, 0.25)
    assert turned == pytest.approx(sidereal.EARTH_ROTATION_RAD_PER_S, rel=1e-4)


def test_turning_keeps_lengths_and_velocity_is_the_derivative() -> None:
    generator = np.random.Generator(np.random.Philox(1))
    position, velocity = generator.normal(size=(2, 5, 3)) * 7e6
    step = 1e-3

    def at(t: float) -> np.ndarray:
        return sidereal.teme_to_ecef(position + velocity * t, velocity, 0.7 + t * sidereal.EARTH_ROTATION_RAD_PER_S)[0]

    turned, moving = sidereal.teme_to_ecef(position, velocity, 0.7)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(position, axis=1))
    np.testing.assert_allclose((at(step) - at(-step)) / (2 * step), moving, rtol=1e-6, atol=1.0)
