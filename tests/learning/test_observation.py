"""What agents see: one number a column and user, scaled by percentiles of the pool."""

import json

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.learning.observation import fit, look, scale
from tests.learning.conftest import pool_of


def test_columns_of_a_system_with_complex_and_wide_arrays() -> None:
    system = sagin.system("dm_mimo_vec")
    drops = system.sample(system.scenario(n_saps=20), range(5))
    seen = {one.name: one for one in look(drops, "vehicle")}
    np.testing.assert_array_equal(seen["task_bits"].values, drops.task_bits)
    assert seen["task_bits"].owner.tolist() == [0, 1, 2, 3]
    mean_square = (np.abs(drops.h_sat) ** 2).mean(axis=2)  # of the antennas; satellites are left: 20, more than 16
    wide = np.stack([mean_square.min(axis=1), mean_square.mean(axis=1), mean_square.max(axis=1)], axis=1)
    np.testing.assert_allclose(seen["h_sat"].values, np.sqrt(wide))
    assert (seen["h_sat"].owner == -1).all()
    assert "power_limit" not in seen
    few = {one.name: one for one in look(system.sample(None, range(5)), "vehicle")}
    assert few["h_sat"].values.shape == (5, 8)


def test_scaling_by_percentiles_of_logarithms() -> None:
    system = sagin.system("dm_mimo_vec")
    drops = system.sample(None, range(60))
    seen = look(drops, "vehicle")
    scaling = fit(seen, np.arange(60))
    assert json.loads(json.dumps(scaling)) == scaling
    assert "p_vehicle_w" not in scaling  # constant
    low, high = np.percentile(np.log(drops.task_bits), [1, 99])
    assert (scaling["task_bits"]["low"], scaling["task_bits"]["high"]) == (pytest.approx(low), pytest.approx(high))
    values, owner = scale(seen, scaling)
    assert values.dtype == np.float32
    assert np.abs(values).max() <= 1
    expected = np.clip(2 * (np.log(drops.task_bits) - low) / (high - low) - 1, -1, 1)
    np.testing.assert_allclose(values[:, :4], expected, rtol=1e-5, atol=1e-6)
    assert owner[:4].tolist() == [0, 1, 2, 3]


def test_zero_is_the_lowest_and_unknown_columns_are_refused() -> None:
    pool = pool_of("ccmsm", bounded=False)
    at = pool.features[:, pool.owner == 0]
    assert (at.min(axis=0) >= -1).all()
    with pytest.raises(InputError, match="scaling"):
        scale(pool.seen, {"nothing": {"log": 0.0, "low": 0.0, "high": 1.0}})


def test_a_trained_policy_meets_the_same_numbers_in_another_pool() -> None:
    first, other = pool_of("sixth"), pool_of("sixth", 2)
    assert other.scaling != first.scaling
    same = other.with_scaling(first.scaling)
    np.testing.assert_array_equal(same.features, first.features[: len(same.features)])
