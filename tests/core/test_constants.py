from scipy import constants as codata

from sagin.core import constants


def test_codata() -> None:
    assert codata.c == constants.SPEED_OF_LIGHT_MPS
    assert codata.k == constants.BOLTZMANN_J_PER_K
    assert 6.35e6 < constants.EARTH_RADIUS_M < 6.38e6
