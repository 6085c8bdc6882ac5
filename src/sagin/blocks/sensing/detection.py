"""Neyman-Pearson detection of a Swerling-I echo in Gaussian clutter and noise (Kay, Detection Theory, 1998, ch. 5).

The pilot is whitened by the covariance of clutter and noise; the echo's covariance then has rank one, with eigenvalue
`deflection`, and the test statistic is exponential under either hypothesis. `simulated_statistics` does not use that:
it draws, whitens and tests the full stacked pilot.
"""

from __future__ import annotations

import numpy as np


def deflection(
    pilot_energy: np.ndarray,
    target_gain: np.ndarray,
    steering: np.ndarray,
    clutter_covariance: np.ndarray,
    noise_power_w: float,
) -> np.ndarray:
    """SINR of the detector (...) = e beta a^H (e R_c + sigma^2 I)^-1 a, by the eigenvalues of R_c.

    `pilot_energy`, `target_gain`: (...) e and beta. `steering`: (..., antenna) a. `clutter_covariance`: R_c, with
    leading axes that broadcast against those of the others, (antenna, antenna) last.
    """
    energy = np.asarray(pilot_energy)[..., None]
    values, vectors = np.linalg.eigh(clutter_covariance)  # (..., antenna), (..., antenna, antenna)
    parts = np.abs(np.einsum("...ij,...i->...j", np.conj(vectors), steering)) ** 2
    weights = energy / (energy * np.maximum(values, 0.0) + noise_power_w)
    return target_gain * np.sum(parts * weights, axis=-1)


def detection_probability(deflection: np.ndarray, false_alarm_probability: np.ndarray | float) -> np.ndarray:
    """P_D = P_FA^(1 / (1 + deflection)): rises with either argument; arguments broadcast."""
    return np.asarray(false_alarm_probability, dtype=float) ** (1 / (1 + np.asarray(deflection)))


def detection_threshold(deflection: np.ndarray, false_alarm_probability: np.ndarray | float) -> np.ndarray:
    """Threshold -ln(P_FA) d / (1 + d) of the whitened statistic y^H R (R + I)^-1 y; arguments broadcast."""
    share = np.asarray(deflection) / (1 + np.asarray(deflection))
    return -np.log(false_alarm_probability) * share


def simulated_statistics(
    generator: np.random.Generator,
    pilot: np.ndarray,
    echo_covariance: np.ndarray,
    clutter_covariance: np.ndarray,
    noise_power_w: float,
    n_trials: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The statistic (trial,) without and with the echo, for the whole pilot stacked and whitened.

    Channels, noise and the statistic are simulated literally, with matrices of symbol x antenna rows, so the shares
    above `detection_threshold` check the closed forms. `pilot`: (symbol,) transmitted symbols, power included.
    """
    n_antennas = clutter_covariance.shape[0]
    n = pilot.size * n_antennas
    spread = np.kron(pilot[:, None], np.eye(n_antennas))  # (symbol x antenna, antenna)
    disturbance = spread @ clutter_covariance @ spread.conj().T + noise_power_w * np.eye(n)
    values, vectors = np.linalg.eigh(disturbance)
    whiten = (vectors / np.sqrt(values)) @ vectors.conj().T
    echo = whiten @ spread @ echo_covariance @ spread.conj().T @ whiten.conj().T
    test = echo @ np.linalg.inv(echo + np.eye(n))

    def statistic(channel: np.ndarray) -> np.ndarray:
        received = channel @ spread.T + np.sqrt(noise_power_w) * _normal(generator, (n_trials, n))
        white = received @ whiten.T
        return np.sum(np.conj(white) * (white @ test.T), axis=-1).real

    antennas = (n_trials, n_antennas)
    clutter_root = np.linalg.cholesky(clutter_covariance)
    echo_values, echo_vectors = np.linalg.eigh(echo_covariance)
    echo_root = echo_vectors * np.sqrt(np.maximum(echo_values, 0.0))
    absent = statistic(_normal(generator, antennas) @ clutter_root.T)
    present = statistic(_normal(generator, antennas) @ clutter_root.T + _normal(generator, antennas) @ echo_root.T)
    return absent, present


def _normal(generator: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return (generator.standard_normal(shape) + 1j * generator.standard_normal(shape)) / np.sqrt(2.0)
