"""Data over a channel estimated from pilots by maximum likelihood (Kay, Estimation Theory, 1993, ch. 7 and 15)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real


def estimate_channel(received: np.ndarray, pilot: np.ndarray) -> np.ndarray:
    """Maximum-likelihood estimate (antenna,) of h from `received` (antenna, symbol) = h pilot^T + white noise."""
    return received @ np.conj(pilot) / np.sum(np.abs(pilot) ** 2)


def sinr_with_estimate(snr: np.ndarray, n_pilots: np.ndarray) -> np.ndarray:
    """SINR of data symbols of the pilots' power: SNR / (1 + 1 / n_pilots), for the known SNR of the true channel.

    The error of the estimate has variance noise / (power n_pilots) and acts as noise of variance noise / n_pilots.
    `snr`: (...) power |h|^2 / noise. `n_pilots`: (...) number of pilot symbols > 0, real-valued. Arguments broadcast.
    """
    n_pilots = real("n_pilots", n_pilots)
    return real("snr", snr) * n_pilots / (n_pilots + 1)
