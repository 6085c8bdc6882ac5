"""Linear assignment: every row gets its own column at least total cost (Crouse 2016, shortest augmenting paths)."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def assign(cost: np.ndarray, column_of: np.ndarray) -> float:
    """Match all rows of a matrix to different columns with least total cost; returns that cost.

    Rows are matched one after the other along a shortest augmenting path in reduced costs; exact, O(n^2 m).
    `cost`: (n, m) finite, n <= m. `column_of`: (n,) int64 output.
    """
    n, m = cost.shape
    row_price = np.zeros(n)
    column_price = np.zeros(m)
    distance = np.empty(m)
    from_row = np.empty(m, dtype=np.int64)
    row_of = np.full(m, -1, dtype=np.int64)
    column_of[:] = -1
    open_columns = np.empty(m, dtype=np.int64)
    scanned = np.empty(m, dtype=np.int64)
    for start in range(n):
        n_open = m
        for j in range(m):
            open_columns[j] = j
            distance[j] = np.inf
        n_scanned = 0
        shortest = 0.0
        row = start
        sink = -1
        while sink < 0:
            base = shortest - row_price[row]
            best = np.inf
            at = -1
            for position in range(n_open):
                j = open_columns[position]
                through = base + cost[row, j] - column_price[j]
                if through < distance[j]:
                    distance[j] = through
                    from_row[j] = row
                # among equals a free column ends the search at once
                if distance[j] < best or (distance[j] == best and row_of[j] < 0):
                    best = distance[j]
                    at = position
            shortest = best
            j = open_columns[at]
            if row_of[j] < 0:
                sink = j
            else:
                row = row_of[j]
                scanned[n_scanned] = j
                n_scanned += 1
                n_open -= 1
                open_columns[at] = open_columns[n_open]
        row_price[start] += shortest
        for position in range(n_scanned):
            j = scanned[position]
            row_price[row_of[j]] += shortest - distance[j]
            column_price[j] -= shortest - distance[j]
        j = sink
        while True:  # flip the path
            row = from_row[j]
            row_of[j] = row
            j, column_of[row] = column_of[row], j
            if row == start:
                break
    total = 0.0
    for i in range(n):
        total += cost[i, column_of[i]]
    return total
