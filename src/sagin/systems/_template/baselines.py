"""The paper's benchmark schemes."""

from __future__ import annotations

import numpy as np

from sagin.core import records, results
from sagin.core.contracts import NoOptions, Space
from sagin.methods.population_search import SearchOptions, search
from sagin.systems._template.model import Decision, Drops, evaluate


def solve_equal(drops: Drops, options: NoOptions) -> results.Solution:
    """The same share for everybody."""
    share = np.full_like(drops.task_bits, 1.0 / drops.task_bits.shape[1])
    return results.solution(records.build(Decision, share=share))


def solve_search(drops: Drops, options: SearchOptions) -> results.Solution:
    """A general search over the choices that `Decision` declares: needs nothing but `evaluate`."""
    return search(drops, Space(Decision, evaluate), "min", options)
