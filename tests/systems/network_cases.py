"""The random declared networks of the tests: up to three users a group."""

from typing import Any

import numpy as np

from sagin.systems.network import some_network as networks


def some_network(seed: int) -> dict[str, Any]:
    """A declaration, the same for the same seed."""
    return networks.some_network(np.random.default_rng([2026, seed]), lambda g: int(g.integers(1, 4)))
