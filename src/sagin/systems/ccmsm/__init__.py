"""Channel-constrained multi-core sequential model: task offloading of vehicular terminals under traffic spikes."""

from sagin.core.contracts import Episodic, Scheme, Space, System, late
from sagin.systems.ccmsm import figures, model
from sagin.systems.ccmsm.scenario import ImprovedOptions, Scenario, SeedOptions

_HERE = "sagin.systems.ccmsm"

SYSTEM: System[Scenario, model.Drops, model.Decision, model.Metrics] = System(
    name="ccmsm",
    title="Channel-constrained multi-core sequential model for 6G vehicular networks with traffic spikes",
    reference="deng_ccmsm",
    sense="min",
    scenario=Scenario,
    draw=model.draw,
    spaces=(
        Space(
            model.Decision,
            model.evaluate,
            bound=late(f"{_HERE}.bound:lower_bound"),
            exact=late(f"{_HERE}.exact:solve_exact"),
            prove=late(f"{_HERE}.prove:prove"),
        ),
    ),
    schemes=(
        Scheme(
            name="ga_ssa",
            role="paper",
            summary="genetic algorithm for cores and queues at fixed power, then sparrow search for the powers",
            solve=late(f"{_HERE}.solver:solve_ga_ssa"),
            space=model.Decision,
            monotone=True,
            label="GA-SSA",
        ),
        Scheme(
            "fcfs",
            "baseline",
            "each task to what is free first",
            late(f"{_HERE}.baselines:solve_fcfs"),
            model.Decision,
            label="FCFS",
        ),
        Scheme(
            "allupload",
            "baseline",
            "everything offloaded at full power",
            late(f"{_HERE}.baselines:solve_allupload"),
            model.Decision,
            label="all-upload",
        ),
        Scheme(
            "random",
            "baseline",
            "uniform places, orders and powers",
            late(f"{_HERE}.baselines:solve_random"),
            model.Decision,
        ),
        Scheme(
            "local",
            "baseline",
            "nothing offloaded",
            late(f"{_HERE}.baselines:solve_local"),
            model.Decision,
            relabel_tolerance=1e-12,
        ),
        Scheme(
            name="improved",
            role="improved",
            summary="best of the price seeds and of GA-SSA, polished, then descent over core sequences with kicks",
            solve=late(f"{_HERE}.improved:solve_improved"),
            space=model.Decision,
            options=ImprovedOptions,
            monotone=True,
            label="improved (ours)",
        ),
        Scheme(
            name="seeds",
            role="improved",
            summary="plans that the bound's prices suggest, dispatched and polished",
            solve=late(f"{_HERE}.improved:solve_seeds"),
            space=model.Decision,
            options=SeedOptions,
            label="seeds (ours)",
        ),
    ),
    figures=figures.FIGURES,
    derive=model.checked,
    budget=model.budget,
    user_dim="terminal",
    pictures=late(f"{_HERE}.pictures:pictures"),
    episodic=Episodic(
        needs=frozenset({"users", "tasks"}),
        seats=late(f"{_HERE}.episode:seats"),
        follow=late(f"{_HERE}.episode:follow"),
        carry=late(f"{_HERE}.episode:carry"),
        association=late(f"{_HERE}.episode:association"),
        charge=late(f"{_HERE}.episode:charge"),
        action=(late(f"{_HERE}.episode:numbers_a_user"), late(f"{_HERE}.episode:numbers_shared")),
        act=late(f"{_HERE}.episode:act"),
        may_be_empty=True,
        ignored=("distance_min_m", "distance_max_m", "n_tasks_min"),
    ),
)
