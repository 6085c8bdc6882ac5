import numpy as np
import pytest

from sagin.blocks.computing.cpu import cpu_energy, cpu_time


def test_values() -> None:
    assert cpu_time(np.array(1e9), 0.8e9) == pytest.approx(1.25)
    assert cpu_energy(np.array(1e9), 0.8e9, 1e-28) == pytest.approx(0.064)


def test_energy_is_power_times_time() -> None:
    power_w = 1e-27 * (2e9) ** 3  # kappa f^3
    assert cpu_energy(np.array(5e8), 2e9, 1e-27) == pytest.approx(power_w * cpu_time(np.array(5e8), 2e9))
