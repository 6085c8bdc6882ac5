import numpy as np
import pytest

from sagin.core import units


def test_reference_values() -> None:
    assert units.from_dbm(30.0) == pytest.approx(1.0)
    assert units.from_dbm(-174.0) == pytest.approx(3.981e-21, rel=1e-4)  # thermal noise at 290 K
    assert units.from_db(3.0) == pytest.approx(1.99526, rel=1e-5)
    assert units.from_deg(180.0) == pytest.approx(np.pi)
    assert units.to_db(0.0) == -np.inf


def test_inverse() -> None:
    values = np.array([-30.0, 0.0, 17.5])
    np.testing.assert_allclose(units.to_db(units.from_db(values)), values, atol=1e-12)
    np.testing.assert_allclose(units.to_dbm(units.from_dbm(values)), values, atol=1e-12)
    np.testing.assert_allclose(units.to_deg(units.from_deg(values)), values, atol=1e-12)
