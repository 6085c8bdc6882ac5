"""ISAC-assisted space-air-ground network: one IoT device, an AAV that senses and computes, a LEO satellite."""

from __future__ import annotations

from sagin.core.contracts import Episodic, Role, Scheme, Space, System, late
from sagin.systems.isac_sagin import model
from sagin.systems.isac_sagin.figures import FIGURES
from sagin.systems.isac_sagin.scenario import Scenario

_HERE = "sagin.systems.isac_sagin."


_ONE = model.Decision
_ROWS: tuple[tuple[str, Role, str, str, type], ...] = (
    ("sca", "paper", "Algorithm 1: grid of pilots, successive convex approximation", "solver:solve_sca", _ONE),
    ("opt_f", "baseline", "Opt-F: best pilot duration on the grid, fixed ratio", "baselines:solve_opt_f", _ONE),
    ("opt_o", "baseline", "Opt-O: fixed pilot duration, best ratio and bits", "baselines:solve_opt_o", _ONE),
    ("fixed", "baseline", "fixed pilot duration and ratio", "baselines:solve_fixed", _ONE),
    ("all_on_aav", "baseline", "everything processed on the AAV", "baselines:solve_all_on_aav", _ONE),
    ("all_on_leo", "baseline", "everything forwarded to the satellite", "baselines:solve_all_on_leo", _ONE),
    ("improved", "improved", "exact optimum of the paper's problem", "improved:solve_improved", _ONE),
    (
        *("per_frame_ratio", "extension", "larger problem: one ratio a frame, exact"),
        *("extensions:solve_per_frame_ratio", model.RatioPerFrame),
    ),
    (
        *("extended", "extension", "larger problem: one ratio and one pair of durations a frame, exact"),
        *("extensions:solve_extended", model.AllPerFrame),
    ),
)

_LABELS = {
    "sca": "proposed",
    "opt_f": "Opt-F",
    "opt_o": "Opt-O",
    "fixed": "fixed",
    "all_on_aav": "all on the AAV",
    "all_on_leo": "all on the satellite",
    "improved": "improved (ours)",
    "per_frame_ratio": "one ratio a frame (larger problem)",
    "extended": "extended (larger problem)",
}

SYSTEM: System[Scenario, model.Drops, model.Decision, model.Metrics] = System(
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
        Space(
            model.Decision,
            model.evaluate,
            late(_HERE + "bound:bound_common"),
            late(_HERE + "exact:solve_exact"),
            prove=late(_HERE + "exact:prove"),
        ),
        Space(model.RatioPerFrame, model.evaluate, bound=late(_HERE + "bound:bound_common")),
        Space(model.AllPerFrame, model.evaluate, bound=late(_HERE + "bound:bound_per_frame")),
    ),
    schemes=tuple(
        Scheme(
            name,
            role,
            summary,
            late(_HERE + where),
            space,
            monotone=name in ("sca", "opt_o"),
            relabel_tolerance=1e-7,
            label=_LABELS[name],
        )
        for name, role, summary, where, space in _ROWS
    ),
    pictures=late(_HERE + "pictures:pictures"),
    episodic=Episodic(
        needs=frozenset({"sky", "path"}),
        seats=late(f"{_HERE}episode:seats"),
        follow=late(f"{_HERE}episode:follow"),
        carry=late(f"{_HERE}episode:carry"),
        association=late(f"{_HERE}episode:association"),
        charge=late(f"{_HERE}episode:charge"),
        action=(late(f"{_HERE}episode:numbers_a_user"), late(f"{_HERE}episode:numbers_shared")),
        act=late(f"{_HERE}episode:act"),
        ignored=("leo_position_m", "aav_start_m", "aav_end_m", "position_jitter_m"),
    ),
)
