"""Vehicular computing shared between vehicles, a base station and a satellite over hybrid THz/RF links."""

from __future__ import annotations

from sagin.core.contracts import Scheme, Space, System, late
from sagin.systems.stin_vmdc.figures import FIGURES
from sagin.systems.stin_vmdc.model import Decision, budget, derive, draw, evaluate
from sagin.systems.stin_vmdc.options import FixedBudget, OneStart, RandomStarts, SearchOptions, Starts
from sagin.systems.stin_vmdc.scenario import Scenario

HERE = "sagin.systems.stin_vmdc."


def _scheme(name, role, summary, module, options, monotone=True, relabel=1e-9):
    return Scheme(name, role, summary, late(f"{HERE}{module}:solve_{name}"), Decision, options, monotone, relabel)


SYSTEM = System(
    name="stin_vmdc",
    title="Vehicular multi-tier computing over a hybrid THz/RF satellite-terrestrial network",
    reference="Zhang, Wang, Chen, Xu, Li and Nallanathan",
    sense="max",
    scenario=Scenario,
    draw=draw,
    spaces=(Space(Decision, evaluate, late(f"{HERE}bound:bound"), late(f"{HERE}exact:exact")),),
    schemes=(
        _scheme(
            "jtora", "paper", "the paper's alternation with honest powers, best of six start powers", "solver", Starts
        ),
        _scheme(
            "jtora_printed", "baseline", "the paper's alternation with its power update as printed", "solver", OneStart
        ),
        _scheme("priority_locality", "baseline", "offloads only what must go", "baselines", Starts, False),
        _scheme("priority_edge", "baseline", "base station first, then satellite", "baselines", OneStart, False),
        _scheme("random", "baseline", "random splits", "baselines", RandomStarts, False, None),
        _scheme("one_to_one", "baseline", "one sub-channel a cluster", "baselines", Starts),
        _scheme("water_filling", "baseline", "fixed water-filling powers", "baselines", FixedBudget),
        _scheme("average_power", "baseline", "fixed equal powers", "baselines", FixedBudget),
        _scheme("tuned_average_power", "baseline", "equal powers at the best of six levels", "baselines", Starts),
        _scheme(
            "improved", "improved", "local search with powers and band shares eliminated", "improved", SearchOptions
        ),
    ),
    figures=FIGURES,
    objective_unit="bit/J",
    budget=budget,
    derive=derive,
    user_dim="vehicle",
)
