"""Lambert's W against the defining equation and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from sagin.methods.lambert_w import lambert_w


def test_known_values() -> None:
    assert lambert_w(0.0) == 0.0
    assert lambert_w(np.e) == pytest.approx(1.0, rel=1e-15)
    assert lambert_w(1.0) == pytest.approx(0.5671432904097838, rel=1e-15)


@given(st.floats(-290, 290))
def test_agrees_with_scipy(exponent) -> None:
    z = 10.0**exponent
    assert lambert_w(z) == pytest.approx(lambertw(z).real, rel=4e-15)


@given(st.floats(-np.exp(-1.0), 0.0))
def test_principal_branch_below_zero(z) -> None:
    w = lambert_w(z)
    assert -1.0 <= w <= 0.0
    near = 1e-7 if np.e * z + 1 < 1e-4 else 4e-15  # at the branch point a rounding of z moves w by its square root
    exact = lambertw(z).real
    # SciPy has no value where -1/e was rounded to below the branch point
    assert w == pytest.approx(-1.0 if np.isnan(exact) else exact, rel=near, abs=1e-300)


def test_below_the_branch_point_there_is_no_value() -> None:
    assert np.isnan(lambert_w(-0.5))
    assert lambert_w(-0.2) == pytest.approx(-0.2591711018190738, rel=1e-14)
