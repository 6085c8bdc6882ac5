"""A space-air-ground network that the user declares: see paper.md. `Users`, `Node`, `Link`, ... build it in Python."""

from typing import Any

from sagin.core.contracts import Episodic, Role, Scheme, Space, System, late
from sagin.systems.network import budget, drawing, figures, model
from sagin.systems.network.access import Access, Region
from sagin.systems.network.options import AlternateOptions, ImproveOptions, OffloadOptions, RandomOptions
from sagin.systems.network.scenario import (
    Area,
    Fading,
    Link,
    Node,
    Objective,
    PathLoss,
    Scenario,
    Users,
    all_local,
    all_offload,
)

__all__ = ["SYSTEM", "Access", "Area", "Fading", "Link", "Node", "Objective", "PathLoss", "Region", "Scenario", "Users"]

_HERE = "sagin.systems.network"


def _scheme(name: str, role: Role, summary: str, target: str, **more: Any) -> Scheme:
    return Scheme(name, role, summary, late(f"{_HERE}.{target}"), model.Decision, label=name.replace("_", " "), **more)


SYSTEM: System[Scenario, model.Drops, model.Decision, model.Metrics] = System(
    name="network",
    title="A space-air-ground network that the user declares",
    reference="sagin",
    sense="min",
    scenario=Scenario,
    draw=drawing.draw,
    spaces=(
        Space(
            model.Decision,
            model.evaluate,
            bound=late(f"{_HERE}.bound:lower_bound"),
            exact=late(f"{_HERE}.exact:solve_exact"),
        ),
    ),
    schemes=(
        _scheme(
            "alternate",
            "paper",
            "splits at frozen rates and rates at frozen splits, in turn: what a paper would do",
            "solver:solve_alternate",
            options=AlternateOptions,
            monotone=True,
            relabel_tolerance=1e-4,
        ),
        _scheme(
            "local",
            "baseline",
            "everything local",
            "baselines:solve_local",
            relabel_tolerance=1e-6,
            exists=all_local,
        ),
        _scheme(
            "nearest",
            "baseline",
            "the best route unloaded, best rates",
            "baselines:solve_nearest",
            relabel_tolerance=1e-6,
        ),
        _scheme(
            "full_offload",
            "baseline",
            "nothing local, the best other route unloaded",
            "baselines:solve_full_offload",
            options=OffloadOptions,
            relabel_tolerance=1e-6,
            exists=all_offload,
        ),
        _scheme(
            "equal", "baseline", "routes of nearest, equal shares", "baselines:solve_equal", relabel_tolerance=1e-6
        ),
        _scheme(
            "greedy", "baseline", "users in turn, each its best route", "baselines:solve_greedy", relabel_tolerance=1e-6
        ),
        _scheme("random", "baseline", "random split, best rates", "baselines:solve_random", options=RandomOptions),
        _scheme(
            "improved",
            "improved",
            "priced routes rounded, then descent, pruning and moves",
            "improved:solve_improved",
            options=ImproveOptions,
            relabel_tolerance=1e-4,
        ),
        _scheme(
            "recover",
            "improved",
            "priced routes rounded: fast",
            "improved:solve_recover",
            relabel_tolerance=1e-4,
        ),
    ),
    figures=figures.FIGURES,
    objective_unit="s + J, weighted",
    derive=drawing.derive,
    budget=budget.budget,
    user_dim="user",
    figures_of=figures.figures_of,
    culprits=late(f"{_HERE}.reasons:reasons"),
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
