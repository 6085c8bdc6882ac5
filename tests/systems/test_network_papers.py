"""Papers' systems said as declared networks: the same decision has the same energy and delays under both models."""

import numpy as np

import sagin
from sagin.core import records
from sagin.systems.network import bound, model
from sagin.systems.stin_vmdc.model import Decision as Paper


def test_stin_vmdc_with_given_powers_and_subchannels() -> None:
    """Own processor, base station behind two dedicated links, satellite behind a terahertz band shared by time and
    charged by duration; a processor for every task; least energy under the deadlines.
    """
    paper = sagin.system("stin_vmdc")
    source = paper.sample(paper.scenario(n_vehicles=4), seeds=[0, 3])
    d, n = 2, 4
    eta = np.zeros((d, source.n_subchannels, source.n_clusters), dtype=np.int64)
    for k in range(source.n_subchannels):
        eta[:, k, k % source.n_clusters] = 1
    share = np.array([0.4, 0.3, 0.2, 0.1]) * np.ones((d, 1))
    theta, zeta = np.full((d, n), 0.35), np.array([0.1, 0.25, 0.05, 0.4]) * np.ones((d, 1))
    decided = Paper(theta=theta, zeta=zeta, alpha=share, power=np.full((d, n), 0.5 * source.p_max_w), eta=eta)
    theirs = paper.evaluate(source, decided)
    assert np.isfinite(theirs.energy_j).all()

    resource = np.broadcast_to([[0, -1, -1], [1, 2, 3], [4, 5, -1]], (n, 3, 3))  # local; RSU > base station; satellite
    work, peak = np.zeros((d, n, 3, 3)), np.ones((d, n, 3, 3))
    energy, power = np.zeros((d, n, 3, 3)), np.zeros((d, n, 3, 3))
    bits, cycles = source.task_bits, source.cycles
    thz = theirs.rate_thz_bps / share
    hops = {
        (0, 0): (cycles, source.cpu_local_hz),
        (1, 0): (bits, theirs.rate_rf_bps),
        (1, 1): (bits, source.rate_rb_bps),
    }
    hops |= {(1, 2): (cycles, source.cpu_bs_hz), (2, 0): (bits, thz), (2, 1): (cycles, source.cpu_sat_hz)}
    for at, (need, rate) in hops.items():
        work[:, :, at[0], at[1]], peak[:, :, at[0], at[1]] = need, rate
    per_cycle = source.switched_capacitance_local * source.cpu_local_hz**2
    energy[:, :, 0, 0] = per_cycle * cycles
    energy[:, :, 1, 0] = decided.power * bits / theirs.rate_rf_bps
    energy[:, :, 1, 1] = source.p_rsu_w * bits / source.rate_rb_bps
    energy[:, :, 1, 2] = source.switched_capacitance_bs * source.cpu_bs_hz**2 * cycles
    energy[:, :, 2, 1] = source.switched_capacitance_sat * source.cpu_sat_hz**2 * cycles
    power[:, :, 2, 0] = source.p_thz_w
    drops = model.hand_drops(
        task_bits=bits,
        cycles=cycles,
        deadline_s=1.01 * np.max([theirs.delay_local_s, theirs.delay_edge_s, theirs.delay_sat_s], axis=0),
        weight=np.ones((d, n)),
        route_ok=np.ones((d, n, 3), dtype=bool),
        latency_s=np.zeros((d, n, 3)),
        resource=resource,
        work=work,
        peak=peak,
        snr=np.zeros((d, n, 3, 3)),
        energy_j=energy,
        on_power_w=power,
        kind=np.array(["box", "box", "box", "box", "linear", "box"]),
        private=np.array([True, False, False, False, False, False]),
        resource_name=np.array(["local", "rf", "relay", "bs", "thz", "sat"]),
        beta=0.0,
        objective="sum",
        splitting=True,
    )
    rate = peak * (resource >= 0)
    rate[:, :, 2, 0] *= share
    ours = model.evaluate(drops, model.Decision(np.stack([1 - theta - zeta, theta, zeta], axis=2), rate))
    np.testing.assert_allclose(ours.energy_j, theirs.energy_j, rtol=1e-12)
    np.testing.assert_allclose(ours.route_delay_s[:, :, 0], theirs.delay_local_s, rtol=1e-12)
    np.testing.assert_allclose(ours.route_delay_s[:, :, 1], theirs.delay_edge_s, rtol=1e-12)
    np.testing.assert_allclose(ours.route_delay_s[:, :, 2], theirs.delay_sat_s, rtol=1e-12)
    np.testing.assert_allclose(bits.sum(axis=1) / ours.objective, theirs.objective, rtol=1e-12)
    assert records.feasible(ours).all()
    assert (bound.lower_bound(drops) <= ours.objective * (1 + 1e-9)).all()
