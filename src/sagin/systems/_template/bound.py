"""Certified lower bound, and a reference at small size."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import Exact, Space, outward
from sagin.methods.enumeration import enumerate_all
from sagin.systems._template.model import Decision, Drops, evaluate
from sagin.systems._template.solver import full_band_upload


def lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) [s] by Cauchy-Schwarz: sum u/a >= (sum sqrt u)^2 / sum a."""
    return outward(np.sqrt(full_band_upload(drops)).sum(axis=1) ** 2, "min")


def best_of_lattice(drops: Drops) -> Exact:
    """The best shares in multiples of 1/20: all are tried, for up to 8 users. No certificate."""
    return enumerate_all(drops, Space(Decision, evaluate), "min", steps=20)
