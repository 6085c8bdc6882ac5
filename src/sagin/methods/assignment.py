"""Linear assignment: every row gets its own column at least total cost (Crouse 2016, shortest augmenting paths)."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def assign(cost: np.ndarray, column_of: np.ndarray) -> float:
    """Match all rows of a matrix to different columns with least total cost; returns that cost.

    `cost`: (n, m), finite or inf where a pair is forbidden (NaN counts as inf). `column_of`: (n,) int64 output. Exact,
    O(n^2 m). Where no assignment exists (n > m, or too many pairs are forbidden): inf, and `column_of` is -1.
    """
    return assign_from(cost, np.zeros(cost.shape[1]), column_of)


@kernel
def assign_from(cost: np.ndarray, column_price: np.ndarray, column_of: np.ndarray) -> float:
    """`assign` from known prices of the columns: those of a similar matrix leave few rows to match.

    First every row in turn takes its cheapest column, if that is free; the others are matched one after the other along
    a shortest augmenting path in reduced costs.
    `column_price`: (m,) start (any if n = m, else zeros) and output: the least cost is the sum of the prices and of
    the least cost - price of each row; prices are <= 0 if they started so.
    """
    n, m = cost.shape
    if column_of.size != n or column_price.size != m:
        raise ValueError("column_of must have one entry a row, column_price one a column")
    if n > m:
        column_of[:] = -1
        return np.inf
    row_price = np.zeros(n)
    distance = np.empty(m)
    from_row = np.empty(m, dtype=np.int64)
    row_of = np.full(m, -1, dtype=np.int64)
    open_columns = np.empty(m, dtype=np.int64)
    scanned = np.empty(m, dtype=np.int64)
    for row in range(n):
        at = 0
        for j in range(1, m):
            if cost[row, j] - column_price[j] < cost[row, at] - column_price[at]:
                at = j
        column_of[row] = -1
        if row_of[at] < 0 and cost[row, at] < np.inf:
            row_of[at] = row
            column_of[row] = at
            row_price[row] = cost[row, at] - column_price[at]
    for start in range(n):
        if column_of[start] >= 0:
            continue
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
                if distance[j] < best or (distance[j] == best < np.inf and row_of[j] < 0):
                    best = distance[j]
                    at = position
            if at < 0:  # what is left cannot be matched
                column_of[:] = -1
                return np.inf
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
