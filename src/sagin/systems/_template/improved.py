"""Better than the paper: the fixed point in closed form, no iteration."""

from __future__ import annotations

import numpy as np

from sagin.core import records, results
from sagin.core.contracts import NoOptions
from sagin.methods.square_root_shares import square_root_shares
from sagin.systems._template.model import Decision, Drops
from sagin.systems._template.solver import full_band_upload


def solve_closed_form(drops: Drops, options: NoOptions) -> results.Solution:
    """Shares proportional to the square root of the upload times."""
    upload_full_s = full_band_upload(drops)
    share = np.empty_like(upload_full_s)
    for cost, row in zip(upload_full_s, share, strict=True):
        square_root_shares(cost, np.zeros_like(cost), row)
    return results.solution(records.build(Decision, share=share))
