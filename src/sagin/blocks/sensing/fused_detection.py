"""Detection with several independent looks fused: tails of weighted sums of exponentials (Imhof, Biometrika 48, 1961).

The Neyman-Pearson statistic of independent Swerling-I looks with deflections d is sum_n w_n e_n with e_n exponential of
mean 1 and weights d / (1 + d) without the echo, d with it.
"""

from __future__ import annotations

import numpy as np

TAIL = 1e-6  # where the integrand is cut off, and about the error of the probabilities
SMALL = 1e-3  # weights below this part of the largest enter by their mean


def fused_detection_probability(deflections: np.ndarray, false_alarm_probability: float) -> float:
    """Detection probability of all looks together, to about 1e-6.

    `deflections`: (look,) > 0, SINR of the detector in each look. One look: P_FA^(1 / (1 + d)).
    """
    strength = np.asarray(deflections, dtype=float)
    without = WeightedExponentials(strength / (1 + strength), false_alarm_probability)
    threshold = without.quantile(false_alarm_probability)
    return WeightedExponentials(strength, false_alarm_probability, threshold).above(threshold)


class WeightedExponentials:
    """The sum of w_n e_n, e_n independent exponentials of mean 1; `weights`: (look,) > 0.

    Tails are computed up to a point beyond the one exceeded with `probability`, or up to `farthest`.
    """

    def __init__(self, weights: np.ndarray, probability: float, farthest: float = 0.0) -> None:
        largest = weights.max()
        # Chernoff's bound puts the quantile below this
        self.farthest = max(2 * weights.sum() - 2 * largest * np.log(probability), farthest)
        self.shift = float(weights[weights < SMALL * largest].sum())
        self.weights = weights[weights >= SMALL * largest]
        end = 1 / largest
        while self.weights.size > 1 and 0.5 * np.sum(np.log1p((self.weights * end) ** 2)) < -np.log(TAIL):
            end *= 1.2
        self.step = 0.2 / (self.farthest + weights.sum())  # a fifth of a radian of phase: aliasing below 1e-13
        self.points = self.step * np.arange(1, int(end / self.step) + 2)
        self.phase, decay = np.zeros(self.points.size), np.zeros(self.points.size)
        for weight in self.weights:
            self.phase += np.arctan(weight * self.points)
            decay += 0.5 * np.log1p((weight * self.points) ** 2)
        self.size = np.exp(-decay) / self.points

    def above(self, x: float) -> float:
        """P(sum > x)."""
        rest = max(x - self.shift, 0.0)
        if self.weights.size == 1:
            return float(np.exp(-rest / self.weights[0]))
        inner = np.sum(np.sin(self.phase - rest * self.points) * self.size)
        first = 0.5 * (self.weights.sum() - rest)  # limit of the integrand at 0, half a step
        return float(np.clip(0.5 + self.step / np.pi * (first + inner), 0.0, 1.0))

    def quantile(self, probability: float) -> float:
        """The point exceeded with a probability, by bisection."""
        low, high = 0.0, self.farthest
        for _ in range(40):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.above(middle) > probability else (low, middle)
        return 0.5 * (low + high)
