"""Vehicular computing shared between vehicles, a base station and a satellite over hybrid THz/RF links."""

from __future__ import annotations

from typing import Any

from sagin.core.contracts import Episodic, Scheme, Space, System, late
from sagin.core.parameters import Parameters
from sagin.systems.stin_vmdc.figures import FIGURES
from sagin.systems.stin_vmdc.model import Decision, Drops, Metrics, budget, derive, draw, evaluate
from sagin.systems.stin_vmdc.options import FixedBudget, OneStart, RandomStarts, SearchOptions, Starts
from sagin.systems.stin_vmdc.scenario import Scenario

_HERE = "sagin.systems.stin_vmdc."


def _baseline(name: str, summary: str, options: type[Parameters], **promises: Any) -> Scheme:
    settings = {"monotone": True, "relabel_tolerance": 1e-9, "label": name.replace("_", " ")} | promises
    return Scheme(name, "baseline", summary, late(f"{_HERE}baselines:solve_{name}"), Decision, options, **settings)


SYSTEM: System[Scenario, Drops, Decision, Metrics] = System(
    name="stin_vmdc",
    title="Vehicular multi-tier computing over a hybrid THz/RF satellite-terrestrial network",
    reference="zhang_stin_vmdc",
    sense="max",
    scenario=Scenario,
    draw=draw,
    spaces=(
        Space(
            Decision,
            evaluate,
            late(f"{_HERE}bound:bound"),
            late(f"{_HERE}exact:exact"),
            prove=late(f"{_HERE}prove:prove"),
        ),
    ),
    schemes=(
        Scheme(
            "jtora",
            "paper",
            "the paper's alternation with powers as low as the deadlines allow, best of six start powers",
            late(f"{_HERE}solver:solve_jtora"),
            Decision,
            Starts,
            monotone=True,
            relabel_tolerance=1e-9,
            label="JTORA",
        ),
        Scheme(
            "jtora_printed",
            "baseline",
            "the same alternation with the power update as printed, which always returns P_max",
            late(f"{_HERE}solver:solve_jtora_printed"),
            Decision,
            OneStart,
            monotone=True,
            relabel_tolerance=1e-9,
            label="JTORA as printed",
        ),
        _baseline(
            "priority_locality", "offloads only what must go, in proportion to the tiers", Starts, monotone=False
        ),
        _baseline("priority_edge", "base station first, then satellite, at P_max", OneStart, monotone=False),
        _baseline("random", "random splits", RandomStarts, monotone=False, relabel_tolerance=None),
        _baseline("one_to_one", "one sub-channel a cluster, the others idle", Starts, label="one-to-one"),
        _baseline("water_filling", "fixed water-filling powers of an assumed budget", FixedBudget),
        _baseline("average_power", "fixed equal powers of the same budget", FixedBudget),
        _baseline(
            "tuned_average_power",
            "fixed equal powers, best of the same six levels",
            Starts,
            label="average power, tuned",
        ),
        Scheme(
            "improved",
            "improved",
            "JTORA-X: local search over splits and matchings with powers and band shares eliminated",
            late(f"{_HERE}improved:solve_improved"),
            Decision,
            SearchOptions,
            monotone=True,
            relabel_tolerance=1e-6,
            label="JTORA-X (ours)",
        ),
    ),
    figures=FIGURES,
    objective_unit="bit/J",
    derive=derive,
    budget=budget,
    user_dim="vehicle",
    pictures=late(_HERE + "pictures:pictures"),
    episodic=Episodic(
        needs=frozenset({"sky", "users"}),
        seats=late(f"{_HERE}episode:seats"),
        follow=late(f"{_HERE}episode:follow"),
        carry=late(f"{_HERE}episode:carry"),
        association=late(f"{_HERE}episode:association"),
        charge=late(f"{_HERE}episode:charge"),
        action=(late(f"{_HERE}episode:numbers_a_user"), late(f"{_HERE}episode:numbers_shared")),
        act=late(f"{_HERE}episode:act"),
        ignored=(
            *("rsu_offset_min_m", "rsu_offset_max_m", "speed_min_mps", "speed_max_mps"),
            *("sat_altitude_m", "sat_elevation_min_deg", "sat_elevation_max_deg"),
        ),
    ),
)
