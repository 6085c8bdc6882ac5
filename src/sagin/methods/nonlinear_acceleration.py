"""Acceleration of a fixed-point iteration by combining its last iterates.

Anderson 1965, J. ACM 12(4), in the regularised form of Scieur, d'Aspremont and Bach 2016, "Regularized nonlinear
acceleration": the weights, of sum 1, make the combined residual least, with a small penalty on their size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.cholesky import cholesky_factor, cholesky_solve

_PENALTY = 1e-10  # of the weights, relative to the largest residual


class Memory(NamedTuple):
    """The last iterates; `filled` counts them, the oldest being overwritten first."""

    images: np.ndarray  # (depth, n, m) complex, where the iteration went
    residuals: np.ndarray  # (depth, n, m) complex, image - point
    products: np.ndarray  # (depth, depth) inner products of the residuals
    system: np.ndarray  # (depth, depth) complex, scratch
    weights: np.ndarray  # (depth,) complex, scratch
    filled: np.ndarray  # (1,) int


@kernel
def new_memory(depth: int, n: int, m: int) -> Memory:
    """Empty memory for iterates (n, m), the last `depth` >= 1 of them."""
    if depth < 1:
        raise ValueError("depth must be >= 1")
    return Memory(
        np.zeros((depth, n, m), dtype=np.complex128),
        np.zeros((depth, n, m), dtype=np.complex128),
        np.zeros((depth, depth)),
        np.zeros((depth, depth), dtype=np.complex128),
        np.zeros(depth, dtype=np.complex128),
        np.zeros(1, dtype=np.int64),
    )


@kernel
def remember(memory: Memory, point: np.ndarray, residual: np.ndarray) -> None:
    """Store an iterate (n, m) and its residual."""
    images, residuals, products = memory.images, memory.residuals, memory.products
    depth, n, m = images.shape
    if point.shape != (n, m) or residual.shape != (n, m):
        raise ValueError("point and residual must have the shape of the memory's iterates")
    slot = memory.filled[0] % depth
    memory.filled[0] += 1
    for i in range(n):
        for a in range(m):
            images[slot, i, a] = point[i, a] + residual[i, a]
            residuals[slot, i, a] = residual[i, a]
    for k in range(min(memory.filled[0], depth)):
        total = 0.0
        for i in range(n):
            for a in range(m):
                first, second = residuals[k, i, a], residual[i, a]
                total += first.real * second.real + first.imag * second.imag
        products[k, slot] = total
        products[slot, k] = total


@kernel
def accelerate(memory: Memory, proposal: np.ndarray) -> bool:
    """Combination (n, m) of the images whose combined residual is least; False: nothing to combine."""
    images, system, weights = memory.images, memory.system, memory.weights
    if proposal.shape != images.shape[1:]:
        raise ValueError("proposal must have the shape of the memory's iterates")
    count = min(memory.filled[0], images.shape[0])
    if count < 2:
        return False
    largest = 0.0
    for k in range(count):
        largest = max(largest, memory.products[k, k])
    for k in range(weights.size):
        weights[k] = 1.0 if k < count else 0.0
        for j in range(weights.size):
            system[k, j] = memory.products[k, j] / largest if k < count and j < count else 0.0
        system[k, k] += _PENALTY if k < count else 1.0
    if not (largest > 0.0 and cholesky_factor(system, system)):
        return False
    cholesky_solve(system, weights, weights)
    total = 0.0
    for k in range(count):
        total += weights[k].real
    proposal[:, :] = 0.0
    for k in range(count):
        share = weights[k].real / total
        for i in range(proposal.shape[0]):
            for a in range(proposal.shape[1]):
                proposal[i, a] += share * images[k, i, a]
    return True


@kernel
def forget(memory: Memory) -> None:
    """Empty the memory."""
    memory.filled[0] = 0
