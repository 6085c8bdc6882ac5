"""Genetic operators on assignments (vectors of labels) and permutations (rows of indices).

Sources: Goldberg and Deb 1991 (tournament), Syswerda 1989 (uniform crossover), Davis 1985 (order crossover), Eiben and
Smith, Introduction to Evolutionary Computing, ch. 4 (mutations). A population is kept sorted, best first; the caller
evaluates and assembles. Every operator draws from the NumPy generator it is given, so results follow its seed.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel

COINS = 53  # fair coins in one uniform double


@kernel
def rank(fitness: np.ndarray, order: np.ndarray) -> None:
    """Fill `order` (n,) int64 with the indices of `fitness` (n,) from least to greatest; equals keep their order."""
    if order.size != fitness.size:
        raise ValueError("order must be as long as fitness")
    for index in range(fitness.size):
        place = index
        while place > 0 and fitness[order[place - 1]] > fitness[index]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = index


@kernel
def integer_below(generator: np.random.Generator, bound: int) -> int:
    """Uniform integer in 0 .. bound - 1, for 1 <= bound far below 2^53."""
    return int(generator.random() * bound)


@kernel
def pair_below(generator: np.random.Generator, bound: int) -> tuple[int, int]:
    """Two independent uniform integers in 0 .. bound - 1 from one draw, for 1 <= bound far below 2^26."""
    scaled = generator.random() * bound
    first = int(scaled)
    return first, int((scaled - first) * bound)


@kernel
def tournament(generator: np.random.Generator, n: int, size: int) -> int:
    """Best of `size` >= 1 indices drawn with replacement from a population of n >= 1 sorted best first."""
    if n < 1 or size < 1:
        raise ValueError("n and size must be >= 1")
    best = n - 1
    for _ in range(size // 2):
        one, other = pair_below(generator, n)
        best = min(best, min(one, other))
    return min(best, integer_below(generator, n)) if size % 2 == 1 else best


@kernel
def random_labels(generator: np.random.Generator, n_labels: int, labels: np.ndarray) -> None:
    """Fill `labels` (n,) int64 with uniform integers in 0 .. n_labels - 1."""
    if n_labels < 1:
        raise ValueError("n_labels must be >= 1")
    for index in range(labels.size):
        labels[index] = integer_below(generator, n_labels)


@kernel
def random_permutation(generator: np.random.Generator, row: np.ndarray) -> None:
    """Fill `row` (n,) int64 with a uniform permutation of 0 .. n - 1 (Fisher and Yates)."""
    for index in range(row.size):
        other = integer_below(generator, index + 1)
        row[index] = row[other]
        row[other] = index


@kernel
def uniform_crossover(generator: np.random.Generator, second: np.ndarray, child: np.ndarray) -> None:
    """Replace each gene of `child` (n,), a copy of the first parent, by that of `second` with probability 1/2."""
    if second.size != child.size:
        raise ValueError("second must be as long as child")
    coins = 0
    for index in range(child.size):
        if index % COINS == 0:
            coins = int(generator.random() * 2.0**COINS)
        child[index] = second[index] if coins & 1 else child[index]
        coins >>= 1


@kernel
def order_crossover(
    first: np.ndarray, second: np.ndarray, low: int, high: int, kept: np.ndarray, child: np.ndarray
) -> None:
    """Fill `child` (n,) with positions low .. high - 1 of `first` and the other indices in the order of `second`.

    `first`, `second`: permutations of 0 .. n - 1. 0 <= low <= high <= n. `kept`: (n,) bool work space, all False, left
    so.
    """
    n = child.size
    if first.size != n or second.size != n or kept.size != n or not 0 <= low <= high <= n:
        raise ValueError("first, second, kept and child must be as long, 0 <= low <= high <= n")
    for gene in first:
        if not 0 <= gene < n:
            raise ValueError("first must be a permutation")
    for place in range(low, high):
        kept[first[place]] = True
        child[place] = first[place]
    place = high if low == 0 else 0
    for gene in second:
        if not 0 <= gene < n:
            raise ValueError("second must be a permutation")
        if not kept[gene]:
            if place >= n:
                raise ValueError("first and second must be permutations")
            child[place] = gene
            place += 1
            if place == low:
                place = high
    for place in range(low, high):
        kept[first[place]] = False


@kernel
def pace(probability: float) -> float:
    """What `skip` needs of the probability of a success."""
    return -1.0 / np.log1p(-probability) if 0.0 < probability < 1.0 else (0.0 if probability > 0.0 else np.inf)


@kernel
def skip(generator: np.random.Generator, pace: float) -> int:
    """Number of failures before the next success of independent trials; 4e18 if a success is impossible."""
    failures = -np.log(1.0 - generator.random()) * pace
    return int(failures) if failures < 4e18 else 4_000_000_000_000_000_000


@kernel
def reset_mutation(
    generator: np.random.Generator, probability: float, n_labels: int, fixed: np.ndarray, labels: np.ndarray
) -> None:
    """Redraw each label of `labels` (n,) with that probability, uniform in 0 .. n_labels - 1, except where `fixed`."""
    if fixed.size != labels.size or n_labels < 1:
        raise ValueError("fixed must be as long as labels, and n_labels must be >= 1")
    rate = pace(probability)
    index = skip(generator, rate)
    while index < labels.size:
        if not fixed[index]:
            labels[index] = integer_below(generator, n_labels)
        index += 1 + skip(generator, rate)


@kernel
def swap_mutation(generator: np.random.Generator, probability: float, rows: np.ndarray) -> None:
    """In each row of `rows` (m, n), with that probability, swap two places drawn independently (possibly the same)."""
    if rows.shape[1] == 0:
        return
    rate = pace(probability)
    index = skip(generator, rate)
    while index < rows.shape[0]:
        one, other = pair_below(generator, rows.shape[1])
        rows[index, one], rows[index, other] = rows[index, other], rows[index, one]
        index += 1 + skip(generator, rate)
