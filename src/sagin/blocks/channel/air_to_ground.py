"""Mean path loss between the ground and a low-altitude platform (Al-Hourani, Kandeepan and Lardner, IEEE WCL 3, 2014).

The probability of a line of sight is a logistic function of the elevation; the loss is the mean of both cases in dB.
"""

from __future__ import annotations

import numpy as np

from sagin.blocks.channel.free_space import free_space_gain
from sagin.core.units import from_db, to_deg


def line_of_sight_probability(elevation_rad: np.ndarray | float, a: float = 9.61, b: float = 0.16) -> np.ndarray:
    """Probability of a line of sight 1 / (1 + a exp(-b (theta - a))), theta in degrees.

    `elevation_rad`: any shape, [rad] in [0, pi/2]. `a`, `b` > 0: environment; (4.88, 0.43) suburban, (9.61, 0.16)
    urban, (12.08, 0.11) dense urban, (27.23, 0.08) high-rise.
    """
    return 1 / (1 + a * np.exp(-b * (to_deg(np.asarray(elevation_rad)) - a)))


def air_to_ground_gain(
    distance_m: np.ndarray | float,
    elevation_rad: np.ndarray | float,
    frequency_hz: float,
    environment: tuple[float, float] = (9.61, 0.16),
    excess_db: tuple[float, float] = (1.0, 20.0),
) -> np.ndarray:
    """Power gain of the mean loss in dB over both cases of sight.

    `distance_m`: [m] > 0. `elevation_rad`: [rad] in [0, pi/2], of the platform; both broadcast. `frequency_hz`: [Hz],
    > 0. `environment`: (a, b) of `line_of_sight_probability`. `excess_db`: loss beyond free space with and without
    sight [dB].
    """
    sight = line_of_sight_probability(elevation_rad, *environment)
    excess = sight * excess_db[0] + (1 - sight) * excess_db[1]
    return free_space_gain(distance_m, frequency_hz) * from_db(-excess)
