"""Blockage by people: hand value, guards, and a simulation of the Poisson field."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.channel.blockage import clear_probability

PEOPLE = {"blocker_height_m": 1.7, "blocker_radius_m": 0.3, "blocker_density_per_m2": 0.1}


def test_hand_value() -> None:
    below = 0.4 / 3.7
    expected = np.exp(-2 * 0.1 * 0.3 * (below * 50 + 0.3))
    assert clear_probability(50.0, heights_m=(1.3, 5.0), **PEOPLE) == pytest.approx(expected)


def test_against_a_simulated_field() -> None:
    """Cylinders uniform in a box around the link block it if their axis is in the strip where the ray is low."""
    generator = np.random.Generator(np.random.Philox(1))
    radius, density, length, below = 0.3, 0.1, 20.0, 1.0  # the ray is below heads all along
    clear = 0
    for _ in range(4000):
        count = generator.poisson(density * 40 * 10)
        x, y = generator.uniform(-10, 30, count), generator.uniform(-5, 5, count)
        clear += not np.any((x > 0) & (x < below * length + radius) & (np.abs(y) < radius))
    people = {**PEOPLE, "blocker_height_m": 6.0}
    assert clear / 4000 == pytest.approx(float(clear_probability(length, heights_m=(1.3, 5.0), **people)), abs=0.02)


@given(st.floats(0, 300), st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0, 12))
def test_is_a_probability_that_falls_with_distance(distance, first, second, blocker) -> None:
    people = {**PEOPLE, "blocker_height_m": blocker}
    near = clear_probability(distance, heights_m=(first, second), **people)
    far = clear_probability(distance + 10, heights_m=(first, second), **people)
    assert 0 < far <= near <= 1
    assert near == clear_probability(distance, heights_m=(second, first), **people)


def test_nobody_or_only_small_people() -> None:
    nobody = {**PEOPLE, "blocker_density_per_m2": 0.0}
    assert clear_probability(100.0, heights_m=(1.3, 5.0), **nobody) == 1
    small = {**PEOPLE, "blocker_height_m": 1.3}
    assert clear_probability(100.0, heights_m=(1.3, 5.0), **small) == 1


def test_tall_people_block_the_whole_length() -> None:
    tall = {**PEOPLE, "blocker_height_m": 9.0}
    expected = np.exp(-0.1 * 0.6 * 100.3)
    assert clear_probability(100.0, heights_m=(1.3, 5.0), **tall) == pytest.approx(expected)
    assert clear_probability(100.0, heights_m=(2.0, 2.0), **tall) == pytest.approx(expected)
