"""The CVXPY transcription and the compiled algorithm end at the same efficiency."""

import pytest
from benchmarks.peers import stin_vmdc as peers

import sagin
from sagin.core import records

SYSTEM = sagin.system("stin_vmdc")
DROPS = SYSTEM.sample(
    SYSTEM.scenario(n_vehicles=6, max_vehicles_per_cluster=3, n_subchannels=4, n_quad=4, rf_bandwidth_hz=1e6), seeds=[1]
)


@pytest.mark.parametrize("comparison", peers.COMPARISONS, ids=lambda comparison: comparison.label)
def test_peer_agrees(comparison) -> None:
    metrics = SYSTEM.evaluate(DROPS, comparison.peer(DROPS))
    assert records.feasible(metrics).all()
    ours = SYSTEM.evaluate(DROPS, SYSTEM.solve(DROPS, comparison.scheme, threads=1, **comparison.options).decision)
    assert metrics.objective[0] == pytest.approx(ours.objective[0], rel=comparison.tolerance)


def test_band_shares_of_the_peer_agree() -> None:
    solution = SYSTEM.solve(DROPS, "priority_locality", threads=1)
    shares = peers.Jtora(DROPS, cone=False).shares(solution.decision.zeta[0])
    assert shares == pytest.approx(solution.decision.alpha[0], abs=1e-5)


def test_growth_points_are_scenarios() -> None:
    for growth in peers.GROWTH:
        SYSTEM.scheme(growth.scheme)
        for _, overrides in growth.points:
            SYSTEM.scenario(**overrides)
