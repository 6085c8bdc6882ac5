"""Own scenario: read it from a YAML file, change a field in Python, and see what a mistake looks like."""

from pathlib import Path

import sagin

system = sagin.system("dm_mimo_vec")
scenario = system.scenario.from_file(Path(__file__).with_name("own_scenario.yaml"))
for beta in (0.5, 0.7, 0.9):
    drops = system.sample(scenario.replace(beta=beta), seeds=range(10))
    metrics = system.evaluate(drops, system.solve(drops, "improved").decision)
    print(f"beta {beta}: delay {metrics.delay_total_s.mean():.3f} s, energy {metrics.energy_total_j.mean():.3f} J")

try:
    scenario.replace(p_max_w=-1.0)
except sagin.InputError as error:
    print("refused:", error)
