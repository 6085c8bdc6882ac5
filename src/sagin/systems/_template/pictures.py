"""Drawings of one drop: users round the receiver, what each waits for."""

from __future__ import annotations

import numpy as np

from sagin.core.figures import Picture
from sagin.core.pictures import around, between, numbered, stacked, told
from sagin.core.units import to_db
from sagin.systems._template.model import Decision, Drops, Metrics


def pictures(drops: Drops, decision: Decision, metrics: Metrics) -> dict[str, Picture]:
    """The first drop. The model knows no places: users stand in a circle of radius 1."""
    names, share = numbered("user", drops.snr.shape[1]), decision.share[0]
    places = around(np.ones(len(names)))
    hover = told(names, task=(drops.task_bits[0], "bit"), SNR=(to_db(drops.snr[0]), "dB"), share=(100 * share, "%"))
    network = Picture(
        "x",
        "y",
        points=(("user", *places.T), ("receiver", np.zeros(1), np.zeros(1))),
        lines=(("upload", *between(places, np.zeros(2))),),
        texts={"user": hover, "upload": hover},
        weights={"share of the band": {"upload": share}},
    )
    return {"map": network, "delay": stacked(names, {"upload": metrics.upload_s[0]}, "delay (s)")}
