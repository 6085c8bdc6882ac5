"""Certified lower bound."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.systems._template.model import Drops
from sagin.systems._template.solver import full_band_upload


def lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) [s] by Cauchy-Schwarz: sum u/a >= (sum sqrt u)^2 / sum a."""
    return outward(np.sqrt(full_band_upload(drops)).sum(axis=1) ** 2, "min")
