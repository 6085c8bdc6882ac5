"""Terahertz multi-UAV network: IoTs offload to M/M/c edge servers, directly or through relaying UAVs."""

from __future__ import annotations

from typing import Any

from sagin.core.contracts import Episodic, Role, Scheme, Space, System, late
from sagin.core.parameters import Parameters
from sagin.systems.thz_uav_mec import model, scenario
from sagin.systems.thz_uav_mec.figures import FIGURES

_HERE = "sagin.systems.thz_uav_mec."


def _scheme(name: str, role: Role, summary: str, where: str, options: type[Parameters], **more: Any) -> Scheme:
    label = f"{name} (ours)" if role == "improved" else name.upper().replace("_", "-")
    return Scheme(name, role, summary, late(_HERE + where), model.Decision, options, label=label, **more)


SYSTEM: System[scenario.Scenario, model.Drops, model.Decision, model.Metrics] = System(
    name="thz_uav_mec",
    title="Terahertz multi-UAV-assisted offloading to M/M/c edge servers",
    reference="song_thz_uav_mec",
    sense="min",
    scenario=scenario.Scenario,
    draw=model.draw,
    derive=model.derive,
    budget=model.budget,
    user_dim="iot",
    figures=FIGURES,
    objective_unit="s",
    spaces=(
        Space(
            model.Decision,
            model.evaluate,
            late(_HERE + "bound:bound"),
            late(_HERE + "exact:exact"),
            prove=late(_HERE + "prove:prove"),
        ),
    ),
    schemes=(
        _scheme("pdd", "paper", "penalty dual decomposition, repaired", "solver:solve_pdd", scenario.PddOptions),
        _scheme("uo", "baseline", "UAV optimisation only", "baselines:solve_uo", scenario.StartOptions),
        _scheme("uao", "baseline", "user association only", "baselines:solve_uao", scenario.StartOptions),
        _scheme("nr_sca", "baseline", "no relay, successive programs", "baselines:solve_nr_sca", scenario.ScaOptions),
        _scheme(
            "uo_guao",
            "baseline",
            "UAV step and genetic association",
            "baselines:solve_uo_guao",
            scenario.GeneticOptions,
        ),
        _scheme(
            "bcd_sca", "baseline", "block descent, successive programs", "baselines:solve_bcd_sca", scenario.ScaOptions
        ),
        _scheme(
            "improved",
            "improved",
            "priced assignment with exact local search",
            "improved:solve_improved",
            scenario.ImprovedOptions,
        ),
        _scheme("light", "improved", "priced assignment alone", "improved:solve_light", scenario.LightOptions),
    ),
    pictures=late(_HERE + "pictures:pictures"),
    episodic=Episodic(
        needs=frozenset({"users"}),
        seats=late(f"{_HERE}episode:seats"),
        follow=late(_HERE + "episode:follow"),
        carry=late(_HERE + "episode:carry"),
        association=late(_HERE + "episode:association"),
        charge=late(_HERE + "episode:charge"),
        action=(late(f"{_HERE}episode:numbers_a_user"), late(f"{_HERE}episode:numbers_shared")),
        act=late(_HERE + "episode:act"),
        settle=late(_HERE + "episode:settle"),
    ),
)
