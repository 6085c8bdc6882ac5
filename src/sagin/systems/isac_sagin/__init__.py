"""ISAC-assisted space-air-ground network: one IoT device, an AAV that senses and computes, a LEO satellite."""

from __future__ import annotations

from sagin.core.contracts import Role, Scheme, Space, System, late
from sagin.systems.isac_sagin import model
from sagin.systems.isac_sagin.figures import FIGURES
from sagin.systems.isac_sagin.scenario import Scenario

_HERE = "sagin.systems.isac_sagin."


def _scheme(name: str, role: Role, summary: str, where: str, space: type = model.Decision, **more: bool) -> Scheme:
    return Scheme(name, role, summary, late(_HERE + where), space, relabel_tolerance=1e-7, **more)


SYSTEM = System(
    name="isac_sagin",
    title="Offloading and resource allocation in an ISAC-assisted space-air-ground network",
    reference="isac_sagin_letter",
    sense="min",
    scenario=Scenario,
    draw=model.draw,
    derive=model.derive,
    user_dim="frame",
    budget=model.budget,
    figures=FIGURES,
    objective_unit="J",
    spaces=(
        Space(model.Decision, model.evaluate, late(_HERE + "bound:bound_common"), late(_HERE + "exact:solve_exact")),
        Space(model.RatioPerFrame, model.evaluate, bound=late(_HERE + "bound:bound_common")),
        Space(model.AllPerFrame, model.evaluate, bound=late(_HERE + "bound:bound_per_frame")),
    ),
    schemes=(
        _scheme(
            "sca",
            "paper",
            "the paper's Algorithm 1: grid over the pilot duration, successive convex approximation",
            "solver:solve_sca",
            monotone=True,
        ),
        _scheme("opt_f", "baseline", "Opt-F: best pilot duration on the grid, fixed ratio", "baselines:solve_opt_f"),
        _scheme(
            "opt_o",
            "baseline",
            "Opt-O: fixed pilot duration, best ratio and bits",
            "baselines:solve_opt_o",
            monotone=True,
        ),
        _scheme("fixed", "baseline", "fixed pilot duration and ratio", "baselines:solve_fixed"),
        _scheme("all_on_aav", "baseline", "everything processed on the AAV", "baselines:solve_all_on_aav"),
        _scheme("all_on_leo", "baseline", "everything forwarded to the satellite", "baselines:solve_all_on_leo"),
        _scheme("improved", "improved", "exact optimum of the paper's problem", "improved:solve_improved"),
        _scheme(
            "per_frame_ratio",
            "extension",
            "larger problem: one ratio a frame, exact",
            "extensions:solve_per_frame_ratio",
            model.RatioPerFrame,
        ),
        _scheme(
            "extended",
            "extension",
            "larger problem: one ratio and one pair of durations a frame, exact",
            "extensions:solve_extended",
            model.AllPerFrame,
        ),
    ),
)
