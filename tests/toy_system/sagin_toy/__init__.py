"""A made-up system, found through its entry point as a third party's would be."""

from sagin.core.contracts import Scheme, Space, System, late
from sagin_toy import model
from sagin_toy.figures import FIGURES
from sagin_toy.scenario import IterateOptions, Scenario, SlowOptions


def _budget(drops):
    return [("server speed", drops.speed_bit_per_s, "bit/s"), ("users", float(drops.task_bits.shape[1]), "")]


def _scheme(name, role, summary, target, **more):
    return Scheme(name, role, summary, late(f"sagin_toy.solver:{target}"), **{"space": model.Decision, **more})


SYSTEM = System(
    name="toy",
    title="Shared server over steered links",
    reference="toy2026",
    sense="min",
    scenario=Scenario,
    draw=model.draw,
    spaces=(
        Space(model.Decision, model.evaluate, late("sagin_toy.solver:bound"), late("sagin_toy.solver:exact")),
        Space(model.BoostedDecision, model.evaluate_boosted),
    ),
    schemes=(
        _scheme(
            "iterate", "paper", "moves shares step by step", "solve_iterate", options=IterateOptions, monotone=True
        ),
        _scheme("equal", "baseline", "equal shares", "solve_equal"),
        _scheme("slow", "baseline", "random shares, slowly", "solve_slow", options=SlowOptions),
        _scheme("closed_form", "improved", "square-root shares", "solve_closed"),
        _scheme("boosted", "extension", "a faster server", "solve_boosted", space=model.BoostedDecision),
    ),
    figures=FIGURES,
    objective_unit="s",
    budget=_budget,
)
