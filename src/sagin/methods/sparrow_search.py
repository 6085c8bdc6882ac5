"""Sparrow search (Xue and Shen 2020, A novel swarm intelligence optimization approach) in the unit box.

One iteration, on positions sorted best first: producers move, the caller evaluates them and names their leader;
scroungers follow it; scouts, drawn at random, flee. The caller evaluates and lets each sparrow keep its better place.
All rules read the positions and fitness at the start of the iteration. Known weakness: without alarm a producer shrinks
towards the origin whatever the objective.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def move_producers(
    generator: np.random.Generator, positions: np.ndarray, iterations: int, threshold: float, moved: np.ndarray
) -> None:
    """Fill `moved` (n_producers, d) from the best rows of `positions` (n, d).

    Alarm below `threshold`: y exp(-rank / (alpha iterations)), alpha uniform in (0, 1]; else y plus one normal number.
    """
    if moved.shape[0] > positions.shape[0] or moved.shape[1] != positions.shape[1]:
        raise ValueError("moved must have no more rows than positions, and as many columns")
    calm = generator.random() < threshold
    for r in range(moved.shape[0]):
        if calm:
            alpha = 1.0 - generator.random()
            factor = np.exp(-(r + 1.0) / (alpha * iterations))
            for d in range(moved.shape[1]):
                moved[r, d] = unit(positions[r, d] * factor)
        else:
            step = generator.standard_normal()
            for d in range(moved.shape[1]):
                moved[r, d] = unit(positions[r, d] + step)


@kernel
def move_scroungers(
    generator: np.random.Generator, positions: np.ndarray, n_producers: int, leader: np.ndarray, moved: np.ndarray
) -> None:
    """Fill rows n_producers .. n - 1 of `moved` (n, d); `leader`: (d,) place of the best producer.

    Ranks above n / 2 fly to Q exp((worst - y) / rank^2); the others to leader + |y - leader| A+, A a row of fair signs.
    """
    n, dims = positions.shape
    if moved.shape != positions.shape or leader.size != dims or n_producers < 0:
        raise ValueError("moved must have the shape of positions, leader a place, n_producers must be >= 0")
    for r in range(n_producers, n):
        number = r + 1.0
        if number > n / 2:
            scale = generator.standard_normal()
            for d in range(dims):
                moved[r, d] = unit(scale * np.exp((positions[n - 1, d] - positions[r, d]) / number**2))
        else:
            step = 0.0
            for d in range(dims):
                distance = abs(positions[r, d] - leader[d])
                step += distance if generator.random() < 0.5 else -distance
            for d in range(dims):
                moved[r, d] = unit(leader[d] + step / dims)


@kernel
def move_scouts(
    generator: np.random.Generator, positions: np.ndarray, fitness: np.ndarray, scouts: np.ndarray, moved: np.ndarray
) -> None:
    """Overwrite the rows `scouts` of `moved`: towards the best from a worse place, away from the worst at the best.

    `scouts`: (n_scouts,) distinct rows. `fitness`: (n,) ascending.
    """
    n, dims = positions.shape
    if moved.shape != positions.shape or fitness.size != n:
        raise ValueError("moved must have the shape of positions, fitness an entry a row")
    for r in scouts:
        if not 0 <= r < n:
            raise ValueError("scouts must be rows of positions")
        if fitness[r] > fitness[0]:
            for d in range(dims):
                distance = abs(positions[r, d] - positions[0, d])
                moved[r, d] = unit(positions[0, d] + generator.standard_normal() * distance)
        else:
            rate = (2.0 * generator.random() - 1.0) / ((fitness[r] - fitness[n - 1]) - 1e-12)
            for d in range(dims):
                moved[r, d] = unit(positions[r, d] + rate * abs(positions[r, d] - positions[n - 1, d]))


@kernel
def draw_scouts(generator: np.random.Generator, deck: np.ndarray, scouts: np.ndarray) -> None:
    """Fill `scouts` with rows drawn without replacement; `deck` (n,) holds each row once and is mixed."""
    if scouts.size > deck.size:
        raise ValueError("scouts must be no more than deck")
    for index in range(scouts.size):
        other = index + int(generator.random() * (deck.size - index))
        deck[index], deck[other] = deck[other], deck[index]
        scouts[index] = deck[index]


@kernel
def unit(value: float) -> float:
    """Clip to [0, 1]."""
    return min(max(value, 0.0), 1.0)
