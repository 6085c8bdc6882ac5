"""The paper's figures as data, and its claims with the rule that judges each."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from functools import partial

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.computing.queue_mmc import operation_delay
from sagin.core.figures import Axis, Claim, Curve, Figure, Picture, Series, Verdict
from sagin.core.statistics import (
    LEAST_DROPS,
    above,
    below,
    between,
    combine,
    decide,
    every,
    falls,
    interval,
    resampled,
    rises,
    share,
)
from sagin.systems.thz_uav_mec.model import Decision, Drops, draw, evaluate, link_snr
from sagin.systems.thz_uav_mec.pictures import pictures
from sagin.systems.thz_uav_mec.scenario import Scenario

CALIBRATED = "calibrated: the paper's Table I is empty, the defaults were chosen so that the ordering of Fig. 4 appears"
OPEN_ENDED = "no maximum delay here: the paper's is lost, and it would drop the slowest networks of the slowest schemes"
CONVEX_SNR = 40.41  # below it the placement cost is convex in the distance, whatever the absorption
NO_LIMIT = {"delay_max_s": 1e6}
BASELINES = (("UO", "uo"), ("UAO", "uao"), ("NR-SCA", "nr_sca"), ("BCD-SCA", "bcd_sca"), ("UO-GUAO", "uo_guao"))
ALL = tuple(Curve(label, scheme) for label, scheme in (*BASELINES, ("PDD", "pdd"), ("improved", "improved")))
# fewer kicks keep sweeps short; they cost 0.05 % of the delay
SWEPT = (*ALL[:-1], dataclasses.replace(ALL[-1], options={"kicks": 10}))
JOINT = ("BCD-SCA", "UO-GUAO", "PDD")
SINGLE = ("UO", "UAO", "NR-SCA")


def _some(series: Series, points: np.ndarray | list[int]) -> Series:
    """The same series at some of its points."""
    extra = {name: array[:, points] for name, array in series.extra.items()}
    return dataclasses.replace(
        series, x=series.x[points], values=series.values[:, points], feasible=series.feasible[:, points], extra=extra
    )


def _final(series: Series) -> Series:
    """The last point of every trace."""
    return _some(series, [-1])


def _best(series: Series, bests: tuple[str, ...], others: tuple[str, ...]) -> Verdict:
    """Each of `bests` below each of `others`, everywhere."""
    return combine([below(series, best, other) for best in bests for other in others])


# --- Fig. 2 and 3: the model alone -----------------------------------------------------------------------------------


def _links(drops: Drops, distance_m: np.ndarray) -> dict[str, np.ndarray]:
    """SNR against distance for the transmit powers of both hops, first sub-band."""
    powers = {"IoT": drops.iot_power_w[0, 0], "UAV": drops.uav_power_w[0, 0]}
    frequency, absorbed = drops.frequency_hz[0, 0], drops.absorption_per_m[0, 0]
    return {name: link_snr(drops, power, distance_m, frequency, absorbed) for name, power in powers.items()}


def _per_drop(x: np.ndarray, curves: dict[str, np.ndarray], n_drops: int) -> Series:
    """A series of curves (point,) that are the same in every drop."""
    values = np.repeat(np.array(list(curves.values()))[..., None], n_drops, axis=2)
    return Series(x, tuple(curves), values, np.ones(values.shape, dtype=bool))


def _distances() -> np.ndarray:
    return np.arange(5.0, 151.0, 5.0)


def _snr_series(scenario: Scenario, seeds: np.ndarray) -> Series:
    return _per_drop(_distances(), _links(draw(scenario, seeds[:1]), _distances()), len(seeds))


def _rate_series(scenario: Scenario, seeds: np.ndarray) -> Series:
    links = _links(draw(scenario, seeds[:1]), _distances())
    rates = {name: shannon_rate(scenario.subband_bandwidth_hz, snr) / 1e9 for name, snr in links.items()}
    return _per_drop(_distances(), rates, len(seeds))


def _snr_small(series: Series) -> Verdict:
    largest = float(series.values.max())
    return decide(largest < CONVEX_SNR, f"largest SNR {largest:.3g} at {series.x[0]:g} m and beyond")


SERVICE = 100.0  # total service rate of a server in Fig. 3
UNITS = (1, 2, 3, 4, 5, 10)
LOADS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])


def _ratios(uplink_s: np.ndarray) -> Series:
    """Exact over bounded delay with the uplinks (drop,) of as many drops."""
    values = np.empty((len(UNITS), len(LOADS), len(uplink_s)))
    for row, c in enumerate(UNITS):
        exact = operation_delay(LOADS * SERVICE, c, SERVICE / c)[:, None]
        bounded = operation_delay(LOADS * SERVICE, c, SERVICE / c, bounded=True)[:, None]
        values[row] = (exact + uplink_s) / (bounded + uplink_s)
    return Series(LOADS, tuple(f"c = {c}" for c in UNITS), values, np.ones(values.shape, dtype=bool))


def _queue_series(scenario: Scenario, seeds: np.ndarray) -> Series:
    return _ratios(np.zeros(len(seeds)))


def _service_series(scenario: Scenario, seeds: np.ndarray) -> Series:
    """The whole user service delay, with the mean uplink of the priced assignment on each drop."""
    from sagin.systems.thz_uav_mec.improved import solve_light
    from sagin.systems.thz_uav_mec.scenario import LightOptions

    drops = draw(scenario, seeds)
    decision = solve_light(drops, LightOptions()).decision
    return _ratios(evaluate(drops, decision).communication_delay)


def _above_099(series: Series) -> Verdict:
    least = float(series.values.min())
    row, point = np.unravel_index(np.argmin(series.values[:, :, 0]), series.values.shape[:2])
    return decide(least > 0.99, f"least ratio {least:.4f} at {series.labels[row]}, rho = {series.x[point]:g}")


def _equal_at_one(series: Series) -> Verdict:
    off = float(np.abs(series.values[series.index("c = 1")] - 1).max())
    return decide(off < 1e-12, f"largest difference {off:.1g}")


# --- Fig. 4: convergence and final delays ----------------------------------------------------------------------------


def _bounded_ratio(series: Series) -> Verdict:
    row = series.index("PDD")
    exact, bounded = series.values[row, -1], series.extra["upper_bounded_objective"][row, -1]
    ratio = resampled(lambda drops: exact[drops].mean() / bounded[drops].mean(), exact.size)
    return above(ratio, 0.99, f"exact over bounded mean delay {ratio.mean:.4f}; the paper has 0.9934")


def _converges(series: Series) -> Verdict:
    """Shares of drops on which the iterative schemes met their own stopping rules."""
    parts = []
    for name in JOINT:
        stopped = float(series.extra["converged"][series.index(name), -1].mean())
        parts.append(decide(stopped == 1.0, f"{name} on {stopped:.0%} of the drops"))
    return combine(parts) if series.values.shape[2] >= LEAST_DROPS else Verdict("undecided", "too few drops")


def _split(series: Series) -> Verdict:
    """UO has the smaller uplink delay and the larger queue delay of UO and UAO."""
    uo, uao = series.index("UO"), series.index("UAO")
    uplink = series.extra["communication_delay"][:, -1]
    queue = series.extra["computation_delay"][:, -1]
    gaps = {"UAO's uplink is": interval(uplink[uao] - uplink[uo]), "UO's queues are": interval(queue[uo] - queue[uao])}
    return combine(
        [
            above(gap, 0.0, f"{what} {gap.mean:.3g} s longer [{gap.low:.3g}, {gap.high:.3g}]")
            for what, gap in gaps.items()
        ]
    )


def _near_bound(series: Series) -> Verdict:
    """How far PDD and the improved algorithm are from the certified bound."""
    bound = series.values[series.index("certified bound"), -1]
    gaps = {name: interval(series.values[series.index(name), -1] / bound - 1) for name in ("PDD", "improved")}
    text = f"mean distance to the certified bound: PDD {gaps['PDD'].mean:.2%}, improved {gaps['improved'].mean:.2%}"
    return between(gaps["PDD"], 0.0, 0.1, text)


# --- Fig. 5: one network ---------------------------------------------------------------------------------------------


def _solved(scenario: Scenario, seeds: np.ndarray) -> tuple[Drops, Decision]:
    from sagin.systems.thz_uav_mec.improved import solve_improved
    from sagin.systems.thz_uav_mec.scenario import ImprovedOptions

    drops = draw(scenario, seeds)
    return drops, solve_improved(drops, ImprovedOptions()).decision


def _loads(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, direct or relayed, server) IoTs."""
    loads = np.zeros((len(drops.seeds), 2, drops.n_mecs))
    rows = np.arange(len(drops.seeds))[:, None]
    np.add.at(loads, (rows, (decision.relay >= 0).astype(int), decision.server), 1.0)
    return loads


def _balance_series(scenario: Scenario, seeds: np.ndarray) -> Series:
    drops, decision = _solved(scenario, seeds)
    loads = _loads(drops, decision).sum(axis=1)
    nearest = np.argmin(np.linalg.norm(drops.iot_xy[:, :, None] - drops.mec_xy[:, None], axis=3), axis=2)
    moved = decision.server != nearest
    curves = {
        "difference of loads": loads.max(axis=1) - loads.min(axis=1),
        "not at the nearest server": moved.sum(axis=1),
        "of these relayed": (moved & (decision.relay >= 0)).sum(axis=1),
    }
    values = np.array(list(curves.values()), dtype=float)[:, None, :]
    return Series(np.zeros(1), tuple(curves), values, np.ones(values.shape, dtype=bool))


def _balanced(series: Series) -> Verdict:
    spread = series.values[0, 0]
    even = spread <= 1
    evidence = f"loads differ by at most one IoT on {even.sum()} of {even.size} drops, by {spread.max():g} at most"
    if even.size < LEAST_DROPS or even.mean() < 0.95 <= share(even).high:
        return Verdict("undecided", evidence)
    return decide(bool(even.mean() >= 0.95), evidence)


def _far_servers(series: Series) -> Verdict:
    moved, relayed = series.values[1, 0], series.values[2, 0]
    text = (
        f"{moved.mean():.1f} IoTs a drop leave their nearest server, {relayed.mean():.1f} of them through a UAV; "
        f"both happen on {np.mean((moved > 0) & (relayed > 0)):.0%} of {moved.size} drops"
    )
    return replace(every([above(share(some > 0), 0.5, "") for some in (moved, relayed)]), evidence=text)


def _map(scenario: Scenario, seeds: np.ndarray) -> Picture:
    drops, decision = _solved(scenario, seeds[:1])
    drawn = pictures(drops, decision, evaluate(drops, decision))
    load = drawn["load"]
    return dataclasses.replace(drawn["map"], stacks=load.stacks, columns=load.columns, stack_label=load.stack_label)


# --- Fig. 6 to 8: sweeps ---------------------------------------------------------------------------------------------

INTENSITIES = (0.25, 0.40, 0.55, 0.625, 0.70, 0.80, 0.90, 0.95)
CARRIERS_THZ = (0.10, 0.14, 0.20, 0.24, 0.34, 0.41, 0.46, 0.50, 0.65, 0.85)
POWERS_W = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def _low_intensity(series: Series) -> Verdict:
    return below(_some(series, np.flatnonzero(series.x <= 0.4)), "UO", "UAO")


def _high_intensity(series: Series) -> Verdict:
    return below(_some(series, np.flatnonzero(series.x >= 0.55)), "UAO", "UO")


def _all_rise(series: Series, labels: tuple[str, ...]) -> Verdict:
    return combine([rises(series, label) for label in labels])


def _crossing(series: Series) -> Verdict:
    low, high = np.flatnonzero(series.x <= 0.24), np.flatnonzero(series.x >= 0.46)
    return combine([below(_some(series, low), "UAO", "UO"), below(_some(series, high), "UO", "UAO")])


def _fewer_relays(series: Series) -> Verdict:
    count = dataclasses.replace(series, values=series.extra["n_relayed"])
    verdict = falls(_some(count, [0, -1]), "improved")
    means = ", ".join(f"{mean:.1f}" for mean in count.values[series.index("improved")].mean(axis=1))
    return Verdict(verdict.word, f"{verdict.evidence}; relayed IoTs at each power: {means}")


def _approaches(series: Series) -> Verdict:
    distance = interval(series.curve("NR-SCA")[-1] / series.curve("UO-GUAO")[-1] - 1)
    text = f"NR-SCA over UO-GUAO at 1 W: {distance.mean:+.2%} [{distance.low:+.2%}, {distance.high:+.2%}]"
    return between(distance, -0.01, 0.01, text)


def _low_power(series: Series) -> Verdict:
    return _best(_some(series, np.flatnonzero(series.x <= 0.05)), ("UAO",), ("UO", "NR-SCA"))


def _sweep(name: str, title: str, axis: Axis, claims: tuple[Claim, ...]) -> Figure:
    return Figure(
        name=name,
        title=title,
        axis=axis,
        y_label="mean delay (s)",
        curves=tuple(replace(curve, beside=curve.label == "improved" and name != "fig8") for curve in SWEPT),
        claims=claims,
        fixed=NO_LIMIT,
        n_drops=20,
        extra=("communication_delay", "computation_delay", "n_relayed"),
        y_log=True,
    )


def _order(name: str, text: str, bests: tuple[str, ...], others: tuple[str, ...], note: str) -> Claim:
    rule = "paired 95 % interval of each difference excludes 0 at every point"
    return Claim(name, text, rule, partial(_best, bests=bests, others=others), note)


def _order_at_end(name: str, text: str, bests: tuple[str, ...], others: tuple[str, ...], note: str) -> Claim:
    def check(series: Series) -> Verdict:
        return _best(_final(series), bests, others)

    return Claim(name, text, "paired 95 % interval of each difference of final delays excludes 0", check, note)


FIGURES = (
    Figure(
        name="fig2_rate",
        title="Rate of a link against distance",
        axis=Axis(("iteration",), tuple(_distances()), "distance (m)"),
        y_label="rate (Gbit/s)",
        n_drops=1,
        compute=_rate_series,
    ),
    Figure(
        name="fig2_snr",
        title="SNR of a link against distance",
        axis=Axis(("iteration",), tuple(_distances()), "distance (m)"),
        y_label="signal-to-noise ratio",
        n_drops=1,
        y_log=True,
        compute=_snr_series,
        claims=(
            Claim(
                "snr_in_convex_range",
                "The SNR of terahertz links is far below the value up to which placing a UAV is a convex problem.",
                f"SNR below {CONVEX_SNR} (no absorption) at 5 m and beyond",
                _snr_small,
                CALIBRATED,
            ),
        ),
    ),
    Figure(
        name="fig3_queue",
        title="Exact over bounded queue and service delay, total service rate 100 per second",
        axis=Axis(("iteration",), tuple(LOADS), "traffic intensity"),
        y_label="ratio of exact to bounded delay",
        n_drops=1,
        compute=_queue_series,
        claims=(
            Claim(
                "equal_at_one_unit",
                "With one unit the bound is exact.",
                "largest difference below 1e-12",
                _equal_at_one,
                "true by construction",
            ),
        ),
    ),
    Figure(
        name="fig3_total",
        title="Exact over bounded user service delay, total service rate 100 per second",
        axis=Axis(("iteration",), tuple(LOADS), "traffic intensity"),
        y_label="ratio of exact to bounded delay",
        n_drops=20,
        compute=_service_series,
        claims=(
            Claim(
                "ratio_above_099_with_uplink",
                "The bounded user service delay is within 1 % of the exact one.",
                "exact over bounded delay, uplink included, above 0.99 at every intensity, number of units and drop",
                _above_099,
                "true because uplinks of 0.7 s outweigh queues of 10 ms, which alone are within 2 %; exponent: see E3",
            ),
        ),
    ),
    Figure(
        name="fig4",
        title="Convergence and final delay on the default network",
        axis=Axis(("iteration",), tuple(range(200)), "iteration"),
        y_label="mean delay (s)",
        curves=(*ALL, Curve("certified bound", "bound")),
        fixed=NO_LIMIT,
        n_drops=40,
        extra=("communication_delay", "computation_delay", "upper_bounded_objective", "converged"),
        claims=(
            Claim(
                "converges",
                "The proposed algorithm and the benchmarks converge in a finite number of iterations.",
                "PDD, BCD-SCA and UO-GUAO stop by their own rules, not at a limit, on every drop",
                _converges,
                "the penalty schedule is ours, see E9",
            ),
            _order_at_end("pdd_below_bcd_sca", "PDD beats BCD-SCA.", ("PDD",), ("BCD-SCA",), CALIBRATED),
            _order_at_end("pdd_below_uo_guao", "PDD beats UO-GUAO.", ("PDD",), ("UO-GUAO",), CALIBRATED),
            _order_at_end(
                "joint_below_single",
                "Schemes that optimise UAVs and associations jointly beat those that do not.",
                JOINT,
                SINGLE,
                CALIBRATED,
            ),
            _order_at_end("nr_sca_below_uao", "NR-SCA beats UAO and UO.", ("NR-SCA",), ("UAO", "UO"), CALIBRATED),
            _order_at_end("uao_below_uo", "UAO beats UO.", ("UAO",), ("UO",), CALIBRATED),
            Claim(
                "bounded_ratio",
                "Exact and bounded delay of the converged design differ by less than 1 %.",
                "ratio of the mean delays of PDD above 0.99 (95 %, drops resampled)",
                _bounded_ratio,
                CALIBRATED,
            ),
            Claim(
                "uo_uao_split",
                "UO has the shorter uplinks and the longer queues, UAO the reverse.",
                "both paired 95 % intervals exclude 0",
                _split,
                OPEN_ENDED,
            ),
            Claim(
                "close_to_optimal",
                "The paper's algorithm is close to the optimum.",
                "mean distance of PDD to the certified bound below 10 % (95 %), the paper's own distance",
                _near_bound,
                "the paper measures against a quantised search that only a smaller network allows; see E1",
            ),
        ),
    ),
    Figure(
        name="fig5",
        title="One network: positions, links and server utilisation",
        axis=Axis(("iteration",), (0,), "network"),
        y_label="number of IoTs",
        n_drops=20,
        compute=_balance_series,
        paint=_map,
        claims=(
            Claim(
                "balanced_loads",
                "The load of the servers is well balanced.",
                "loads of the improved algorithm differ by at most one IoT on 95 % of the drops; fails if surely fewer",
                _balanced,
                CALIBRATED,
            ),
            Claim(
                "far_servers_by_relay",
                "IoTs go to farther servers for balance, some of them through a UAV.",
                "both on more than half of the drops (95 %)",
                _far_servers,
                CALIBRATED,
            ),
        ),
    ),
    _sweep(
        "fig6",
        "Mean delay against traffic intensity",
        Axis(("arrival_rate_per_s",), tuple(8 * rho / 20 for rho in INTENSITIES), "traffic intensity", INTENSITIES),
        (
            Claim(
                "uo_ahead_at_low_intensity",
                "UO is faster than UAO at low intensity.",
                "UO below UAO at every intensity up to 0.4 (paired 95 %)",
                _low_intensity,
                CALIBRATED,
            ),
            Claim(
                "uao_ahead_at_high_intensity",
                "UAO is faster than UO where computation is scarce.",
                "UAO below UO at every intensity from 0.55 on (paired 95 %)",
                _high_intensity,
                "next to saturation the capacity rule forces UO to the balanced load as well; " + OPEN_ENDED,
            ),
            _order("joint_best", "The joint schemes are best at every intensity.", JOINT, SINGLE, OPEN_ENDED),
            _order("pdd_best", "PDD is best at every intensity.", ("PDD",), ("BCD-SCA", "UO-GUAO"), OPEN_ENDED),
            Claim(
                "delay_rises",
                "The delay of every scheme rises with the intensity.",
                "each step of each curve is positive (paired 95 %)",
                partial(_all_rise, labels=(*SINGLE, *JOINT)),
                "UO fills servers to the brim, which at some intensities leaves a queue at 99 % utilisation",
            ),
        ),
    ),
    _sweep(
        "fig7",
        "Mean delay against the carrier frequency",
        Axis(
            ("carrier_frequency_hz",),
            tuple(f * 1e12 for f in CARRIERS_THZ),
            "carrier frequency (THz)",
            CARRIERS_THZ,
        ),
        (
            Claim(
                "delay_rises",
                "The delay of every scheme rises with the carrier frequency.",
                "each step of each curve is positive (paired 95 %)",
                partial(_all_rise, labels=(*SINGLE, *JOINT)),
                "frequencies of transmission windows only, as the model assumes; see E13",
            ),
            Claim(
                "uo_uao_cross",
                "UAO is faster than UO at low frequency, UO is faster at high frequency.",
                "up to 0.24 THz and from 0.46 THz on (paired 95 %)",
                _crossing,
                CALIBRATED,
            ),
            _order("joint_best", "The joint schemes are best at every frequency.", JOINT, SINGLE, OPEN_ENDED),
            _order("pdd_best", "PDD is best at every frequency.", ("PDD",), ("BCD-SCA", "UO-GUAO"), OPEN_ENDED),
        ),
    ),
    _sweep(
        "fig8",
        "Mean delay against the power of the IoTs",
        Axis(("iot_power_w",), POWERS_W, "IoT power (W)", log=True),
        (
            Claim(
                "fewer_relays",
                "Strong IoTs need fewer relays.",
                "the improved algorithm relays fewer IoTs at 1 W than at 0.02 W (paired 95 %)",
                _fewer_relays,
                OPEN_ENDED,
            ),
            Claim(
                "nr_sca_approaches",
                "Without relays the delay approaches that of the joint schemes at high power.",
                "mean difference of NR-SCA and UO-GUAO at 1 W, with its 95 % interval, below 1 %",
                _approaches,
                OPEN_ENDED,
            ),
            Claim(
                "uao_ahead_at_low_power",
                "UAO has the advantage over UO and NR-SCA at low power.",
                "UAO below both at 0.02 and 0.05 W (paired 95 %)",
                _low_power,
                OPEN_ENDED,
            ),
            _order("joint_best", "The joint schemes are best at every power.", JOINT, SINGLE, OPEN_ENDED),
            _order("pdd_best", "PDD is best at every power.", ("PDD",), ("BCD-SCA", "UO-GUAO"), OPEN_ENDED),
        ),
    ),
)
