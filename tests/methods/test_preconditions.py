"""Compiled functions that write into arrays of the caller refuse arrays of another size instead of leaving them."""

import numpy as np
import pytest

from sagin.methods.assignment import assign
from sagin.methods.capped_level import capped_level
from sagin.methods.k_means import k_means
from sagin.methods.square_root_shares import square_root_shares
from sagin.methods.water_filling import water_filling

TWO, ONE, NONE = np.array([1.0, 2.0]), np.zeros(1), np.zeros(0)
CALLS = {
    "assign": lambda: assign(np.ones((2, 3)), np.zeros(1, dtype=np.int64)),
    "capped_level, short": lambda: capped_level(TWO, 1.0, ONE),
    "capped_level, empty": lambda: capped_level(NONE, 1.0, NONE),
    "water_filling, short": lambda: water_filling(TWO, 1.0, 1.0, ONE),
    "water_filling, empty": lambda: water_filling(NONE, 1.0, 1.0, NONE),
    "square_root_shares, short": lambda: square_root_shares(TWO, np.zeros(2), ONE),
    "k_means, empty": lambda: k_means(np.zeros((0, 2)), np.array([0.5]), np.zeros((1, 2))),
    "k_means, draws": lambda: k_means(np.zeros((3, 2)), np.array([0.5]), np.zeros((2, 2))),
}


@pytest.mark.parametrize("name", CALLS)
def test_sizes_are_checked(name: str) -> None:
    with pytest.raises(ValueError, match="must"):
        CALLS[name]()
