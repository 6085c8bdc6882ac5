import numpy as np
import pytest

from sagin.blocks.channel.thz_link import slant_transmittance, thermal_noise_w, thz_link_gain
from sagin.core.units import to_db, to_dbm


def test_absorption_of_the_layer() -> None:
    # 6.5e-4 1/m over 2 km is 5.65 dB at the zenith, twice that at 30 degrees
    zenith = to_db(slant_transmittance(np.pi / 2, 6.5e-4, 2000.0))
    assert zenith == pytest.approx(-5.6458, abs=1e-3)
    assert to_db(slant_transmittance(np.pi / 6, 6.5e-4, 2000.0)) == pytest.approx(2 * zenith)
    assert slant_transmittance(0.7, 0.0, 2000.0) == 1.0


def test_link_budget_by_hand() -> None:
    # 240 GHz over 550 km: 194.86 dB of spreading, 5.65 dB of absorption, 93 dB of antennas
    gain = thz_link_gain(550e3, np.pi / 2, 240e9, 10**9.3, (6.5e-4, 2000.0))
    assert to_db(gain) == pytest.approx(93 - 194.86 - 5.65, abs=0.01)


def test_noise_of_a_room_temperature_receiver() -> None:
    # -174 dBm/Hz, 110 dB of bandwidth, 7 dB of noise figure
    assert to_dbm(thermal_noise_w(290.0, 100e9, 10**0.7)) == pytest.approx(-56.975, abs=1e-3)


def test_farther_and_lower_is_weaker() -> None:
    distance = np.linspace(500e3, 900e3, 5)
    assert (np.diff(thz_link_gain(distance, 1.0, 240e9, 1.0, (6.5e-4, 2000.0))) < 0).all()
    elevation = np.linspace(0.4, np.pi / 2, 5)
    assert (np.diff(thz_link_gain(600e3, elevation, 240e9, 1.0, (6.5e-4, 2000.0))) > 0).all()
