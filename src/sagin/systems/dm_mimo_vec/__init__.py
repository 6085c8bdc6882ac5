"""Distributed massive MIMO between a road-side unit and satellites (Liu et al.): see paper.md."""

from sagin.core.contracts import Episodic, Scheme, Space, System, late
from sagin.systems.dm_mimo_vec import figures, model, sequential
from sagin.systems.dm_mimo_vec.scenario import (
    AoOptions,
    JointOptions,
    PrecoderOptions,
    PrintedOptions,
    RandomOptions,
    Scenario,
)

_HERE = "sagin.systems.dm_mimo_vec"

SYSTEM: System[Scenario, model.Drops, model.Decision, model.Metrics] = System(
    name="dm_mimo_vec",
    title="Distributed massive MIMO for satellite-terrestrial vehicular edge computing",
    reference="liu_dm_mimo_vec",
    sense="min",
    scenario=Scenario,
    draw=model.draw,
    spaces=(
        Space(model.Decision, model.evaluate, late(f"{_HERE}.bound:lower_bound"), prove=late(f"{_HERE}.prove:prove")),
        Space(sequential.SequentialDecision, sequential.evaluate, bound=late(f"{_HERE}.bound:sequential_lower_bound")),
    ),
    schemes=(
        Scheme(
            name="ao",
            role="paper",
            summary="Alternate Optimization: shares, precoders by fractional programming, split, in turn",
            solve=late(f"{_HERE}.solver:solve_ao"),
            space=model.Decision,
            options=AoOptions,
            monotone=True,
            relabel_tolerance=1e-3,
            label="proposed",
        ),
        Scheme(
            name="ao_printed",
            role="baseline",
            summary="Algorithm 1 as printed: old values in all steps, (27) with its y, no safeguard",
            solve=late(f"{_HERE}.solver:solve_ao_printed"),
            space=model.Decision,
            options=PrintedOptions,
            label="proposed, as printed",
        ),
        Scheme(
            name="rsu_only",
            role="baseline",
            summary="everything stays at the road-side unit",
            solve=late(f"{_HERE}.baselines:solve_rsu_only"),
            space=model.Decision,
            relabel_tolerance=1e-9,
            label="RSU only",
        ),
        Scheme(
            name="saps_only",
            role="baseline",
            summary="everything goes to the satellites",
            solve=late(f"{_HERE}.baselines:solve_saps_only"),
            space=model.Decision,
            options=PrecoderOptions,
            relabel_tolerance=1e-3,
            label="SAPs only",
        ),
        Scheme(
            name="random",
            role="baseline",
            summary="random split, precoders and shares optimised",
            solve=late(f"{_HERE}.baselines:solve_random"),
            space=model.Decision,
            options=RandomOptions,
            label="random offloading",
        ),
        *(
            Scheme(
                name=f"equal_{name}",
                role="baseline",
                summary=f"equal shares and powers, {what}, best split",
                solve=late(f"{_HERE}.baselines:solve_equal_{name}"),
                space=model.Decision,
                label=f"equal powers, {what}",
            )
            for name, what in (
                ("identity", "one antenna a stream"),
                ("svd", "right singular vectors"),
                ("mrt", "matched to the strongest satellites"),
                ("zf", "zero-forcing at the strongest satellites"),
            )
        ),
        Scheme(
            name="improved",
            role="improved",
            summary="joint descent: precoders on the least cost over shares and split, from ao's result",
            solve=late(f"{_HERE}.improved:solve_joint"),
            space=model.Decision,
            options=JointOptions,
            monotone=True,
            relabel_tolerance=1e-4,
            label="improved (ours)",
        ),
        Scheme(
            name="sequential",
            role="extension",
            summary="one vehicle after the other on both links: a larger decision space than the paper's",
            solve=late(f"{_HERE}.extension:solve_sequential"),
            space=sequential.SequentialDecision,
            relabel_tolerance=1e-9,
            label="sequential (larger problem)",
        ),
    ),
    figures=figures.FIGURES,
    objective_unit="s + J, weighted",
    derive=model.derive,
    budget=model.budget,
    user_dim="vehicle",
    pictures=late(f"{_HERE}.pictures:pictures"),
    episodic=Episodic(
        needs=frozenset({"sky", "users"}),
        seats=late(f"{_HERE}.episode:seats"),
        follow=late(f"{_HERE}.episode:follow"),
        carry=late(f"{_HERE}.episode:carry"),
        association=late(f"{_HERE}.episode:association"),
        charge=late(f"{_HERE}.episode:charge"),
        action=(late(f"{_HERE}.episode:numbers_a_user"), late(f"{_HERE}.episode:numbers_shared")),
        act=late(f"{_HERE}.episode:act"),
        ignored=("altitude_m", "earth_radius_m", "cluster_radius_m", "distance_min_m", "distance_max_m"),
    ),
)
