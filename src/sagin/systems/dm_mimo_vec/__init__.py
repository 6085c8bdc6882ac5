"""Distributed massive MIMO between a road-side unit and satellites (Liu et al.): see paper.md."""

from __future__ import annotations

from sagin.core.contracts import Space, System
from sagin.systems.dm_mimo_vec import model
from sagin.systems.dm_mimo_vec.scenario import Scenario

SYSTEM = System(
    name="dm_mimo_vec",
    title="Distributed massive MIMO for satellite-terrestrial vehicular edge computing",
    reference="liu2025dmmimo",
    sense="min",
    scenario=Scenario,
    draw=model.draw,
    spaces=(Space(model.Decision, model.evaluate),),
    schemes=(),
    objective_unit="s + J, weighted",
)
