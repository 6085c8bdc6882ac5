"""Physical constants (CODATA 2018) and the mean radius of the Earth."""

SPEED_OF_LIGHT_MPS = 299_792_458.0  # m/s, exact
BOLTZMANN_J_PER_K = 1.380_649e-23  # J/K, exact
EARTH_RADIUS_M = 6_371e3  # m, mean radius
