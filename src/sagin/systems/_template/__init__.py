"""Least total upload time over one shared band (the skeleton to copy: a whole system in its smallest form)."""

from sagin.core.contracts import Episodic, Scheme, Space, System, late
from sagin.methods.population_search import SearchOptions
from sagin.systems._template import figures, model
from sagin.systems._template.scenario import IterationOptions, Scenario

_HERE = "sagin.systems._template"

SYSTEM: System[Scenario, model.Drops, model.Decision, model.Metrics] = System(
    name="_template",
    title="Least total upload time over one shared band",
    reference="sagin",
    sense="min",
    scenario=Scenario,
    draw=model.draw,
    spaces=(
        Space(
            model.Decision,
            model.evaluate,
            bound=late(f"{_HERE}.bound:lower_bound"),
            exact=late(f"{_HERE}.bound:best_of_lattice"),
        ),
    ),
    schemes=(
        Scheme(
            name="damped",
            role="paper",
            summary="damped fixed-point iteration from equal shares",
            solve=late(f"{_HERE}.solver:solve_damped"),
            space=model.Decision,
            options=IterationOptions,
            monotone=True,
            relabel_tolerance=1e-9,
        ),
        Scheme("equal", "baseline", "equal shares", late(f"{_HERE}.baselines:solve_equal"), model.Decision),
        Scheme(
            name="search",
            role="baseline",
            summary="general population search over the declared choices",
            solve=late(f"{_HERE}.baselines:solve_search"),
            space=model.Decision,
            options=SearchOptions,
        ),
        Scheme("improved", "improved", "closed form", late(f"{_HERE}.improved:solve_closed_form"), model.Decision),
    ),
    figures=figures.FIGURES,
    objective_unit="s",
    budget=model.budget,
    user_dim="user",
    pictures=late(f"{_HERE}.pictures:pictures"),
    episodic=Episodic(
        needs=frozenset({"users"}),
        seats=late(f"{_HERE}.episode:seats"),
        follow=late(f"{_HERE}.episode:follow"),
        carry=late(f"{_HERE}.episode:carry"),
        association=late(f"{_HERE}.episode:association"),
        charge=late(f"{_HERE}.episode:charge"),
        action=(late(f"{_HERE}.episode:numbers_a_user"), late(f"{_HERE}.episode:numbers_shared")),
        act=late(f"{_HERE}.episode:act"),
    ),
)
