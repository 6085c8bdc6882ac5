import numpy as np
import pytest

from sagin.core.figures import Axis, Series


def test_axis_sets_one_field_several_fields_or_none() -> None:
    assert Axis(("n",), (1, 2), "n").at(1) == {"n": 2}
    assert Axis(("low", "high"), (1.0, 2.0), "size").at(0) == {"low": 1.0, "high": 1.0}
    pair = Axis(("n", "power_w"), ((1, 0.5), (2, 1.0)), "n")
    assert pair.at(1) == {"n": 2, "power_w": 1.0}
    np.testing.assert_array_equal(pair.numbers(), [1, 2])
    assert Axis(("iteration",), (0,) * 5, "round").at(3) == {}
    np.testing.assert_array_equal(Axis(("n",), (1, 2), "n", shown=(10, 20)).numbers(), [10, 20])


def test_axis_refuses_a_short_tuple() -> None:
    with pytest.raises(ValueError, match=r"shorter|argument 2"):
        Axis(("a", "b", "c"), ((1, 2),), "x").at(0)


def test_curve_hides_infeasible_drops() -> None:
    values = np.array([[[1.0, 2.0]]])
    series = Series(np.array([0.0]), ("a",), values, np.array([[[True, False]]]))
    np.testing.assert_array_equal(series.curve("a"), [[1.0, np.nan]])
