"""The coastline of the world: Natural Earth 1:110m land, public domain."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np


@lru_cache(maxsize=1)
def coastline() -> np.ndarray:
    """(point, 2) longitude and latitude [deg], NaN between the polygons."""
    with files("sagin.world").joinpath("data", "coast_110m.npz").open("rb") as stream:
        return np.load(stream)["lonlat_deg"].astype(float)
