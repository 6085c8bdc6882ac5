"""Ground-to-satellite terahertz link: a flat absorbing layer below free space, and a noisy receiver.

Sources: Beer-Lambert law through a plane-parallel layer of equivalent height (ITU-R P.676, annex 2); noise power
k T B F of a receiver with noise figure F (Friis 1944).
"""

from __future__ import annotations

import numpy as np

from sagin.blocks.channel.free_space import free_space_gain
from sagin.core.constants import BOLTZMANN_J_PER_K
from sagin.core.domain import real


def slant_transmittance(
    elevation_rad: np.ndarray | float, absorption_per_m: float, layer_height_m: float
) -> np.ndarray:
    """Share of the power that passes the layer, exp(-k h / sin(elevation)).

    `elevation_rad`: any shape, in (0, pi/2]; below about 20 degrees the Earth's curvature makes this too pessimistic.
    """
    elevation = real("elevation_rad", elevation_rad, "above the horizon", gt=0, le=np.pi / 2)
    absorption = real("absorption_per_m", absorption_per_m, ge=0)
    return np.exp(-absorption * real("layer_height_m", layer_height_m, ge=0) / np.sin(elevation))


def thz_link_gain(
    distance_m: np.ndarray,
    elevation_rad: np.ndarray | float,
    carrier_hz: float,
    antenna_gains: float,
    layer: tuple[float, float],
) -> np.ndarray:
    """Power gain between the antenna ports; arguments broadcast.

    `antenna_gains`: product of both gains (linear). `layer`: absorption [1/m] and equivalent height [m].
    """
    return antenna_gains * free_space_gain(distance_m, carrier_hz) * slant_transmittance(elevation_rad, *layer)


def thermal_noise_w(temperature_k: float, bandwidth_hz: float, noise_figure: float) -> float:
    """Noise power [W] = k T B F; `noise_figure` linear, >= 1; temperature and bandwidth >= 0."""
    real("temperature_k", temperature_k, ge=0)
    real("bandwidth_hz", bandwidth_hz, ge=0)
    real("noise_figure", noise_figure, "linear", ge=1)
    return BOLTZMANN_J_PER_K * temperature_k * bandwidth_hz * noise_figure
