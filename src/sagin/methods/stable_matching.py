"""Many-to-one stable matching where both sides rank a pair by the same number (Gale and Shapley 1962).

Rows (items) go to at most one column; a column takes up to `quota` rows. A pair blocks if the row is free or has a
column of lower value, and the column has room or holds a row of lower value. With common values the stable matching
is unique up to ties, so proposals and a walk over the pairs in falling order end in the same place.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def deferred_acceptance(value: np.ndarray, quota: int, owner: np.ndarray) -> int:
    """Columns propose to rows, best first; a row keeps the better of two; returns the number of proposals.

    `value`: (row, column). `owner`: (row,) int64 output, column of each row or -1. Ties: a column prefers the lower
    row, a row the lower column.
    """
    n_rows, n_columns = value.shape
    if owner.size != n_rows:
        raise ValueError("owner must have an entry a row")
    tried = np.zeros((n_columns, n_rows), dtype=np.bool_)
    held = np.zeros(n_columns, dtype=np.int64)
    for i in range(n_rows):
        owner[i] = -1
    proposals = 0
    column = 0
    while column < n_columns:
        row = -1
        if held[column] < quota:
            for i in range(n_rows):
                if not tried[column, i] and (row < 0 or value[i, column] > value[row, column]):
                    row = i
        if row < 0:
            column += 1
            continue
        tried[column, row] = True
        proposals += 1
        rival = owner[row]
        better = rival < 0 or value[row, column] > value[row, rival]
        if better or (value[row, column] == value[row, rival] and column < rival):
            owner[row] = column
            held[column] += 1
            if rival >= 0:
                held[rival] -= 1
                column = min(column, rival)  # the loser proposes again
    return proposals


@kernel
def greedy_matching(value: np.ndarray, quota: int, owner: np.ndarray) -> None:
    """The same matching in closed form: the best pair still possible, again and again (ties: lower row, column)."""
    n_rows, n_columns = value.shape
    if owner.size != n_rows:
        raise ValueError("owner must have an entry a row")
    held = np.zeros(n_columns, dtype=np.int64)
    for i in range(n_rows):
        owner[i] = -1
    for _ in range(n_rows):
        row = -1
        column = -1
        for i in range(n_rows):
            if owner[i] < 0:
                for j in range(n_columns):
                    if held[j] < quota and (row < 0 or value[i, j] > value[row, column]):
                        row = i
                        column = j
        if row < 0:
            return
        owner[row] = column
        held[column] += 1
