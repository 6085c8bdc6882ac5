"""Own channels: satellite channel matrices from your simulator, the tasks drawn by the scenario."""

import numpy as np

import sagin

system = sagin.system("dm_mimo_vec")
rng = np.random.default_rng(2026)
n_drops, n_saps, n_antennas = 5, 8, 4
h_sat = 1e-7 * (rng.normal(size=(n_drops, n_saps, n_antennas)) + 1j * rng.normal(size=(n_drops, n_saps, n_antennas)))

drops = system.drops_from(system.scenario(), h_sat=h_sat)
metrics = system.evaluate(drops, system.solve(drops, "ao").decision)
print("SINR of the satellite streams of drop 0:", metrics.sinr_sat[0].round(3))
print("objective:", metrics.objective.round(4))

try:
    system.drops_from(system.scenario(), h_sat=h_sat[:, :, 0])
except sagin.InputError as error:
    print("refused:", error)
